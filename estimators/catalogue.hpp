#pragma once
// The explicit list of estimators. Every door reads this and nothing else.

#include <span>
#include <string_view>

#include "entrospect/core/registry.hpp"

namespace entrospect {

std::span<const EstimatorInfo* const> catalogue();

// By name or alias, `-` and `_` alike. Throws InvalidArgument suggesting the nearest name.
const EstimatorInfo& find_estimator(std::string_view name_or_alias);

// One door for every estimator: options by name.
Estimate run(std::string_view name, const Inputs& inputs, const OptionMap& options = {}, const Context& context = {});

}  // namespace entrospect
