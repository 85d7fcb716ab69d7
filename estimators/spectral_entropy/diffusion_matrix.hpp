#pragma once
// Diffusion matrix entropy: the Shannon entropy of all n^2 transition probabilities of a random walk on the samples that starts anywhere.
//
//   K, q = K 1, K_a = diag(q)^-a K diag(q)^-a as in diffusion.hpp,  P = D^-1 K_a, D = diag(K_a 1)
//   DMEE = -sum_ij (P_ij / n) ln(P_ij / n) = ln n + mean_i H(P_i)
//
// No eigenvalues: P has those of the operator of diffusion spectral entropy, but this is another quantity, of its entries.
// x: n x d, n >= 2, or the n x n affinities themselves with kernel = precomputed (entries >= 0).  Unit: nats or bits.
// Range and cap: [ln n, 2 ln n]; ln n when every row only reaches itself, 2 ln n when all rows are alike.
// compat: dse-dsmi.
// Errors: as diffusion_spectral_entropy; a negative affinity.
// Cost: O(n^2 d) time, O(n^2) memory; O(n k) memory with a neighbor graph.

#include <string>

#include "entrospect/core/registry.hpp"
#include "entrospect/core/survey.hpp"
#include "entrospect/estimators/spectral_entropy/diffusion_walk.hpp"
#include "entrospect/spectral/kernels.hpp"

namespace entrospect {

struct DiffusionMatrixOptions {
  double anisotropy = 0.5;
  Kernel kernel{};  // Gaussian with median bandwidth
  Graph graph = Graph::dense;
  std::size_t k = 15;
  Symmetrize symmetrize = Symmetrize::either;
  bool center = false;
  Normalize normalize = Normalize::none;
  ZeroRows zero_rows = ZeroRows::error;
  std::uint64_t seed = 0;
  Unit unit = Unit::nats;
  std::string convention = "paper";
  std::string compat{};  // "dse-dsmi"
};

Estimate diffusion_matrix_entropy(const SampleMatrix& x, const DiffusionMatrixOptions& options = {}, const Context& context = {});
const EstimatorInfo& diffusion_matrix_entropy_info();

}  // namespace entrospect
