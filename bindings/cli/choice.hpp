#pragma once
// Which estimators a run computes, with which options: -e, then the flags that stand for an option of one or of all of them.

#include <cstdint>
#include <string>
#include <vector>

#include "entrospect/bindings/cli/plan.hpp"
#include "entrospect/bindings/cli/run.hpp"
#include "entrospect/bindings/io/spec.hpp"

namespace entrospect::cli {

// Throws InvalidArgument for what cannot be computed on one tensor at a time, or not without labels.
std::vector<io::EstimatorSpec> chosen_estimators(const RunOptions& options, const Plan& plan);

// --unfold; without it, `matrices` where every estimator takes probabilities: attention is saved as layers x heads x queries x keys.
io::Unfold chosen_unfolding(const RunOptions& options);

// Without -e: what a pass over each tensor answers, and, when there are labels and no tensor has more than 4096 rows (pairs of rows must
// fit in memory and time), how much the layers say about them.
std::string default_estimators(bool labels, std::uint64_t most_rows);

}  // namespace entrospect::cli
