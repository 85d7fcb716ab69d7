#pragma once
// Squared maximum mean discrepancy: how far apart the distributions of two samples are (Gretton, Borgwardt, Rasch, Schoelkopf, Smola, JMLR
// 2012).
//
//   statistic = biased:   mean_ij k(x_i, x_j) + mean_ij k(y_i, y_j) - 2 mean_ij k(x_i, y_j), all pairs
//   statistic = unbiased: the same, pairs i = j left out of the first two means; mean zero when the distributions are equal
//   statistic = block:    mean over blocks of block_size rows of x and as many of y, in the order given, of the mean over i != j in the
//   block
//                         of k(x_i, x_j) + k(y_i, y_j) - k(x_i, y_j) - k(x_j, y_i) (Zaremba, Gretton, Blaschko, NIPS 2013); with blocks of
//                         2 the linear-time estimate. Mean zero when the distributions are equal, and a standard error: the blocks are
//                         independent. Rows must be as many in x and y; those that fill no block are left out and counted.
//
// x: n_x x d, y: n_y x d, n >= 2 each, rows not paired.  Unit: none.  Range: [0, cap], unbiased from below 0 and never clipped; cap, for
// kernels between 0 and 1: 2.  A bandwidth rule is applied to the rows of x and y together.
// null = permutation: the n_x + n_y rows are dealt out anew n_null times; null_mean, null_sd, p_value in the diagnostics, status
// `below_null` when the value is below null_mean.
// Errors: different d, non-finite values, fewer than 2 rows (block: than 2 blocks), half of all rows equal under a bandwidth rule.  Equal
// rows in x or y: status `degenerate` beside the value. Cost: O((n_x + n_y)^2 (d + n_null)) and one matrix of that order; block: O(n
// block_size d).

#include <string>

#include "entrospect/core/registry.hpp"
#include "entrospect/estimators/permutation_null.hpp"
#include "entrospect/spectral/kernels.hpp"

namespace entrospect {

enum class MmdStatistic { biased, unbiased, block };

struct MmdOptions {
  MmdStatistic statistic = MmdStatistic::biased;
  Kernel kernel{};             // Gaussian, median bandwidth of all rows
  std::size_t block_size = 0;  // of statistic = block; 0: the root of n, rounded down
  PermutationNull null = PermutationNull::none;
  std::size_t n_null = 999;
  std::uint64_t seed = 0;
  std::string convention = "biased";  // "unbiased", "block", "linear-time"
  std::string compat{};
};

Estimate mmd2(const SampleMatrix& x, const SampleMatrix& y, const MmdOptions& options = {}, const Context& context = {});
const EstimatorInfo& mmd2_info();

}  // namespace entrospect
