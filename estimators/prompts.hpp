#pragma once
// Estimates whose uncertainty is that of the prompts: the mean of prompts' values, and one value of all prompts' tokens.

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "entrospect/core/estimate.hpp"
#include "entrospect/core/registry.hpp"

namespace entrospect {

// The estimate of a prompt that has too few tokens to carry a value: a status, not a number.
Estimate too_short(const Estimate& facts, std::size_t prompt, std::size_t tokens);

// Mean of v_1 .. v_m, std_error = sd / sqrt(m), interval = mean -+ t std_error with the 97.5 % point t of Student's distribution with m - 1
// degrees of freedom. Prompts are taken as independent draws. Those without a value are left out and counted, and the status says so; n is
// the number of tokens that entered. Caps depend on the number of tokens of a prompt: where they differ, the mean has none, and
// normalized() is the mean of value / cap.
Estimate mean_over_prompts(std::span<const Estimate> prompts);

// info.run() on the tokens of all prompts; row i belongs to prompt[i]. The tokens of a prompt depend on each other, so what the options
// `interval` leave out at a time are whole prompts: blocks of them (as many as prompts if there are fewer than the default), or those not
// in a subset. Throws InvalidArgument when an interval is asked of an estimator with labels.
Estimate run_over_prompts(const EstimatorInfo& info, const Inputs& inputs, const OptionMap& given, const std::vector<std::int64_t>& prompt,
                          const Context& context = {});

}  // namespace entrospect
