#include "entrospect/estimators/dependence/cs_qmi.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>

#include "entrospect/core/errors.hpp"
#include "entrospect/core/sum.hpp"
#include "entrospect/estimators/dependence/detail/measure.hpp"
#include "entrospect/estimators/dependence/group_sums.hpp"
#include "entrospect/spectral/permuted_products.hpp"

namespace entrospect {
namespace {

using detail::Outcome;
using detail::Quantity;
using detail::Samples;

const Choices<QmiNormalizer>& normalizer_choices() {
  static const Choices<QmiNormalizer> choices{{"none", QmiNormalizer::none}, {"self", QmiNormalizer::self}};
  return choices;
}

EstimatorCard card() {
  EstimatorCard c;
  c.name = "cs_qmi";
  c.aliases = {"cauchy_schwarz_mutual_information"};
  c.summary = "Cauchy-Schwarz divergence between the smoothed joint density of two representations and the product of their densities.";
  c.formula =
      "I_CS = ln mean(K o L) + ln mean K + ln mean L - 2 ln mean_i(k_i l_i), K_ij = k(x_i, x_j), L_ij = k(y_i, y_j), k and l their row "
      "means; normalizer = self: divided by sqrt(I_CS(x, x) I_CS(y, y))";
  c.unit = "entropy";
  c.range = "[0, inf)";
  c.cap = "none";
  c.cost = "O(n^2 (d_x + d_y + n_null))";
  c.references = {"Principe, Xu, Fisher: Information-theoretic learning, in Unsupervised Adaptive Filtering, Wiley 2000",
                  "Seth, Principe: On speeding up computation in information theoretic learning, IJCNN 2009",
                  "Yu, Yu, Lokse, Jenssen, Principe: Cauchy-Schwarz divergence information bottleneck for regression, ICLR 2024 (compat "
                  "cs-ib)"};
  c.sample_names = {"x", "y"};
  c.conventions = {
      {"paper", false, "", {}, {}},
      {"cs-ib",
       true,
       "I_CS = log2 mean(K o L) + log2 mean K + log2 mean L - 2 log2 mean_i(k_i l_i), sigma = max(10 m, 0.1), m the median of |a - b|^2 "
       "over the pairs of the samples listed twice, their mean where the median is 0",
       {{"unit", std::string("bits")}},
       {"sigma is ten times a median of squared distances, so it has their unit and grows with the square of the scale",
        "every row is a pair with its own copy, so zeros are among the distances",
        "the tool computes in float32; this is the same formula in float64"}},
  };
  return c;
}

FieldTable<CsQmiOptions> table(const EstimatorCard& card) {
  using O = CsQmiOptions;
  FieldTable<O> t;
  Choices<KernelKind> kernels = nonnegative_kernel_choices();
  kernels.emplace_back("precomputed", KernelKind::precomputed);
  fields::add_kernel_and_bandwidth(t, kernels);
  t.choice(
      "normalizer", [](O& o) -> QmiNormalizer& { return o.normalizer; }, normalizer_choices(),
      "'self' divides by the root of I_CS(x, x) I_CS(y, y): 1 for x with itself, and without unit");
  fields::add_null(t);
  fields::add_seed(t, "Names the permutations, and the rows that the median rule draws for n > 4096");
  fields::add_entropy_unit(t);
  fields::add_convention(t, card);
  return t;
}

// The tool's sigma of one matrix: its pairs of rows count four times each when the rows are listed twice, and each row once with its copy.
double tool_bandwidth(const SampleMatrix& x, const Context& context) {
  const PackedRows rows = packed_rows(x, context);
  std::vector<double> squares(x.n(), 0.0);
  for (std::size_t i = 0; i < x.n(); ++i)
    for (std::size_t j = 0; j < i; ++j) squares.insert(squares.end(), 4, squared_distance(rows[i], rows[j]));
  const auto middle = squares.begin() + static_cast<std::ptrdiff_t>(squares.size() / 2);
  std::nth_element(squares.begin(), middle, squares.end());
  double median = *middle;
  if (squares.size() % 2 == 0) median = (median + *std::max_element(squares.begin(), middle)) / 2;
  if (!(median > 0)) median = sum(squares) / static_cast<double>(squares.size());
  return 10 * std::max(median, 1e-2);
}

struct Smoothed {
  SymmetricMatrix<double> k;
  std::vector<double> rows;  // their means
  double mean = 0;
};

Smoothed smoothed(const SampleMatrix& x, const std::string& name, const std::string& prefix, const CsQmiOptions& o, Estimate& e,
                  const Context& context) {
  Kernel kernel = o.kernel;
  if (o.compat == "cs-ib" && kernel.kind == KernelKind::gaussian && std::holds_alternative<BandwidthRule>(kernel.bandwidth))
    kernel.bandwidth = tool_bandwidth(x, context);
  const double bandwidth = named_bandwidth(x, name, prefix, kernel, o.seed, e, context);
  const std::size_t n = x.n();
  std::optional<SymmetricMatrix<double>> k;
  naming(e.estimator + ": " + name, [&] {
    k = kernel_matrix(x, kernel, bandwidth, context);
    if (kernel.kind == KernelKind::precomputed) require_positive(*k, x.dtype(), context);
  });
  Smoothed out{std::move(*k), std::vector<double>(n), 0};
  for (std::size_t i = 0; i < n; ++i) {
    const std::span<const double> row(out.k.data() + i * n, n);
    if (const auto bad = std::find_if(row.begin(), row.end(), [](double v) { return !(v >= 0); }); bad != row.end())
      throw InvalidArgument(e.estimator + ": " + name + ": the kernel matrix has " + shown(*bad) + " in row " + std::to_string(i) +
                            ", column " + std::to_string(bad - row.begin()) + "; values of a density are in [0, inf)");
    out.rows[i] = sum(row) / static_cast<double>(n);
  }
  out.mean = sum(out.rows) / static_cast<double>(n);
  return out;
}

// mean_i k_i l_p(i).
double product_of_rows(const Smoothed& x, const Smoothed& y, std::span<const std::uint32_t> p) {
  Sum out;
  for (std::size_t i = 0; i < p.size(); ++i) out.add(x.rows[i] * y.rows[p[i]]);
  return out.value() / static_cast<double>(p.size());
}

struct Logarithms {
  double joint = 0, x = 0, y = 0, cross = 0;
  [[nodiscard]] double information() const { return joint + x + y - 2 * cross; }
};

// As given, and with the rows of y permuted n_null times.
std::vector<Logarithms> logarithms(const Smoothed& x, const Smoothed& y, std::size_t n_null, std::uint64_t seed, const Context& context) {
  const PermutationSource source = null_permutations(seed);
  const auto n = static_cast<double>(x.k.n());
  std::vector<Logarithms> out(1 + n_null);
  const std::vector<double> joint = permuted_products(
      x.k, y.k, out.size(),
      [&](std::size_t m, std::span<std::uint32_t> p) {
        source(m, p);
        out[m].cross = std::log(product_of_rows(x, y, p));
      },
      context);
  for (std::size_t m = 0; m < out.size(); ++m) {
    out[m].joint = std::log(joint[m] / (n * n));
    out[m].x = std::log(x.mean);
    out[m].y = std::log(y.mean);
  }
  return out;
}

double self_information(const Smoothed& x, const std::string& name, const Estimate& e, const Context& context) {
  const double out = logarithms(x, x, 0, 0, context).front().information();
  // Four logarithms of means over n^2 values, each to a few eps.
  if (!(out > 64 * std::numeric_limits<double>::epsilon()))
    throw InvalidArgument(e.estimator + ": I_CS(" + name + ", " + name + ") = " + shown(out) +
                          " is not above round-off, and normalizer = 'self' divides by its root; lower the bandwidth or use 'none'");
  return out;
}

Outcome find(const Samples& samples, const CsQmiOptions& o, Estimate& e, const Context& context) {
  examine({samples[0], samples[1]}, o.kernel.kind == KernelKind::precomputed, e, context);
  e.backend_requested = e.backend_used = "gram";
  const Smoothed x = smoothed(samples[0], "x", "", o, e, context), y = smoothed(samples[1], "y", "y_", o, e, context);
  const std::vector<Logarithms> all = logarithms(x, y, detail::null_count(o), o.seed, context);
  const Logarithms& ln = all.front();
  Outcome out{ln.information(), std::nullopt,
              kernel_text(o.kernel, e) + "; ln mean(K o L) = " + shown(ln.joint) + "; ln mean K = " + shown(ln.x) +
                  "; ln mean L = " + shown(ln.y) + "; ln mean_i(k_i l_i) = " + shown(ln.cross) + "; I_CS = " + shown(ln.joint) + " + " +
                  shown(ln.x) + " + " + shown(ln.y) + " - 2 * " + shown(ln.cross) + " = " + shown(ln.information())};
  for (std::size_t m = 1; m < all.size(); ++m) out.null.push_back(all[m].information());
  out.tie = 64 * std::numeric_limits<double>::epsilon() * static_cast<double>(e.n);
  if (o.normalizer == QmiNormalizer::none) return out;
  const double xx = self_information(x, "x", e, context), yy = self_information(y, "y", e, context), by = std::sqrt(xx) * std::sqrt(yy);
  out.ratio = true;
  out.value /= by;
  out.tie /= by;
  for (double& v : out.null) v /= by;
  out.steps +=
      "; root of I_CS(x, x) I_CS(y, y) = " + shown(by) + "; " + shown(ln.information()) + " / " + shown(by) + " = " + shown(out.value);
  return out;
}

const Quantity<CsQmiOptions>& measure() {
  static const Quantity<CsQmiOptions> measure{card(), table(card()), find};
  return measure;
}

}  // namespace

Estimate cs_qmi(const SampleMatrix& x, const SampleMatrix& y, const CsQmiOptions& options, const Context& context) {
  return detail::estimate(measure(), {{x, y}, {}, {}}, options, context);
}

const EstimatorInfo& cs_qmi_info() {
  static const EstimatorInfo info = detail::info_of(measure());
  return info;
}

}  // namespace entrospect
