#pragma once
// Numerical rank and condition number, from the singular values of the samples themselves (not of X^T X, which would lose half the digits).
//
//   numerical_rank(x)   = #{s_i > tolerance s_1}
//   condition_number(x) = s_1 / s_r, r = min(n, d), min(n - 1, d) when centered
//
// s are the singular values of Z = x after center and normalize; both uncentered by default. tolerance: `auto` is max(n, d) eps, as
// numpy.linalg.matrix_rank; `eigenvalues` is its root, which counts eigenvalues of Z^T Z above max(n, d) eps times the largest, as
// effective_rank of order 0 does; or a number.
// condition_number is inf, with status `degenerate` and the rank, when s_r is at or below the tolerance; numerical_rank = true divides by
// the smallest singular value above it instead.
// x: n x d, n >= 2.  Unit: count, none.  Range: [0, r], [1, inf]; a finite condition number is below 1 / tolerance.
// Errors: non-finite values, too few rows, samples whose largest absolute value is outside [1e-120, 1e140] unless rows are divided by their
// norms, rows without a direction under normalize = l2.  All rows equal: status `degenerate`; the rank is then 0 (centered) or at most 1.
// Cost: O(n d min(n, d)) time on one thread, O(min(n, d)^2) memory for n >= d, the samples once more for n < d.

#include <string>
#include <variant>

#include "entrospect/core/registry.hpp"
#include "entrospect/core/survey.hpp"

namespace entrospect {

enum class RankRule { automatic, eigenvalues };

struct NumericalRankOptions {
  std::variant<double, RankRule> tolerance = RankRule::automatic;
  bool center = false;
  Normalize normalize = Normalize::none;
  ZeroRows zero_rows = ZeroRows::error;
  std::string convention = "singular-values";
  std::string compat{};
};

struct ConditionNumberOptions {
  bool numerical_rank = false;
  std::variant<double, RankRule> tolerance = RankRule::automatic;
  bool center = false;
  Normalize normalize = Normalize::none;
  ZeroRows zero_rows = ZeroRows::error;
  std::string convention = "full-rank";
  std::string compat{};
};

Estimate numerical_rank(const SampleMatrix& x, const NumericalRankOptions& options = {}, const Context& context = {});
const EstimatorInfo& numerical_rank_info();

Estimate condition_number(const SampleMatrix& x, const ConditionNumberOptions& options = {}, const Context& context = {});
const EstimatorInfo& condition_number_info();

}  // namespace entrospect
