#pragma once
// Two more readings of a graph on the samples, beside diffusion spectral entropy (diffusion.hpp), whose kernels, graphs and options they
// share.
//
//   adjacency_spectral_entropy(x) = H_q(p), p_i = |lam_i|^t / sum |lam|^t, lam eigenvalues of the affinities K themselves   entropy  [0, ln
//   n] eigenvalue_count(x)           = #{i : |lam_i|^t > threshold}, lam eigenvalues of the diffusion operator S               count    [0,
//   n]
//
// x: n x d, n >= 2, or the n x n affinities themselves with kernel = precomputed.  K is not divided by its row sums, so the entropy of the
// adjacency weighs dense regions more.  eigenvalue_count counts the clusters that outlast t steps of the walk: t = 100 and threshold = 1e-6
// count eigenvalues above 0.871.
// leading, graph, k, symmetrize, bandwidth: as in diffusion.hpp. A count is exact as soon as one known eigenvalue falls below the
// threshold; otherwise it is an interval with status `truncated`. compat: dse-dsmi (entropy), manylatents (count). Errors: as
// diffusion_spectral_entropy, but rows of K may sum to anything where they are not divided by it. Cost: as diffusion_spectral_entropy.

#include <string>

#include "entrospect/core/registry.hpp"
#include "entrospect/core/survey.hpp"
#include "entrospect/estimators/spectral_entropy/diffusion_walk.hpp"
#include "entrospect/spectral/kernels.hpp"
#include "entrospect/spectral/spectrum.hpp"

namespace entrospect {

struct AdjacencyEntropyOptions {
  double t = 1;
  double order = 1;
  Kernel kernel{};  // Gaussian with median bandwidth
  Graph graph = Graph::dense;
  std::size_t k = 15;
  Symmetrize symmetrize = Symmetrize::either;
  std::size_t leading = 0;
  bool center = false;
  Normalize normalize = Normalize::none;
  ZeroRows zero_rows = ZeroRows::error;
  SolverOptions solver{};
  std::uint64_t seed = 0;
  Unit unit = Unit::nats;
  std::string convention = "spectrum";
  std::string compat{};  // "dse-dsmi"
};

struct EigenvalueCountOptions {
  double t = 100;
  double threshold = 1e-6;
  double anisotropy = 0.5;
  Kernel kernel{};  // Gaussian with median bandwidth
  Graph graph = Graph::dense;
  std::size_t k = 15;
  Symmetrize symmetrize = Symmetrize::either;
  std::size_t leading = 0;
  bool center = false;
  Normalize normalize = Normalize::none;
  ZeroRows zero_rows = ZeroRows::error;
  SolverOptions solver{};
  std::uint64_t seed = 0;
  std::string convention = "paper";
  std::string compat{};  // "manylatents"
};

Estimate adjacency_spectral_entropy(const SampleMatrix& x, const AdjacencyEntropyOptions& options = {}, const Context& context = {});
const EstimatorInfo& adjacency_spectral_entropy_info();

Estimate eigenvalue_count(const SampleMatrix& x, const EigenvalueCountOptions& options = {}, const Context& context = {});
const EstimatorInfo& eigenvalue_count_info();

}  // namespace entrospect
