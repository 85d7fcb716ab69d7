#include "entrospect/estimators/uncertainty.hpp"

#include <algorithm>
#include <cmath>
#include <optional>
#include <vector>

#include "entrospect/core/errors.hpp"
#include "entrospect/core/sum.hpp"
#include "entrospect/estimators/resampling.hpp"
#include "entrospect/estimators/student_interval.hpp"

namespace entrospect {
namespace {

// Of sorted values, linear between them: position p (count - 1).
double quantile(const std::vector<double>& sorted, double p) {
  const double position = p * static_cast<double>(sorted.size() - 1);
  const auto below = static_cast<std::size_t>(position);
  const std::size_t above = std::min(below + 1, sorted.size() - 1);
  return sorted[below] + (position - static_cast<double>(below)) * (sorted[above] - sorted[below]);
}

std::string part_text(const IntervalOptions& options, std::size_t r) {
  const bool jackknife = options.interval == IntervalMethod::jackknife;
  return jackknife ? "interval = 'jackknife', without block " + std::to_string(r + 1) + " of " + std::to_string(options.blocks)
                   : "interval = 'subsample', subsample " + std::to_string(r + 1) + " of " + std::to_string(options.replicates);
}

// The interval of another method, if there is one, with what the diagnostics say of it.
void forget_interval(Estimate& e) {
  e.std_error.reset();
  e.interval.reset();
  e.interval_method.clear();
  Diagnostics kept;
  for (const auto& [name, value] : e.diagnostics.items())
    if (name != "degrees_of_freedom") kept.set(name, value);
  e.diagnostics = std::move(kept);
}

}  // namespace

Uncertainty uncertainty(double value, std::span<const double> replicates, std::span<const double> kept, const IntervalOptions& options) {
  const std::size_t g = replicates.size();
  std::vector<double> tau(g);
  Sum weighted, weights, squares;
  for (std::size_t r = 0; r < g; ++r) {
    const double out = 1 - kept[r];                            // 1 / h
    tau[r] = value + kept[r] / out * (value - replicates[r]);  // h - 1 = kept / out
    weighted.add(out * (value - tau[r]));
    weights.add(out);
  }
  const double bias = weighted.value() / weights.value(), center = value - bias;
  for (std::size_t r = 0; r < g; ++r) {
    tau[r] = (tau[r] - center) * std::sqrt((1 - kept[r]) / kept[r]);
    squares.add(tau[r] * tau[r]);
  }
  const double se = std::sqrt(squares.value() / static_cast<double>(g)), tail = (1 - options.confidence) / 2;
  if (options.interval == IntervalMethod::subsample) {
    std::sort(tau.begin(), tau.end());
    return {se, bias, {value + quantile(tau, tail), value + quantile(tau, 1 - tail)}};
  }
  return {se, bias, student_interval(value, se, static_cast<double>(g - 1), options.confidence)};
}

OptionMap replicate_options(const EstimatorInfo& info, const OptionMap& given) {
  OptionMap out = given;
  for (const FieldInfo& field : info.fields) {
    if (field.name != "null" || std::find(field.choices.begin(), field.choices.end(), "none") == field.choices.end()) continue;
    std::erase_if(out, [](const auto& option) { return option.first == "null"; });
    out.emplace_back("null", std::string("none"));
  }
  return out;
}

bool takes_kernel_matrices(const EstimatorInfo& info, const Estimate& e) {
  const auto given = [](const auto& option) { return option.second == OptionValue(std::string("precomputed")); };
  return info.card.resampling == Resampling::similarities || std::any_of(e.options.begin(), e.options.end(), given);
}

double working_bytes(const EstimatorInfo& info, const Inputs& inputs, const OptionMap& given) {
  std::size_t n = 0, d = 1;
  for (const SampleMatrix& x : inputs.samples) {
    n = info.card.paired ? x.n() : n + x.n();
    d = std::max(d, x.d());
  }
  return info.footprint(given, n, d).bytes;
}

void naming_replicate(const EstimatorCard& card, const std::string& what, const std::function<void()>& f) {
  try {
    f();
  } catch (const InvalidArgument& error) {
    const std::string prefix = card.name + ": ", text = error.what();
    throw InvalidArgument(what + ": " + (text.starts_with(prefix) ? text.substr(prefix.size()) : text));
  }
}

void add_interval(Estimate& e, const EstimatorInfo& info, const Inputs& inputs, const OptionMap& given, const IntervalOptions& options,
                  const Context& context) {
  if (options.interval == IntervalMethod::none) return;
  const bool jackknife = options.interval == IntervalMethod::jackknife;
  const std::string method = jackknife ? "jackknife" : "subsample";
  forget_interval(e);
  if (!std::isfinite(e.value)) return;

  const std::size_t count = jackknife ? options.blocks : options.replicates;
  std::vector<double> values(count), kept(count);
  std::vector<Status> status(count);
  std::vector<std::string> reasons(count);
  std::optional<Resampler> resampler;
  std::function<Replicate(std::size_t)> replicate;
  naming_replicate(info.card, "interval = '" + method + "'", [&] {
    resampler.emplace(info.card, inputs, takes_kernel_matrices(info, e), options.seed);
    replicate = jackknife ? resampler->without_blocks(options.blocks) : resampler->subsamples(options.fraction);
  });
  const OptionMap own = replicate_options(info, given);
  for_each_replicate(count, working_bytes(info, inputs, given), "interval", context, [&](std::size_t r, const Context& inner) {
    naming_replicate(info.card, part_text(options, r), [&] {
      const Replicate part = replicate(r);
      const Estimate found = info.run(part.inputs, own, inner);
      values[r] = found.value;
      kept[r] = part.kept;
      status[r] = found.status;
      reasons[r] = found.reason;
    });
  });

  e.seed = options.seed;
  e.diagnostics.set("interval_replicates", static_cast<std::int64_t>(count));
  for (std::size_t r = 0; r < count; ++r)
    if (!std::isfinite(values[r])) {
      e.flag(Status::out_of_valid_range, part_text(options, r) + ": no finite value, so there is no interval: " + reasons[r]);
      return;
    }
  const auto flagged = std::count_if(status.begin(), status.end(), [&](Status s) { return s != Status::ok && s != e.status; });
  if (flagged > 0)
    e.warnings.push_back("interval: " + std::to_string(flagged) + " of " + std::to_string(count) +
                         " replicates have a status that the value does not have");
  const Uncertainty found = uncertainty(e.value, values, kept, options);
  e.std_error = found.std_error;
  e.interval = found.interval;
  e.interval_method = method;
  e.diagnostics.set("bias", found.bias);
  if (found.std_error == 0) e.warnings.push_back("interval: every replicate has the same value, so the interval has no width");
}

}  // namespace entrospect
