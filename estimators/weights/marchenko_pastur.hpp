#pragma once
// How much of a weight matrix W, n x d, stands out of noise (Martin, Mahoney, JMLR 2021). lam are the eigenvalues of W^T W / N, M of them,
// N = max(n, d), M = min(n, d). Independent entries of variance v have all lam below the edge (Marchenko, Pastur 1967)
//
//   edge = v (1 + sqrt(M / N))^2,  v = |W|_F^2 / (n d)
//
//   mp_soft_rank(W)   = edge / lam_1: 1 for noise, small when one direction carries much                none  (0, (1 + sqrt(M / N))^2]
//   mp_spike_share(W) = sum of the lam above the edge / sum lam; their number is in the diagnostics     none  [0, 1]
//
// edge = "shuffled": the mean of lam_1 over n_null matrices with the same entries in random places, which keeps heavy tails that the
// formula does not know; the scatter of that mean gives mp_soft_rank its standard error. The edge is that of large matrices: lam_1 of noise
// scatters about it by about M^(-2/3) of it. Structure raises v, so few spikes of a large matrix are seen better than many of a small one.
// Errors: non-finite values, too few rows, samples whose largest absolute value is outside [1e-120, 1e140].  W = 0: status `degenerate`.
// Cost: O(n d min(n, d)) time, n_null times as much for a shuffled edge; O(min(n, d)^2) memory, O(n d) for a shuffled edge.

#include <string>

#include "entrospect/core/registry.hpp"
#include "entrospect/spectral/spectrum.hpp"

namespace entrospect {

enum class NoiseEdge { formula, shuffled };

struct MarchenkoPasturOptions {
  NoiseEdge edge = NoiseEdge::formula;
  std::size_t n_null = 20;
  std::uint64_t seed = 0;
  Side side = Side::automatic;
  SolverOptions solver{};
  std::string convention = "formula";
  std::string compat{};
};

Estimate mp_soft_rank(const SampleMatrix& x, const MarchenkoPasturOptions& options = {}, const Context& context = {});
const EstimatorInfo& mp_soft_rank_info();

Estimate mp_spike_share(const SampleMatrix& x, const MarchenkoPasturOptions& options = {}, const Context& context = {});
const EstimatorInfo& mp_spike_share_info();

}  // namespace entrospect
