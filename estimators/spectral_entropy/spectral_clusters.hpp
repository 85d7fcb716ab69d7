#pragma once
// Spectral clustering (Ng, Jordan, Weiss 2002): classes for a target of several dimensions, as diffusion spectral mutual information needs
// them.
//
//   S = D^-1/2 K D^-1/2, D = diag(K 1);  rows of the `clusters` leading eigenvectors of S, divided by their norms, are clustered by k-means
//
// k-means starts from k-means++ (Arthur and Vassilvitskii 2007) `restarts` times and keeps the smallest sum of squares. Classes are
// numbered by their first row. One seed, one result, for any number of threads. y: n x d, 2 <= clusters <= n.  Errors: non-finite values, n
// below 2, clusters outside of [2, n], what the kernel refuses. Cost: O(n^2 d + n^3) time, O(n^2) memory.

#include <cstddef>
#include <cstdint>

#include "entrospect/core/context.hpp"
#include "entrospect/core/labels.hpp"
#include "entrospect/core/sample_matrix.hpp"
#include "entrospect/spectral/kernels.hpp"

namespace entrospect {

struct SpectralClusterOptions {
  std::size_t clusters = 10;
  Kernel kernel{};  // Gaussian with median bandwidth
  std::size_t restarts = 10;
  std::uint64_t seed = 0;
};

Labels spectral_clusters(const SampleMatrix& y, const SpectralClusterOptions& options = {}, const Context& context = {});

}  // namespace entrospect
