#pragma once
// The way from a call to an estimate that quantities of several sample matrices share: options checked, preset applied, estimate begun,
// filled by the quantity.

#include <functional>
#include <utility>

#include "entrospect/core/registry.hpp"
#include "entrospect/estimators/spectral_entropy/reporting.hpp"

namespace entrospect::detail {

template <class O>
struct Quantity {
  EstimatorCard card;
  FieldTable<O> table;
  std::function<void(const Inputs&, const O&, Estimate&, const Context&)> fill;
  std::function<Footprint(const O&, std::size_t n, std::size_t d)> footprint;
};

// With every option set: the preset was applied.
template <class O>
Estimate measured(const Quantity<O>& quantity, const Inputs& inputs, const O& o, const Context& context) {
  Estimate e = begin_estimate(quantity.card, chosen(quantity.card, o.convention, o.compat), values(quantity.table, o));
  quantity.fill(inputs, o, e, context);
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
EstimatorInfo info_of(const Quantity<O>& quantity) {
  return make_estimator<O>(
      quantity.card, quantity.table,
      [&quantity](const Inputs& inputs, const O& o, const Context& context) { return measured(quantity, inputs, o, context); },
      quantity.footprint);
}

}  // namespace entrospect::detail
