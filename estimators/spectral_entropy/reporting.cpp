#include "entrospect/estimators/spectral_entropy/reporting.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "entrospect/core/errors.hpp"

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

void flag_if_undefined(Estimate& e) {
  if (!std::isfinite(e.value) && e.ok()) e.flag(Status::nonfinite, "the formula has no finite value on this input");
}

}  // namespace

void set_entropy(Estimate& e, double nats, double cap_nats, Unit unit) {
  e.unit = unit;
  e.value = nats * nats_to(unit);
  e.cap = cap_nats * nats_to(unit);
  flag_if_undefined(e);
}

void set_count(Estimate& e, double value, double cap) {
  e.unit = Unit::count;
  e.value = value;
  e.cap = cap;
  flag_if_undefined(e);
}

void refuse_single(const Estimate& e, Precision precision, bool depends, std::string_view why) {
  if (precision == Precision::single && depends)
    throw InvalidArgument(e.estimator + ": precision = 'single' is refused: " + std::string(why) + "; use precision = 'double'");
}

std::string shown(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.7g", value);
  return text;
}

}  // namespace entrospect
