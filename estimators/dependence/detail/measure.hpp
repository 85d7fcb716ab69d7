#pragma once
// What the estimators of this folder share. A measure is a card, a table of options and a function that finds a number and, if asked, its
// null; the rest (validation, preset, units, report) is the same for all and is here, once.

#include <cmath>
#include <functional>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "entrospect/core/registry.hpp"
#include "entrospect/estimators/dependence/fields.hpp"
#include "entrospect/estimators/dependence/pair.hpp"
#include "entrospect/estimators/permutation_null.hpp"
#include "entrospect/estimators/spectral_entropy/differentiation.hpp"
#include "entrospect/estimators/spectral_entropy/reporting.hpp"

namespace entrospect::detail {

using Samples = std::vector<SampleMatrix>;

// In nats where the unit is one of entropy. NaN says that the data leave nothing to measure.
struct Outcome {
  double value = std::numeric_limits<double>::quiet_NaN();
  std::optional<double> cap;
  std::string steps;  // with the values used, ending in the value
  std::vector<double> null{};
  double tie = 0;  // values of the null that are less than this below the value are equal to it but for round-off
  std::string null_method = "permutation";
  std::optional<double> std_error{};  // in the limit of many independent terms
  bool ratio = false;                 // of two entropies: has no unit
};

template <class O>
struct Measure {
  EstimatorCard card;
  FieldTable<O> table;
  std::function<Outcome(const Samples&, const O&, Estimate&, const Context&)> find;
  // The id of the definition that the options amount to: an option given on its own counts more than the default convention.
  std::function<std::string(const O&)> convention = [](const O& o) { return o.convention; };
  std::function<Footprint(const O&, std::size_t n, std::size_t d)> footprint{};  // none: every pair of rows
  // With respect to the first samples, of an estimate that has a value; none: not differentiable.
  std::function<SampleGradient(const Samples&, const O&, const Estimate&, const Context&)> gradient{};
};

void report(Estimate& e, const Outcome& found, Unit unit, std::uint64_t seed);

// With every option set: the preset was applied.
template <class O>
Estimate measured(const Measure<O>& measure, const Samples& samples, const O& o, const Context& context) {
  Estimate e = begin_estimate(measure.card, chosen(measure.card, measure.convention(o), o.compat), values(measure.table, o));
  Unit unit = Unit::none;
  if constexpr (requires { o.unit; }) unit = o.unit;
  std::uint64_t seed = 0;
  if constexpr (requires { o.seed; }) seed = o.seed;
  e.unit = unit;
  report(e, measure.find(samples, o, e, context), unit, seed);
  return e;
}

template <class O>
Estimate estimate(const Measure<O>& measure, const Samples& samples, O options, const Context& context) {
  check_inputs(measure.card, {samples, std::nullopt, {}});
  validate(measure.table, options, measure.card);
  apply_preset(options, measure.table, measure.card);
  return measured(measure, samples, options, context);
}

template <class O>
EstimatorInfo info_of(const Measure<O>& measure) {
  std::function<ValueAndGradient(const Inputs&, const O&, const Context&)> gradient;
  if (measure.gradient)
    gradient = [&measure](const Inputs& inputs, const O& o, const Context& context) {
      const SampleMatrix& x = inputs.samples.front();
      return differentiated(x, [&](Differentiation* wanted) {
        Estimate e = measured(measure, inputs.samples, o, context);
        refuse_compat_gradient(e);
        if (std::isfinite(e.value)) wanted->finish(e, PreparedRows{x, {}, false, false}, measure.gradient(inputs.samples, o, e, context));
        return e;
      });
    };
  return make_estimator<O>(
      measure.card, measure.table,
      [&measure](const Inputs& inputs, const O& o, const Context& context) { return measured(measure, inputs.samples, o, context); },
      measure.footprint, gradient);
}

// The word of a choice: choices list the enumerators in their order.
template <class Enum>
const std::string& word_of(const Choices<Enum>& choices, Enum value) {
  return choices[static_cast<std::size_t>(value)].first;
}

// How many permutations the options ask for.
template <class O>
std::size_t null_count(const O& o) {
  return o.null == decltype(o.null){} ? 0 : o.n_null;
}

}  // namespace entrospect::detail
