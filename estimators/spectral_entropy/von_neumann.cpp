#include "entrospect/estimators/spectral_entropy/von_neumann.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "entrospect/core/row_loader.hpp"
#include "entrospect/estimators/functional.hpp"
#include "entrospect/estimators/spectral_entropy/differentiation.hpp"
#include "entrospect/estimators/spectral_entropy/fields.hpp"
#include "entrospect/estimators/spectral_entropy/preparation.hpp"
#include "entrospect/estimators/spectral_entropy/reporting.hpp"

namespace entrospect {
namespace {

constexpr double kVneFloor = 1e-12;     // compat = vne: least row norm
constexpr double kKoopmanRidge = 1e-8;  // compat = koopman: added to the covariance, and least eigenvalue

const EstimatorCard& card() {
  static const EstimatorCard card = [] {
    EstimatorCard c;
    c.name = "von_neumann_entropy";
    c.summary = "Shannon entropy of the eigenvalues of the trace-one autocorrelation of row-normalized samples.";
    c.formula = "S = -sum p ln p, p = lam / sum lam, lam eigenvalues of Z^T Z, Z = x after center and normalize";
    c.unit = "entropy";
    c.range = "[0, ln min(n, d)]";
    c.cap = "ln min(n, d); ln min(n - 1, d) when centered";
    c.cost = "O(n d min(n, d))";
    c.references = {
        "Kim, Kang, Hwang, Shin, Rhee: VNE, an effective method for improving deep representation by manipulating eigenvalue "
        "distribution, CVPR 2023"};
    c.mergeable = true;
    c.linear_entropy = true;
    c.conventions = {
        {"paper", false, "", {}, {}},
        {"vne",
         true,
         "S = -sum p ln p over p > 0, p eigenvalues of Z^T Z / n, Z = x after center and normalize with row norms floored at 1e-12",
         {{"normalize", std::string("l2")}, {"center", false}},
         {"row norms are floored at 1e-12, so a zero row stays zero and lowers the trace below 1", "the trace is not renormalized",
          "NaN terms (eigenvalues <= 0) are skipped"}},
        {"koopman",
         true,
         "S = -sum p ln p, p = max(lam, 1e-8), lam eigenvalues of (C + 1e-8 I) / tr(C + 1e-8 I), C = Z^T Z / (n - 1), Z = x after center "
         "and "
         "normalize",
         {{"normalize", std::string("none")}, {"center", true}},
         {"1e-8 is added to every eigenvalue of the covariance, so scale matters", "eigenvalues are floored at 1e-8 and not renormalized",
          "the tool computes in float32; this is the same formula in float64"}},
    };
    return c;
  }();
  return card;
}

const FieldTable<VonNeumannOptions>& table() {
  static const FieldTable<VonNeumannOptions> table = [] {
    FieldTable<VonNeumannOptions> t;
    fields::add_rows(t);
    fields::add_side(t);
    fields::add_leading(t);
    fields::add_solver(t);
    fields::add_entropy_unit(t);
    fields::add_convention(t, card());
    return t;
  }();
  return table;
}

double norm(std::span<const double> row) {
  return std::sqrt(std::transform_reduce(row.begin(), row.end(), 0.0, std::plus<>(), [](double v) { return v * v; }));
}

// The tool's floor only differs from ours for rows shorter than 1e-12; those rows need a copy with the tool's division.
bool has_short_rows(const SampleMatrix& x, const Context& context) {
  const RowLoader loader(x, context);
  std::vector<double> row(x.d());
  for (std::size_t i = 0; i < x.n(); ++i) {
    loader.load(i, 1, row.data(), row.size());
    const bool zero = std::all_of(row.begin(), row.end(), [](double v) { return v == 0; });
    if (!zero && norm(row) < kVneFloor) return true;
  }
  return false;
}

Estimate vne_entropy(const SampleMatrix& x, const VonNeumannOptions& o, Estimate e, const SpectrumOptions& solver, const Context& context) {
  RowPlan plan{o.center, o.normalize, o.zero_rows, false, true};
  PreparedRows rows = prepare_rows(x, plan, e, context);
  const std::string treatment = rows_text(rows.x);
  const SampleMatrix raw = o.center ? x.centered() : x;
  if (o.normalize == Normalize::l2 && has_short_rows(raw, context)) {
    rows.x = edited_copy(
        raw,
        [](std::span<double> row) {
          const double length = std::max(norm(row), kVneFloor);
          for (double& v : row) v /= length;
        },
        context);
    e.diagnostics.set("copied", std::string("rows shorter than 1e-12"));
  }
  const auto s = spectrum(rows.x, Covariance{static_cast<double>(rows.x.n()), o.side}, solver, context);
  add_spectrum(e, *s);
  const double nats = unnormalized_renyi_entropy(s->values, 1);
  set_entropy(e, nats, std::log(static_cast<double>(rows.max_rank())), o.unit);
  e.substituted = treatment + "; sum p = " + shown(s->trace) + "; " + entropy_steps(1, nats) + unit_step(nats, o.unit);
  return e;
}

Estimate koopman_entropy(const PreparedRows& rows, const VonNeumannOptions& o, Estimate e, const SpectrumOptions& solver,
                         const Context& context) {
  const auto s = spectrum(rows.x, Covariance{static_cast<double>(rows.x.n() - 1), o.side}, solver, context);
  add_spectrum(e, *s);
  // All d eigenvalues count, the zeros too: each carries the ridge.
  std::vector<double> p(rows.x.d(), 0.0);
  std::copy_n(s->values.begin(), std::min(s->values.size(), p.size()), p.begin());
  const auto d = static_cast<double>(p.size());
  const double trace = s->trace + kKoopmanRidge * d;
  for (double& v : p) v = std::max((v + kKoopmanRidge) / trace, kKoopmanRidge);
  const double nats = unnormalized_renyi_entropy(p, 1);
  set_entropy(e, nats, std::log(d), o.unit);
  e.substituted = rows_text(rows.x) + "; tr(C + 1e-8 I) = " + shown(s->trace) + " + 1e-8 * " + std::to_string(p.size()) + " = " +
                  shown(trace) + "; " + entropy_steps(1, nats) + unit_step(nats, o.unit);
  return e;
}

Estimate compute(const SampleMatrix& x, const VonNeumannOptions& o, const Context& context, Differentiation* wanted = nullptr) {
  Estimate e = begin_estimate(card(), detail::chosen(card(), o.convention, o.compat), values(table(), o));
  e.unit = o.unit;
  if (wanted != nullptr) refuse_compat_gradient(e);
  const SpectrumOptions solver{o.solver, 0};
  refuse_leading(e, o.leading, o.compat.empty() ? "" : "a tool's number takes every eigenvalue");
  if (o.compat == "vne") return vne_entropy(x, o, std::move(e), solver, context);

  const PreparedRows rows = prepare_rows(x, {o.center, o.normalize, o.zero_rows, o.normalize == Normalize::l2}, e, context);
  if (o.compat == "koopman") return koopman_entropy(rows, o, std::move(e), solver, context);
  const double cap = std::log(static_cast<double>(rows.max_rank()));
  if (rows.centered && rows.all_equal) {
    set_entropy(e, std::numeric_limits<double>::quiet_NaN(), cap, o.unit);
    return e;
  }
  const Covariance affinity = covariance_of(rows, o.side);
  const std::size_t leading = wanted == nullptr ? o.leading : 0;
  const auto s = spectrum(wanted, rows.x, affinity, spectrum_options(o.solver, 0, Norms::none, leading, context), context);
  add_spectrum(e, *s);
  const EntropyFound found = found_entropy(e, *s, 1, [&](double nats) { return nats * nats_to(o.unit); });
  set_entropy(e, found.nats, cap, o.unit);
  e.substituted = rows_text(rows.x) + "; tr(Z^T Z) / " + shown(affinity.denominator) + " = " + shown(s->trace) + "; " + found.steps +
                  (s->complete ? unit_step(found.nats, o.unit) : "");
  if (wanted != nullptr) wanted->finish(e, *s, 1, 1, nats_to(o.unit), rows.max_rank(), rows);
  return e;
}

}  // namespace

Estimate von_neumann_entropy(const SampleMatrix& x, const VonNeumannOptions& options, const Context& context) {
  VonNeumannOptions o = options;
  validate(table(), o, card());
  apply_preset(o, table(), card());
  return compute(x, o, context);
}

const EstimatorInfo& von_neumann_entropy_info() {
  static const EstimatorInfo info = make_estimator<VonNeumannOptions>(
      card(), table(),
      [](const Inputs& inputs, const VonNeumannOptions& o, const Context& context) { return compute(inputs.samples.front(), o, context); },
      [](const VonNeumannOptions&, std::size_t n, std::size_t d) { return covariance_footprint(n, d); },
      [](const Inputs& inputs, const VonNeumannOptions& o, const Context& context) {
        const SampleMatrix& x = inputs.samples.front();
        return differentiated(x, [&](Differentiation* wanted) { return compute(x, o, context, wanted); });
      });
  return info;
}

}  // namespace entrospect
