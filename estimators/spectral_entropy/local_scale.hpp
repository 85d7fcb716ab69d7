#pragma once
// Nearest-neighbor graph with local scale (Zelnik-Manor and Perona 2004): K_ij = exp(-|x_i - x_j|^2 / (s_i s_j)) if j is one of the k
// nearest neighbors of i or i of j, else 0; s_i = distance to the k-th neighbor; K_ii = 1. Rows do not count as their own neighbors; ties
// go to the smaller index.

#include <cstddef>

#include "entrospect/core/context.hpp"
#include "entrospect/core/sample_matrix.hpp"

namespace entrospect {

// The n x n matrix as samples (kernel = precomputed). n > k. Dense: O(n^2 d) time, O(n^2) memory. Scales below `least_scale` are raised to
// it. At a scale of 0 (k + 1 equal rows) the affinity has its limit: 1 between equal rows, 0 otherwise.
SampleMatrix local_scale_graph(const SampleMatrix& x, std::size_t k, double least_scale = 0, const Context& context = {});

}  // namespace entrospect
