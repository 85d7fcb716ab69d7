#include "entrospect/estimators/spectral_entropy/reporting.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <limits>

#include "entrospect/core/errors.hpp"
#include "entrospect/estimators/functional.hpp"

namespace entrospect {

Estimate begin_estimate(const EstimatorCard& card, const ConventionInfo& convention, OptionMap options) {
  Estimate e;
  e.estimator = card.name;
  e.convention = convention.id;
  if (convention.compat) {
    e.compat = convention.id;
    e.compat_faults = convention.faults;
  }
  e.options = std::move(options);
  e.formula = convention.formula.empty() ? card.formula : convention.formula;
  if (!card.references.empty()) e.citation = card.references.front();
  return e;
}

void add_spectrum(Estimate& e, const Spectrum& s) {
  e.backend_requested = s.backend_requested;
  e.backend_used = s.backend_used;
  if (!s.residuals.empty()) e.residual = *std::max_element(s.residuals.begin(), s.residuals.end());
  e.diagnostics.set("side", s.side);
  e.diagnostics.set("eigenvalues", static_cast<std::int64_t>(s.values.size()));
  e.diagnostics.set("trace", s.trace);
  e.diagnostics.set("rank_tolerance", s.rank_tolerance);
  if (std::isfinite(s.psd_tolerance)) e.diagnostics.set("psd_tolerance", s.psd_tolerance);
  for (const auto& [name, value] : s.diagnostics.items())
    if (name != "order") e.diagnostics.set(name, value);  // of the matrix; here `order` is the entropy's
  const bool told = std::find(e.flags.begin(), e.flags.end(), s.status) != e.flags.end();
  if (s.status != Status::ok && !told) e.flag(s.status, s.reason);
}

namespace {

void finish(Estimate& e, double value, std::optional<double> cap, Unit unit) {
  e.unit = unit;
  e.value = e.status == Status::nonfinite && !std::isinf(value) ? std::numeric_limits<double>::quiet_NaN() : value;
  e.cap = cap;
  if (!std::isfinite(e.value) && e.ok()) e.flag(Status::nonfinite, "the formula has no finite value on this input");
  constexpr double roundoff = 1e-9;
  if (!e.compat.empty() && cap && e.value > *cap + roundoff * std::max(1.0, *cap))
    e.warnings.push_back("compat '" + e.compat + "' gives " + shown(e.value) + ", more than the largest value possible, " + shown(*cap));
}

}  // namespace

void set_entropy(Estimate& e, double nats, double cap_nats, Unit unit) { finish(e, nats * nats_to(unit), cap_nats * nats_to(unit), unit); }

void set_count(Estimate& e, double value, double cap) { finish(e, value, cap, Unit::count); }

void set_number(Estimate& e, double value, std::optional<double> cap, Unit unit) {
  const double factor = nats_to(unit);
  finish(e, value * factor, cap ? std::optional(*cap * factor) : cap, unit);
}

void refuse_single(const Estimate& e, Precision precision, bool depends, std::string_view why) {
  if (precision == Precision::single && depends)
    throw InvalidArgument(e.estimator + ": precision = 'single' is refused: " + std::string(why) + "; use precision = 'double'");
}

void refuse_leading(const Estimate& e, std::size_t leading, std::string_view why) {
  if (leading > 0 && !why.empty())
    throw InvalidArgument(e.estimator + ": leading = " + std::to_string(leading) + " is refused: " + std::string(why) +
                          "; use leading = 0");
}

EntropyFound found_entropy(Estimate& e, const Spectrum& s, double order, const std::function<double(double)>& in_unit) {
  if (!s.complete && !norms_suffice(s, order)) return bounded_entropy(e, s, order, 1, in_unit);
  const double nats = renyi_entropy(s, order, e.estimator);
  return {nats, entropy_steps(order, nats)};
}

EntropyFound bounded_entropy(Estimate& e, const Spectrum& s, double order, double t, const std::function<double(double)>& in_unit) {
  constexpr double kNarrow = 1e-9;
  const LeadingEntropy known = leading_entropy(s, order, t);
  if (known.status != Status::ok && known.status != s.status) e.flag(known.status, known.reason);
  if (!known.bounds) return {std::numeric_limits<double>::quiet_NaN(), "no bounds of H_q"};
  const auto [low, high] = *known.bounds;
  e.interval = Interval{in_unit(low), in_unit(high)};
  e.interval_method = "bounds";
  const std::string steps = "H_q of the " + std::to_string(s.values.size()) + " largest |lam| and the mass that is left lies in [" +
                            shown(low) + ", " + shown(high) + "] nats";
  if (high - low <= kNarrow * std::max(1.0, high)) return {(low + high) / 2, steps};
  if (s.status != Status::truncated)
    e.flag(Status::truncated, "only the largest " + std::to_string(s.values.size()) + " eigenvalues are known");
  return {std::numeric_limits<double>::quiet_NaN(), steps};
}

std::string shown(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.9g", value);
  return text;
}

std::string entropy_steps(double order, double nats) {
  const std::string q = to_text(OptionValue(order)), result = " = " + shown(nats) + " nats";
  if (order == 1) return "H_1 = -sum p ln p" + result;
  if (order == 0) return "H_0 = ln " + shown(std::exp(nats)) + result;
  if (std::isinf(order)) return "H_inf = -ln " + shown(std::exp(-nats)) + result;
  return "H_" + q + " = ln(sum p^" + q + ") / (1 - " + q + ") = " + shown((1 - order) * nats) + " / (1 - " + q + ")" + result;
}

std::string unit_step(double nats, Unit unit) {
  return unit == Unit::bits ? "; " + shown(nats) + " / ln 2 = " + shown(nats * nats_to(unit)) + " bits" : "";
}

std::string exp_step(double nats) { return "; exp(" + shown(nats) + ") = " + shown(std::exp(nats)); }

}  // namespace entrospect
