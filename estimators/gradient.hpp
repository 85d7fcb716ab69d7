#pragma once
// Value and gradient of an estimator by name: what a training loop needs.

#include <string_view>

#include "entrospect/core/registry.hpp"

namespace entrospect {

// The estimate, and its exact derivative with respect to every value of the samples, in the estimate's unit. Defined for the estimators
// whose card says `differentiable`, without compat id; throws InvalidArgument for others, naming those that have one. Rows that the
// estimator drops have gradient 0. Where the value has no derivative the status is `nonsmooth` and the gradient a support subgradient;
// where there is no value the gradient is NaN. Costs one eigenvalue problem with vectors on the smaller side.
ValueAndGradient value_and_gradient(std::string_view name, const Inputs& inputs, const OptionMap& options = {},
                                    const Context& context = {});

}  // namespace entrospect
