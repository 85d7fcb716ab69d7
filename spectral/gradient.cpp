#include "entrospect/spectral/gradient.hpp"

#include <Eigen/Core>
#include <algorithm>
#include <cmath>
#include <limits>

#include "entrospect/core/errors.hpp"
#include "entrospect/core/parallel.hpp"
#include "entrospect/spectral/aligned_buffer.hpp"
#include "entrospect/spectral/blas_threads.hpp"
#include "entrospect/spectral/each_row.hpp"
#include "entrospect/spectral/gemm.hpp"
#include "entrospect/spectral/kernel_gradient.hpp"
#include "entrospect/spectral/mirror.hpp"
#include "entrospect/spectral/row_gradient.hpp"

namespace entrospect {
namespace {

using detail::for_each_row;
using detail::Rows;

constexpr std::size_t kTile = 128;  // edge of a tile of a product

std::size_t tiles(std::size_t n) { return (n + kTile - 1) / kTile; }

// L^T R of n x n matrices of which it is known to be symmetric.
SymmetricMatrix<double> symmetric_product(const double* left, const double* right, std::size_t n, const Context& context) {
  SymmetricMatrix<double> g(n);
  std::vector<std::pair<std::size_t, std::size_t>> upper;
  for (std::size_t row = 0; row < n; row += kTile)
    for (std::size_t column = row; column < n; column += kTile) upper.emplace_back(row, column);
  {
    const detail::BlasThreads one(1);
    parallel_for(context, upper.size(), [&](std::size_t item) {
      const auto [row, column] = upper[item];
      detail::multiply(1, {left + row, n, true}, {right + column, n}, std::min(kTile, n - row), std::min(kTile, n - column), n,
                       &g(row, column), n);
    });
  }
  detail::mirror_upper(g, context);
  return g;
}

// U diag(f) U^T. `slopes` belong to descending eigenvalues, rows of `vectors` to ascending ones.
SymmetricMatrix<double> matrix_function(std::span<const double> vectors, std::span<const double> slopes, const Context& context) {
  const std::size_t n = slopes.size();
  const detail::AlignedBuffer<double> scaled(n * n);
  parallel_for(context, tiles(n), [&](std::size_t tile) {
    for (std::size_t r = tile * kTile; r < std::min((tile + 1) * kTile, n); ++r)
      for (std::size_t j = 0; j < n; ++j) scaled.data()[r * n + j] = slopes[n - 1 - r] * vectors[r * n + j];
  });
  return symmetric_product(vectors.data(), scaled.data(), n, context);
}

// dF/dA.
SymmetricMatrix<double> derivative(const Decomposition& d, const Slopes& slopes, const Context& context) {
  if (!d.matrix) return matrix_function(d.vectors, slopes.each, context);
  const SymmetricMatrix<double>& a = *d.matrix;
  const std::size_t n = a.n();
  SymmetricMatrix<double> g = a.copy();
  if (slopes.cubic != 0) g = symmetric_product(symmetric_product(a.data(), a.data(), n, context).data(), a.data(), n, context);
  for (std::size_t i = 0; i < n * n; ++i) g.data()[i] = slopes.linear * a.data()[i] + (slopes.cubic != 0 ? slopes.cubic * g.data()[i] : 0);
  for (std::size_t i = 0; i < n; ++i) g(i, i) += slopes.constant;
  return g;
}

bool unsolved(const Decomposition& d) { return !d.matrix && d.vectors.empty(); }

void scale_rows(Rows& rows, std::span<const double> factors) {
  for (std::size_t i = 0; i < rows.n && !factors.empty(); ++i)
    for (std::size_t j = 0; j < rows.d; ++j) rows.row(i)[j] *= factors[i];
}

double row_dot(const SymmetricMatrix<double>& a, const SymmetricMatrix<double>& b, std::span<const double> c, std::size_t i) {
  double sum = 0;
  for (std::size_t j = 0; j < a.n(); ++j) sum += a(i, j) * b(i, j) * c[j];
  return sum;
}

// dF/dA becomes dF/dK, A_ij = K_ij c_i c_j with c_i = sqrt(w_i), divided by sqrt(K_ii) when the diagonal is normalized; A_ii is then w_i
// whatever K_ii is, and K_ii is felt by the row only: dF/dK_ii = -(sum_{j != i} W_ij A_ij) / K_ii, W = dF/dA.
void through_scaling(SymmetricMatrix<double>& g, const SymmetricMatrix<double>& k, const Gram& affinity, const Context& context) {
  const std::size_t n = g.n();
  if (affinity.weights.empty() && !affinity.normalize_diagonal) return;
  std::vector<double> c(n, 1.0);
  for (std::size_t i = 0; i < n; ++i) {
    if (!affinity.weights.empty()) c[i] = std::sqrt(affinity.weights[i]);
    if (affinity.normalize_diagonal) c[i] /= std::sqrt(k(i, i));
  }
  for_each_row(n, context, [&](std::size_t i) {
    const double others = c[i] * (row_dot(g, k, c, i) - g(i, i) * k(i, i) * c[i]);
    for (std::size_t j = 0; j < n; ++j) g(i, j) *= c[i] * c[j];
    if (affinity.normalize_diagonal) g(i, i) = -others / k(i, i);
  });
}

// dF/dS becomes dF/dK for S_ij = K_ij c_i c_j, c = sqrt(s / v), s = q^-a, q = K 1, v = K s. With W = dF/dS, h_i = sum_j W_ij S_ij:
//   dF = sum W_ij c_i c_j dK_ij + sum_i h_i (dln s_i - dln v_i)
//   dln v_i = (sum_j s_j dK_ij + sum_j K_ij s_j dln s_j) / v_i,  dln s_j = -a (sum_k dK_jk) / q_j
// so that, symmetrized, with b = h / v and e_j = a (h_j - s_j (K b)_j) / q_j:
//   dF/dK_ij = W_ij c_i c_j - (b_i s_j + b_j s_i) / 2 - (e_i + e_j) / 2
void through_diffusion(SymmetricMatrix<double>& g, const SymmetricMatrix<double>& k, const DiffusionScales& scales, double anisotropy,
                       const Context& context) {
  const std::size_t n = g.n();
  std::vector<double> c(n), b(n), e(n), ones(n, 1.0);
  for (std::size_t i = 0; i < n; ++i) c[i] = std::sqrt(scales.power[i] / scales.sum[i]);
  for_each_row(n, context, [&](std::size_t i) {
    b[i] = c[i] * row_dot(g, k, c, i) / scales.sum[i];
    e[i] = b[i] * scales.sum[i];
  });
  for_each_row(n, context, [&](std::size_t i) {
    double kb = 0;
    for (std::size_t j = 0; j < n; ++j) kb += k(i, j) * b[j];
    e[i] = anisotropy * (e[i] - scales.power[i] * kb) / scales.degree[i];
  });
  for_each_row(n, context, [&](std::size_t i) {
    for (std::size_t j = 0; j < n; ++j)
      g(i, j) = g(i, j) * c[i] * c[j] - (b[i] * scales.power[j] + b[j] * scales.power[i]) / 2 - (e[i] + e[j]) / 2;
  });
}

SampleGradient missing(const SampleMatrix& x) { return {std::vector<double>(x.n() * x.d(), std::numeric_limits<double>::quiet_NaN()), ""}; }

// The rows that products are taken of: those of the view, each divided by its length where the kernel says so.
struct Factor {
  Rows view;  // empty unless `unit`: then the same as rows
  Rows rows;
  std::vector<double> lengths;
  bool unit = false;
  [[nodiscard]] const Rows& of_view() const { return unit ? view : rows; }
};

Factor factor_of(const SampleMatrix& x, bool unit, const Context& context) {
  Factor out{{}, detail::load_rows(x, context), {}, unit};
  if (!unit) return out;
  out.lengths = detail::lengths(x, context);
  out.view = out.rows;
  detail::make_unit(out.rows, out.lengths);
  return out;
}

// From dF/d(rows of the factor) to the samples.
SampleGradient to_samples(Rows g, const SampleMatrix& x, const Factor& factor, const std::string& nonsmooth, const Context& context) {
  if (factor.unit) detail::through_unit_rows(g, factor.rows, factor.lengths, context);
  const std::string why = detail::through_view(g, x, factor.of_view(), context);
  return {std::move(g.values), nonsmooth.empty() ? why : nonsmooth};
}

// From dF/dK to the samples.
SampleGradient from_kernel(SymmetricMatrix<double> g, const SampleMatrix& x, const Kernel& kernel, const SymmetricMatrix<double>& k,
                           double bandwidth, bool unit, const Context& context) {
  const Factor factor = factor_of(x, unit, context);
  detail::KernelGradient rows = detail::through_kernel(std::move(g), k, kernel, bandwidth, x, factor.rows, context);
  return to_samples(std::move(rows.gradient), x, factor, rows.nonsmooth, context);
}

void require_samples_kernel(const Kernel& kernel) {
  if (kernel.kind == KernelKind::precomputed)
    throw InvalidArgument(
        "kernel = 'precomputed' has no gradient: the matrix does not say how it came from samples; pass samples and a kernel's name");
}

// The kernel is a product of rows divided by their lengths.
bool of_unit_rows(const Gram& affinity) {
  const KernelKind kind = affinity.kernel.kind;
  return kind == KernelKind::cosine || (kind == KernelKind::linear && affinity.normalize_diagonal);
}

// The d x d matrix scale R^T R, R rows of the factor times sqrt(w): dF/dR = 2 scale R G.
SampleGradient from_scatter(const SampleMatrix& x, double scale, bool unit, std::span<const double> weights, const Decomposition& d,
                            const Slopes& slopes, const Context& context) {
  const Factor factor = factor_of(x, unit, context);
  const SymmetricMatrix<double> m = derivative(d, slopes, context);
  const Rows& z = factor.rows;
  Rows g = detail::product(2 * scale, {z.values.data(), z.d}, z.n, z.d, {m.data(), z.d}, z.d, context);
  scale_rows(g, weights);  // sqrt(w) from R, and sqrt(w) from dR/dZ
  return to_samples(std::move(g), x, factor, "", context);
}

}  // namespace

SampleGradient gradient(const SampleMatrix& x, const Covariance& affinity, const Spectrum& s, const Decomposition& d, const Slopes& slopes,
                        const Context& context) {
  if (unsolved(d)) return missing(x);
  const double scale = 1 / affinity.denominator;
  if (s.side == "covariance") return from_scatter(x, scale, false, {}, d, slopes, context);
  const Factor factor = factor_of(x, false, context);
  const SymmetricMatrix<double> m = derivative(d, slopes, context);
  const Rows& z = factor.rows;
  return to_samples(detail::product(2 * scale, {m.data(), z.n}, z.n, z.n, {z.values.data(), z.d}, z.d, context), x, factor, "", context);
}

SampleGradient gradient(const SampleMatrix& x, const Gram& affinity, const Spectrum& s, const Decomposition& d, const Slopes& slopes,
                        const Context& context) {
  const Kernel& kernel = affinity.kernel;
  require_samples_kernel(kernel);
  if (unsolved(d)) return missing(x);
  if (s.side == "covariance") return from_scatter(x, 1, of_unit_rows(affinity), affinity.weights, d, slopes, context);
  return gram_gradient(x, affinity, d.bandwidth, *d.kernel, derivative(d, slopes, context), context);
}

SampleGradient gradient(const SampleMatrix& x, const Diffusion& affinity, const Spectrum&, const Decomposition& d, const Slopes& slopes,
                        const Context& context) {
  require_samples_kernel(affinity.kernel);
  if (unsolved(d)) return missing(x);
  SymmetricMatrix<double> g = derivative(d, slopes, context);
  through_diffusion(g, *d.kernel, d.diffusion, affinity.anisotropy, context);
  return from_kernel(std::move(g), x, affinity.kernel, *d.kernel, d.bandwidth, affinity.kernel.kind == KernelKind::cosine, context);
}

SampleGradient kernel_gradient(const SampleMatrix& x, const Kernel& kernel, double bandwidth, const SymmetricMatrix<double>& k,
                               SymmetricMatrix<double> g, const Context& context) {
  return gram_gradient(x, {kernel, Side::gram, {}, false, false}, bandwidth, k, std::move(g), context);
}

SampleGradient gram_gradient(const SampleMatrix& x, const Gram& affinity, double bandwidth, const SymmetricMatrix<double>& k,
                             SymmetricMatrix<double> g, const Context& context) {
  require_samples_kernel(affinity.kernel);
  const bool unit = of_unit_rows(affinity);
  through_scaling(g, k, {affinity.kernel, Side::gram, affinity.weights, affinity.normalize_diagonal && !unit, false}, context);
  return from_kernel(std::move(g), x, affinity.kernel, k, bandwidth, unit, context);
}

SymmetricMatrix<double> matrix_gradient(const Decomposition& d, const Slopes& slopes, const Context& context) {
  return derivative(d, slopes, context);
}

SampleGradient gradient_of_rows(const SampleMatrix& x, std::vector<double> slopes, const Context& context) {
  return to_samples({x.n(), x.d(), std::move(slopes)}, x, factor_of(x, false, context), "", context);
}

SampleGradient log_det_gradient(const SampleMatrix& x, const TriangularFactor& r, const Context& context) {
  const auto order = static_cast<Eigen::Index>(r.order);
  const auto upper = Eigen::Map<const Eigen::MatrixXd>(r.values.data(), order, order).triangularView<Eigen::Upper>();
  const Factor factor = factor_of(x, false, context);
  Rows g = factor.rows;
  parallel_for(context, tiles(g.n), [&](std::size_t tile) {
    const std::size_t first = tile * kTile, count = std::min(kTile, g.n - first);
    Eigen::Map<Eigen::MatrixXd> rows(g.row(first), order, static_cast<Eigen::Index>(count));  // a row of g is a column
    upper.transpose().solveInPlace(rows);
    upper.solveInPlace(rows);
    rows *= 2;
  });
  return to_samples(std::move(g), x, factor, "", context);
}

}  // namespace entrospect
