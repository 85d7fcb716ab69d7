#pragma once
// Units of an estimate. Inside the library every entropy is in nats; conversion happens once, when an Estimate is finished.

#include <string_view>

namespace entrospect {

enum class Unit { nats, bits, count, none };

std::string_view name(Unit unit);

// Factor that turns a value in nats into `unit`; 1 for `count` and `none`, which do not convert.
double nats_to(Unit unit);

}  // namespace entrospect
