#pragma once
// LiDAR, the rank of a linear discriminant analysis whose classes are the source samples (Thilak et al., ICLR 2024).
//
//   lidar(x, labels) = exp(H_1(p)), p = lam / sum lam, lam eigenvalues of S_w^-1/2 S_b S_w^-1/2
//   S_b = 1/C sum_c (m_c - m)(m_c - m)^T,  S_w = 1/C sum_c 1/n_c sum_i (z_i - m_c)(z_i - m_c)^T + delta I
//
// labels: which source sample each row is an augmentation of; C groups with means m_c, m their mean. Every group counts once, whatever its
// size. S_w = L L^T, and lam are the squared singular values of L^-1 times the centered means: no inverse, no non-symmetric solver.
// delta makes the value depend on the scale of x: the diagnostics have it relative to the mean of the diagonal of S_w.
//   id                   denominators     delta   what else
//   paper (default)      C, n_c           1e-4
//   unbiased             C - 1, n_c - 1   1e-4
//   skean                C, n_c           1e-4    the value is H_1, in nats
//   stable-pretraining   C - 1, n_c - 1   1e-4    1e-8 added to each of the d eigenvalues
//   reptrix              1, 1             1e-6    the matrix is taken for data: centered, its squared singular values, 1e-7 added to p
//
// x: n x d.  Unit: count.  Range: [1, min(C - 1, d)]; recommended are 1000 groups of 50.
// Errors: a group of fewer than 2 rows, one group only, labels that are real numbers, non-finite values, too few rows, samples whose
// largest absolute value is outside [1e-120, 1e140], precision = single.  Group means that are all equal, or an S_w that is singular to
// round-off: status `degenerate`, no value. Cost: O(n d^2 + d^3 + C d^2) time, on one thread from the second term on; O(n d + d^2) memory.

#include <string>

#include "entrospect/core/registry.hpp"
#include "entrospect/spectral/spectrum.hpp"

namespace entrospect {

struct LidarOptions {
  double delta = 1e-4;
  bool unbiased = false;
  Side side = Side::automatic;
  SolverOptions solver{};
  std::string convention = "paper";
  std::string compat{};
};

Estimate lidar(const SampleMatrix& x, const Labels& labels, const LidarOptions& options = {}, const Context& context = {});
const EstimatorInfo& lidar_info();

}  // namespace entrospect
