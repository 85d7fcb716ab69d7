#pragma once
// Dense solves of few right-hand sides: what discriminants of classes need beside eigenvalues. One thread.

#include <cstddef>
#include <span>
#include <vector>

#include "entrospect/spectral/symmetric_matrix.hpp"

namespace entrospect {

// Which root of a positive definite S a row is divided by: L of S = L L^T, or the symmetric S^1/2.
enum class Root { triangular, symmetric };

// Each row r of `rows` (as long as S has columns) becomes root^-1 r, so that inner products are those of S^-1. False, with `rows`
// undefined, when S is singular to round-off.
bool whiten_rows(const SymmetricMatrix<double>& s, Root root, std::span<double> rows);

// Each row r becomes S^+ r; eigenvalues of S at or below tolerance * largest count as zero. False when the solver did not converge.
bool pseudo_solve_rows(const SymmetricMatrix<double>& s, double tolerance, std::span<double> rows);

// Of a matrix with rows of length d and singular value decomposition U S V^T: rank rows v_k / s_k, singular values at or below max(rows, d)
// eps s_1 left out. The sum of squared products with them is r^T (M^T M)^+ r.
struct WhitenedAxes {
  std::size_t rank = 0;
  std::vector<double> axes;  // rank x d
};
WhitenedAxes whitened_axes(std::span<const double> rows, std::size_t d);

}  // namespace entrospect
