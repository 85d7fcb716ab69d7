#pragma once
// Answers to one question as a graph: W_ij >= 0 says how alike answers i and j are, D_ii = sum_j W_ij.
//
//   kernel_language_entropy(W) = -sum p ln p, p eigenvalues of K_ij / (n sqrt(K_ii K_jj)), K = exp(-t L), L = D - W
//                                (Nikitin, Kossen, Gal, Marttinen: Kernel language entropy, NeurIPS 2024)          [0, ln n]   nats, bits
//   u_eigv(W)                  = sum_k max(0, 1 - lam_k), lam eigenvalues of I - D^-1/2 W D^-1/2
//                                (Lin, Trivedi, Sun: Generating with confidence, TMLR 2024)                        [1, n]      count
//
// Both grow with disagreement. u_eigv counts clusters, with fractions: k groups of equal answers that share nothing have the value k.
// The sign of L matters: exp(+t L), which one tool computes, is another kernel. Eigenvalues of L within round-off of 0 are 0, so t may be
// as large as one likes. normalizer = log-n divides the language entropy by ln n. W comes from embeddings of the answers by `kernel`, or is
// x itself with kernel = precomputed; it need not be positive semi-definite. x: n x d embeddings or n x n similarities, n >= 2. Errors:
// non-finite values, too few rows, a precomputed matrix that is not square, not symmetric or has negative entries, an answer whose
// similarities are all 0 (u_eigv), precision = single for kernel_language_entropy.  All rows equal: status `degenerate`.
// Cost: O(n^2 d + n^3) time, O(n^2) memory.

#include <string>

#include "entrospect/core/registry.hpp"
#include "entrospect/spectral/backend.hpp"
#include "entrospect/spectral/kernels.hpp"

namespace entrospect {

enum class LanguageNormalizer { none, log_n };

struct KernelLanguageOptions {
  double t = 0.4;
  Kernel kernel{};
  LanguageNormalizer normalizer = LanguageNormalizer::none;
  Unit unit = Unit::nats;
  SolverOptions solver{};
  std::string convention = "paper";
  std::string compat{};
};

struct EigvOptions {
  Kernel kernel{};
  SolverOptions solver{};
  std::string convention = "paper";
  std::string compat{};
};

Estimate kernel_language_entropy(const SampleMatrix& x, const KernelLanguageOptions& options = {}, const Context& context = {});
const EstimatorInfo& kernel_language_entropy_info();

Estimate u_eigv(const SampleMatrix& x, const EigvOptions& options = {}, const Context& context = {});
const EstimatorInfo& u_eigv_info();

}  // namespace entrospect
