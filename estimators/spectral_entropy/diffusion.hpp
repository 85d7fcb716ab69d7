#pragma once
// Diffusion spectral entropy (Liao, Liu et al., CISS 2024): the entropy of a random walk on the samples after t steps.
//
//   K_ij = exp(-|x_i - x_j|^2 / (2 sigma^2)),  q = K 1,  K_a = diag(q)^-a K diag(q)^-a,  D = diag(K_a 1),  S = D^-1/2 K_a D^-1/2
//   DSE = H_q(p),  p_i = |lam_i|^t / sum |lam|^t,  lam eigenvalues of S, which is similar to the random walk D^-1 K_a
//
// x: n x d, n >= 2, or the n x n affinity itself with kernel = precomputed (entries need positive row sums).  Unit: nats or bits (the
// papers use bits).  Range and cap: [0, ln n].
// t: (0, inf); t -> 0 gives ln of the rank, t -> inf counts connected clusters.  Below 1, round-off eigenvalues count as 0.  Where t
// magnifies the round-off of near-equal eigenvalues to 1e-3 of a weight the status is `out_of_valid_range`.
// anisotropy: 0 is the plain random walk of K, 1/2 and 1 remove half and all of the sampling density.  The paper defines 1/2; its released
// tool computes 0, and a value says which one it is.
// bandwidth moves the value over its whole range: 10, the tool's number, saturates on unit-scale data; the median of distances (default)
// makes the value independent of the scale of x.
// graph: `dense`, or a sparse graph of the `k` nearest neighbors (exact) instead of kernel and bandwidth: `knn` with local scales, `knn01`
// with weights 1; symmetrize = `union` or `mutual`.
// leading: with the few eigenvalues of largest magnitude only, the result is an interval (interval_method "bounds", status `truncated`),
// and a value where the rest cannot matter, as at large t. Graphs of more than 4000 rows take 100, without any n x n matrix, unless
// `leading` or a `backend` is given. compat: dse-dsmi, manylatents; both define order 1 only. Errors: non-finite values, samples whose
// largest absolute value is outside [1e-120, 1e140] unless rows are divided by their norms, median bandwidth 0, k >= n, a neighbor graph
// with kernel = precomputed, a row of affinities that sums to 0, precision = single with order < 1 or t < 1. Cost: O(n^2 d + n^3) time,
// O(n^2) memory; with a neighbor graph and `leading` = m eigenvalues O(n^2 d) + products with O(n k) entries, and O(n (k + m)) memory.

#include <string>

#include "entrospect/core/registry.hpp"
#include "entrospect/core/survey.hpp"
#include "entrospect/estimators/spectral_entropy/diffusion_walk.hpp"
#include "entrospect/spectral/kernels.hpp"
#include "entrospect/spectral/spectrum.hpp"

namespace entrospect {

struct DiffusionEntropyOptions {
  double t = 1;
  double anisotropy = 0.5;
  double order = 1;
  Kernel kernel{};  // Gaussian with median bandwidth
  Graph graph = Graph::dense;
  std::size_t k = 15;  // graph = knn, knn01
  Symmetrize symmetrize = Symmetrize::either;
  std::size_t leading = 0;
  bool center = false;
  Normalize normalize = Normalize::none;
  ZeroRows zero_rows = ZeroRows::error;
  SolverOptions solver{};
  std::uint64_t seed = 0;
  Unit unit = Unit::nats;
  std::string convention = "paper";
  std::string compat{};  // "dse-dsmi", "manylatents"
};

Estimate diffusion_spectral_entropy(const SampleMatrix& x, const DiffusionEntropyOptions& options = {}, const Context& context = {});
const EstimatorInfo& diffusion_spectral_entropy_info();

}  // namespace entrospect
