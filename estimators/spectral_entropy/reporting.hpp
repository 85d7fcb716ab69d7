#pragma once
// How a spectral estimator fills its Estimate: everything that does not depend on the formula, written once. `substituted` is a chain of
// statements separated by "; ", each true as arithmetic for the digits shown.

#include <functional>
#include <optional>
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

// Value and cap in nats, converted into `unit` here and nowhere else. NaN becomes status `nonfinite` unless a reason was given before; a
// tool's value above the cap becomes a warning.
void set_entropy(Estimate& e, double nats, double cap_nats, Unit unit);
// exp of an entropy: value and cap as counts.
void set_count(Estimate& e, double value, double cap);
// Any unit (nats are converted), with or without a largest value possible.
void set_number(Estimate& e, double value, std::optional<double> cap, Unit unit);

// precision = "single" is refused when the result depends on small eigenvalues; `why` says how.
void refuse_single(const Estimate& e, Precision precision, bool depends, std::string_view why);

// `leading` asks for part of a spectrum; `why`, if not empty, is why all of it is needed.
void refuse_leading(const Estimate& e, std::size_t leading, std::string_view why);

// H_q of |lam|^t in nats with its step. Of an incomplete spectrum it lies in an interval, which goes into `e` as in_unit() says, with
// status `truncated`; the value is NaN unless the ends nearly agree.
struct EntropyFound {
  double nats;
  std::string steps;
};
EntropyFound found_entropy(Estimate& e, const Spectrum& s, double order, const std::function<double(double)>& in_unit);
EntropyFound bounded_entropy(Estimate& e, const Spectrum& s, double order, double t, const std::function<double(double)>& in_unit);

std::string shown(double value);  // nine significant digits

// How H_q comes about, for Estimate::substituted: "H_1 = -sum p ln p = 0.96 nats", "H_2 = -0.88 / (1 - 2) = 0.88 nats" with ln sum p^2 =
// -0.88.
std::string entropy_steps(double order, double nats);
// And what is made of it: "; 0.96 / ln 2 = 1.39 bits" (nothing for nats), "; exp(0.96) = 2.6".
std::string unit_step(double nats, Unit unit);
std::string exp_step(double nats);

}  // namespace entrospect
