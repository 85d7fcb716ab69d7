#pragma once
// How a spectral estimator fills its Estimate: everything that does not depend on the formula, written once.

#include <string>
#include <string_view>

#include "entrospect/core/estimate.hpp"
#include "entrospect/core/registry.hpp"
#include "entrospect/spectral/backend.hpp"
#include "entrospect/spectral/spectrum.hpp"

namespace entrospect {

// Name, convention or compat id with its faults, options, formula, citation.
Estimate begin_estimate(const EstimatorCard& card, const ConventionInfo& convention, OptionMap options);

// Backend, residual, tolerances, trace and what the spectrum reported about itself.
void add_spectrum(Estimate& e, const Spectrum& s);

// Value and cap in nats, converted into `unit` here and nowhere else. NaN becomes status `nonfinite` unless a reason was given before.
void set_entropy(Estimate& e, double nats, double cap_nats, Unit unit);
// exp of an entropy: value and cap as counts.
void set_count(Estimate& e, double value, double cap);

// precision = "single" is refused when the result depends on small eigenvalues; `why` says how.
void refuse_single(const Estimate& e, Precision precision, bool depends, std::string_view why);

std::string shown(double value);  // seven significant digits

}  // namespace entrospect
