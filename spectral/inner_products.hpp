#pragma once
// Inner products of many symmetric matrices, all pairs in one pass over them: what a table of kernel alignments needs.

#include <span>
#include <vector>

#include "entrospect/core/context.hpp"
#include "entrospect/spectral/symmetric_matrix.hpp"

namespace entrospect {

// A_ij = K_ij - s_i - s_j: a kernel matrix as centering leaves it, nothing of it written.
struct ShiftedMatrix {
  const SymmetricMatrix<double>* matrix = nullptr;
  std::span<const double> shift{};  // s, n numbers; empty: none
  bool zero_diagonal = false;       // A_ii = 0
};

// sum_ij A_ij B_ij of every pair of `matrices`, row-major. Blocks of entries depend on shapes only, their sums are merged in a fixed order:
// the same bits for any number of threads. Cost m^2 n^2 flops for m matrices of order n, in matrix products; the upper triangle of every
// matrix is read once.
std::vector<double> inner_products(std::span<const ShiftedMatrix> matrices, const Context& context = {});

}  // namespace entrospect
