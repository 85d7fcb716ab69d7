#pragma once
// Matrix-based Renyi quantities of several representations of the same n samples (Sanchez Giraldo, Rao, Principe 2015; Yu, Sanchez
// Giraldo, Jenssen, Principe 2020).
//
//   H(x, y, ..) = H_q(A), A the entrywise product of K_ij = k(x_i, x_j), L_ij = l(y_i, y_j), ..;  H_q on the eigenvalues of A / tr A
//   matrix_joint_entropy                   H(x, y, ..)
//   matrix_conditional_entropy             H(x, y) - H(y)
//   matrix_conditional_mutual_information  H(x, z) + H(y, z) - H(x, y, z) - H(z)
//   matrix_total_correlation               sum H_i - H, over sum H_i - max H_i when normalized
//   matrix_dual_total_correlation          H - sum_i [H - H_(-i)], H_(-i) without the i-th
//   o_information                          total correlation less dual total correlation
//   s_information                          their sum
//
// x, y, ..: n x d_i, n >= 2, row i of each belongs to sample i; or the n x n kernel matrices with kernel = precomputed.  Unit: nats or
// bits. Range, for unit diagonals: max H_i <= H <= ln n for every order; at order 1 also H <= sum H_i, and conditional mutual information,
// total and dual total correlation >= 0. At other orders these may be negative and are never clipped. diagonal: products of kernel matrices
// need a diagonal of 1, so one that is not is an error naming its range; `normalize` takes K_ij / sqrt(K_ii K_jj). Covariances cannot be
// multiplied: side = cov is refused. kernel, bandwidth: one for all; a rule is applied to each matrix on its own.  order: [0, inf]; orders
// 2 and 4 need no eigenvalues. compat: repitl, yu. Errors: matrices of different n, non-finite values, median bandwidth 0, a matrix that is
// not symmetric or not positive semi-definite. Gradients: exact, with respect to the first samples, one eigenvalue problem with vectors for
// every entropy that they are in; not with kernel = precomputed. Cost: O(n^2 d) each and O(n^3) for every entropy in the formula; order 2
// O(n^2).  Memory: all kernel matrices and two more.

#include <string>
#include <vector>

#include "entrospect/core/registry.hpp"
#include "entrospect/spectral/hadamard.hpp"
#include "entrospect/spectral/kernels.hpp"
#include "entrospect/spectral/spectrum.hpp"

namespace entrospect {

struct MatrixInformationOptions {
  double order = 1;
  Kernel kernel{};  // Gaussian, median bandwidth
  Diagonal diagonal = Diagonal::error;
  Side side = Side::automatic;
  SolverOptions solver{};
  std::uint64_t seed = 0;
  Unit unit = Unit::nats;
  std::string convention = "paper";
  std::string compat{};  // "repitl", "yu"
};

struct MatrixTotalCorrelationOptions {
  double order = 1;
  Kernel kernel{};
  bool normalized = false;
  Diagonal diagonal = Diagonal::error;
  Side side = Side::automatic;
  SolverOptions solver{};
  std::uint64_t seed = 0;
  Unit unit = Unit::nats;
  std::string convention = "paper";
  std::string compat{};
};

// `samples`: at least two.
Estimate matrix_joint_entropy(const std::vector<SampleMatrix>& samples, const MatrixInformationOptions& options = {},
                              const Context& context = {});
Estimate matrix_conditional_entropy(const SampleMatrix& x, const SampleMatrix& y, const MatrixInformationOptions& options = {},
                                    const Context& context = {});
Estimate matrix_conditional_mutual_information(const SampleMatrix& x, const SampleMatrix& y, const SampleMatrix& z,
                                               const MatrixInformationOptions& options = {}, const Context& context = {});
Estimate matrix_total_correlation(const std::vector<SampleMatrix>& samples, const MatrixTotalCorrelationOptions& options = {},
                                  const Context& context = {});
Estimate matrix_dual_total_correlation(const std::vector<SampleMatrix>& samples, const MatrixInformationOptions& options = {},
                                       const Context& context = {});
// `samples`: at least three.
Estimate o_information(const std::vector<SampleMatrix>& samples, const MatrixInformationOptions& options = {}, const Context& context = {});
Estimate s_information(const std::vector<SampleMatrix>& samples, const MatrixInformationOptions& options = {}, const Context& context = {});

const EstimatorInfo& matrix_joint_entropy_info();
const EstimatorInfo& matrix_conditional_entropy_info();
const EstimatorInfo& matrix_conditional_mutual_information_info();
const EstimatorInfo& matrix_total_correlation_info();
const EstimatorInfo& matrix_dual_total_correlation_info();
const EstimatorInfo& o_information_info();
const EstimatorInfo& s_information_info();

}  // namespace entrospect
