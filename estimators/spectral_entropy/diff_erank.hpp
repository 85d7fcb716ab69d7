#pragma once
// Diff-eRank: how many directions training took out of a representation (Wei et al., NeurIPS 2024).
//
//   diff_erank(x, y) = exp(H_q(p_x)) - exp(H_q(p_y)), p = lam / sum lam, lam eigenvalues of Z^T Z, Z the rows, centered, then divided by
//   their norms
//
//   diff_erank_of_prompts(x, y): of prompts x_i in the untrained model and y_i in the trained one,
//     PromptMean::entropy   exp(mean_i H_q(p_xi)) - exp(mean_i H_q(p_yi)): geometric means of effective ranks, what the paper's tool makes
//                           of a data set
//     PromptMean::rank      mean_i exp(H_q(p_xi)) - mean_i exp(H_q(p_yi)): the mean of the differences of single prompts
//   with the standard error over prompts, taken as independent draws; to first order where the mean is in the exponent.
//
// x from the untrained model, y from the trained one; each term is effective_rank with compat = diff-erank. Rows and features need not
// match. Unit: count.  Range: (-cap_y, cap_x), cap_x = min(n_x - 1, d_x) - 1.  cap: cap_x. Errors: non-finite values, too few rows, a row
// equal to the mean, precision = single at an order below 1.  Each message says which of the two it means. Cost: O(n d min(n, d)) time,
// O(min(n, d)^2) memory for each.

#include <span>
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

enum class PromptMean { entropy, rank };
// x[i] and y[i] are the tokens of one prompt. Errors: different numbers of prompts, none, and those above, which name the prompt.
Estimate diff_erank_of_prompts(std::span<const SampleMatrix> x, std::span<const SampleMatrix> y, PromptMean mean = PromptMean::entropy,
                               const DiffErankOptions& options = {}, const Context& context = {});

}  // namespace entrospect
