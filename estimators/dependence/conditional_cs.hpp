#pragma once
// Conditional Cauchy-Schwarz divergence: how far the conditional distributions p(y | x) and p(z | x) are apart, each smoothed by the same
// kernel (Yu, Li, Lokse, Jenssen, Principe 2023; in the form for one x, Yu, Yu, Lokse, Jenssen, Principe, ICLR 2024).
//
//   D = ln sum_j [sum_i K_ji L_ji / s_j^2] + ln sum_j [sum_i K_ji M_ji / s_j^2] - 2 ln sum_j [sum_i K_ji N_ji / s_j^2]
//   K_ji = k(x_j, x_i), L_ji = k(y_j, y_i), M_ji = k(z_j, z_i), N_ji = k(z_j, y_i), s_j = sum_i K_ji
//
// x: n x d_x, y and z: n x d, rows paired, n >= 2.  Unit: nats or bits.  Range: (-inf, inf], no cap: 0 for y = z; the integrals are means
// over the sample, so that a small negative value is possible.  Not symmetric in y and z.  A bandwidth rule is applied to x, and to the
// rows of y and z together. compat: `cs-ib-conditional` divides by sum_i K_ji^2 where the derivation has (sum_i K_ji)^2. Errors: matrices
// of different n, y and z of different d, non-finite values, fewer than 2 rows, half of the rows equal under a bandwidth rule. Cost: O(n^2
// (d_x + d)), one n x n and one 2 n x 2 n matrix.

#include <string>

#include "entrospect/core/registry.hpp"
#include "entrospect/core/unit.hpp"
#include "entrospect/spectral/kernels.hpp"

namespace entrospect {

struct ConditionalCsOptions {
  Kernel kernel{};  // Gaussian, median bandwidth; a kernel without negative values
  std::uint64_t seed = 0;
  Unit unit = Unit::nats;
  std::string convention = "derived";
  std::string compat{};  // "cs-ib-conditional"
};

Estimate conditional_cs_divergence(const SampleMatrix& x, const SampleMatrix& y, const SampleMatrix& z,
                                   const ConditionalCsOptions& options = {}, const Context& context = {});
const EstimatorInfo& conditional_cs_divergence_info();

}  // namespace entrospect
