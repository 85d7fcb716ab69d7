#pragma once
// Inner products of two symmetric matrices, one of them permuted by index: what a permutation test of a kernel statistic repeats.

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "entrospect/core/context.hpp"
#include "entrospect/spectral/symmetric_matrix.hpp"

namespace entrospect {

// Fills `rows` with the m-th permutation of [0, n).
using PermutationSource = std::function<void(std::size_t m, std::span<std::uint32_t> rows)>;

// The m-th result is sum_ij A_ij B_{p(i) p(j)} with the m-th permutation p; neither matrix is copied. Each result is summed in an order
// that depends on p alone, so it has the same bits for any number of threads and whatever other permutations are asked for. `permutation`
// is called from any thread, once per m. Cost n^2 / 2 multiplications per permutation.
std::vector<double> permuted_products(const SymmetricMatrix<double>& a, const SymmetricMatrix<double>& b, std::size_t count,
                                      const PermutationSource& permutation, const Context& context = {});

}  // namespace entrospect
