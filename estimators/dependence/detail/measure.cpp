#include "entrospect/estimators/dependence/detail/measure.hpp"

#include "entrospect/core/unit.hpp"

namespace entrospect::detail {

void report(Estimate& e, const Outcome& found, Unit unit, std::uint64_t seed) {
  const Unit own = found.ratio ? Unit::none : unit;
  set_number(e, found.value, found.cap, own);
  e.substituted = found.steps;
  if (own == Unit::nats || own == Unit::bits) e.substituted += " nats" + unit_step(found.value, own);
  const double scale = nats_to(own);
  if (found.std_error) {
    e.std_error = *found.std_error * scale;
    e.interval_method = "analytic";
  }
  if (found.null.empty()) return;
  std::vector<double> null = found.null;
  for (double& v : null) v *= scale;
  add_null(e, null, found.tie * scale, seed, found.null_method);
}

}  // namespace entrospect::detail
