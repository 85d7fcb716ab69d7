#include "entrospect/estimators/geometry/detail/index.hpp"

#include <algorithm>
#include <cmath>
#include <span>

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

std::vector<double> RowSpectrum::singular_values() const {
  std::vector<double> out;
  for (const double v : lam)
    if (v > s->rank_tolerance * largest()) out.push_back(std::sqrt(v * denominator));
  return out;
}

double RowSpectrum::residual(std::size_t count) const { return sum(std::span(s->residuals).first(std::min(count, s->residuals.size()))); }

double RowSpectrum::hidden() const {
  if (s->complete || s->status == Status::ok) return 0;
  if (!s->frobenius2) return s->trace;
  Sum rest;
  rest.add(*s->frobenius2);
  for (const double v : lam) rest.add(-v * v);
  return std::sqrt(std::max(0.0, rest.value()));
}

void set_bounds(Estimate& e, const RowSpectrum& r, double low, double high) {
  if (r.s->complete) return;
  e.interval = Interval{low, high};
  e.interval_method = "bounds";
}

std::string RowSpectrum::text() const { return rows_text(rows.x) + "; C = Z^T Z / " + shown(denominator); }

RowSpectrum row_spectrum(const SampleMatrix& x, const RowPlan& plan, Side side, const SolverOptions& solver, bool norms_suffice,
                         Estimate& e, const Context& context, Differentiation* wanted, std::size_t leading) {
  RowSpectrum out{prepare_rows(x, plan, e, context), 1, nullptr, {}};
  const Covariance affinity = covariance_of(out.rows, side);
  out.denominator = affinity.denominator;
  if (out.rows.centered && out.rows.all_equal) return out;  // the covariance is 0, not the round-off of the means
  SpectrumOptions options = spectrum_options(solver, 0, norms_suffice, context);
  if (wanted == nullptr) options.leading = leading;
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
