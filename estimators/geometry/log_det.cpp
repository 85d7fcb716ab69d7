#include "entrospect/estimators/geometry/log_det.hpp"

#include <algorithm>
#include <cmath>

#include "entrospect/core/sum.hpp"
#include "entrospect/estimators/functional.hpp"
#include "entrospect/estimators/geometry/detail/index.hpp"
#include "entrospect/spectral/singular_values.hpp"

namespace entrospect {
namespace {

using detail::Finding;
using detail::Quantity;
using detail::RowSpectrum;

constexpr std::string_view kSmallValues = "it is a logarithm of small eigenvalues";

EstimatorCard card(std::string name, std::string summary, std::string formula, std::string range, std::string cap) {
  EstimatorCard c;
  c.name = std::move(name);
  c.summary = std::move(summary);
  c.formula = std::move(formula);
  c.unit = "entropy";
  c.range = std::move(range);
  c.cap = std::move(cap);
  c.cost = "O(n d min(n, d))";
  return c;
}

SampleGradient scaled(SampleGradient g, double factor) {
  for (double& v : g.values) v *= factor;
  return g;
}

// ---- log_det

// ln |R_jj| summed, or nothing when a column is a combination of those before it: what is left of it is round-off of its length. Compared
// with its own length, so that the scales of the columns do not matter.
std::optional<double> log_diagonal(const TriangularFactor& r, double tolerance) {
  Sum total;
  for (std::size_t j = 0; j < r.order; ++j) {
    double length = 0;
    for (std::size_t i = 0; i <= j; ++i) length = std::hypot(length, r(i, j));
    if (!(std::abs(r(j, j)) > tolerance * length)) return std::nullopt;
    total.add(std::log(std::abs(r(j, j))));
  }
  return total.value();
}

double squared_norm(const TriangularFactor& r) {
  Sum total;
  for (const double v : r.values) total.add(v * v);
  return total.value();
}

Finding volume(const SampleMatrix& x, const LogDetOptions& o, Estimate& e, const Context& context, Differentiation* wanted) {
  const PreparedRows rows = prepare_rows(x, {o.center, o.normalize, o.zero_rows, o.normalize == Normalize::l2, false}, e, context);
  e.backend_requested = e.backend_used = "householder-qr";
  const double minus_infinity = -fields::kInfinity;
  if (rows.centered && rows.all_equal) return {minus_infinity, {}, o.unit, rows_text(rows.x) + "; Z = 0; ln det = -inf nats"};
  const auto r = triangular_factor(rows.x, context);
  const auto d = static_cast<double>(x.d()), m = covariance_of(rows, Side::automatic).denominator;
  const double trace = squared_norm(*r) / m, cap = d * std::log(trace / d);
  const std::optional<double> half = rows.max_rank() < x.d() ? std::nullopt : log_diagonal(*r, singular_tolerance(rows.x));
  if (!half) {
    e.flag(Status::degenerate, rows.max_rank() < x.d()
                                   ? std::to_string(rows.x.n()) + " rows span fewer than d = " + std::to_string(x.d()) + " directions" +
                                         (rows.centered ? " when centered" : "") + "; the determinant is 0"
                                   : "a column is a combination of others to round-off; the determinant is 0");
    return {minus_infinity, trace > 0 ? std::optional(cap) : std::nullopt, o.unit, rows_text(rows.x) + "; ln det = -inf nats"};
  }
  const double scale = d * std::log(m), nats = 2 * *half - scale;
  if (wanted != nullptr) wanted->finish(e, rows, scaled(log_det_gradient(rows.x, *r, context), nats_to(o.unit)));
  return {nats, cap, o.unit,
          rows_text(rows.x) + "; Z = Q R; 2 sum ln |R_jj| = " + shown(2 * *half) + "; d ln m = " + shown(d) + " * ln " + shown(m) + " = " +
              shown(scale) + "; " + shown(2 * *half) + " - " + shown(scale) + " = " + shown(nats) + " nats" + unit_step(nats, o.unit)};
}

const Quantity<LogDetOptions>& log_det_index() {
  static const auto index = [] {
    EstimatorCard c = card("log_det", "Log-determinant of the second moments: volume that the samples fill.",
                           "ln det(Z^T Z / m), Z = x after center and normalize, m = n, n - 1 when centered",
                           "[-inf, d ln(|Z|_F^2 / (m d))]", "d ln(|Z|_F^2 / (m d)): equal variance in orthogonal directions");
    c.cost += ", on one thread";
    c.references = {"Cover, Thomas: Elements of information theory, Wiley 2006"};
    c.conventions = detail::row_conventions(false);
    Quantity<LogDetOptions> out{std::move(c), {}, volume};
    out.footprint = [](const LogDetOptions&, std::size_t n, std::size_t d) { return detail::factor_footprint(n, d); };
    fields::add_rows(out.table);
    fields::add_entropy_unit(out.table);
    fields::add_convention(out.table, out.card);
    return out;
  }();
  return index;
}

// ---- coding_rate

std::string coding_formula(bool half) {
  return std::string(half ? "1/2 " : "") + "ln det(I + d / (n eps_squared) Z^T Z), Z = x after center and normalize";
}

// What multiplies the eigenvalues of C.
double coding_scale(const RowSpectrum& r, const CodingRateOptions& o) {
  return static_cast<double>(r.rows.x.d()) / (static_cast<double>(r.rows.x.n()) * o.eps_squared) * r.denominator;
}

Finding rate(const RowSpectrum& r, const CodingRateOptions& o, Estimate& e) {
  e.formula = coding_formula(o.half);
  const auto n = static_cast<double>(r.rows.x.n()), d = static_cast<double>(r.rows.x.d()), rank = static_cast<double>(r.rows.max_rank());
  const double factor = o.half ? 0.5 : 1.0, scale = coding_scale(r, o);
  const double total = detail::log_volume(r.lam, scale), nats = factor * total, cap = factor * rank * std::log1p(scale * r.s->trace / rank);
  return {nats, cap, o.unit,
          "d " + shown(r.denominator) + " / (n eps_squared) = " + shown(d) + " * " + shown(r.denominator) + " / (" + shown(n) + " * " +
              shown(o.eps_squared) + ") = " + shown(scale) + "; sum ln(1 + " + shown(scale) + " lam) over " + std::to_string(r.lam.size()) +
              " eigenvalues of C = " + shown(total) + "; " + shown(factor) + " * " + shown(total) + " = " + shown(nats) + " nats" +
              unit_step(nats, o.unit)};
}

Derivative rate_slopes(const RowSpectrum& r, const CodingRateOptions& o, double) {
  const double factor = (o.half ? 0.5 : 1.0) * nats_to(o.unit), scale = coding_scale(r, o);
  Derivative out;
  for (const double v : r.lam) out.slopes.each.push_back(factor / (1 / scale + v));
  return out;
}

const Quantity<CodingRateOptions>& coding_rate_index() {
  static const auto index = [] {
    EstimatorCard c = card("coding_rate", "Nats per sample that code the samples up to a squared error.", coding_formula(true),
                           "[0, r/2 ln(1 + d |Z|_F^2 / (n eps_squared r))], r = min(n, d)",
                           "r/2 ln(1 + d |Z|_F^2 / (n eps_squared r)), r = min(n, d), min(n - 1, d) when centered");
    c.mergeable = true;
    c.references = {
        "Yu, Chan, You, Song, Ma: Learning diverse and discriminative representations via the principle of maximal coding rate "
        "reduction, NeurIPS 2020",
        "Ma, Derksen, Hong, Wright: Segmentation of multivariate mixed data via lossy data coding and compression, IEEE TPAMI 2007"};
    c.conventions = {{"paper", false, "", {}, {}},
                     {"mcr2",
                      true,
                      coding_formula(false),
                      {{"eps_squared", 0.01}, {"half", false}, {"normalize", std::string("none")}},
                      {"the empirical loss leaves out the factor 1/2", "its argument eps stands for the square",
                       "the tool computes in float32; this is float64"}}};
    using O = CodingRateOptions;
    Quantity<O> out{std::move(c), {}, detail::with_slopes<O>(rate, rate_slopes, {kSmallValues}), detail::on_smaller_side<O>};
    out.table.number(
        "eps_squared", [](O& o) -> double& { return o.eps_squared; }, fields::kPositive, "Squared error that the code may make per sample");
    out.table.flag(
        "half", [](O& o) -> bool& { return o.half; }, "Include the factor 1/2 of a rate of real numbers");
    fields::add_rows(out.table);
    fields::add_entropy_unit(out.table);
    fields::add_side(out.table);
    fields::add_solver(out.table);
    fields::add_convention(out.table, out.card);
    return out;
  }();
  return index;
}

// ---- eigenscore

// Of ln(lam + ridge) / n. The rows that the spectrum knows lost their means over features, and so does their gradient.
SampleGradient score_gradient(const SampleMatrix& x, const SampleMatrix& z, const Spectrum& s, const Decomposition& d,
                              std::span<const double> lam, const EigenscoreOptions& o, const Context& context) {
  Slopes slopes;
  for (const double v : lam) slopes.each.push_back(nats_to(o.unit) / (static_cast<double>(z.n()) * (v + o.ridge)));
  std::vector<double> g = gradient(z, Covariance{1, o.side}, s, d, slopes, context).values;
  for (std::size_t i = 0; i < z.n(); ++i) {
    const std::span<double> row(g.data() + i * z.d(), z.d());
    const double mean = sum(row) / static_cast<double>(z.d());
    for (double& v : row) v -= mean;
  }
  return gradient_of_rows(x, std::move(g), context);
}

Finding score(const SampleMatrix& x, const EigenscoreOptions& o, Estimate& e, const Context& context, Differentiation* wanted) {
  refuse_single(e, o.solver.precision, true, kSmallValues);
  const PreparedRows rows = prepare_rows(x, {}, e, context);
  const SampleMatrix z = centered_over_features(rows.x, context);
  e.diagnostics.set("copied", std::string("rows centered over their features"));
  Decomposition decomposition;
  SpectrumOptions options = spectrum_options(o.solver, 0, Norms::none, 0, context);
  if (wanted != nullptr) options.decomposition = &decomposition;
  const auto s = spectrum(z, Covariance{1, o.side}, options, context);
  add_spectrum(e, *s);
  const std::vector<double> lam = psd_weights(*s, e.estimator);
  if (wanted != nullptr && !lam.empty()) wanted->finish(e, rows, score_gradient(rows.x, z, *s, decomposition, lam, o, context));
  const auto n = static_cast<double>(z.n());
  const std::size_t known = std::min({lam.size(), z.n(), z.d()});  // the others of the n are 0
  Sum total;
  for (std::size_t i = 0; i < known; ++i) total.add(std::log(lam[i] + o.ridge));
  total.add(static_cast<double>(z.n() - known) * std::log(o.ridge));
  const double nats = total.value() / n;
  // Centering over features takes one direction.
  const auto rank = static_cast<double>(std::min(z.n(), z.d() - 1));
  const double cap = ((rank > 0 ? rank * std::log(s->trace / rank + o.ridge) : 0) + (n - rank) * std::log(o.ridge)) / n;
  return {nats, cap, o.unit,
          "Z = x, each row less its mean; tr Z Z^T = " + shown(s->trace) + "; ridge = " + shown(o.ridge) + "; sum ln(lam + ridge) over " +
              shown(n) + " eigenvalues = " + shown(total.value()) + "; " + shown(total.value()) + " / " + shown(n) + " = " + shown(nats) +
              " nats" + unit_step(nats, o.unit)};
}

const Quantity<EigenscoreOptions>& eigenscore_index() {
  static const auto index = [] {
    EstimatorCard c = card("eigenscore", "Volume spanned by the embeddings of several answers to one question: large when they disagree.",
                           "1/n ln det(Z Z^T + ridge I), Z = x, each row less its mean over features", "[ln ridge, cap]",
                           "(r ln(|Z|_F^2 / r + ridge) + (n - r) ln ridge) / n, r = min(n, d - 1)");
    c.references = {"Chen et al.: INSIDE, LLMs' internal states retain the power of hallucination detection, ICLR 2024"};
    c.conventions = {{"paper", false, "", {}, {}}};
    Quantity<EigenscoreOptions> out{std::move(c), {}, score};
    out.footprint = [](const EigenscoreOptions&, std::size_t n, std::size_t d) {
      return Footprint{false, covariance_footprint(n, d).bytes + 8 * static_cast<double>(n) * static_cast<double>(d)};
    };
    out.table.number(
        "ridge", [](EigenscoreOptions& o) -> double& { return o.ridge; }, fields::kPositive, "Added to every eigenvalue");
    fields::add_entropy_unit(out.table);
    fields::add_side(out.table);
    fields::add_solver(out.table);
    fields::add_convention(out.table, out.card);
    return out;
  }();
  return index;
}

}  // namespace

Estimate log_det(const SampleMatrix& x, const LogDetOptions& options, const Context& context) {
  return detail::estimate(log_det_index(), x, options, context);
}
Estimate coding_rate(const SampleMatrix& x, const CodingRateOptions& options, const Context& context) {
  return detail::estimate(coding_rate_index(), x, options, context);
}
Estimate eigenscore(const SampleMatrix& x, const EigenscoreOptions& options, const Context& context) {
  return detail::estimate(eigenscore_index(), x, options, context);
}

const EstimatorInfo& log_det_info() {
  static const EstimatorInfo info = detail::info_of(log_det_index());
  return info;
}
const EstimatorInfo& coding_rate_info() {
  static const EstimatorInfo info = detail::info_of(coding_rate_index());
  return info;
}
const EstimatorInfo& eigenscore_info() {
  static const EstimatorInfo info = detail::info_of(eigenscore_index());
  return info;
}

}  // namespace entrospect
