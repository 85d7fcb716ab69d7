#pragma once
// Sums of products of two centered kernel matrices: the one computation behind HSIC and CKA.
//
//   <A, B> = sum_ij A_ij B_ij,  A from K_ij = k(x_i, x_j), B from L_ij = k(y_i, y_j)
//   biased:   A = J K J, J = I - 11^T / n
//   unbiased: A_ij = K_ij - (R_i + R_j) / (n - 2) + T / ((n - 1) (n - 2)) for i != j and A_ii = 0, R the row sums and T the sum of K
//             without its diagonal (Szekely and Rizzo 2014); then <A, B> is the bracket of the unbiased HSIC of Song et al. 2012
//
// Both are inner products, hence <A, B>^2 <= <A, A> <B, B>, and permuting the rows of y permutes B.
//
// A linear kernel needs no n x n matrix: with centered samples <A, B> = |X^T Y|_F^2 (biased), and (unbiased), a_i = |x_i|^2, b_i = |y_i|^2,
//   <A, B> = |X^T Y|_F^2 - n / (n - 2) sum_i a_i b_i + sum a sum b / ((n - 1) (n - 2)).

#include <cstdint>
#include <optional>
#include <vector>

#include "entrospect/core/estimate.hpp"
#include "entrospect/core/random.hpp"
#include "entrospect/core/registry.hpp"
#include "entrospect/estimators/dependence/pair.hpp"
#include "entrospect/estimators/permutation_null.hpp"
#include "entrospect/spectral/gradient.hpp"
#include "entrospect/spectral/kernels.hpp"
#include "entrospect/spectral/spectrum.hpp"

namespace entrospect {

struct HsicPlan {
  Kernel kernel;
  bool unbiased = false;
  Side side = Side::automatic;
  std::size_t n_null = 0;  // permutations of y
  std::uint64_t seed = 0;  // of the permutations, of the batches and of the median rule
  bool batches = false;    // sums over batches of rows, each with kernel matrices of its own
  std::size_t batch_size = 0;
};

// From the options of an estimator that has these groups of them.
template <class O>
HsicPlan hsic_plan(const O& o) {
  using Statistic = decltype(o.statistic);
  const bool batches = o.statistic == Statistic::minibatch, unbiased = batches || o.statistic == Statistic::unbiased;
  return {o.kernel, unbiased, o.side, o.null == PermutationNull::permutation ? o.n_null : 0, o.seed, batches, o.batch_size};
}

struct HsicSums {
  struct Batch {
    double xy = 0, xx = 0, yy = 0;
  };
  double xy = 0, xx = 0, yy = 0;
  std::vector<double> null{};    // xy with the rows of y permuted
  std::size_t rows = 0;          // of a batch
  std::vector<Batch> batches{};  // one of all rows, unless the plan says otherwise
  // Of a function of the three sums, from its derivatives: for many batches; none for one.
  [[nodiscard]] std::optional<double> std_error(double of_xy, double of_xx, double of_yy) const;
  [[nodiscard]] double largest() const;  // |xy| <= sqrt(xx yy)
  [[nodiscard]] std::vector<double> null_over(double denominator) const;
  [[nodiscard]] double tie() const;  // two values of xy that differ by less may differ by round-off only
};

// The random stream whose permutation deals the rows to batches: the first batch_size of them to the first batch, and so on.
RandomStream batch_stream(std::uint64_t seed);

// Examines the pair and computes the sums. Writes what is known of the samples, bandwidths, batches and the side used to `e`. Throws
// InvalidArgument when a matrix does not vary: all rows equal, or nothing left of its kernel matrices after centering.
HsicSums hsic_sums(const Pair& pair, const HsicPlan& plan, Estimate& e, const Context& context);

// <A, B> of all pairs of several matrices, row-major: every kernel matrix is built once, or one product of all columns is. `names` are
// those of the matrices in messages and diagnostics; the plan's permutations are not looked at.
std::vector<double> hsic_products(const std::vector<SampleMatrix>& samples, const std::vector<std::string>& names, const HsicPlan& plan,
                                  Estimate& e, const Context& context);

// Derivative with respect to x of a function of the sums, of_xy and of_xx its derivatives with respect to <A, B> and <A, A>. Centering is
// the same for A and for what multiplies it, so d<A, B>/dK = B and d<A, A>/dK = 2 A. Takes n x n matrices whatever the side. `e` knows the
// bandwidths, which count as constants.
SampleGradient hsic_gradient(const Pair& pair, const HsicPlan& plan, const Estimate& e, double of_xy, double of_xx, const Context& context);

// The side that `automatic` takes: the cheaper one, from shapes alone.
Side hsic_side(const HsicPlan& plan, std::size_t n, std::size_t d_x, std::size_t d_y);
Footprint hsic_footprint(const HsicPlan& plan, std::size_t n, std::size_t d);

}  // namespace entrospect
