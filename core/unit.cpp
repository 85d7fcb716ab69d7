#include "entrospect/core/unit.hpp"

#include <numbers>

namespace entrospect {

std::string_view name(Unit unit) {
  switch (unit) {
    case Unit::nats:
      return "nats";
    case Unit::bits:
      return "bits";
    case Unit::count:
      return "count";
    case Unit::none:
      break;
  }
  return "none";
}

double nats_to(Unit unit) { return unit == Unit::bits ? 1 / std::numbers::ln2 : 1; }

}  // namespace entrospect
