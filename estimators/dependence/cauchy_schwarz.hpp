#pragma once
// Cauchy-Schwarz divergence of two samples, each smoothed by the same kernel (Principe, Xu, Fisher 2000).
//
//   D_CS = -ln [ (mean Kxy)^2 / (mean Kx mean Ky) ],  Kx_ij = k(x_i, x_j), Ky_ij = k(y_i, y_j), Kxy_ij = k(x_i, y_j), means over all pairs
//
// x: n_x x d, y: n_y x d, n >= 2 each, rows not paired.  Unit: nats or bits.  Range: [0, inf), no cap; 0 iff the smoothed distributions are
// equal.  A bandwidth rule is applied to the rows of x and y together; a bandwidth far below the distance of the samples gives infinity
// (status `nonfinite`).
// null = permutation: the n_x + n_y rows are dealt out anew n_null times; null_mean, null_sd, p_value in the diagnostics, status
// `below_null` when the value is below null_mean.
// Errors: different d, non-finite values, fewer than 2 rows, half of all rows equal under a bandwidth rule.  Equal rows in x or y: status
// `degenerate` beside the value.
// Cost: O((n_x + n_y)^2 (d + n_null)) and one matrix of that order.

#include <string>

#include "entrospect/core/registry.hpp"
#include "entrospect/core/unit.hpp"
#include "entrospect/estimators/permutation_null.hpp"
#include "entrospect/spectral/kernels.hpp"

namespace entrospect {

struct CauchySchwarzOptions {
  Kernel kernel{};  // Gaussian, median bandwidth of all rows; a kernel without negative values
  PermutationNull null = PermutationNull::none;
  std::size_t n_null = 999;
  std::uint64_t seed = 0;
  Unit unit = Unit::nats;
  std::string convention = "paper";
  std::string compat{};
};

Estimate cs_divergence(const SampleMatrix& x, const SampleMatrix& y, const CauchySchwarzOptions& options = {}, const Context& context = {});
const EstimatorInfo& cs_divergence_info();

}  // namespace entrospect
