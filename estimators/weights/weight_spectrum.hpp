#pragma once
// Quantities of a weight matrix W, n x d (Martin, Mahoney, JMLR 2021). s are its singular values, lam = s^2 the eigenvalues of W^T W.
//
//   weight_entropy(W)    = H_1(p) / ln rank, p = lam / sum lam, rank the number of s above max(n, d) eps s_1          none   [0, 1]
//   power_law_alpha(W)   = 1 + m / sum_i ln(lam_i / xmin) over the m eigenvalues >= xmin                              none   (1, inf)
//                          xmin is the eigenvalue that gives the least Kolmogorov-Smirnov distance (Clauset, Shalizi, Newman 2009);
//                          standard error (alpha - 1) / sqrt m
//   vector_participation_ratio(W) = mean over rows of (|w|_2 / |w|_4)^4                                               count  [1, d]
//                          how many entries share a row
//
// weight_entropy of a matrix of rank 1 is 0. compat `weightwatcher` and `weightwatcher-gpu` add 1e-10 and 6e-5 to p and to the rank, which
// decide the value at rank 1. power_law_alpha's compat `weightwatcher` takes the distance from below only: at each eigenvalue the empirical
// distribution before it; of fewer than 20 eigenvalues it takes tails of at least 8, and m - 1 for m in the exponent. The standard error
// knows nothing of the choice of xmin. vector_participation_ratio's compat `weightwatcher` is |w|_2 / |w|_4 without the fourth power.
// A convolution's tensor is unfolded by the caller: rows are the output channels (`w.reshape(len(w), -1)`).
// Errors: non-finite values, too few rows, rows without a direction under normalize = l2 and for vector_participation_ratio, otherwise
// samples whose largest absolute value is outside [1e-120, 1e140].  W = 0, or fewer than 2 different eigenvalues for a power law: status
// `degenerate`, no value.
// Cost: O(n d min(n, d)) time on one thread; vector_participation_ratio O(n d).

#include <string>
#include <variant>

#include "entrospect/core/registry.hpp"
#include "entrospect/core/survey.hpp"

namespace entrospect {

struct WeightEntropyOptions {
  bool center = false;
  Normalize normalize = Normalize::none;
  ZeroRows zero_rows = ZeroRows::error;
  std::string convention = "rank";
  std::string compat{};
};

enum class AutoXmin { automatic };

struct PowerLawOptions {
  std::variant<double, AutoXmin> xmin = AutoXmin::automatic;
  bool center = false;
  Normalize normalize = Normalize::none;
  ZeroRows zero_rows = ZeroRows::error;
  std::string convention = "clauset";
  std::string compat{};
};

struct VectorParticipationOptions {
  ZeroRows zero_rows = ZeroRows::error;
  std::string convention = "fourth-power";
  std::string compat{};
};

Estimate weight_entropy(const SampleMatrix& x, const WeightEntropyOptions& options = {}, const Context& context = {});
const EstimatorInfo& weight_entropy_info();

Estimate power_law_alpha(const SampleMatrix& x, const PowerLawOptions& options = {}, const Context& context = {});
const EstimatorInfo& power_law_alpha_info();

Estimate vector_participation_ratio(const SampleMatrix& x, const VectorParticipationOptions& options = {}, const Context& context = {});
const EstimatorInfo& vector_participation_ratio_info();

}  // namespace entrospect
