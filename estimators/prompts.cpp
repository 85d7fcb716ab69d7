#include "entrospect/estimators/prompts.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <optional>
#include <set>
#include <string>
#include <type_traits>
#include <vector>

#include "entrospect/core/errors.hpp"
#include "entrospect/core/sum.hpp"
#include "entrospect/estimators/spectral_entropy/reporting.hpp"
#include "entrospect/estimators/student_interval.hpp"
#include "entrospect/estimators/uncertainty.hpp"

namespace entrospect {
namespace {

constexpr double confidence = 0.95;

struct Moments {
  double mean = 0;
  std::optional<double> std_error;  // of the mean; not of one value, nor of infinite ones
};

Moments moments(const std::vector<double>& values) {
  const auto m = static_cast<double>(values.size());
  if (!std::all_of(values.begin(), values.end(), [](double value) { return std::isfinite(value); }))
    return {std::accumulate(values.begin(), values.end(), 0.0), std::nullopt};  // a compensated sum would lose the sign
  Moments out{sum(values) / m, std::nullopt};
  if (values.size() < 2) return out;
  Sum squares;
  for (const double value : values) squares.add((value - out.mean) * (value - out.mean));
  out.std_error = std::sqrt(squares.value() / (m - 1) / m);
  return out;
}

std::string of_prompts(std::size_t count, std::size_t all) { return std::to_string(count) + " of " + std::to_string(all) + " prompts: "; }

// One flag for each status met, with the number of prompts and the first one's reason.
void add_flags(Estimate& e, std::span<const Estimate> prompts) {
  std::vector<Status> met;
  for (const Estimate& prompt : prompts)
    for (const Status flag : prompt.flags)
      if (std::find(met.begin(), met.end(), flag) == met.end()) met.push_back(flag);
  for (const Status status : met) {
    std::size_t count = 0;
    std::string reason;
    for (const Estimate& prompt : prompts) {
      if (std::find(prompt.flags.begin(), prompt.flags.end(), status) == prompt.flags.end()) continue;
      if (count++ == 0) reason = prompt.reason;
    }
    e.flag(status, of_prompts(count, prompts.size()) + reason);
  }
}

void add_warnings(Estimate& e, std::span<const Estimate> prompts) {
  for (const Estimate& prompt : prompts)
    for (const std::string& warning : prompt.warnings)
      if (std::find(e.warnings.begin(), e.warnings.end(), warning) == e.warnings.end()) e.warnings.push_back(warning);
}

// What every prompt shares; nothing that is one prompt's own.
Estimate facts_of(const Estimate& prompt) {
  Estimate e;
  e.unit = prompt.unit;
  e.estimator = prompt.estimator;
  e.convention = prompt.convention;
  e.compat = prompt.compat;
  e.compat_faults = prompt.compat_faults;
  e.options = prompt.options;
  e.d = prompt.d;
  e.seed = prompt.seed;
  e.backend_requested = prompt.backend_requested;
  e.backend_used = prompt.backend_used;
  e.formula = "mean over prompts of: " + prompt.formula;
  e.citation = prompt.citation;
  return e;
}

void add_cap(Estimate& e, const std::vector<const Estimate*>& used) {
  std::vector<double> normalized;
  double least = std::numeric_limits<double>::infinity(), most = -least;
  for (const Estimate* prompt : used) {
    const std::optional<double> share = prompt->normalized();
    if (!share) return;
    normalized.push_back(*share);
    least = std::min(least, *prompt->cap);
    most = std::max(most, *prompt->cap);
  }
  if (least == most) {
    e.cap = most;
    return;
  }
  const Moments shares = moments(normalized);
  e.diagnostics.set("mean_normalized", shares.mean);
  if (shares.std_error) e.diagnostics.set("mean_normalized_std_error", *shares.std_error);
  e.diagnostics.set("cap_min", least);
  e.diagnostics.set("cap_max", most);
}

template <class T>
void read(const OptionMap& given, const char* name, T& out) {
  for (const auto& [key, value] : given) {
    if (key != name) continue;
    if constexpr (std::is_same_v<T, double>) {
      out = std::get<double>(value);
    } else {
      out = static_cast<T>(std::get<std::int64_t>(value));
    }
  }
}

// The options of an interval among those given, which are checked already.
IntervalOptions interval_options(const OptionMap& given, std::size_t prompts) {
  IntervalOptions out;
  for (const auto& [key, value] : given)
    if (key == "interval") {
      if (value == OptionValue(std::string("jackknife"))) out.interval = IntervalMethod::jackknife;
      if (value == OptionValue(std::string("subsample"))) out.interval = IntervalMethod::subsample;
    }
  out.blocks = std::min(out.blocks, prompts);
  read(given, "blocks", out.blocks);
  read(given, "replicates", out.replicates);
  read(given, "fraction", out.fraction);
  read(given, "confidence", out.confidence);
  read(given, "seed", out.seed);
  return out;
}

void set_option(OptionMap& options, const std::string& name, const OptionValue& value) {
  for (auto& option : options)
    if (option.first == name) option.second = value;
}

}  // namespace

Estimate too_short(const Estimate& facts, std::size_t prompt, std::size_t tokens) {
  Estimate e = facts;
  e.value = std::numeric_limits<double>::quiet_NaN();
  e.n = tokens;
  e.flag(Status::out_of_valid_range,
         "prompt " + std::to_string(prompt) + " has " + std::to_string(tokens) + " kept tokens; at least 2 are needed");
  return e;
}

Estimate mean_over_prompts(std::span<const Estimate> prompts) {
  std::vector<const Estimate*> used;
  std::vector<double> values;
  for (const Estimate& prompt : prompts)
    if (!std::isnan(prompt.value)) {
      used.push_back(&prompt);
      values.push_back(prompt.value);
    }
  Estimate e = facts_of(used.empty() ? prompts.front() : *used.front());
  e.diagnostics.set("prompts", static_cast<std::int64_t>(values.size()));
  if (used.size() < prompts.size()) e.diagnostics.set("prompts_without_value", static_cast<std::int64_t>(prompts.size() - used.size()));
  add_flags(e, prompts);
  add_warnings(e, prompts);
  if (used.empty()) {
    e.value = std::numeric_limits<double>::quiet_NaN();
    return e;
  }
  for (const Estimate* prompt : used) e.n += prompt->n;
  const Moments m = moments(values);
  e.value = m.mean;
  if (std::isnan(e.value)) e.flag(Status::nonfinite, "both infinities are among the values of the prompts");
  const auto [least, most] = std::minmax_element(values.begin(), values.end());
  e.substituted = "mean of " + std::to_string(values.size()) + " values from " + shown(*least) + " to " + shown(*most);
  e.std_error = m.std_error;
  if (m.std_error) {
    const double freedom = static_cast<double>(values.size()) - 1;
    e.interval = student_interval(m.mean, *m.std_error, freedom, confidence);
    e.interval_method = "prompts";
    e.diagnostics.set("confidence", confidence);
  }
  add_cap(e, used);
  return e;
}

Estimate run_over_prompts(const EstimatorInfo& info, const Inputs& inputs, const OptionMap& given, const std::vector<std::int64_t>& prompt,
                          const Context& context) {
  const std::size_t prompts = std::set<std::int64_t>(prompt.begin(), prompt.end()).size();
  const IntervalOptions options = interval_options(given, prompts);
  if (options.interval == IntervalMethod::none) return info.run(inputs, given, context);
  if (inputs.labels)
    throw InvalidArgument(info.card.name +
                          ": interval leaves out whole prompts, which would change its classes; pass per=\"dataset\" or no interval");
  OptionMap own = given;
  std::erase_if(own, [](const auto& option) { return option.first == "interval"; });
  Estimate e = info.run(inputs, own, context);

  std::erase_if(own, [](const auto& option) { return option.first == "baseline"; });  // of the whole data, not of every replicate
  EstimatorInfo grouped = info;
  if (grouped.card.resampling != Resampling::none) grouped.card.resampling = Resampling::groups;
  grouped.run = [&info](const Inputs& part, const OptionMap& options_of_part, const Context& inner) {
    Inputs rows = part;
    rows.labels.reset();
    return info.run(rows, options_of_part, inner);
  };
  Inputs by_prompt = inputs;
  by_prompt.labels = Labels(prompt);
  add_interval(e, grouped, by_prompt, own, options, context);
  const bool jackknife = options.interval == IntervalMethod::jackknife;
  set_option(e.options, "interval", std::string(jackknife ? "jackknife" : "subsample"));
  set_option(e.options, "blocks", static_cast<std::int64_t>(options.blocks));
  e.diagnostics.set("left_out", std::string("prompts"));
  return e;
}

}  // namespace entrospect
