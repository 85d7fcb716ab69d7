#include "entrospect/estimators/common_options.hpp"

#include <algorithm>
#include <cctype>
#include <stdexcept>
#include <utility>

#include "entrospect/estimators/baseline.hpp"
#include "entrospect/estimators/resampling.hpp"
#include "entrospect/estimators/uncertainty.hpp"

namespace entrospect {
namespace {

struct CommonOptions {
  IntervalOptions interval{};
  BaselineOptions baseline{};
  std::uint64_t seed = 0;
};

const FieldTable<CommonOptions>& common_table() {
  using O = CommonOptions;
  static const FieldTable<O> table = [] {
    FieldTable<O> t;
    t.choice(
        "interval", [](O& o) -> IntervalMethod& { return o.interval.interval; },
        Choices<IntervalMethod>{
            {"none", IntervalMethod::none}, {"jackknife", IntervalMethod::jackknife}, {"subsample", IntervalMethod::subsample}},
        "Standard error, interval and bias: 'jackknife' leaves out one random block of rows at a time, 'subsample' draws subsets of the "
        "rows");
    t.integer(
        "blocks", [](O& o) -> std::size_t& { return o.interval.blocks; }, {2, 1e6, false, false}, "Blocks of interval = jackknife");
    t.integer(
        "replicates", [](O& o) -> std::size_t& { return o.interval.replicates; }, {2, 1e6, false, false},
        "Subsets of interval = subsample");
    t.number(
        "fraction", [](O& o) -> double& { return o.interval.fraction; }, {0, 1, true, true},
        "Share of the rows in each subset of interval = subsample");
    t.number(
        "confidence", [](O& o) -> double& { return o.interval.confidence; }, {0, 1, true, true},
        "Confidence of interval = jackknife or subsample");
    t.choice(
        "baseline", [](O& o) -> Baseline& { return o.baseline.baseline; },
        Choices<Baseline>{{"none", Baseline::none}, {"gaussian", Baseline::gaussian}, {"shuffled", Baseline::shuffled}},
        "The same of data without structure, in the diagnostics: 'gaussian' noise of as many rows and columns, or the columns 'shuffled' "
        "each on its own");
    t.integer(
        "baseline_draws", [](O& o) -> std::size_t& { return o.baseline.draws; }, {2, 1e6, false, false},
        "Data sets drawn for the baseline");
    t.integer(
        "seed", [](O& o) -> std::uint64_t& { return o.seed; }, {0, 9007199254740992.0, false, false},
        "Names the random draws of interval and baseline");
    return t;
  }();
  return table;
}

bool has(const std::vector<FieldInfo>& fields, const std::string& name) {
  return std::any_of(fields.begin(), fields.end(), [&](const FieldInfo& field) { return field.name == name; });
}

std::string lower_first(std::string text) {
  text.front() = static_cast<char>(std::tolower(static_cast<unsigned char>(text.front())));
  return text;
}

// A seed, and a confidence, may be the estimator's own: then one value serves both.
std::vector<FieldInfo> added_fields(const std::vector<FieldInfo>& own) {
  std::vector<FieldInfo> out;
  for (const FieldInfo& field : common_table().infos())
    if (!has(own, field.name)) out.push_back(field);
  return out;
}

std::vector<FieldInfo> all_fields(std::vector<FieldInfo> fields) {
  const std::vector<FieldInfo> added = added_fields(fields);
  for (FieldInfo& field : fields)
    if (const auto* common = common_table().find(field.name)) field.help += "; " + lower_first(common->info.help) + " too";
  fields.insert(fields.end(), added.begin(), added.end());
  return fields;
}

struct Split {
  OptionMap own;
  CommonOptions common;
};

// The given options, sorted by whose they are; some are the estimator's and common.
Split split(const EstimatorInfo& info, const std::vector<FieldInfo>& fields, const OptionMap& given) {
  Split out;
  for (const auto& [name, value] : given) {
    if (!has(fields, name)) detail::unknown_option(info.card, name, fields);
    if (has(info.fields, name)) out.own.emplace_back(name, value);
    if (const auto* entry = common_table().find(name)) common_table().set(*entry, out.common, checked(entry->info, value, info.card.name));
  }
  out.common.interval.seed = out.common.baseline.seed = out.common.seed;
  return out;
}

void finish(Estimate& e, const EstimatorInfo& info, const Inputs& inputs, const Split& options, const Context& context) {
  for (const FieldInfo& field : added_fields(info.fields))
    e.options.emplace_back(field.name, common_table().get(*common_table().find(field.name), options.common));
  add_interval(e, info, inputs, options.own, options.common.interval, context);
  add_baseline(e, info, inputs, options.own, options.common.baseline, context);
}

}  // namespace

EstimatorInfo with_common_options(const EstimatorInfo& info) {
  for (const FieldInfo& field : info.fields)
    if (const auto* common = common_table().find(field.name))
      if (common->info.kind != field.kind || !(common->info.default_value == field.default_value))
        throw std::logic_error(info.card.name + ": every estimator has an option '" + field.name + "', of another kind or default");
  const std::vector<FieldInfo> fields = all_fields(info.fields);
  EstimatorInfo out{info.card, fields, nullptr, nullptr, nullptr};
  out.run = [info, fields](const Inputs& inputs, const OptionMap& given, const Context& context) {
    try {
      const Split options = split(info, fields, given);
      Estimate e = info.run(inputs, options.own, context);
      finish(e, info, inputs, options, context);
      return e;
    } catch (const std::invalid_argument&) {
      detail::rethrow_named(info.card);
    }
  };
  out.footprint = [info, fields](const OptionMap& given, std::size_t n, std::size_t d) {
    const Split options = split(info, fields, given);
    Footprint print = info.footprint(options.own, n, d);
    const IntervalOptions& interval = options.common.interval;
    const bool repeats = interval.interval != IntervalMethod::none || options.common.baseline.baseline != Baseline::none;
    // Replicates run side by side within side_by_side_bytes; the number of threads is not known here, so 20 stands for many.
    if (repeats) print.bytes = std::max(print.bytes, std::min(20 * print.bytes, side_by_side_bytes));
    if (options.common.baseline.baseline != Baseline::none) print.bytes += 16 * static_cast<double>(n) * static_cast<double>(d);
    return print;
  };
  if (info.gradient)
    out.gradient = [info, fields](const Inputs& inputs, const OptionMap& given, const Context& context) {
      try {
        const Split options = split(info, fields, given);
        ValueAndGradient found = info.gradient(inputs, options.own, context);
        finish(found.estimate, info, inputs, options, context);
        return found;
      } catch (const std::invalid_argument&) {
        detail::rethrow_named(info.card);
      }
    };
  return out;
}

}  // namespace entrospect
