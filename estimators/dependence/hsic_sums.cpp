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

// What centering leaves of a kernel matrix.
struct Size {
  double norm2 = 0;     // <A, A>
  double squares = 0;   // of what it is left of
  double rounding = 0;  // <A, A> may be this much by rounding alone
};

void add(const Size& more, Size& to) {
  to.norm2 += more.norm2;
  to.squares += more.squares;
  to.rounding += more.rounding;
}

void require_varying(const Size& size, const std::string& who) {
  if (size.norm2 > size.rounding) return;
  throw InvalidArgument(who + ": nothing is left of the kernel matrix after centering (" + shown(size.norm2) + " of " +
                        shown(size.squares) + " in squares); the rows must vary");
}

// ---- n x n matrices

// K_ij = k(x_i, x_j) and what centering makes of it: A_ij = K_ij - s_i - s_j, and A_ii = 0 in the unbiased form.
struct RawGram {
  SymmetricMatrix<double> matrix;
  std::vector<double> shift{};
  double squares = 0;  // <K, K>

  [[nodiscard]] Size size(double norm2) const {
    const double error = 16 * static_cast<double>(matrix.n()) * kEps;
    return {norm2, squares, error * error * squares};
  }
};

RawGram gram_of(const SampleMatrix& x, const Kernel& kernel, double bandwidth, bool unbiased, const Context& context) {
  // Centering the samples of a linear kernel changes nothing but the size of what centering the matrix must cancel.
  const bool shifted = kernel.kind == KernelKind::linear && x.normalization() == Normalize::none;
  RawGram out{kernel_matrix(shifted ? x.centered() : x, kernel, bandwidth, context)};
  const SymmetricMatrix<double>& k = out.matrix;
  // The unbiased form leaves out the diagonal, and some diagonal makes any matrix positive.
  if (kernel.kind == KernelKind::precomputed && !unbiased) require_positive(k, x.dtype(), context);
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

struct CenteredGram {
  SymmetricMatrix<double> matrix;
  Size size;
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
  const Size size = gram.size(sum(row_squares));
  return {std::move(a), size};
}

std::shared_ptr<const CenteredGram> shared_gram(const SampleMatrix& x, const Kernel& kernel, double bandwidth, bool unbiased,
                                                const Context& context) {
  const auto compute = [&] { return centered(gram_of(x, kernel, bandwidth, unbiased, context), unbiased, context); };
  if (context.memo == nullptr) return std::make_shared<const CenteredGram>(compute());
  std::string key = "centered gram|" + x.identity() + "|" + std::string(name(kernel.kind)) + (unbiased ? "|unbiased" : "|biased");
  for (const double number : {bandwidth, kernel.degree, kernel.offset}) key += "|" + to_text(OptionValue(number));
  return context.memo->get_or_compute<CenteredGram>(key, compute);
}

// Sums over one batch of rows.
struct Part {
  double xy = 0;
  Size x, y;
  std::vector<double> null;
};

// What the rows of a batch do not say: who they are, in messages, and the bandwidth of all rows.
struct Origin {
  std::string who;
  double bandwidth = 1;
};

std::shared_ptr<const CenteredGram> named_gram(const SampleMatrix& x, const HsicPlan& plan, const Origin& origin, const Context& context) {
  std::shared_ptr<const CenteredGram> out;
  naming(origin.who, [&] { out = shared_gram(x, plan.kernel, origin.bandwidth, plan.unbiased, context); });
  return out;
}

Part gram_part(const Pair& pair, const HsicPlan& plan, const std::vector<Origin>& origins, std::uint64_t first_null,
               const Context& context) {
  const auto a = named_gram(pair.x, plan, origins[0], context), b = named_gram(pair.y, plan, origins[1], context);
  std::vector<double> sums = permuted_products(a->matrix, b->matrix, 1 + plan.n_null, null_permutations(plan.seed, first_null), context);
  return {sums.front(), a->size, b->size, {sums.begin() + 1, sums.end()}};
}

// <A, B> of all pairs of several matrices, row-major, and the size of each.
struct Products {
  std::vector<double> values;
  std::vector<Size> sizes;
};

Products gram_products(const std::vector<SampleMatrix>& samples, const HsicPlan& plan, const std::vector<Origin>& origins,
                       const Context& context) {
  std::vector<RawGram> grams;
  std::vector<ShiftedMatrix> matrices;
  for (std::size_t l = 0; l < samples.size(); ++l)
    naming(origins[l].who, [&] { grams.push_back(gram_of(samples[l], plan.kernel, origins[l].bandwidth, plan.unbiased, context)); });
  for (const RawGram& gram : grams) matrices.push_back({&gram.matrix, gram.shift, plan.unbiased});
  Products out{inner_products(matrices, context), {}};
  for (std::size_t l = 0; l < grams.size(); ++l) out.sizes.push_back(grams[l].size(out.values[l * grams.size() + l]));
  return out;
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

  [[nodiscard]] Products products(const HsicPlan& plan, const Context& context) const {
    const std::size_t count = first.size() - 1;
    const SymmetricMatrix<double> scatter = scatter_matrix<double>(z, {}, context);
    Products out{std::vector<double>(count * count), {}};
    const double error = plan.unbiased ? 64 * static_cast<double>(z.n()) * kEps : 0;
    for (std::size_t l = 0; l < count; ++l)
      for (std::size_t m = l; m < count; ++m) {
        Sum whole;
        for (std::size_t i = first[l]; i < first[l + 1]; ++i)
          whole.add(squares({scatter.data() + i * z.d() + first[m], first[m + 1] - first[m]}));
        const double product = whole.value() + (plan.unbiased ? diagonal_terms(norms[l], norms[m]) : 0);
        if (l == m) out.sizes.push_back({product, whole.value(), error * whole.value()});
        out.values[l * count + m] = out.values[m * count + l] = product;
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

Part feature_part(const Pair& pair, const HsicPlan& plan, std::uint64_t first_null, const Context& context) {
  const Features features({pair.x, pair.y}, plan.unbiased, plan.n_null > 0, context);
  const Products products = features.products(plan, context);
  Part out{products.values[1], products.sizes[0], products.sizes[1], std::vector<double>(plan.n_null)};
  parallel_for(context, plan.n_null, [&](std::size_t m) {
    const std::vector<std::size_t> p = null_stream(plan.seed, first_null + m).permutation(pair.x.n());
    out.null[m] = permuted_norm2(features.rows, pair.x.d(), pair.y.d(), p);
    if (!plan.unbiased) return;
    std::vector<double> moved(p.size());
    for (std::size_t i = 0; i < moved.size(); ++i) moved[i] = features.norms[1][p[i]];
    out.null[m] += diagonal_terms(features.norms[0], moved);
  });
  return out;
}

// ---- batches

constexpr std::size_t kBatchRows = 256;

std::size_t batch_rows(const HsicPlan& plan, std::size_t n) {
  if (!plan.batches) return n;
  return plan.batch_size == 0 ? std::min(kBatchRows, n) : plan.batch_size;
}

// The rows of each batch, in ascending order; no list for the one batch of all rows.
std::vector<std::vector<std::size_t>> batches_of(const HsicPlan& plan, Estimate& e) {
  const std::size_t rows = batch_rows(plan, e.n);
  if (!plan.batches) return {{}};
  if (rows < 4 || rows > e.n)
    throw InvalidArgument(e.estimator + ": batch_size = " + std::to_string(rows) + " is not in [4, n = " + std::to_string(e.n) +
                          "]; the unbiased estimate of a batch takes 4 rows (0 chooses)");
  const std::size_t count = e.n / rows;
  e.diagnostics.set("batches", static_cast<std::int64_t>(count));
  e.diagnostics.set("batch_rows", static_cast<std::int64_t>(rows));
  if (e.n > count * rows) e.diagnostics.set("rows_left_out", static_cast<std::int64_t>(e.n - count * rows));
  if (rows == e.n) return {{}};
  e.seed = plan.seed;
  const std::vector<std::size_t> dealt = batch_stream(plan.seed).permutation(e.n);
  std::vector<std::vector<std::size_t>> out;
  for (std::size_t batch = 0; batch < count; ++batch) {
    const auto first = dealt.begin() + static_cast<std::ptrdiff_t>(batch * rows);
    std::vector<std::size_t>& members = out.emplace_back(first, first + static_cast<std::ptrdiff_t>(rows));
    std::sort(members.begin(), members.end());
  }
  return out;
}

SampleMatrix rows_of(const SampleMatrix& x, const std::vector<std::size_t>& rows) { return rows.empty() ? x : x.select(rows); }

// part(rows, batch, context) of each batch, side by side where there are several: those keep nothing for other estimators.
template <class T, class F>
std::vector<T> over_batches(const std::vector<std::vector<std::size_t>>& batches, const Context& context, F part) {
  if (batches.size() == 1) return {part(batches.front(), 0, context)};
  std::vector<T> out(batches.size());
  Context own = context;
  own.memo = nullptr;
  parallel_for(context, batches.size(), [&](std::size_t batch) { out[batch] = part(batches[batch], batch, own); });
  return out;
}

std::vector<Origin> origins_of(const std::vector<SampleMatrix>& samples, const std::vector<std::string>& names, const HsicPlan& plan,
                               Estimate& e, const Context& context) {
  std::vector<Origin> out;
  for (std::size_t l = 0; l < samples.size(); ++l)
    out.push_back({e.estimator + ": " + names[l] + (plan.batches ? ": in a batch" : ""),
                   named_bandwidth(samples[l], names[l], l == 0 ? "" : names[l] + "_", plan.kernel, plan.seed, e, context)});
  return out;
}

}  // namespace

RandomStream batch_stream(std::uint64_t seed) { return {seed, 0x6261746368}; }

double HsicSums::largest() const { return std::sqrt(xx) * std::sqrt(yy); }
std::vector<double> HsicSums::null_over(double denominator) const {
  std::vector<double> out = null;
  for (double& v : out) v /= denominator;
  return out;
}
double HsicSums::tie() const { return 1e-12 * largest(); }
std::optional<double> HsicSums::std_error(double of_xy, double of_xx, double of_yy) const {
  if (batches.size() < 2) return std::nullopt;
  std::vector<double> terms;
  for (const Batch& b : batches) terms.push_back(of_xy * b.xy + of_xx * b.xx + of_yy * b.yy);
  return error_of_sum(terms);
}

SampleGradient hsic_gradient(const Pair& pair, const HsicPlan& plan, const Estimate& e, double of_xy, double of_xx,
                             const Context& context) {
  if (plan.kernel.kind == KernelKind::precomputed)
    refuse_gradient(e, "kernel = 'precomputed'", "the matrix does not say how it came from samples");
  if (plan.batches) refuse_gradient(e, "statistic = 'minibatch'", "use 'unbiased' on the rows of a batch");
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
  const std::size_t of_batch = batch_rows(plan, n);
  const auto rows = static_cast<double>(of_batch), columns = 2 * static_cast<double>(d);
  if (hsic_side(plan, of_batch, d, d) == Side::gram) return {false, 16 * rows * rows};
  return {plan.n_null == 0 && of_batch == n, 16 * columns * columns + (plan.n_null > 0 ? 8 * rows * columns : 0)};
}

namespace {

void check_plan(const HsicPlan& plan, const Estimate& e) {
  if (!e.ok()) throw InvalidArgument(e.estimator + ": " + e.reason + "; a constant has no dependence to measure");
  if (plan.unbiased) require_rows(e.n, 4, e.estimator, "the unbiased estimate divides by n (n - 3)");
  if (plan.side == Side::covariance && plan.kernel.kind != KernelKind::linear)
    throw InvalidArgument(e.estimator + ": side = 'cov' needs kernel = 'linear', got '" + std::string(name(plan.kernel.kind)) +
                          "'; use side = 'auto' or 'gram'");
  if (plan.batch_size > 0 && !plan.batches)
    throw InvalidArgument(e.estimator + ": batch_size = " + std::to_string(plan.batch_size) + " needs statistic = 'minibatch'");
  if (plan.batches && plan.kernel.kind == KernelKind::precomputed)
    throw InvalidArgument(e.estimator +
                          ": statistic = 'minibatch' builds kernel matrices of batches, and kernel = 'precomputed' has that " +
                          "of all rows; use statistic = 'unbiased'");
}

void note_side(const HsicPlan& plan, bool features, Estimate& e) {
  e.backend_requested = side_choices()[static_cast<std::size_t>(plan.side)].first;
  e.backend_used = features ? "cov" : "gram";
}

}  // namespace

HsicSums hsic_sums(const Pair& pair, const HsicPlan& plan, Estimate& e, const Context& context) {
  examine(pair, plan.kernel.kind == KernelKind::precomputed, e, context);
  check_plan(plan, e);
  HsicSums out;
  out.rows = batch_rows(plan, e.n);
  const auto batches = batches_of(plan, e);
  const bool features = hsic_side(plan, out.rows, pair.x.d(), pair.y.d()) == Side::covariance;
  note_side(plan, features, e);
  const std::vector<Origin> origins = features ? std::vector<Origin>{} : origins_of({pair.x, pair.y}, {"x", "y"}, plan, e, context);
  const std::vector<Part> parts =
      over_batches<Part>(batches, context, [&](const std::vector<std::size_t>& rows, std::size_t batch, const Context& own) {
        const Pair here{rows_of(pair.x, rows), rows_of(pair.y, rows)};
        const std::uint64_t first_null = batch * plan.n_null;
        return features ? feature_part(here, plan, first_null, own) : gram_part(here, plan, origins, first_null, own);
      });
  Size x, y;
  out.null.resize(plan.n_null);
  for (const Part& part : parts) {
    out.xy += part.xy;
    add(part.x, x);
    add(part.y, y);
    out.batches.push_back({part.xy, part.x.norm2, part.y.norm2});
    for (std::size_t m = 0; m < out.null.size(); ++m) out.null[m] += part.null[m];
  }
  require_varying(x, e.estimator + ": x");
  require_varying(y, e.estimator + ": y");
  out.xx = x.norm2;
  out.yy = y.norm2;
  return out;
}

std::vector<double> hsic_products(const std::vector<SampleMatrix>& samples, const std::vector<std::string>& names, const HsicPlan& plan,
                                  Estimate& e, const Context& context) {
  examine(samples, names, {plan.kernel.kind == KernelKind::precomputed, false}, e, context);
  check_plan(plan, e);
  const auto batches = batches_of(plan, e);
  // One scatter matrix of all costs n d^2 flops, d the features of all together; the Gram matrices n^2 d and their products n^2 m^2.
  double d = 0;
  for (const SampleMatrix& x : samples) d += static_cast<double>(x.d());
  const auto n = static_cast<double>(batch_rows(plan, e.n)), m = static_cast<double>(samples.size());
  const bool cheaper = plan.kernel.kind == KernelKind::linear && d * d <= n * (d + m * m);
  const bool features = plan.side == Side::covariance || (plan.side == Side::automatic && cheaper);
  note_side(plan, features, e);
  const std::vector<Origin> origins = features ? std::vector<Origin>{} : origins_of(samples, names, plan, e, context);
  const std::vector<Products> parts =
      over_batches<Products>(batches, context, [&](const std::vector<std::size_t>& rows, std::size_t, const Context& own) {
        std::vector<SampleMatrix> here;
        for (const SampleMatrix& x : samples) here.push_back(rows_of(x, rows));
        return features ? Features(here, plan.unbiased, false, own).products(plan, own) : gram_products(here, plan, origins, own);
      });
  Products out = parts.front();
  for (std::size_t batch = 1; batch < parts.size(); ++batch) {
    for (std::size_t i = 0; i < out.values.size(); ++i) out.values[i] += parts[batch].values[i];
    for (std::size_t l = 0; l < out.sizes.size(); ++l) add(parts[batch].sizes[l], out.sizes[l]);
  }
  for (std::size_t l = 0; l < samples.size(); ++l) require_varying(out.sizes[l], e.estimator + ": " + names[l]);
  return out.values;
}

}  // namespace entrospect
