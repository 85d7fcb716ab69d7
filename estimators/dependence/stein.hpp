#pragma once
// Squared kernel Stein discrepancy: how far samples are from a distribution of which only the score s(x) = grad ln p(x) is known
// (Liu, Lee, Jordan, ICML 2016; Chwialkowski, Strathmann, Gretton, ICML 2016).
//
//   h(x, y) = s(x).s(y) k + s(x).d_y k + s(y).d_x k + tr d_x d_y k,  k = exp(-|x - y|^2 / (2 sigma^2))
//           = k [s(x).s(y) + (s(x) - s(y)).(x - y) / sigma^2 + d / sigma^2 - |x - y|^2 / sigma^4]
//   statistic = v-statistic: mean of h over all pairs;  statistic = u-statistic: over pairs i != j, 0 on average when the samples are from
//   p
//
// x: n x d samples, score: n x d, row i the score at x_i, n >= 2.  Unit: none (1 / length^2).  Range: [0, inf) for the v-statistic; the
// u-statistic may be negative and is never clipped.
// null = wild-bootstrap: mean of w_i w_j h_ij with n_null draws of independent signs w, for independent samples; null_mean, null_sd and
// p_value in the diagnostics.
// Errors: matrices of different n or d, non-finite values, fewer than 2 rows, half of the rows of x equal under a bandwidth rule.
// Cost: O(n^2 (d + n_null)) and one n x n matrix.

#include <string>

#include "entrospect/core/registry.hpp"
#include "entrospect/spectral/kernels.hpp"

namespace entrospect {

enum class KsdStatistic { v_statistic, u_statistic };
enum class SteinNull { none, wild_bootstrap };

struct KsdOptions {
  KsdStatistic statistic = KsdStatistic::v_statistic;
  Bandwidth bandwidth = BandwidthRule::median;
  SteinNull null = SteinNull::none;
  std::size_t n_null = 999;
  std::uint64_t seed = 0;
  std::string convention = "v-statistic";  // "u-statistic"
  std::string compat{};
};

Estimate ksd2(const SampleMatrix& x, const SampleMatrix& score, const KsdOptions& options = {}, const Context& context = {});
const EstimatorInfo& ksd2_info();

}  // namespace entrospect
