#pragma once
// Hilbert-Schmidt independence criterion: how far two representations of the same n samples are from independent (Gretton, Bousquet,
// Smola, Schoelkopf, ALT 2005).
//
//   K_ij = k(x_i, x_j), L_ij = k(y_i, y_j), J = I - 11^T / n
//   statistic = biased:       tr(K J L J) / (n - 1)^2
//   statistic = v-statistic:  tr(K J L J) / n^2
//   statistic = minibatch:    mean of unbiased over batches of rows
//   statistic = unbiased:     [tr K' L' + 1^T K' 1 1^T L' 1 / ((n - 1) (n - 2)) - 2 / (n - 2) 1^T K' L' 1] / (n (n - 3))
// K' and L' are K and L with zero diagonal; the unbiased form has mean zero under independence (Song, Smola, Gretton, Bedo, Borgwardt, JMLR
// 2012).
//
// x: n x d_x, y: n x d_y, n >= 2 (unbiased: n >= 4), or both n x n kernel matrices with kernel = precomputed.  Unit: none; scales with the
// kernels.  Range: [0, cap], cap = sqrt(HSIC(x, x) HSIC(y, y)); the unbiased form is in [-cap, cap] and never clipped.  value / cap is CKA.
// 0 in the limit of many samples iff x and y are independent, for Gaussian and Laplacian kernels.  The biased forms of independent data
// fall like 1 / n: compare with null = permutation, or use the unbiased form.
// kernel: one for both; a bandwidth rule is applied to x and to y on their own.
// minibatch: the rows are dealt to batches of batch_size rows by the seed, what is left over is counted (Nguyen, Raghu, Kornblith, ICLR
// 2021). Over all deals its mean is the unbiased form of all rows, so it has the same limit for any batch_size, with more variance; the
// standard error is that of the mean over batches. It depends on the seed and on the order of the rows, unless there is one batch of all
// rows: then it is the unbiased form. A bandwidth rule is applied to all rows; the null permutes rows within their batches.
// null = permutation: the rows of y are permuted n_null times; null_mean, null_sd, p_value in the diagnostics, status `below_null` when the
// value is below null_mean.
// Errors: x and y of different n, non-finite values, too few rows, rows that are all equal, nothing left after centering, side = cov with
// another kernel than the linear one, a precomputed matrix that is not square or not symmetric; minibatch: batch_size below 4 or above n,
// kernel = precomputed, batch_size with another statistic; biased forms: a precomputed matrix that is not positive semi-definite, for which
// all its eigenvalues are computed.
// Cost: O(n^2 (d_x + d_y)) and two n x n matrices; each permutation n^2 / 2.  Linear kernel with d_x + d_y <= n: O(n (d_x + d_y)^2) without
// n x n matrices, each permutation n d_x d_y.  minibatch: as for batch_size rows, n / batch_size times.

#include <string>

#include "entrospect/core/registry.hpp"
#include "entrospect/estimators/permutation_null.hpp"
#include "entrospect/spectral/kernels.hpp"
#include "entrospect/spectral/spectrum.hpp"

namespace entrospect {

enum class HsicStatistic { biased, v_statistic, unbiased, minibatch };

struct HsicOptions {
  HsicStatistic statistic = HsicStatistic::biased;
  std::size_t batch_size = 0;  // of minibatch; 0: 256, or n if that is less
  Kernel kernel{};             // Gaussian, median bandwidth
  Side side = Side::automatic;
  PermutationNull null = PermutationNull::none;
  std::size_t n_null = 999;
  std::uint64_t seed = 0;
  std::string convention = "biased";  // "v-statistic", "unbiased", "minibatch"
  std::string compat{};
};

Estimate hsic(const SampleMatrix& x, const SampleMatrix& y, const HsicOptions& options = {}, const Context& context = {});
const EstimatorInfo& hsic_info();

}  // namespace entrospect
