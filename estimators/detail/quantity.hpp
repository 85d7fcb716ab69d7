#pragma once
// The way from a call to an estimate. A quantity is a card, a table of options and a computation; the rest (inputs and options checked,
// preset applied, estimate begun, gradient, catalogue entry) is the same for all and is here, once.

#include <cmath>
#include <functional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "entrospect/core/registry.hpp"
#include "entrospect/estimators/spectral_entropy/differentiation.hpp"
#include "entrospect/estimators/spectral_entropy/reporting.hpp"

namespace entrospect::detail {

using Samples = std::vector<SampleMatrix>;

// Fills in an estimate: made of a function (data, options, estimate, context), of (data, options, estimate, context, Differentiation*)
// where it has a gradient. Data are what it reads: the first SampleMatrix, all Samples, or Inputs. What it returns is handed to
// report(estimate, returned, options), found beside its type, unless it returns nothing.
template <class O>
class Computation {
 public:
  Computation() = default;
  template <class F>
  requires(!std::is_same_v<std::remove_cvref_t<F>, Computation> && !std::is_same_v<F, std::nullptr_t>)
      Computation(F f)  // NOLINT(google-explicit-constructor): a quantity is written with the function itself
      : differentiable_(takes<F, SampleMatrix, Differentiation*> || takes<F, Samples, Differentiation*> ||
                        takes<F, Inputs, Differentiation*>),
        fill_([f = std::move(f)](const Inputs& inputs, const O& o, Estimate& e, const Context& context, Differentiation* wanted) {
          if constexpr (takes<F, SampleMatrix, Differentiation*>)
            put(e, o, [&] { return f(inputs.samples.front(), o, e, context, wanted); });
          else if constexpr (takes<F, Samples, Differentiation*>)
            put(e, o, [&] { return f(inputs.samples, o, e, context, wanted); });
          else if constexpr (takes<F, Inputs, Differentiation*>)
            put(e, o, [&] { return f(inputs, o, e, context, wanted); });
          else if constexpr (takes<F, SampleMatrix>)
            put(e, o, [&] { return f(inputs.samples.front(), o, e, context); });
          else if constexpr (takes<F, Samples>)
            put(e, o, [&] { return f(inputs.samples, o, e, context); });
          else
            put(e, o, [&] { return f(inputs, o, e, context); });
        }) {}

  [[nodiscard]] bool differentiable() const { return differentiable_; }
  void operator()(const Inputs& inputs, const O& o, Estimate& e, const Context& context, Differentiation* wanted) const {
    fill_(inputs, o, e, context, wanted);
  }

 private:
  template <class F, class Data, class... More>
  static constexpr bool takes = std::is_invocable_v<const F&, const Data&, const O&, Estimate&, const Context&, More...>;

  template <class Compute>
  static void put(Estimate& e, const O& o, Compute compute) {
    if constexpr (std::is_void_v<decltype(compute())>)
      compute();
    else
      report(e, compute(), o);
  }

  bool differentiable_ = false;
  std::function<void(const Inputs&, const O&, Estimate&, const Context&, Differentiation*)> fill_;
};

template <class O>
struct Quantity {
  EstimatorCard card;
  FieldTable<O> table;
  Computation<O> compute;
  std::function<Footprint(const O&, std::size_t n, std::size_t d)> footprint{};  // none: every pair of rows
  // With respect to the first samples, of an estimate that has a value: where the computation takes no Differentiation*.
  std::function<SampleGradient(const Samples&, const O&, const Estimate&, const Context&)> gradient{};
  // The id of the definition that the options amount to: an option given on its own counts more than the default convention.
  std::function<std::string(const O&)> convention = [](const O& o) { return o.convention; };
};

// A footprint: one matrix on the smaller side.
template <class O>
Footprint on_smaller_side(const O& /*options*/, std::size_t n, std::size_t d) {
  return covariance_footprint(n, d);
}

// With every option set: the preset was applied.
template <class O>
Estimate measured(const Quantity<O>& quantity, const Inputs& inputs, const O& o, const Context& context,
                  Differentiation* wanted = nullptr) {
  Estimate e = begin_estimate(quantity.card, chosen(quantity.card, quantity.convention(o), o.compat), values(quantity.table, o));
  if constexpr (requires { o.unit; }) e.unit = o.unit;
  if (wanted != nullptr) refuse_compat_gradient(e);
  quantity.compute(inputs, o, e, context, wanted);
  if (wanted != nullptr && quantity.gradient && std::isfinite(e.value))
    wanted->finish(e, PreparedRows{inputs.samples.front(), {}, false, false}, quantity.gradient(inputs.samples, o, e, context));
  return e;
}

template <class O>
Estimate estimate(const Quantity<O>& quantity, const Inputs& inputs, O options, const Context& context) {
  check_inputs(quantity.card, inputs);
  validate(quantity.table, options, quantity.card);
  apply_preset(options, quantity.table, quantity.card);
  return measured(quantity, inputs, options, context);
}

template <class O>
Estimate estimate(const Quantity<O>& quantity, const SampleMatrix& x, const O& options, const Context& context) {
  return estimate(quantity, Inputs{{x}, {}, {}}, options, context);
}

template <class O>
EstimatorInfo info_of(const Quantity<O>& quantity) {
  std::function<ValueAndGradient(const Inputs&, const O&, const Context&)> gradient;
  if (quantity.compute.differentiable() || quantity.gradient)
    gradient = [&quantity](const Inputs& inputs, const O& o, const Context& context) {
      return differentiated(inputs.samples.front(),
                            [&](Differentiation* wanted) { return measured(quantity, inputs, o, context, wanted); });
    };
  return make_estimator<O>(
      quantity.card, quantity.table,
      [&quantity](const Inputs& inputs, const O& o, const Context& context) { return measured(quantity, inputs, o, context); },
      quantity.footprint, gradient);
}

}  // namespace entrospect::detail
