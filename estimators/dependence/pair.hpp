#pragma once
// Two or more sample matrices as estimators of dependence and of difference take them: each examined under its own name, views that put
// them side by side or on top of each other.

#include <functional>
#include <span>
#include <string>
#include <vector>

#include "entrospect/core/context.hpp"
#include "entrospect/core/estimate.hpp"
#include "entrospect/core/registry.hpp"
#include "entrospect/core/sample_matrix.hpp"
#include "entrospect/spectral/kernels.hpp"

namespace entrospect {

struct Pair {
  SampleMatrix x, y;
};

// Examines both as prepare_rows does, with messages that say which: "hsic: y: 2 of 24 x 6 values ...". e.n and e.d are those of x; what is
// found about y is in the diagnostics with y_ in front. Equal rows in one of them set status `degenerate`.
void examine(const Pair& pair, bool kernel_matrices, Estimate& e, const Context& context);

// The same for any number of them; e.estimator is set from the card.
void examine(std::span<const SampleMatrix> samples, const EstimatorCard& card, bool kernel_matrices, Estimate& e, const Context& context);

// What is found about one of several goes into `e`: n and d of the first, diagnostics and reasons with the name of a later one in front.
void add_facts(const Estimate& facts, const EstimatorCard& card, std::size_t i, Estimate& e);

// Calls f(); an InvalidArgument of it gets "who: " in front.
void naming(const std::string& who, const std::function<void()>& f);

// The bandwidth of one of them, written to the diagnostics of `e` with `prefix` in front.
double named_bandwidth(const SampleMatrix& x, const std::string& name, const std::string& prefix, const Kernel& kernel, std::uint64_t seed,
                       Estimate& e, const Context& context);

// [X Y], n x (d_x + d_y), and X over Y over ..., all of d columns, in float64: read from the views on demand, every deferred operation
// applied.
SampleMatrix side_by_side(const Pair& pair, const Context& context);
SampleMatrix stacked(const std::vector<SampleMatrix>& samples, const Context& context);

// "gaussian kernel, sigma = 2, y_sigma = 3": for Estimate::substituted, from the diagnostics that named_bandwidth() wrote.
std::string kernel_text(const Kernel& kernel, const Estimate& e);

}  // namespace entrospect
