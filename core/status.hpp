#pragma once
// What became of a computation. One primary status, plus an ordered list of flags on Estimate.

#include <string_view>

namespace entrospect {

enum class Status {
  ok,
  truncated,           // part of the spectrum or of the data is missing; the interval says how much it matters
  not_converged,       // a solver stopped before its tolerance
  degenerate,          // the data carry no variation, so the quantity is a limit or undefined
  nonfinite,           // the result overflowed or is not a number
  below_null,          // smaller than what unrelated data give
  above_entropy,       // a mutual information above the entropy of the label
  out_of_valid_range,  // the estimator is not trustworthy for this n, d or data
  nonsmooth,           // a gradient was asked for where none exists
};

std::string_view name(Status status);

// A paragraph for the user: what happened and what to do.
std::string_view advice(Status status);

}  // namespace entrospect
