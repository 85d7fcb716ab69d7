#include "entrospect/spectral/kernel_gradient.hpp"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <utility>
#include <vector>

#include "entrospect/spectral/each_row.hpp"
#include "entrospect/spectral/pair_tiles.hpp"
#include "entrospect/spectral/products.hpp"

namespace entrospect::detail {
namespace {

// `scale` P Z.
Rows times_rows(double scale, const SymmetricMatrix<double>& p, const Rows& z, const Context& context) {
  return product(scale, {p.data(), z.n}, z.n, z.n, {z.values.data(), z.d}, z.d, context);
}

// P_ij := P_ij B_ij.
void times_entries(SymmetricMatrix<double>& p, const SymmetricMatrix<double>& b, const Context& context) {
  const std::size_t n = p.n();
  for_each_row(n, context, [&](std::size_t i) {
    for (std::size_t j = 0; j < n; ++j) p(i, j) *= b(i, j);
  });
}

// `scale` sum_j P_ij (z_i - z_j). A common shift of the rows cancels; it is taken out first, so that it costs no digits.
Rows differences(double scale, SymmetricMatrix<double>& p, const Rows& z, const Context& context) {
  const std::size_t n = z.n;
  Rows shifted = z;
  for (std::size_t i = 0; i < n; ++i)
    for (std::size_t j = 0; j < z.d; ++j) shifted.row(i)[j] -= z.row(0)[j];
  for_each_row(n, context, [&](std::size_t i) {
    p(i, i) = 0;
    double total = 0;
    for (std::size_t j = 0; j < n; ++j) total += p(i, j);
    for (std::size_t j = 0; j < n; ++j) p(i, j) = -p(i, j);
    p(i, i) = total;
  });
  return times_rows(scale, p, shifted, context);
}

// P_ij / |z_i - z_j|; 0 where the rows are equal. Returns the number of such pairs.
std::size_t divide_by_distances(SymmetricMatrix<double>& p, const SampleMatrix& x, const Context& context) {
  PairFunction<double> f;
  f.function = TileFunction::distance_l2;
  f.center = f.norms = true;
  std::atomic<std::size_t> equal{0};
  for_each_pair_tile<double>(x, f, context, [&](const PairTile<double>& t) {
    for (std::size_t i = 0; i < t.rows; ++i)
      for (std::size_t j = 0; j < t.columns; ++j) {
        const std::size_t row = t.row + i, column = t.column + j;
        if (row >= column) continue;  // a tile on the diagonal holds both orders
        const double distance = t.values[i * t.ld + j];
        if (distance == 0 && p(row, column) != 0) ++equal;  // a pair without weight is not felt
        p(row, column) = p(column, row) = distance > 0 ? p(row, column) / distance : 0.0;
      }
  });
  return equal;
}

// scale sum_j P_ij sign(z_ik - z_jk). Counts the coordinates in which different rows tie.
std::pair<Rows, std::size_t> signs(double scale, const SymmetricMatrix<double>& p, const Rows& z, const Context& context) {
  Rows out{z.n, z.d, std::vector<double>(z.n * z.d)};
  std::atomic<std::size_t> ties{0};
  for_each_row(z.n, context, [&](std::size_t i) {
    const double* const a = z.row(i);
    double* const result = out.row(i);
    std::size_t found = 0;
    for (std::size_t j = 0; j < z.n; ++j) {
      if (j == i) continue;
      const double* const b = z.row(j);
      for (std::size_t l = 0; l < z.d; ++l) {
        const int sign = static_cast<int>(a[l] > b[l]) - static_cast<int>(a[l] < b[l]);
        found += static_cast<std::size_t>(sign == 0 && p(i, j) != 0);
        result[l] += sign * p(i, j);
      }
    }
    for (std::size_t l = 0; l < z.d; ++l) result[l] *= scale;
    ties += found;
  });
  return {std::move(out), ties / 2};  // each is seen from both sides
}

std::string kink(std::size_t count, const std::string& what) {
  return count == 0 ? "" : std::to_string(count) + " " + what + ", where a Laplacian kernel has a kink";
}

}  // namespace

KernelGradient through_kernel(SymmetricMatrix<double> g, const SymmetricMatrix<double>& k, const Kernel& kernel, double bandwidth,
                              const SampleMatrix& x, const Rows& z, const Context& context) {
  switch (kernel.kind) {
    case KernelKind::linear:
    case KernelKind::cosine:
    case KernelKind::precomputed:  // refused before
      break;
    case KernelKind::polynomial: {  // dk/da = m (a.b + c)^(m - 1) b
      if (kernel.degree > 1) {
        Kernel lower = kernel;
        lower.degree -= 1;
        times_entries(g, gram_matrix<double>(x, lower, 1, context), context);
      }
      return {times_rows(2 * kernel.degree, g, z, context), ""};
    }
    case KernelKind::exponential:  // dk/da = k b / sigma
      times_entries(g, k, context);
      return {times_rows(2 / bandwidth, g, z, context), ""};
    case KernelKind::gaussian:  // dk/da = -k (a - b) / sigma^2
      times_entries(g, k, context);
      return {differences(-2 / (bandwidth * bandwidth), g, z, context), ""};
    case KernelKind::laplacian_l2: {  // dk/da = -k (a - b) / (sigma |a - b|)
      times_entries(g, k, context);
      const std::size_t equal = divide_by_distances(g, x, context);
      return {differences(-2 / bandwidth, g, z, context), kink(equal, "pairs of rows are equal")};
    }
    case KernelKind::laplacian_l1: {  // dk/da = -k sign(a - b) / sigma
      times_entries(g, k, context);
      auto [rows, ties] = signs(-2 / bandwidth, g, z, context);
      return {std::move(rows), kink(ties, "coordinates of different rows are equal")};
    }
  }
  return {times_rows(2, g, z, context), ""};
}

}  // namespace entrospect::detail
