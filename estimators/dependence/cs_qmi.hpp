#pragma once
// Cauchy-Schwarz quadratic mutual information: the Cauchy-Schwarz divergence between the smoothed joint density of x and y and the product
// of their smoothed densities (Principe, Xu, Fisher 2000; Seth and Principe 2008).
//
//   I_CS = ln [ mean_ij (K_ij L_ij) mean K mean L / (mean_i k_i l_i)^2 ],  K_ij = k(x_i, x_j), L_ij = k(y_i, y_j), k_i and l_i their row
//   means normalizer = self: I_CS(x, y) / sqrt(I_CS(x, x) I_CS(y, y)), without unit
//
// x: n x d_x, y: n x d_y, n >= 2, or both n x n kernel matrices with kernel = precomputed.  Unit: nats or bits.  Range: [0, inf), no cap;
// 0 iff the smoothed joint density is the product of the smoothed ones.  The same kernel for both; a bandwidth rule is applied to x and to
// y on their own.
// null = permutation: the rows of y are permuted n_null times.
// compat: `cs-ib` has a Gaussian kernel whose sigma is 10 times the median of the *squared* distances of the samples listed twice.
// Errors: x and y of different n, non-finite values, fewer than 2 rows, all rows equal, a precomputed matrix with negative values, that is
// not square or not symmetric; normalizer = self where I_CS(x, x) or I_CS(y, y) is 0.
// Cost: O(n^2 (d_x + d_y + n_null)) and two n x n matrices.

#include <string>

#include "entrospect/core/registry.hpp"
#include "entrospect/core/unit.hpp"
#include "entrospect/estimators/permutation_null.hpp"
#include "entrospect/spectral/kernels.hpp"

namespace entrospect {

enum class QmiNormalizer { none, self };

struct CsQmiOptions {
  Kernel kernel{};  // Gaussian, median bandwidth; a kernel without negative values
  QmiNormalizer normalizer = QmiNormalizer::none;
  PermutationNull null = PermutationNull::none;
  std::size_t n_null = 999;
  std::uint64_t seed = 0;
  Unit unit = Unit::nats;
  std::string convention = "paper";
  std::string compat{};  // "cs-ib"
};

Estimate cs_qmi(const SampleMatrix& x, const SampleMatrix& y, const CsQmiOptions& options = {}, const Context& context = {});
const EstimatorInfo& cs_qmi_info();

}  // namespace entrospect
