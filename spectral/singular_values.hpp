#pragma once
// Singular values and triangular factors of the samples themselves. Eigenvalues of X^T X know a singular value only to eps s_1^2 / s, which
// is nothing once s is below sqrt(eps) s_1; Householder reflections of the rows know each to about eps s_1.

#include <cstddef>
#include <memory>
#include <vector>

#include "entrospect/core/context.hpp"
#include "entrospect/core/sample_matrix.hpp"

namespace entrospect {

// R with X = Q R for n >= d, or X^T = Q R for n < d (deferred operations applied): order m = min(n, d), upper triangular, column-major.
// Rows are read once from first to last in blocks, so they may stay in a file when n >= d. About 4 n d m flops on one thread, memory O(m^2)
// for n >= d, else O(n d).
struct TriangularFactor {
  std::size_t order = 0;
  std::vector<double> values;
  [[nodiscard]] double operator()(std::size_t row, std::size_t column) const { return values[column * order + row]; }
};
std::shared_ptr<const TriangularFactor> triangular_factor(const SampleMatrix& x, const Context& context = {});

// The min(n, d) singular values of the view, descending. Each is right to about max(n, d) eps of the largest.
std::shared_ptr<const std::vector<double>> singular_values(const SampleMatrix& x, const Context& context = {});

// max(n, d) eps: relative to the largest, a singular value at or below it is round-off.
double singular_tolerance(const SampleMatrix& x);

}  // namespace entrospect
