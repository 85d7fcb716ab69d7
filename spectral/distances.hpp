#pragma once
// Distances of all pairs of rows. Private to spectral/.

#include <vector>

#include "entrospect/core/context.hpp"
#include "entrospect/core/sample_matrix.hpp"

namespace entrospect::detail {

// n (n - 1) / 2 Euclidean (or L1) distances, in no documented order.
std::vector<double> pairwise_distances(const SampleMatrix& x, bool l1, const Context& context);

}  // namespace entrospect::detail
