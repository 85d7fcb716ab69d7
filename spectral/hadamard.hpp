#pragma once
// Kernel matrices over the same rows, multiplied entry by entry: k(x_i, x_j) l(y_i, y_j) is the kernel of the joint samples (x_i, y_i), and
// the product of positive semi-definite matrices is one too (Schur). Products need no copies of their factors.

#include <span>
#include <vector>

#include "entrospect/core/context.hpp"
#include "entrospect/core/sample_matrix.hpp"
#include "entrospect/spectral/kernels.hpp"
#include "entrospect/spectral/symmetric_matrix.hpp"

namespace entrospect {

// What a kernel matrix whose diagonal is not 1 means to a joint one: the rows would weigh differently in each factor. `error` throws with
// the range of the diagonal, `normalize` takes K_ij / sqrt(K_ii K_jj), `any` lets it pass.
enum class Diagonal { error, normalize, any };

// K_ij = k(x_i, x_j), or x itself for kernel `precomputed`. `bandwidth` is the resolved number.
SymmetricMatrix<double> factor_matrix(const SampleMatrix& x, const Kernel& kernel, double bandwidth, Diagonal diagonal,
                                      const Context& context = {});

// Entry by entry; at least one factor, all of one order.
SymmetricMatrix<double> hadamard_product(std::span<const SymmetricMatrix<double>* const> factors, const Context& context = {});

// A_ij B_{p(i) p(j)}.
SymmetricMatrix<double> permuted_hadamard_product(const SymmetricMatrix<double>& a, const SymmetricMatrix<double>& b,
                                                  std::span<const std::size_t> p, const Context& context = {});

// tr A^4 = |A A|_F^2: the fourth powers of the eigenvalues without the eigenvalues. Cost n^3 / 2 multiplications, memory O(n) tiles.
double fourth_powers(const SymmetricMatrix<double>& a, const Context& context = {});

}  // namespace entrospect
