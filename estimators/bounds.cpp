// Bounds of the entropy of weights of which only the largest are known.

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <string>

#include "entrospect/core/errors.hpp"
#include "entrospect/core/sum.hpp"
#include "entrospect/estimators/functional.hpp"

namespace entrospect {
namespace {

constexpr double kEps = std::numeric_limits<double>::epsilon();
constexpr double kInfinity = std::numeric_limits<double>::infinity();

std::string text(double value) { return to_text(OptionValue(value)); }

// The known weights with `shift` added to the largest. The known weights may be off by `error` in sum; among all that they may be,
// shift = error is the most concentrated and, to first order, shift = -error the most even.
std::vector<double> shifted(std::span<const double> head, double shift) {
  std::vector<double> out(head.begin(), head.end());
  if (!out.empty()) out.front() = std::max(0.0, out.front() + shift);
  return out;
}

// Appends at most `most` weights of size `cap`, as many as fit into `mass`, and the rest: the most concentrated way to hold it.
void append_concentrated(std::vector<double>& out, double mass, double cap, std::size_t most) {
  if (!(cap > 0)) return;
  const double whole = std::min(std::floor(mass / cap), static_cast<double>(most));
  out.insert(out.end(), static_cast<std::size_t>(whole), cap);
  const double rest = mass - whole * cap;
  if (rest > 0) out.push_back(rest);
}

void append_equal(std::vector<double>& out, double mass, std::size_t count) {
  out.insert(out.end(), count, mass / static_cast<double>(count));
}

// At a given sum 1 and sum of squares `purity` over n places, sums of a function whose third derivative has one sign are extreme at two
// shapes: one large and n - 1 equal ones (radial), and as few as possible, m equal ones and one smaller (few).
std::vector<double> radial_shape(double purity, std::size_t places) {
  const auto n = static_cast<double>(places);
  const double radius = places == 1 ? 1 : std::sqrt(std::clamp((n * purity - 1) / (n - 1), 0.0, 1.0));
  std::vector<double> out(places, (1 - radius) / n);
  out.front() += radius;
  return out;
}

std::vector<double> few_shape(double purity) {
  const double m = std::floor(1 / purity);
  const double x = (1 + std::sqrt(std::max(0.0, ((m + 1) * purity - 1) / m))) / (m + 1);
  std::vector<double> out(static_cast<std::size_t>(m), x);
  out.push_back(std::max(0.0, 1 - m * x));
  return out;
}

void append_scaled(std::vector<double>& out, const std::vector<double>& shape, double mass) {
  for (const double v : shape) out.push_back(v * mass);
}

// What is known of the weights that are not in head.
struct Tail {
  double mass = 0;   // their sum
  double error = 0;  // how far the known weights, and so the mass, may be off
  double cap = 0;    // none of them is larger
};

void check_head(std::span<const double> head, double total) {
  if (head.empty()) throw InvalidArgument("bounds need at least one known weight");
  if (!(total > 0)) throw InvalidArgument("total = " + text(total) + " is not in (0, inf)");
  if (!std::is_sorted(head.rbegin(), head.rend())) throw InvalidArgument("known weights are not in descending order");
}

Tail tail_of(std::span<const double> head, double total, std::size_t tail, double error, double hidden) {
  const double rounding = tail == 0 ? 0 : 8 * kEps * total;  // of the difference of two rounded sums
  return {std::max(0.0, total - sum(head)), error + rounding, std::max(head.back(), hidden)};
}

// The sum of squares of the tail and its uncertainty, by cancellation and by what the known weights may be off.
struct Squares {
  double value = 0, doubt = 0;
};

Squares squares_of_tail(std::span<const double> head, double square_total, double error) {
  Sum squares;
  squares.add(square_total);
  for (const double w : head) squares.add(-w * w);
  return {std::max(0.0, squares.value()), 64 * kEps * square_total + 2 * head.front() * error};
}

// Entropies that known weights leave open when the mass of the rest lies in [low, high]. Adding mass to a tail whose weights are at most
// the smallest known one never lowers an entropy, whether it is spread or concentrated, so the ends of the mass give the ends of the
// entropy. With a larger cap both ends are looked at, which is enough where they differ by round-off.
EntropyBounds bounds_of_mass(std::span<const double> head, std::size_t tail, double cap, double low, double high, double error,
                             double order) {
  const auto packed = [&](double mass) {
    std::vector<double> all = shifted(head, error);
    if (tail > 0) append_concentrated(all, std::max(0.0, mass), cap, tail);
    return renyi_entropy(all, order);
  };
  std::vector<double> spread = shifted(head, -error);
  if (tail > 0) append_equal(spread, high, tail);
  const double least = packed(low);
  return {cap > head.back() + error ? std::min(least, packed(high)) : least, renyi_entropy(spread, order)};
}

struct Limits {
  double low = 0, high = kInfinity;
  void at_least(double v) { low = std::max(low, v); }  // std::max and std::min drop a NaN in second place
  void at_most(double v) { high = std::min(high, v); }
};

// Sum of a^t over the `tail` magnitudes a = |lam| / largest that are not known, each at most `cap`.
Limits powers_of_tail(const Spectrum& s, double largest, double cap, std::size_t tail, double error, double t) {
  if (cap <= 0 || tail == 0) return {0, 0};
  const auto r = static_cast<double>(tail);
  Limits sum{0, r * cap}, squares{0, r * cap * cap};
  if (s.frobenius2) {
    std::vector<double> head;
    for (const double v : s.values) head.push_back(std::abs(v) / largest);
    std::sort(head.rbegin(), head.rend());
    const Squares rest = squares_of_tail(head, *s.frobenius2 / largest / largest, error);
    squares.at_least(rest.value - rest.doubt);
    squares.at_most(rest.value + rest.doubt);
  }
  const double rest = (s.trace - entrospect::sum(s.values)) / largest;  // NaN when the trace is not known
  const double doubt = 8 * kEps * std::abs(s.trace) / largest + error;
  sum.at_least(std::abs(rest) - doubt);
  if (s.semidefinite) sum.at_most(std::max(0.0, rest) + doubt);
  // Cauchy and Schwarz, and a^2 <= cap a.
  sum.at_least(squares.low / cap);
  sum.at_most(std::sqrt(r * squares.high));
  squares.at_least(sum.low * sum.low / r);
  squares.at_most(cap * sum.high);
  // Hoelder between the sum, the squares and the powers.
  if (t == 1) return sum;
  if (t == 2) return squares;
  if (t > 2) return {sum.high > 0 ? squares.low * std::pow(squares.low / sum.high, t - 2) : 0, std::pow(cap, t - 2) * squares.high};
  if (t > 1) return {squares.low / std::pow(cap, 2 - t), std::pow(sum.high, 2 - t) * std::pow(squares.high, t - 1)};
  return {sum.low / std::pow(cap, 1 - t), std::pow(r, 1 - t) * std::pow(sum.high, t)};
}

}  // namespace

double radial_entropy(double purity, std::size_t count) {
  if (count == 0 || !(purity >= 0)) throw InvalidArgument("purity = " + text(purity) + " is not in [0, 1]");
  return renyi_entropy(radial_shape(purity, count), 1);
}

std::string missing_weight(std::span<const double> head, double total, std::size_t tail, std::optional<double> square_total, double error,
                           double hidden) {
  check_head(head, total);
  const Tail missing = tail_of(head, total, tail, error, hidden);
  // Traces and eigenvalues of one matrix agree less closely than sums of one list.
  const double slack = missing.error + 8 * kEps * total * static_cast<double>(head.size() + tail);
  if (missing.mass > static_cast<double>(tail) * (missing.cap + error) + slack)
    return "a tail of " + std::to_string(tail) + " weights of at most " + text(missing.cap) + " cannot hold the missing mass " +
           text(missing.mass);
  if (!square_total) return {};
  const Squares squares = squares_of_tail(head, *square_total, error);
  if (squares.value - squares.doubt > (missing.mass + slack) * (missing.cap + error))
    return "weights of at most " + text(missing.cap) + " with the missing mass " + text(missing.mass) +
           " cannot have the missing sum of squares " + text(squares.value);
  return {};
}

EntropyBounds renyi_bounds(std::span<const double> head, double total, std::size_t tail, double order, std::optional<double> square_total,
                           double error, double hidden) {
  if (const std::string missing = missing_weight(head, total, tail, square_total, error, hidden); !missing.empty())
    throw InvalidArgument(missing);
  const Tail rest = tail_of(head, total, tail, error, hidden);
  const double known = sum(head);
  if (known > total + rest.error + 8 * kEps * total * static_cast<double>(head.size() + tail))
    throw InvalidArgument("the known weights sum to " + text(known) + ", more than the total " + text(total));
  EntropyBounds bounds = bounds_of_mass(head, tail, rest.cap + error, rest.mass - rest.error, rest.mass + rest.error, error, order);
  if (!square_total || tail == 0 || order == 0 || order == kInfinity || rest.mass <= rest.error) return bounds;

  const Squares squares = squares_of_tail(head, *square_total, error);
  const double most = rest.mass + rest.error, least = rest.mass - rest.error;
  const double purity_low = std::max(0.0, squares.value - squares.doubt) / (most * most);
  const double purity_high = (squares.value + squares.doubt) / (least * least);
  const double even = 1 / static_cast<double>(tail);
  // Of x^q the third derivative has the sign of q (q - 1) (q - 2); with the sign of 1 / (1 - q), the radial shape has the larger entropy up
  // to order 2 and the smaller one above.
  const auto entropy_with = [&](double shift, double mass, double purity, bool radial) {
    std::vector<double> all = shifted(head, shift);
    append_scaled(all, radial ? radial_shape(purity, tail) : few_shape(purity), mass);
    return renyi_entropy(all, order);
  };
  if (purity_low > even && purity_low <= 1) bounds.high = std::min(bounds.high, entropy_with(-error, most, purity_low, order <= 2));
  if (purity_high >= even && purity_high < 1) bounds.low = std::max(bounds.low, entropy_with(error, least, purity_high, order > 2));
  return bounds;
}

EntropyBounds shannon_bounds(std::span<const double> head, double total, std::size_t tail, std::optional<double> square_total) {
  return renyi_bounds(head, total, tail, 1, square_total);
}

LeadingEntropy leading_entropy(const Spectrum& s, double order, double t) {
  LeadingEntropy out;
  const bool sign_matters = !std::isinf(s.psd_tolerance), trace_is_mass = (sign_matters || s.semidefinite) && !std::isnan(s.trace);
  if (s.status == Status::nonfinite || s.status == Status::not_converged) {
    out.status = s.status;
    out.reason = s.reason;
    return out;
  }
  if (t == 1 && order == 2 && trace_is_mass && s.frobenius2 && s.trace > 0) {
    const double exact = renyi_entropy_of_norms(s.trace, *s.frobenius2);
    out.bounds = EntropyBounds{exact, exact};
    return out;
  }
  std::vector<double> head = psd_weights(s, "entropy");
  std::sort(head.rbegin(), head.rend());
  if (head.empty() || !(head.front() > 0)) {
    out.status = Status::truncated;
    out.reason = "no eigenvalue above zero is known";
    return out;
  }
  const std::size_t tail = s.max_rank > head.size() ? s.max_rank - head.size() : 0;
  const double error = sum(s.residuals), largest = head.front();
  if (t == 1 && trace_is_mass) {
    if (const double known = sum(s.values); known > s.trace * (1 + s.psd_tolerance) + error)
      throw InvalidArgument("entropy: the matrix is not positive semi-definite: eigenvalues that sum to " + text(known) +
                            " are more than its trace " + text(s.trace) + ", so negative ones are left");
    const double hidden = hidden_eigenvalue(s);
    out.reason = missing_weight(head, s.trace, tail, s.frobenius2, error, hidden);
    if (out.reason.empty())
      out.bounds = renyi_bounds(head, s.trace, tail, order, s.frobenius2, error, hidden);
    else
      out.status = Status::not_converged;
    return out;
  }
  const double relative = error / largest, cap = head.back() / largest + relative;
  const Limits mass = powers_of_tail(s, largest, cap, tail, relative, t);
  if (mass.low > mass.high * (1 + 1e-9)) {  // not by rounding
    out.status = Status::not_converged;
    out.reason = "trace and norm of the matrix are not those of the known eigenvalues and smaller ones";
    return out;
  }
  const double error_t = t * relative * std::max(1.0, std::pow(cap, t - 1));
  out.bounds = bounds_of_mass(power_weights(head, t, s.rank_tolerance), tail, std::pow(cap, t), mass.low, mass.high, error_t, order);
  return out;
}

}  // namespace entrospect
