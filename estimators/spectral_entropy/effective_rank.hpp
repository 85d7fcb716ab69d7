#pragma once
// Effective rank: the exponential of the entropy of a normalized spectrum, a soft count of the directions in use.
//
//   effective_rank(x) = exp(H_q(p)), p = lam / sum lam, lam eigenvalues of the centered covariance   (Roy and Vetterli 2007, on s^2)
//   rankme(x)         = exp(H_1(p)), p = s / sum s,     s singular values of the raw matrix          (Garrido et al., ICML 2023)
//
// The same words mean different numbers in different tools; every axis is an option and each tool a compat id:
//   id                        spectrum         rows                     epsilon
//   covariance (default)      eigenvalues      centered                 none
//   singular-values           singular values  raw                      none       (Roy and Vetterli; the same as rankme's `paper`)
//   rankme-paper              singular values  raw                      1e-7 added to p
//   stable-pretraining-torch  singular values  raw                      1e-5 added to p
//   stable-pretraining-jax    singular values  raw                      1e-7 added to p
//   reptrix                   eigenvalues      centered, at most 2048   1e-7 added to p
//   diff-erank                eigenvalues      centered, then unit rows none
//   djaniak                   eigenvalues      as diff-erank, then each row centered over its features
//   ssrlib                    eigenvalues      centered, / (n - 1)      1e-12 added to the sum, p floored at 1e-12
//
// x: n x d, n >= 2.  Unit: count.  Range: [1, min(n, d)], min(n - 1, d) when centered; an epsilon can exceed it.
// effective_rank's order: 1 is the effective rank, 2 the participation ratio, inf the stable rank (on s^2).
// Errors: non-finite values, too few rows, samples whose largest absolute value is outside [1e-120, 1e140] unless rows are divided by their
// norms, rows without a direction under normalize = l2, precision = single where small values matter (singular values, an epsilon,
// order < 1), an epsilon with another order than 1, ssrlib with another order, epsilon or singular values.  No variation left: status
// `degenerate`, no value.  A value that an epsilon lifts above the cap has a warning.
// Cost: O(n d min(n, d)) time, O(min(n, d)^2) memory.  Singular values are roots of Gram eigenvalues above the rank tolerance.

#include <string>

#include "entrospect/core/registry.hpp"
#include "entrospect/core/survey.hpp"
#include "entrospect/spectral/spectrum.hpp"

namespace entrospect {

enum class SpectrumOf { eigenvalues, singular_values };

struct EffectiveRankOptions {
  double order = 1;
  SpectrumOf spectrum_of = SpectrumOf::eigenvalues;
  double epsilon = 0;  // added to every p, without renormalizing
  bool center = true;
  Normalize normalize = Normalize::none;
  ZeroRows zero_rows = ZeroRows::error;
  Side side = Side::automatic;
  SolverOptions solver{};
  std::string convention = "covariance";
  std::string compat{};
};

struct RankMeOptions {
  SpectrumOf spectrum_of = SpectrumOf::singular_values;
  double epsilon = 0;
  bool center = false;
  Normalize normalize = Normalize::none;
  ZeroRows zero_rows = ZeroRows::error;
  Side side = Side::automatic;
  SolverOptions solver{};
  std::string convention = "paper";
  std::string compat{};
};

Estimate effective_rank(const SampleMatrix& x, const EffectiveRankOptions& options = {}, const Context& context = {});
const EstimatorInfo& effective_rank_info();

Estimate rankme(const SampleMatrix& x, const RankMeOptions& options = {}, const Context& context = {});
const EstimatorInfo& rankme_info();

}  // namespace entrospect
