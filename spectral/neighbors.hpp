#pragma once
// Exact nearest neighbors by tiled brute force, and the sparse graphs made of them.

#include <cstddef>
#include <cstdint>
#include <vector>

#include "entrospect/core/context.hpp"
#include "entrospect/core/options.hpp"
#include "entrospect/core/sample_matrix.hpp"
#include "entrospect/spectral/sparse_operator.hpp"

namespace entrospect {

enum class Metric { l2, l1 };

// Row i: the k nearest other rows, nearest first; ties go to the smaller index.
struct NearestNeighbors {
  std::size_t n = 0, k = 0;
  std::vector<std::uint32_t> index;  // n x k
  std::vector<double> distance;      // n x k
  std::size_t searched_again = 0;    // rows whose candidates the rounding of the tiles left in doubt
  [[nodiscard]] double scale(std::size_t row) const { return distance[row * k + k - 1]; }
};

// O(n^2 d) time, O(n k) memory. Tiles of inner products pick a few more than k candidates per row; differences of the rows themselves rank
// them, and where a row outside of the candidates could be nearer than the k-th within the rounding of a tile, that row is compared with
// all others. Throws InvalidArgument unless 1 <= k < n.
NearestNeighbors nearest_neighbors(const SampleMatrix& x, std::size_t k, Metric metric = Metric::l2, const Context& context = {});

enum class GraphWeights {
  local_scale,  // exp(-|x_i - x_j|^2 / (s_i s_j)), s_i the distance to the k-th neighbor (Zelnik-Manor and Perona 2004)
  ones,         // 1
};
enum class Symmetrize {
  either,  // an edge where i is a neighbor of j or j of i: the larger of the two directed weights
  mutual,  // an edge where each is a neighbor of the other
};
const Choices<Symmetrize>& symmetrize_choices();  // "union", "mutual"

// The graph of the neighbors with K_ii = 1. Scales below `least_scale` are raised to it. At a scale of 0 (k + 1 equal rows) the weight has
// its limit: 1 between equal rows, 0 otherwise. Local-scale weights are symmetric, so the larger of two directed ones is either of them.
SparseMatrix neighbor_graph(const NearestNeighbors& near, GraphWeights weights, Symmetrize symmetrize = Symmetrize::either,
                            double least_scale = 0);

}  // namespace entrospect
