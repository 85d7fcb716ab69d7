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
#include "entrospect/estimators/spectral_entropy/differentiation.hpp"
#include "entrospect/estimators/spectral_entropy/reporting.hpp"
#include "entrospect/spectral/each_row.hpp"
#include "entrospect/spectral/inner_products.hpp"
#include "entrospect/spectral/permuted_products.hpp"
#include "entrospect/spectral/products.hpp"

namespace entrospect {
namespace {

using detail::for_each_row;

constexpr double kEps = std::numeric_limits<double>::epsilon();
constexpr std::size_t kRows = 128;  // of a block

double squares(std::span<const double> values) {
  return std::transform_reduce(values.begin(), values.end(), 0.0, std::plus<>(), [](double v) { return v * v; });
}
double plain_sum(std::span<const double> values) { return std::reduce(values.begin(), values.end(), 0.0); }

// ---- n x n matrices

// K_ij = k(x_i, x_j) and what centering makes of it: A_ij = K_ij - s_i - s_j, and A_ii = 0 in the unbiased form.
struct RawGram {
  SymmetricMatrix<double> matrix;
  std::vector<double> shift{};
  double squares = 0;  // <K, K>
};

RawGram gram_of(const SampleMatrix& x, const Kernel& kernel, double bandwidth, bool unbiased, const Context& context) {
  // Centering the samples of a linear kernel changes nothing but the size of what centering the matrix must cancel.
  const bool shifted = kernel.kind == KernelKind::linear && x.normalization() == Normalize::none;
  RawGram out{kernel_matrix(shifted ? x.centered() : x, kernel, bandwidth, context)};
  const SymmetricMatrix<double>& k = out.matrix;
  std::vector<double> row_sums(k.n()), row_squares(k.n());
  for_each_row(k.n(), context, [&](std::size_t i) {
    const std::span<const double> row(k.data() + i * k.n(), k.n());
    row_sums[i] = unbiased ? plain_sum(row.first(i)) + plain_sum(row.subspan(i + 1)) : plain_sum(row);
    row_squares[i] = squares(row);
  });
  out.squares = sum(row_squares);
  const auto n = static_cast<double>(k.n());
  const double total = sum(row_sums), of_row = unbiased ? n - 2 : n, of_total = unbiased ? (n - 1) * (n - 2) : n * n;
  for (const double row : row_sums) out.shift.push_back(row / of_row - total / (2 * of_total));
  return out;
}

[[noreturn]] void refuse_constant(double left, double before) {
  throw InvalidArgument("nothing is left of the kernel matrix after centering (" + shown(left) + " of " + shown(before) +
                        " in squares); the rows must vary");
}

// <A, A> must be more than what rounding leaves of <K, K>.
void require_varying(const RawGram& gram, double norm2) {
  const double error = 16 * static_cast<double>(gram.matrix.n()) * kEps;
  if (!(norm2 > error * error * gram.squares)) refuse_constant(norm2, gram.squares);
}

struct CenteredGram {
  SymmetricMatrix<double> matrix;
  double norm2 = 0;  // <A, A>
};

CenteredGram centered(RawGram gram, bool unbiased, const Context& context) {
  SymmetricMatrix<double>& a = gram.matrix;
  std::vector<double> row_squares(a.n());
  for_each_row(a.n(), context, [&](std::size_t i) {
    double* const row = a.data() + i * a.n();
    for (std::size_t j = 0; j < a.n(); ++j) row[j] -= gram.shift[i] + gram.shift[j];
    if (unbiased) row[i] = 0;
    row_squares[i] = squares({row, a.n()});
  });
  const double norm2 = sum(row_squares);
  require_varying(gram, norm2);
  return {std::move(a), norm2};
}

std::shared_ptr<const CenteredGram> shared_gram(const SampleMatrix& x, const Kernel& kernel, double bandwidth, bool unbiased,
                                                const Context& context) {
  const auto compute = [&] { return centered(gram_of(x, kernel, bandwidth, unbiased, context), unbiased, context); };
  if (context.memo == nullptr) return std::make_shared<const CenteredGram>(compute());
  std::string key = "centered gram|" + x.identity() + "|" + std::string(name(kernel.kind)) + (unbiased ? "|unbiased" : "|biased");
  for (const double number : {bandwidth, kernel.degree, kernel.offset}) key += "|" + to_text(OptionValue(number));
  return context.memo->get_or_compute<CenteredGram>(key, compute);
}

// One of several matrices, its bandwidth and its faults under its name.
std::shared_ptr<const CenteredGram> named_gram(const SampleMatrix& x, const std::string& name, const std::string& prefix,
                                               const HsicPlan& plan, Estimate& e, const Context& context) {
  const double bandwidth = named_bandwidth(x, name, prefix, plan.kernel, plan.seed, e, context);
  std::shared_ptr<const CenteredGram> out;
  naming(e.estimator + ": " + name, [&] { out = shared_gram(x, plan.kernel, bandwidth, plan.unbiased, context); });
  return out;
}

HsicSums gram_sums(const Pair& pair, const HsicPlan& plan, Estimate& e, const Context& context) {
  const auto a = named_gram(pair.x, "x", "", plan, e, context), b = named_gram(pair.y, "y", "y_", plan, e, context);
  std::vector<double> sums = permuted_products(a->matrix, b->matrix, 1 + plan.n_null, null_permutations(plan.seed), context);
  return {sums.front(), a->norm2, b->norm2, {sums.begin() + 1, sums.end()}};
}

// ---- the samples of a linear kernel

// What the diagonals of the kernel matrices, x.x and y.y of centered rows, add to |X^T Y|_F^2.
double diagonal_terms(std::span<const double> a, std::span<const double> b) {
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

// Samples of linear kernels, side by side and centered.
struct Features {
  SampleMatrix z;
  std::vector<std::size_t> first;          // column of each, and one past the last
  std::vector<std::vector<double>> norms;  // squared norms of the rows of each; only for the unbiased form
  std::vector<double> rows;                // packed, if asked for

  Features(const std::vector<SampleMatrix>& samples, bool unbiased, bool keep_rows, const Context& context)
      : z(side_by_side(samples, context).centered()), first{0} {
    for (const SampleMatrix& x : samples) first.push_back(first.back() + x.d());
    if (unbiased) norms.assign(samples.size(), std::vector<double>(z.n()));
    if (keep_rows) rows.resize(z.n() * z.d());
    if (unbiased || keep_rows) read(context);
  }

  // <A, B> of all pairs, row-major. `constant(l, left, before)` is called when nothing is left of the kernel matrix of l.
  template <class Constant>
  [[nodiscard]] std::vector<double> products(const HsicPlan& plan, const Context& context, Constant constant) const {
    const std::size_t count = first.size() - 1;
    const SymmetricMatrix<double> scatter = scatter_matrix<double>(z, {}, context);
    std::vector<double> out(count * count);
    const double error = plan.unbiased ? 64 * static_cast<double>(z.n()) * kEps : 0;
    for (std::size_t l = 0; l < count; ++l)
      for (std::size_t m = l; m < count; ++m) {
        Sum whole;
        for (std::size_t i = first[l]; i < first[l + 1]; ++i)
          whole.add(squares({scatter.data() + i * z.d() + first[m], first[m + 1] - first[m]}));
        const double product = whole.value() + (plan.unbiased ? diagonal_terms(norms[l], norms[m]) : 0);
        if (l == m && !(product > error * whole.value())) constant(l, product, whole.value());
        out[l * count + m] = out[m * count + l] = product;
      }
    return out;
  }

 private:
  void read(const Context& context) {
    const RowLoader loader(z, context);
    const std::size_t n = z.n(), d = z.d();
    parallel_for(context, (n + kRows - 1) / kRows, [&](std::size_t block) {
      const std::size_t from = block * kRows, count = std::min(kRows, n - from);
      std::vector<double> scratch(rows.empty() ? count * d : 0);
      double* const tile = rows.empty() ? scratch.data() : rows.data() + from * d;
      loader.load(from, count, tile, d);
      for (std::size_t l = 0; l < norms.size(); ++l)
        for (std::size_t i = 0; i < count; ++i) norms[l][from + i] = squares({tile + i * d + first[l], first[l + 1] - first[l]});
    });
  }
};

HsicSums feature_sums(const Pair& pair, const HsicPlan& plan, const Estimate& e, const Context& context) {
  const Features features({pair.x, pair.y}, plan.unbiased, plan.n_null > 0, context);
  const std::vector<double> products = features.products(plan, context, [&](std::size_t l, double left, double before) {
    naming(e.estimator + (l == 0 ? ": x" : ": y"), [&] { refuse_constant(left, before); });
  });
  HsicSums out{products[1], products[0], products[3], std::vector<double>(plan.n_null)};
  parallel_for(context, plan.n_null, [&](std::size_t m) {
    const std::vector<std::size_t> p = null_stream(plan.seed, m).permutation(e.n);
    out.null[m] = permuted_norm2(features.rows, pair.x.d(), pair.y.d(), p);
    if (!plan.unbiased) return;
    std::vector<double> moved(e.n);
    for (std::size_t i = 0; i < moved.size(); ++i) moved[i] = features.norms[1][p[i]];
    out.null[m] += diagonal_terms(features.norms[0], moved);
  });
  return out;
}

}  // namespace

double HsicSums::largest() const { return std::sqrt(xx) * std::sqrt(yy); }
std::vector<double> HsicSums::null_over(double denominator) const {
  std::vector<double> out = null;
  for (double& v : out) v /= denominator;
  return out;
}
double HsicSums::tie() const { return 1e-12 * largest(); }

SampleGradient hsic_gradient(const Pair& pair, const HsicPlan& plan, const Estimate& e, double of_xy, double of_xx,
                             const Context& context) {
  if (plan.kernel.kind == KernelKind::precomputed)
    refuse_gradient(e, "kernel = 'precomputed'", "the matrix does not say how it came from samples");
  const double sigma = bandwidth_used(e, "");
  const auto b = shared_gram(pair.y, plan.kernel, bandwidth_used(e, "y_"), plan.unbiased, context);
  SymmetricMatrix<double> g = b->matrix.copy();
  for_each_row(g.n(), context, [&](std::size_t i) {
    for (std::size_t j = 0; j < g.n(); ++j) g(i, j) *= of_xy;
  });
  if (of_xx != 0) {
    const auto a = shared_gram(pair.x, plan.kernel, sigma, plan.unbiased, context);
    for_each_row(g.n(), context, [&](std::size_t i) {
      for (std::size_t j = 0; j < g.n(); ++j) g(i, j) += 2 * of_xx * a->matrix(i, j);
    });
  }
  // The rows of g sum to 0, so a linear kernel may take centered samples, which cancel less.
  const bool shift = plan.kernel.kind == KernelKind::linear && pair.x.normalization() == Normalize::none;
  const SampleMatrix x = shift ? pair.x.centered() : pair.x;
  return kernel_gradient(x, plan.kernel, sigma, gram_matrix<double>(x, plan.kernel, sigma, context), std::move(g), context);
}

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

namespace {

void check_plan(const HsicPlan& plan, const Estimate& e) {
  if (!e.ok()) throw InvalidArgument(e.estimator + ": " + e.reason + "; a constant has no dependence to measure");
  if (plan.unbiased) require_rows(e.n, 4, e.estimator, "the unbiased estimate divides by n (n - 3)");
  if (plan.side == Side::covariance && plan.kernel.kind != KernelKind::linear)
    throw InvalidArgument(e.estimator + ": side = 'cov' needs kernel = 'linear', got '" + std::string(name(plan.kernel.kind)) +
                          "'; use side = 'auto' or 'gram'");
}

void note_side(const HsicPlan& plan, bool features, Estimate& e) {
  e.backend_requested = side_choices()[static_cast<std::size_t>(plan.side)].first;
  e.backend_used = features ? "cov" : "gram";
}

}  // namespace

HsicSums hsic_sums(const Pair& pair, const HsicPlan& plan, Estimate& e, const Context& context) {
  examine(pair, plan.kernel.kind == KernelKind::precomputed, e, context);
  check_plan(plan, e);
  const bool features = hsic_side(plan, pair.x.n(), pair.x.d(), pair.y.d()) == Side::covariance;
  note_side(plan, features, e);
  return features ? feature_sums(pair, plan, e, context) : gram_sums(pair, plan, e, context);
}

std::vector<double> hsic_products(const std::vector<SampleMatrix>& samples, const std::vector<std::string>& names, const HsicPlan& plan,
                                  Estimate& e, const Context& context) {
  examine(samples, names, {plan.kernel.kind == KernelKind::precomputed, false}, e, context);
  check_plan(plan, e);
  // One scatter matrix of all costs n d^2 flops, d the features of all together; the Gram matrices n^2 d and their products n^2 m^2.
  double d = 0;
  for (const SampleMatrix& x : samples) d += static_cast<double>(x.d());
  const auto n = static_cast<double>(e.n), m = static_cast<double>(samples.size());
  const bool cheaper = plan.kernel.kind == KernelKind::linear && d * d <= n * (d + m * m);
  const bool features = plan.side == Side::covariance || (plan.side == Side::automatic && cheaper);
  note_side(plan, features, e);
  if (features)
    return Features(samples, plan.unbiased, false, context).products(plan, context, [&](std::size_t l, double left, double before) {
      naming(e.estimator + ": " + names[l], [&] { refuse_constant(left, before); });
    });
  std::vector<RawGram> grams;
  std::vector<ShiftedMatrix> matrices;
  for (std::size_t l = 0; l < samples.size(); ++l) {
    const double bandwidth = named_bandwidth(samples[l], names[l], l == 0 ? "" : names[l] + "_", plan.kernel, plan.seed, e, context);
    naming(e.estimator + ": " + names[l], [&] { grams.push_back(gram_of(samples[l], plan.kernel, bandwidth, plan.unbiased, context)); });
  }
  for (const RawGram& gram : grams) matrices.push_back({&gram.matrix, gram.shift, plan.unbiased});
  std::vector<double> out = inner_products(matrices, context);
  for (std::size_t l = 0; l < grams.size(); ++l)
    naming(e.estimator + ": " + names[l], [&] { require_varying(grams[l], out[l * grams.size() + l]); });
  return out;
}

}  // namespace entrospect
