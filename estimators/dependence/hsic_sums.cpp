#include "entrospect/estimators/dependence/hsic_sums.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <memory>
#include <numeric>

#include "entrospect/core/errors.hpp"
#include "entrospect/core/parallel.hpp"
#include "entrospect/core/row_loader.hpp"
#include "entrospect/core/sum.hpp"
#include "entrospect/core/survey.hpp"
#include "entrospect/estimators/permutation_null.hpp"
#include "entrospect/estimators/spectral_entropy/reporting.hpp"
#include "entrospect/spectral/permuted_products.hpp"
#include "entrospect/spectral/products.hpp"

namespace entrospect {
namespace {

constexpr double kEps = std::numeric_limits<double>::epsilon();
constexpr std::size_t kRows = 128;  // of a block

template <class Body>
void for_each_row(std::size_t n, const Context& context, Body body) {
  parallel_for(context, (n + kRows - 1) / kRows, [&](std::size_t block) {
    for (std::size_t i = block * kRows; i < std::min((block + 1) * kRows, n); ++i) body(i);
  });
}

double squares(std::span<const double> values) {
  return std::transform_reduce(values.begin(), values.end(), 0.0, std::plus<>(), [](double v) { return v * v; });
}

// ---- n x n matrices

struct CenteredGram {
  SymmetricMatrix<double> matrix;
  double norm2 = 0;  // <A, A>
};

// Each entry as f(i, j, K_ij), f symmetric in i and j.
template <class F>
void transform(SymmetricMatrix<double>& k, const Context& context, F f) {
  for_each_row(k.n(), context, [&](std::size_t i) {
    double* const row = k.data() + i * k.n();
    for (std::size_t j = 0; j < k.n(); ++j) row[j] = f(i, j, row[j]);
  });
}

void center(SymmetricMatrix<double>& k, bool unbiased, const Context& context) {
  const auto n = static_cast<double>(k.n());
  if (unbiased)
    for (std::size_t i = 0; i < k.n(); ++i) k(i, i) = 0;
  std::vector<double> rows(k.n());
  for_each_row(k.n(), context, [&](std::size_t i) { rows[i] = sum({k.data() + i * k.n(), k.n()}); });
  const double total = sum(rows);
  if (unbiased) {
    const double shift = total / ((n - 1) * (n - 2));
    transform(k, context, [&](std::size_t i, std::size_t j, double v) { return i == j ? 0 : v - (rows[i] + rows[j]) / (n - 2) + shift; });
  } else {
    transform(k, context, [&](std::size_t i, std::size_t j, double v) { return v - (rows[i] + rows[j]) / n + total / (n * n); });
  }
}

[[noreturn]] void refuse_constant(double left, double before) {
  throw InvalidArgument("nothing is left of the kernel matrix after centering (" + shown(left) + " of " + shown(before) +
                        " in squares); the rows must vary");
}

CenteredGram centered_gram(const SampleMatrix& x, const Kernel& kernel, double bandwidth, bool unbiased, const Context& context) {
  // Centering the samples of a linear kernel changes nothing but the size of what centering the matrix must cancel.
  const bool shift = kernel.kind == KernelKind::linear && x.normalization() == Normalize::none;
  const double precision = x.dtype() == DType::f64 ? 0 : std::numeric_limits<float>::epsilon();
  CenteredGram out{kernel.kind == KernelKind::precomputed ? precomputed_matrix(x, std::max(1e-10, 16 * precision), context)
                                                          : gram_matrix<double>(shift ? x.centered() : x, kernel, bandwidth, context)};
  const double before = out.matrix.frobenius2();
  center(out.matrix, unbiased, context);
  out.norm2 = out.matrix.frobenius2();
  const double error = 16 * static_cast<double>(x.n()) * kEps;
  if (!(out.norm2 > error * error * before)) refuse_constant(out.norm2, before);
  return out;
}

std::shared_ptr<const CenteredGram> shared_gram(const SampleMatrix& x, const Kernel& kernel, double bandwidth, bool unbiased,
                                                const Context& context) {
  const auto compute = [&] { return centered_gram(x, kernel, bandwidth, unbiased, context); };
  if (context.memo == nullptr) return std::make_shared<const CenteredGram>(compute());
  std::string key = "centered gram|" + x.identity() + "|" + std::string(name(kernel.kind)) + (unbiased ? "|unbiased" : "|biased");
  for (const double number : {bandwidth, kernel.degree, kernel.offset}) key += "|" + to_text(OptionValue(number));
  return context.memo->get_or_compute<CenteredGram>(key, compute);
}

HsicSums gram_sums(const Pair& pair, const HsicPlan& plan, Estimate& e, const Context& context) {
  const auto gram = [&](const SampleMatrix& x, const std::string& name, const std::string& prefix) {
    const double bandwidth = named_bandwidth(x, name, prefix, plan.kernel, plan.seed, e, context);
    std::shared_ptr<const CenteredGram> out;
    naming(e.estimator + ": " + name, [&] { out = shared_gram(x, plan.kernel, bandwidth, plan.unbiased, context); });
    return out;
  };
  const auto a = gram(pair.x, "x", ""), b = gram(pair.y, "y", "y_");
  // The first "permutation" moves nothing, so that a permutation which restores the pairs gives the same bits.
  const PermutationSource source = [&](std::size_t m, std::span<std::uint32_t> rows) {
    if (m == 0) return std::iota(rows.begin(), rows.end(), 0U);
    const std::vector<std::size_t> p = null_stream(plan.seed, m - 1).permutation(rows.size());
    std::transform(p.begin(), p.end(), rows.begin(), [](std::size_t row) { return static_cast<std::uint32_t>(row); });
  };
  std::vector<double> sums = permuted_products(a->matrix, b->matrix, 1 + plan.n_null, source, context);
  return {sums.front(), a->norm2, b->norm2, {sums.begin() + 1, sums.end()}};
}

// ---- the samples of a linear kernel

// What the diagonals of the kernel matrices, x.x and y.y of centered rows, add to |X^T Y|_F^2.
double diagonal_terms(const HsicPlan& plan, std::span<const double> a, std::span<const double> b) {
  if (!plan.unbiased) return 0;
  Sum both;
  for (std::size_t i = 0; i < a.size(); ++i) both.add(a[i] * b[i]);
  const auto n = static_cast<double>(a.size());
  return sum(a) * sum(b) / ((n - 1) * (n - 2)) - n / (n - 2) * both.value();
}

// |X^T P Y|_F^2 of packed centered rows z = [x y], P the permutation of the rows of y.
double permuted_norm2(const std::vector<double>& z, std::size_t d_x, std::size_t d_y, const std::vector<std::size_t>& p) {
  constexpr std::size_t group = 4;  // rows that pass over the product together
  const std::size_t d = d_x + d_y, n = p.size();
  std::vector<double> product(d_x * d_y);
  const std::vector<double> zero(d);
  for (std::size_t first = 0; first < n; first += group) {
    const double *x[group], *y[group];
    for (std::size_t g = 0; g < group; ++g) {
      const bool there = first + g < n;
      x[g] = there ? z.data() + (first + g) * d : zero.data();
      y[g] = there ? z.data() + p[first + g] * d + d_x : zero.data();
    }
    for (std::size_t i = 0; i < d_x; ++i) {
      double* const row = product.data() + i * d_y;
      for (std::size_t j = 0; j < d_y; ++j) row[j] += (x[0][i] * y[0][j] + x[1][i] * y[1][j]) + (x[2][i] * y[2][j] + x[3][i] * y[3][j]);
    }
  }
  return squares(product);
}

HsicSums feature_sums(const Pair& pair, const HsicPlan& plan, const Estimate& e, const Context& context) {
  const std::size_t n = pair.x.n(), d_x = pair.x.d(), d_y = pair.y.d(), d = d_x + d_y;
  const SampleMatrix z = side_by_side(pair, context).centered();
  const SymmetricMatrix<double> scatter = scatter_matrix<double>(z, {}, context);
  Sum xx, xy, yy;
  for (std::size_t i = 0; i < d; ++i) {
    const std::span<const double> row(scatter.data() + i * d, d);
    if (i < d_x) {
      xx.add(squares(row.first(d_x)));
      xy.add(squares(row.last(d_y)));
    } else {
      yy.add(squares(row.last(d_y)));
    }
  }
  std::vector<double> a(n), b(n), rows(plan.n_null > 0 ? n * d : 0);
  if (plan.unbiased || plan.n_null > 0) {
    const RowLoader loader(z, context);
    parallel_for(context, (n + kRows - 1) / kRows, [&](std::size_t block) {
      const std::size_t first = block * kRows, count = std::min(kRows, n - first);
      std::vector<double> scratch(rows.empty() ? count * d : 0);
      double* const tile = rows.empty() ? scratch.data() : rows.data() + first * d;
      loader.load(first, count, tile, d);
      for (std::size_t i = 0; i < count; ++i) {
        a[first + i] = squares({tile + i * d, d_x});
        b[first + i] = squares({tile + i * d + d_x, d_y});
      }
    });
  }
  HsicSums out{
      xy.value() + diagonal_terms(plan, a, b), xx.value() + diagonal_terms(plan, a, a), yy.value() + diagonal_terms(plan, b, b), {}};
  const double error = 64 * static_cast<double>(n) * kEps;
  const auto require = [&](const char* name, double left, double before) {
    if (!(left > (plan.unbiased ? error * before : 0))) naming(e.estimator + ": " + name, [&] { refuse_constant(left, before); });
  };
  require("x", out.xx, xx.value());
  require("y", out.yy, yy.value());
  out.null.resize(plan.n_null);
  parallel_for(context, plan.n_null, [&](std::size_t m) {
    const std::vector<std::size_t> p = null_stream(plan.seed, m).permutation(n);
    std::vector<double> moved(plan.unbiased ? n : 0);
    for (std::size_t i = 0; i < moved.size(); ++i) moved[i] = b[p[i]];
    out.null[m] = permuted_norm2(rows, d_x, d_y, p) + (plan.unbiased ? diagonal_terms(plan, a, moved) : 0);
  });
  return out;
}

}  // namespace

double HsicSums::largest() const { return std::sqrt(xx) * std::sqrt(yy); }
double HsicSums::tie() const { return 1e-12 * largest(); }

Side hsic_side(const HsicPlan& plan, std::size_t n, std::size_t d_x, std::size_t d_y) {
  if (plan.side != Side::automatic) return plan.side;
  if (plan.kernel.kind != KernelKind::linear) return Side::gram;
  const auto rows = static_cast<double>(n), x = static_cast<double>(d_x), y = static_cast<double>(d_y);
  // Two Gram matrices cost n^2 (d_x + d_y), the scatter matrix of both n (d_x + d_y)^2; a permutation n^2 / 2 gathers or n d_x d_y
  // products.
  const bool features = plan.n_null > 0 ? x * y <= rows : x + y <= rows;
  return features ? Side::covariance : Side::gram;
}

Footprint hsic_footprint(const HsicPlan& plan, std::size_t n, std::size_t d) {
  const auto rows = static_cast<double>(n), columns = 2 * static_cast<double>(d);
  if (hsic_side(plan, n, d, d) == Side::gram) return {false, 16 * rows * rows};
  return {plan.n_null == 0, 16 * columns * columns + (plan.n_null > 0 ? 8 * rows * columns : 0)};
}

HsicSums hsic_sums(const Pair& pair, const HsicPlan& plan, Estimate& e, const Context& context) {
  examine(pair, plan.kernel.kind == KernelKind::precomputed, e, context);
  if (!e.ok()) throw InvalidArgument(e.estimator + ": " + e.reason + "; a constant has no dependence to measure");
  if (plan.unbiased) require_rows(e.n, 4, e.estimator, "the unbiased estimate divides by n (n - 3)");
  if (plan.side == Side::covariance && plan.kernel.kind != KernelKind::linear)
    throw InvalidArgument(e.estimator + ": side = 'cov' needs kernel = 'linear', got '" + std::string(name(plan.kernel.kind)) +
                          "'; use side = 'auto' or 'gram'");
  const bool features = hsic_side(plan, pair.x.n(), pair.x.d(), pair.y.d()) == Side::covariance;
  e.backend_requested = side_choices()[static_cast<std::size_t>(plan.side)].first;
  e.backend_used = features ? "cov" : "gram";
  return features ? feature_sums(pair, plan, e, context) : gram_sums(pair, plan, e, context);
}

}  // namespace entrospect
