#pragma once
// Diff-eRank: how many directions training took out of a representation (Wei et al., NeurIPS 2024).
//
//   diff_erank(x, y) = exp(H_q(p_x)) - exp(H_q(p_y)), p = lam / sum lam, lam eigenvalues of Z^T Z, Z the rows, centered, then divided by
//   their norms
//
// x from the untrained model, y from the trained one; each term is effective_rank with compat = diff-erank. Rows and features need not
// match. Unit: count.  Range: (-cap_y, cap_x), cap_x = min(n_x - 1, d_x) - 1.  cap: cap_x. Errors: non-finite values, too few rows, a row
// equal to the mean, precision = single at an order below 1.  Each message says which of the two it means. Cost: O(n d min(n, d)) time,
// O(min(n, d)^2) memory for each.

#include <string>

#include "entrospect/core/registry.hpp"
#include "entrospect/spectral/spectrum.hpp"

namespace entrospect {

struct DiffErankOptions {
  double order = 1;
  Side side = Side::automatic;
  SolverOptions solver{};
  std::string convention = "paper";
  std::string compat{};
};

Estimate diff_erank(const SampleMatrix& x, const SampleMatrix& y, const DiffErankOptions& options = {}, const Context& context = {});
const EstimatorInfo& diff_erank_info();

}  // namespace entrospect
