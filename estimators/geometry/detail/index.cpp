#include "entrospect/estimators/geometry/detail/index.hpp"

#include <algorithm>
#include <cmath>
#include <span>

#include "entrospect/core/errors.hpp"
#include "entrospect/core/sum.hpp"
#include "entrospect/estimators/functional.hpp"
#include "entrospect/spectral/singular_values.hpp"

namespace entrospect::detail {

void report(Estimate& e, const Finding& found) {
  set_number(e, found.value, found.cap, found.unit);
  e.substituted = found.steps;
}

Footprint factor_footprint(std::size_t n, std::size_t d) {
  const auto rows = static_cast<double>(n), features = static_cast<double>(d), block = std::max(features, 256.0);
  return {n >= d, 24 * (n >= d ? features + block : rows) * features};
}

std::vector<double> IndexSpectrum::singular_values() const {
  std::vector<double> out;
  for (const double v : lam)
    if (v > s->rank_tolerance * largest()) out.push_back(std::sqrt(v * denominator));
  return out;
}

double IndexSpectrum::residual(std::size_t first) const { return sum(std::span(s->residuals).first(std::min(first, s->residuals.size()))); }

double IndexSpectrum::hidden() const { return hidden_eigenvalue(*s); }

Estimate begin_index(const EstimatorCard& card, const Spectrum& s, std::string formula, OptionMap options) {
  Estimate e;
  e.estimator = card.name;
  e.options = std::move(options);
  e.formula = std::move(formula);
  e.n = s.n;
  e.d = s.d;
  if (!card.references.empty()) e.citation = card.references.front();
  add_spectrum(e, s);
  return e;
}

IndexSpectrum index_spectrum(const Spectrum& s, std::size_t needed, Estimate& e) {
  if (std::isinf(s.psd_tolerance) && !s.semidefinite)
    throw InvalidArgument(e.estimator +
                          ": this spectrum may hold negative eigenvalues, as that of a neighbor graph or of a given matrix "
                          "does; entropy() and hill_number() take their absolute values");
  if (!s.complete && needed > s.values.size())
    throw InvalidArgument(e.estimator + ": needs the " + std::to_string(needed) + " largest eigenvalues and " +
                          std::to_string(s.values.size()) +
                          " were computed; compute the spectrum with leading = " + std::to_string(needed));
  const std::shared_ptr<const Spectrum> borrowed(std::shared_ptr<void>(), &s);
  return {borrowed, psd_weights(s, e.estimator), s.max_rank, s.size, 1};
}

void set_bounds(Estimate& e, const IndexSpectrum& r, double low, double high) {
  if (r.s->complete) return;
  e.interval = Interval{low, high};
  e.interval_method = "bounds";
}

std::string RowSpectrum::text() const { return rows_text(rows.x) + "; C = Z^T Z / " + shown(denominator); }

RowSpectrum row_spectrum(const SampleMatrix& x, const RowPlan& plan, Side side, const SolverOptions& solver, bool norms_suffice,
                         Estimate& e, const Context& context, Differentiation* wanted, std::size_t leading) {
  RowSpectrum out{{}, prepare_rows(x, plan, e, context)};
  const Covariance affinity = covariance_of(out.rows, side);
  out.denominator = affinity.denominator;
  out.max_rank = out.rows.max_rank();
  out.count = out.rows.x.d();
  if (out.rows.centered && out.rows.all_equal) return out;  // the covariance is 0, not the round-off of the means
  const SpectrumOptions options =
      spectrum_options(solver, 0, norms_suffice ? Norms::squares : Norms::none, wanted == nullptr ? leading : 0, context);
  out.s = spectrum(wanted, out.rows.x, affinity, options, context);
  add_spectrum(e, *out.s);
  out.lam = psd_weights(*out.s, e.estimator);
  return out;
}

void RowSingularValues::count_above(double relative) {
  tolerance = relative;
  rank = static_cast<std::size_t>(std::count_if(s.begin(), s.end(), [&](double v) { return v > tolerance * largest(); }));
}

RowSingularValues row_singular_values(const SampleMatrix& x, const RowPlan& plan, Estimate& e, const Context& context) {
  RowSingularValues out{prepare_rows(x, plan, e, context), {}, 0, 0};
  if (out.rows.centered && out.rows.all_equal)  // Z is 0, not the round-off of the means
    out.s.assign(std::min(out.rows.x.n(), out.rows.x.d()), 0.0);
  else
    out.s = *singular_values(out.rows.x, context);
  out.count_above(singular_tolerance(out.rows.x));
  e.backend_requested = e.backend_used = "householder-qr";
  return out;
}

double log_volume(std::span<const double> lam, double scale) {
  Sum total;
  for (const double v : lam) total.add(std::log1p(scale * v));
  return total.value();
}

std::vector<ConventionInfo> row_conventions(bool center) {
  const ConventionInfo centered{"centered", false, "", {}, {}}, uncentered{"uncentered", false, "", {}, {}};
  if (center) return {centered, {"uncentered", false, "", {{"center", false}}, {}}};
  return {uncentered, {"centered", false, "", {{"center", true}}, {}}};
}

}  // namespace entrospect::detail
