#pragma once
// Coding rate reduction: how much shorter a code of the samples is that knows their class (Yu et al., NeurIPS 2020, MCR2).
//
//   coding_rate_reduction(x, labels) = R - R_c >= 0
//   R   = 1/2 ln det(I + d / (n eps_squared) Z^T Z), the coding rate of log_det.hpp
//   R_c = sum_c n_c / (2 n) ln det(I + d / (n_c eps_squared) Z_c^T Z_c), Z_c the rows of class c
//
// Large when classes lie in subspaces that are orthogonal to each other and filled evenly. Z = x, each row divided by its norm by default.
//   id           rows      eps_squared   factor 1/2, weight n_c / n
//   paper        unit      0.5           both
//   mcr2         as given  0.01          neither: the tool's empirical loss as first published
//   mcr2-final   as given  0.01          both; 1e-8 is added to n_c
//
// x: n x d.  Unit: nats or bits.  Range: [0, cap], cap = r/2 ln(1 + d |Z|_F^2 / (n eps_squared r)) - sum_c n_c / (2 n) ln(1 + d |Z_c|_F^2 /
// (n_c eps_squared)), r = min(n, d): rows spread evenly over all directions, every class in one of them.
// Errors: one class only, labels that are real numbers, non-finite values, too few rows, rows without a direction under normalize = l2,
// precision = single, without normalize samples whose largest absolute value is outside [1e-120, 1e140].
// Gradient: exact, with respect to x. Cost: O(n d min(n, d)) time, O(min(n, d)^2) memory.

#include <string>

#include "entrospect/core/registry.hpp"
#include "entrospect/core/survey.hpp"
#include "entrospect/spectral/spectrum.hpp"

namespace entrospect {

struct CodingRateReductionOptions {
  double eps_squared = 0.5;
  bool half = true;
  bool weighted = true;
  Normalize normalize = Normalize::l2;
  ZeroRows zero_rows = ZeroRows::error;
  Unit unit = Unit::nats;
  Side side = Side::automatic;
  SolverOptions solver{};
  std::string convention = "paper";
  std::string compat{};
};

Estimate coding_rate_reduction(const SampleMatrix& x, const Labels& labels, const CodingRateReductionOptions& options = {},
                               const Context& context = {});
const EstimatorInfo& coding_rate_reduction_info();

}  // namespace entrospect
