#include "entrospect/spectral/hadamard.hpp"

#include <algorithm>
#include <cmath>
#include <string>

#include "entrospect/core/errors.hpp"
#include "entrospect/core/sum.hpp"
#include "entrospect/spectral/affinity.hpp"
#include "entrospect/spectral/blas_threads.hpp"
#include "entrospect/spectral/each_row.hpp"
#include "entrospect/spectral/gemm.hpp"
#include "entrospect/spectral/products.hpp"

namespace entrospect {
namespace {

constexpr std::size_t kTile = 192;

void require_order(std::size_t found, std::size_t n) {
  if (found != n)
    throw InvalidArgument("matrices of order " + std::to_string(n) + " and " + std::to_string(found) +
                          " have no product entry by entry: both must hold the same rows");
}

}  // namespace

SymmetricMatrix<double> factor_matrix(const SampleMatrix& x, const Kernel& kernel, double bandwidth, Diagonal diagonal,
                                      const Context& context) {
  const double tolerance = std::max(1e-10, 16 * machine_epsilon(x.dtype()));  // of entries rounded to the type that they are stored in
  SymmetricMatrix<double> k = kernel.kind == KernelKind::precomputed ? precomputed_matrix(x, tolerance, context)
                                                                     : gram_matrix<double>(x, kernel, bandwidth, context);
  if (diagonal == Diagonal::any) return k;
  std::vector<double> entries(k.n());
  for (std::size_t i = 0; i < k.n(); ++i) entries[i] = k(i, i);
  if (diagonal == Diagonal::error) {
    detail::check_unit_diagonal(entries, tolerance);
    return k;
  }
  detail::check_positive_diagonal(entries, name(kernel.kind));
  for (double& v : entries) v = 1 / std::sqrt(v);
  detail::scale_both_sides(k, entries, context);
  for (std::size_t i = 0; i < k.n(); ++i) k(i, i) = 1;
  return k;
}

SymmetricMatrix<double> hadamard_product(std::span<const SymmetricMatrix<double>* const> factors, const Context& context) {
  if (factors.empty()) throw InvalidArgument("a product of no matrices; at least one is needed");
  const std::size_t n = factors.front()->n();
  for (const auto* factor : factors) require_order(factor->n(), n);
  SymmetricMatrix<double> out(n);
  detail::for_each_row(n, context, [&](std::size_t i) {
    double* const row = out.data() + i * n;
    std::copy_n(factors.front()->data() + i * n, n, row);
    for (const auto* factor : factors.subspan(1)) {
      const double* const other = factor->data() + i * n;
      for (std::size_t j = 0; j < n; ++j) row[j] *= other[j];
    }
  });
  return out;
}

SymmetricMatrix<double> permuted_hadamard_product(const SymmetricMatrix<double>& a, const SymmetricMatrix<double>& b,
                                                  std::span<const std::size_t> p, const Context& context) {
  const std::size_t n = a.n();
  require_order(b.n(), n);
  SymmetricMatrix<double> out(n);
  detail::for_each_row(n, context, [&](std::size_t i) {
    const double* const left = a.data() + i * n;
    const double* const right = b.data() + p[i] * n;
    double* const row = out.data() + i * n;
    for (std::size_t j = 0; j < n; ++j) row[j] = left[j] * right[p[j]];
  });
  return out;
}

double fourth_powers(const SymmetricMatrix<double>& a, const Context& context) {
  const std::size_t n = a.n(), tiles = (n + kTile - 1) / kTile;
  std::vector<double> sums(tiles * tiles);
  const detail::BlasThreads one(1);
  parallel_for(context, tiles * tiles, [&](std::size_t item) {
    const std::size_t row = item / tiles * kTile, column = item % tiles * kTile;
    if (column < row) return;
    const std::size_t rows = std::min(kTile, n - row), columns = std::min(kTile, n - column);
    std::vector<double> product(rows * columns);
    detail::multiply(1, {a.data() + row * n, n}, {a.data() + column, n}, rows, columns, n, product.data(), columns);
    Sum squares;
    for (const double v : product) squares.add(v * v);
    sums[item] = (row == column ? 1 : 2) * squares.value();
  });
  return sum(sums);
}

}  // namespace entrospect
