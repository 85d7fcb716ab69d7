#pragma once
// v^T A v for many vectors v and one symmetric matrix: what a permutation test of two samples repeats.

#include <cstddef>
#include <functional>
#include <span>
#include <vector>

#include "entrospect/core/context.hpp"
#include "entrospect/spectral/symmetric_matrix.hpp"

namespace entrospect {

// Fills `v` with the m-th vector. Called from any thread, once per m.
using VectorSource = std::function<void(std::size_t m, std::span<double> v)>;

// The m-th result is v^T A v with the m-th vector. Blocks of vectors depend on their number only, so the results have the same bits for any
// number of threads. Cost 2 n^2 flops per vector, in matrix products.
std::vector<double> quadratic_forms(const SymmetricMatrix<double>& a, std::size_t count, const VectorSource& vector,
                                    const Context& context = {});

}  // namespace entrospect
