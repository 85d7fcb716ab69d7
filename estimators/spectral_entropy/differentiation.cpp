#include "entrospect/estimators/spectral_entropy/differentiation.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "entrospect/core/errors.hpp"
#include "entrospect/estimators/functional.hpp"

namespace entrospect {
namespace {

std::string ties_reason(std::size_t tied, const std::string& which) {
  return "no gradient exists where " + std::to_string(tied) + " eigenvalues tie for " + which + "; they share the one given";
}

// dH/dlam_i for H_q of the weights |lam|^t, times `per_nat`.
Slopes entropy_slopes(const Spectrum& s, double order, double t, double per_nat, std::string_view who) {
  if (!s.complete && order == 2)  // H_2 = 2 ln tr A - ln |A|_F^2
    return {{}, per_nat * 2 / s.trace, -per_nat * 2 / *s.frobenius2};
  if (!s.complete)  // H_4 = (4 ln tr A - ln tr A^4) / 3
    return {{}, per_nat * 4 / 3 / s.trace, 0, -per_nat * 4 / 3 / *s.fourth};
  std::vector<double> weights = psd_weights(s, who);
  if (t != 1) weights = power_weights(weights, t, s.rank_tolerance);
  std::vector<double> slopes = renyi_slopes(weights, order, order < 1 ? std::pow(s.rank_tolerance, t) : t * s.rank_tolerance);
  if (t == 1) {
    for (std::size_t i = 0; i < slopes.size(); ++i) slopes[i] *= per_nat * std::copysign(1.0, s.values[i]);
  } else {  // d|lam|^t / dlam = t |lam|^t / lam
    for (std::size_t i = 0; i < slopes.size(); ++i) slopes[i] = weights[i] > 0 ? per_nat * slopes[i] * t * weights[i] / s.values[i] : 0.0;
  }
  return {std::move(slopes)};
}

}  // namespace

std::string zeros_reason(std::size_t positive, std::size_t max_rank, std::string_view when) {
  if (positive >= max_rank) return "";
  return "no gradient exists at " + std::to_string(max_rank - positive) + " zero eigenvalues" + std::string(when) +
         "; it is that of the others";
}

// An eigenvalue at its least value 0 grows with the square of a change of the samples, so |lam|^(t q), and sum |lam|^t, are smooth there
// for exponents above 1/2 only. The largest eigenvalue has a derivative where it is simple.
Derivative entropy_derivative(const Spectrum& s, double order, double t, double per_nat, std::size_t max_rank, std::string_view who) {
  Derivative out{entropy_slopes(s, order, t, per_nat, who)};
  if (!s.complete) return out;  // orders 2 and 4 are smooth
  double largest = 0;
  for (const double v : s.values) largest = std::max(largest, std::abs(v));
  const double cut = s.rank_tolerance * largest;
  const auto count = [&](auto predicate) {
    return static_cast<std::size_t>(std::count_if(s.values.begin(), s.values.end(), [&](double v) { return predicate(std::abs(v)); }));
  };
  const std::size_t tied = count([&](double v) { return v >= largest - cut; });
  if (std::min(order, 1.0) * t <= 0.5)
    out.nonsmooth = zeros_reason(count([&](double v) { return v > cut; }), max_rank, " for order * t <= 1/2");
  else if (std::isinf(order) && tied > 1)
    out.nonsmooth = ties_reason(tied, "the largest");
  return out;
}

Derivative leading_derivative(std::span<const double> lam, std::size_t k, double rank_tolerance) {
  Derivative out;
  out.slopes.each.assign(lam.size(), 0.0);
  if (k == 0 || lam.empty()) return out;
  const double cut = rank_tolerance * lam.front(), last = k <= lam.size() ? lam[k - 1] : 0.0;
  const auto above = static_cast<std::size_t>(std::count_if(lam.begin(), lam.end(), [&](double v) { return v > last + cut; }));
  const auto tied = static_cast<std::size_t>(std::count_if(lam.begin(), lam.end(), [&](double v) { return std::abs(v - last) <= cut; }));
  for (std::size_t i = 0; i < lam.size(); ++i) {
    if (lam[i] > last + cut) out.slopes.each[i] = 1;
    if (std::abs(lam[i] - last) <= cut) out.slopes.each[i] = std::min(1.0, static_cast<double>(k - above) / static_cast<double>(tied));
  }
  if (last > cut && above + tied > k) out.nonsmooth = ties_reason(tied, "eigenvalue " + std::to_string(k));
  return out;
}

void Differentiation::finish(Estimate& e, const PreparedRows& rows, const Derivative& derivative) {
  if (!derivative.nonsmooth.empty()) e.flag(Status::nonsmooth, derivative.nonsmooth);
  finish(e, rows, pull_(derivative.slopes));
}

void Differentiation::finish(Estimate& e, const PreparedRows& rows, SampleGradient g) {
  if (!g.nonsmooth.empty()) e.flag(Status::nonsmooth, g.nonsmooth);
  values_ = std::move(g.values);
  kept_ = rows.kept;
  const DiagnosticValue* rule = e.diagnostics.find("bandwidth_rule");
  if (rule != nullptr && *rule != DiagnosticValue(std::string("number")))
    e.diagnostics.set("bandwidth_gradient", std::string("none: the rule's number is taken as a constant"));
}

void Differentiation::finish(Estimate& e, const Spectrum& s, double order, double t, double per_nat, std::size_t max_rank,
                             const PreparedRows& rows) {
  if (std::isfinite(e.value)) finish(e, rows, entropy_derivative(s, order, t, per_nat, max_rank, e.estimator));
}

std::vector<double> Differentiation::gradient(const SampleMatrix& x) const {
  if (values_.empty()) return std::vector<double>(x.n() * x.d(), std::numeric_limits<double>::quiet_NaN());
  if (kept_.empty()) return values_;
  std::vector<double> out(x.n() * x.d(), 0.0);
  for (std::size_t i = 0; i < kept_.size(); ++i) std::copy_n(values_.data() + i * x.d(), x.d(), out.data() + kept_[i] * x.d());
  return out;
}

void refuse_gradient(const Estimate& e, const std::string& what, std::string_view why) {
  throw InvalidArgument(e.estimator + ": " + what + " has no gradient: " + std::string(why));
}

void refuse_compat_gradient(const Estimate& e) {
  if (!e.compat.empty())
    refuse_gradient(e, "compat = '" + e.compat + "'", "a tool's number is reproduced with its faults; leave compat out");
}

}  // namespace entrospect
