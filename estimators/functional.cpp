#include "entrospect/estimators/functional.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>

#include "entrospect/core/errors.hpp"
#include "entrospect/core/sum.hpp"
#include "entrospect/spectral/entropy_kernels.hpp"

namespace entrospect {
namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
constexpr double kInfinity = std::numeric_limits<double>::infinity();

void check_order(double order) {
  if (!(order >= 0)) throw InvalidArgument("order = " + to_text(OptionValue(order)) + " is not in [0, inf]");
}

// p = weights / sum without the zeros; for order < 1 also without what round-off left (see the header). Empty when the sum is 0.
std::vector<double> probabilities(std::span<const double> weights, double order, double rank_tolerance) {
  double largest = 0;
  for (std::size_t i = 0; i < weights.size(); ++i) {
    if (!(weights[i] >= 0) || std::isinf(weights[i]))
      throw InvalidArgument("weight " + std::to_string(i) + " = " + to_text(OptionValue(weights[i])) + " is not in [0, inf)");
    largest = std::max(largest, weights[i]);
  }
  const double cut = order < 1 ? rank_tolerance * largest : 0.0;
  Sum total;  // of weights / largest: no overflow, whatever the scale
  std::vector<double> p;
  for (const double w : weights) {
    if (w <= cut) continue;
    p.push_back(w / largest);
    total.add(p.back());
  }
  for (double& v : p) v /= total.value();
  return p;
}

// E = sum p (p^s - 1) = sum p^(s+1) - 1, without cancellation for small s.
double mean_power_minus_one(std::span<const double> p, double s) {
  Sum sum;
  for (const double v : p) sum.add(v * std::expm1(s * std::log(v)));
  return sum.value();
}

// -sum p ln p of weights as they are.
double shannon(std::span<const double> p) { return detail::entropy_kernels().entropy(p.data(), p.size(), 1); }

// ln sum p^q with the largest term taken out, so that no order overflows or underflows.
double log_power_sum(std::span<const double> p, double q) {
  const double largest = *std::max_element(p.begin(), p.end());
  Sum sum;
  for (const double v : p) sum.add(std::exp(q * std::log(v / largest)));
  return q * std::log(largest) + std::log(sum.value());
}

}  // namespace

double shannon_entropy(std::span<const double> weights, double total) {
  // Outside this range weights are brought to 1 first, lest those that count be too small for a float64 with all its bits.
  if (total >= 0x1p-900 && total <= std::numeric_limits<double>::max())
    return detail::entropy_kernels().entropy(weights.data(), weights.size(), total);
  const std::vector<double> p = probabilities(weights, 1, 0);
  return p.empty() ? kNaN : shannon(p);
}

double renyi_entropy(std::span<const double> weights, double order, double rank_tolerance) {
  check_order(order);
  if (order == 1) {
    const detail::WeightTotal found = detail::entropy_kernels().total(weights.data(), weights.size());
    if (found.valid) return shannon_entropy(weights, found.sum);
  }
  const std::vector<double> p = probabilities(weights, order, rank_tolerance);
  if (p.empty()) return kNaN;
  if (order == 0) return std::log(static_cast<double>(p.size()));
  if (order == kInfinity) return -std::log(*std::max_element(p.begin(), p.end()));
  const double s = order - 1;
  const double e = mean_power_minus_one(p, s);
  // Near e = -1 (large orders) log1p(e) would cancel; the other form cancels near e = 0 (orders near 1). Each is used where it is exact.
  return e > -0.5 ? -std::log1p(e) / s : -log_power_sum(p, order) / s;
}

std::vector<double> renyi_slopes(std::span<const double> weights, double order, double rank_tolerance) {
  std::vector<double> slopes(weights.size());
  const std::vector<double> p = probabilities(weights, order, rank_tolerance);
  if (p.empty() || order == 0) return slopes;
  const double largest = *std::max_element(weights.begin(), weights.end()), top = *std::max_element(p.begin(), p.end());
  const double cut = order < 1 ? rank_tolerance * largest : 0.0, total = largest / top;
  const double entropy = renyi_entropy(weights, order, rank_tolerance);
  const auto tied = [&](double w) { return w >= largest - rank_tolerance * largest; };
  const auto ties = static_cast<double>(std::count_if(weights.begin(), weights.end(), tied));
  const double s = order - 1, log_sum = -s * entropy;  // ln sum p^q
  for (std::size_t i = 0; i < weights.size(); ++i) {
    if (weights[i] <= cut) continue;
    const double log_p = std::log(weights[i] / largest) + std::log(top);
    if (order == 1)
      slopes[i] = -(log_p + entropy) / total;
    else if (order == kInfinity)
      slopes[i] = (1 - (tied(weights[i]) ? 1 / (ties * std::exp(log_p)) : 0.0)) / total;
    else  // p^s / sum p^q - 1, without cancellation for small s
      slopes[i] = -order * std::expm1(s * log_p - log_sum) / (s * total);
  }
  return slopes;
}

double unnormalized_renyi_entropy(std::span<const double> weights, double order) {
  check_order(order);
  std::vector<double> positive;
  for (const double w : weights)
    if (w > 0) positive.push_back(w);
  if (order == 1) return shannon(positive);
  if (positive.empty()) return kNaN;
  if (order == kInfinity) return -std::log(*std::max_element(positive.begin(), positive.end()));
  return log_power_sum(positive, order) / (1 - order);
}

double shifted_renyi_entropy(std::vector<double> weights, double order, double epsilon, double rank_tolerance) {
  if (epsilon == 0) return renyi_entropy(weights, order, rank_tolerance);
  const double total = sum(weights);
  if (!(total > 0)) return kNaN;
  for (double& w : weights) w = w / total + epsilon;
  return unnormalized_renyi_entropy(weights, order);
}

double tsallis_entropy(std::span<const double> weights, double order, double rank_tolerance) {
  check_order(order);
  const std::vector<double> p = probabilities(weights, order, rank_tolerance);
  if (p.empty()) return kNaN;
  if (order == 0) return static_cast<double>(p.size()) - 1;
  if (order == 1) return shannon(p);
  if (order == kInfinity) return 0;
  return -mean_power_minus_one(p, order - 1) / (order - 1) + 0.0;  // not -0
}

std::vector<double> psd_weights(const Spectrum& s, std::string_view who) {
  std::vector<double> weights(s.values.begin(), s.values.end());
  if (weights.empty()) return weights;
  if (s.status == Status::nonfinite) return {};
  if (std::isinf(s.psd_tolerance)) {
    for (double& w : weights) w = std::abs(w);
    return weights;
  }
  const auto [low, high] = std::minmax_element(weights.begin(), weights.end());
  const double allowed = s.psd_tolerance * std::max(*high, 0.0);
  if (*low < -allowed)
    throw InvalidArgument(std::string(who) + ": the matrix is not positive semi-definite: its smallest eigenvalue is " +
                          to_text(OptionValue(*low)) + ", allowed is at least " + to_text(OptionValue(-allowed)) + " (largest " +
                          to_text(OptionValue(*high)) + "); drop its negative part, or add " + to_text(OptionValue(-*low)) +
                          " to its diagonal");
  for (double& w : weights) w = std::max(w, 0.0);
  return weights;
}

std::vector<double> power_weights(std::span<const double> eigenvalues, double t, double rank_tolerance) {
  std::vector<double> out;
  double largest = 0;
  for (const double lam : eigenvalues) largest = std::max(largest, std::abs(lam));
  const double cut = t < 1 ? rank_tolerance * largest : 0.0;
  for (const double lam : eigenvalues) out.push_back(std::abs(lam) > cut ? std::pow(std::abs(lam) / largest, t) : 0.0);
  return out;
}

std::string doubt_of_powers(std::span<const double> eigenvalues, double t, double rank_tolerance) {
  constexpr double allowed = 1e-3;   // relative error of a weight
  constexpr double negligible = 40;  // exp(-40) of the largest weight
  if (t * rank_tolerance <= allowed) return {};
  std::vector<double> sizes;
  for (const double lam : eigenvalues) sizes.push_back(std::abs(lam));
  std::sort(sizes.rbegin(), sizes.rend());
  if (sizes.size() < 2 || !(sizes[0] > 0) || t * (std::log(sizes[1] / sizes[0]) + 2 * rank_tolerance) < -negligible) return {};
  return "t = " + to_text(OptionValue(t)) + " raises the round-off of the eigenvalues to " + to_text(OptionValue(t * rank_tolerance)) +
         " of a weight; use t below " + to_text(OptionValue(std::floor(allowed / rank_tolerance)));
}

double renyi_entropy_of_norms(double trace, double frobenius2) { return -std::log(frobenius2 / trace / trace); }

double renyi_entropy_of_fourth_powers(double trace, double fourth) { return -std::log(fourth / trace / trace / trace / trace) / 3; }

bool norms_suffice(const Spectrum& s, double order) { return s.trace > 0 && ((order == 2 && s.frobenius2) || (order == 4 && s.fourth)); }

double hidden_eigenvalue(const Spectrum& s) {
  if (s.complete || s.status == Status::ok) return 0;
  if (!s.frobenius2) return s.trace;
  Sum rest;
  rest.add(*s.frobenius2);
  for (const double v : s.values) rest.add(-v * v);
  return std::sqrt(std::max(0.0, rest.value()));
}

double renyi_entropy(const Spectrum& s, double order, std::string_view who) {
  const std::vector<double> weights = psd_weights(s, who);
  if (s.status == Status::nonfinite) return kNaN;
  if (norms_suffice(s, order))
    return order == 2 ? renyi_entropy_of_norms(s.trace, *s.frobenius2) : renyi_entropy_of_fourth_powers(s.trace, *s.fourth);
  return renyi_entropy(weights, order, s.rank_tolerance);
}

Estimate entropy(const Spectrum& s, const EntropyOptions& options) {
  if (!(options.t > 0) || std::isinf(options.t)) throw InvalidArgument("t = " + to_text(OptionValue(options.t)) + " is not in (0, inf)");
  check_order(options.order);
  const bool count = options.unit == Unit::count;
  Estimate e;
  e.estimator = "entropy";
  e.unit = options.unit;
  e.n = s.n;
  e.d = s.d;
  e.backend_requested = s.backend_requested;
  e.backend_used = s.backend_used;
  e.diagnostics = s.diagnostics;
  e.options = {{"order", options.order}, {"t", options.t}, {"unit", std::string(name(options.unit))}};
  e.formula = std::string(count ? "exp(H_q)" : "H_q") + " = ln(sum p^q) / (1 - q), p = |lam|^t / sum |lam|^t";
  e.substituted = "q = " + to_text(OptionValue(options.order)) + ", t = " + to_text(OptionValue(options.t)) + ", " +
                  std::to_string(s.values.size()) + " eigenvalues, trace " + to_text(OptionValue(s.trace));
  if (s.status != Status::ok) e.flag(s.status, s.reason);

  std::vector<double> weights = psd_weights(s, "entropy");
  if (options.t != 1) {
    if (const std::string doubt = doubt_of_powers(weights, options.t, s.rank_tolerance); !doubt.empty())
      e.flag(Status::out_of_valid_range, doubt);
    weights = power_weights(weights, options.t, s.rank_tolerance);
  }
  const auto in_unit = [&](double nats) { return count ? std::exp(nats) : nats * nats_to(options.unit); };
  e.cap = in_unit(std::log(static_cast<double>(std::max<std::size_t>(s.max_rank, 1))));
  if (s.complete) {
    e.value = in_unit(renyi_entropy(weights, options.order, std::pow(s.rank_tolerance, options.t)));
  } else {
    const LeadingEntropy known = leading_entropy(s, options.order, options.t);
    e.value = kNaN;
    if (known.status != s.status && known.status != Status::ok) e.flag(known.status, known.reason);
    if (!s.residuals.empty()) e.residual = *std::max_element(s.residuals.begin(), s.residuals.end());
    if (known.bounds) {
      e.interval = Interval{in_unit(known.bounds->low), in_unit(known.bounds->high)};
      e.interval_method = "bounds";
      const double width = e.interval->high - e.interval->low;
      if (width <= options.tolerance * std::max(1.0, std::abs(e.interval->high)))
        e.value = (e.interval->low + e.interval->high) / 2;
      else if (s.status != Status::truncated)
        e.flag(Status::truncated, "only the largest " + std::to_string(weights.size()) + " eigenvalues are known");
    }
  }
  if (s.complete && std::isnan(e.value) && e.ok()) e.flag(Status::degenerate, "every eigenvalue is zero");
  return e;
}

}  // namespace entrospect
