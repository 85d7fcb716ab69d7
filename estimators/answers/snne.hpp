#pragma once
// Semantic nearest-neighbor entropy: how far apart in meaning several answers to one question are, without clusters.
//
//   snne(S) = -sum_i w_i ln sum_j exp(S_ij / tau),  w_i = 1 / n,  self-similarity included
//
// (Nguyen, Payani, Mirzasoleiman: Beyond semantic entropy, ACL Findings 2025). Large when answers disagree. S comes from embeddings of the
// answers by `kernel` (cosine), or is x itself with kernel = precomputed: symmetric, of any sign, not necessarily positive
// semi-definite. Weights, if given, are the shares w_i = exp(loglik_i) / sum of the answers' likelihoods (the white-box form, WSNNE); they
// are divided by their sum, so a common factor does not matter: pass exp(loglik - max loglik). tau is a choice that moves the value.
// x: n x d embeddings or n x n similarities, n >= 2.  Unit: nats or bits.  Range: (-inf, -min S_ii / tau].
// Errors: non-finite values, too few rows, a zero row under the cosine kernel, a precomputed matrix that is not square or not symmetric,
// weights that are negative or all zero.  All rows equal: status `degenerate`, value -ln n - 1 / tau for the cosine kernel.
// Cost: O(n^2 d) time, O(n^2) memory.

#include <string>
#include <vector>

#include "entrospect/core/registry.hpp"
#include "entrospect/core/survey.hpp"
#include "entrospect/spectral/kernels.hpp"

namespace entrospect {

struct SnneOptions {
  double tau = 1;
  Kernel kernel{KernelKind::cosine};
  ZeroRows zero_rows = ZeroRows::error;
  Unit unit = Unit::nats;
  std::string convention = "paper";
  std::string compat{};
};

Estimate snne(const SampleMatrix& x, const SnneOptions& options = {}, const Context& context = {});
Estimate weighted_snne(const SampleMatrix& x, const std::vector<double>& weights, const SnneOptions& options = {},
                       const Context& context = {});
const EstimatorInfo& snne_info();

}  // namespace entrospect
