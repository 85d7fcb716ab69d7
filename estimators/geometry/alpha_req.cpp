#include "entrospect/estimators/geometry/alpha_req.hpp"

#include <algorithm>
#include <cmath>
#include <span>

#include "entrospect/core/errors.hpp"
#include "entrospect/core/sum.hpp"
#include "entrospect/estimators/geometry/detail/index.hpp"

namespace entrospect {
namespace {

using detail::Finding;
using detail::IndexSpectrum;
using detail::Quantity;

constexpr std::size_t kFirst = 11, kLast = 100;  // what `auto` means
constexpr std::size_t kFewest = 20;              // eigenvalues from which on `auto` starts at kFirst

const Choices<AutoRank>& auto_choices() {
  static const Choices<AutoRank> choices{{"auto", AutoRank::automatic}};
  return choices;
}

const Choices<FitWeights>& weight_choices() {
  static const Choices<FitWeights> choices{{"reciprocal", FitWeights::reciprocal}, {"uniform", FitWeights::uniform}};
  return choices;
}

void check_rank(const std::variant<double, AutoRank>& given, const char* name, const Estimate& e) {
  const double* number = std::get_if<double>(&given);
  if (number != nullptr && *number != std::floor(*number))
    throw InvalidArgument(e.estimator + ": " + name + " = " + shown(*number) + " is not a whole number in [1, 1e9] or 'auto'");
}

std::size_t rank_of(const std::variant<double, AutoRank>& given, std::size_t automatic) {
  const double* number = std::get_if<double>(&given);
  return number == nullptr ? automatic : static_cast<std::size_t>(*number);
}

// The ranks of a fit when `positive` eigenvalues are above the rank tolerance.
struct Ranks {
  std::size_t first = 0, wanted = 0, last = 0;
};
Ranks ranks_of(const AlphaReqOptions& o, std::size_t positive, std::size_t most) {
  Ranks out{rank_of(o.first_rank, positive >= kFewest ? kFirst : 1), 0, 0};
  out.wanted = rank_of(o.last_rank, std::max(kLast, out.first + 1));
  out.last = std::min({out.wanted, most, positive});
  return out;
}

// How many of the largest eigenvalues such a fit looks at: `auto` counts up to kFewest.
std::size_t leading_of(const AlphaReqOptions& o) {
  const std::size_t wanted = ranks_of(o, kFewest, kLast).wanted;
  return std::holds_alternative<AutoRank>(o.first_rank) ? std::max(wanted, kFewest) : wanted;
}

// With the zeros of the smaller side.
std::size_t eigenvalues_in(const IndexSpectrum& r) { return std::min({r.count, r.s->size, r.s->n}); }

std::size_t positive_in(const IndexSpectrum& r) {
  const double cut = r.s->rank_tolerance * r.largest();
  return static_cast<std::size_t>(std::count_if(r.lam.begin(), r.lam.end(), [cut](double v) { return v > cut; }));
}

double log_rank(std::size_t i) { return std::log(static_cast<double>(i)); }
double weight_of(std::size_t i, FitWeights weights) { return weights == FitWeights::uniform ? 1.0 : 1 / static_cast<double>(i); }

// The slope is the sum of these numbers times ln lam_i, i = first .. last.
std::vector<double> slope_weights(const Ranks& ranks, FitWeights weights) {
  Sum mass, first, second;
  for (std::size_t i = ranks.first; i <= ranks.last; ++i) {
    mass.add(weight_of(i, weights));
    first.add(weight_of(i, weights) * log_rank(i));
  }
  const double mean = first.value() / mass.value();
  std::vector<double> out;
  for (std::size_t i = ranks.first; i <= ranks.last; ++i) {
    const double off = log_rank(i) - mean;
    out.push_back(weight_of(i, weights) * off);
    second.add(weight_of(i, weights) * off * off);
  }
  for (double& v : out) v /= second.value();
  return out;
}

struct Line {
  double slope = 0;
  std::optional<double> std_error, r_squared;
};

// Weighted least squares of ln lam_i on ln i, i = first .. last.
Line fitted(const std::vector<double>& lam, std::size_t first, std::size_t last, FitWeights weights) {
  const auto weight = [&](std::size_t i) { return weight_of(i, weights); };
  const auto u = log_rank;
  const auto y = [&](std::size_t i) { return std::log(lam[i - 1]); };
  const auto mean = [&](auto term) {
    Sum total, mass;
    for (std::size_t i = first; i <= last; ++i) {
      total.add(weight(i) * term(i));
      mass.add(weight(i));
    }
    return total.value() / mass.value();
  };
  const double mean_u = mean(u), mean_y = mean(y);
  const double uu = mean([&](std::size_t i) { return (u(i) - mean_u) * (u(i) - mean_u); });
  const double uy = mean([&](std::size_t i) { return (u(i) - mean_u) * (y(i) - mean_y); });
  const double yy = mean([&](std::size_t i) { return (y(i) - mean_y) * (y(i) - mean_y); });
  Line line{uy / uu, {}, {}};
  const double rest = mean([&](std::size_t i) {
    const double residual = y(i) - mean_y - line.slope * (u(i) - mean_u);
    return residual * residual;
  });
  if (yy > 0) line.r_squared = 1 - rest / yy;
  // Weights stand for inverse variances up to a factor, so the mass of the weights cancels.
  const std::size_t count = last - first + 1;
  if (count > 2) line.std_error = std::sqrt(rest / uu / static_cast<double>(count - 2));
  return line;
}

// What is left open when eigenvalues are known to their residuals only, and larger ones may be missing: one more among the known moves all
// that follow down a rank, so eigenvalue i is at least what was found as the i-th and at most the next larger, or the missed one.
void set_slope_bounds(Estimate& e, const IndexSpectrum& r, const Ranks& ranks, FitWeights weights) {
  if (r.s->complete) return;
  const double off = r.residual(ranks.last), hidden = r.hidden();
  const std::vector<double> c = slope_weights(ranks, weights);
  Sum low, high;
  for (std::size_t i = ranks.first; i <= ranks.last; ++i) {
    double most = r.lam[i - 1];
    for (std::size_t missed = 1; missed <= i && hidden > most; ++missed) {  // so many of equal size have the squares of one
      const double each = hidden / std::sqrt(static_cast<double>(missed));
      most = std::max(most, missed == i ? each : std::min(r.lam[i - 1 - missed], each));
    }
    const double factor = -c[i - ranks.first], least = std::log(std::max(0.0, r.lam[i - 1] - off)), largest = std::log(most + off);
    low.add(factor * (factor > 0 ? least : largest));
    high.add(factor * (factor > 0 ? largest : least));
  }
  detail::set_bounds(e, r, std::max(0.0, low.value()), high.value());
}

Finding fit(const IndexSpectrum& r, const AlphaReqOptions& o, Estimate& e) {
  const std::size_t positive = positive_in(r), most = eigenvalues_in(r);
  const auto [first, wanted, last] = ranks_of(o, positive, most);
  if (wanted <= first)
    throw InvalidArgument(e.estimator + ": last_rank = " + std::to_string(wanted) + " must be above first_rank = " + std::to_string(first));
  if (first + 1 > std::max<std::size_t>(most, 2))
    throw InvalidArgument(e.estimator + ": first_rank = " + std::to_string(first) + " leaves fewer than 2 of the " + std::to_string(most) +
                          " eigenvalues; it must be in [1, " + std::to_string(most - 1) + "]");
  const std::size_t end = std::min(wanted, most);
  e.diagnostics.set("first_rank", static_cast<std::int64_t>(first));
  e.diagnostics.set("last_rank", static_cast<std::int64_t>(last));
  e.diagnostics.set("zeros_excluded", static_cast<std::int64_t>(end - std::min(end, std::max(last, first - 1))));
  if (last < first + 1) {
    e.flag(Status::degenerate, std::to_string(positive) + " of the eigenvalues are above the rank tolerance; a slope from rank " +
                                   std::to_string(first) + " on needs " + std::to_string(first + 1));
    return {};
  }
  if (std::holds_alternative<AutoRank>(o.first_rank) && first != kFirst)
    e.warnings.push_back("only " + std::to_string(positive) + " eigenvalues: fitted from rank 1 instead of " + std::to_string(kFirst));
  const Line line = fitted(r.lam, first, last, o.fit_weights);
  if (line.r_squared) e.diagnostics.set("r_squared", *line.r_squared);
  if (!r.s->complete) {
    set_slope_bounds(e, r, {first, wanted, last}, o.fit_weights);
    if (line.std_error) e.diagnostics.set("regression_std_error", *line.std_error);
  } else if (line.std_error) {
    e.std_error = line.std_error;
    e.interval_method = "regression";
  }
  return {0 - line.slope,
          {},
          Unit::none,
          std::to_string(last - first + 1) + " eigenvalues, ranks " + std::to_string(first) + " to " + std::to_string(last) + ", from " +
              shown(r.lam[first - 1]) + " to " + shown(r.lam[last - 1]) + "; slope = " + shown(line.slope) + "; -(" + shown(line.slope) +
              ") = " + shown(0 - line.slope)};
}

// Eigenvalues that tie share their slopes; they have a derivative only if those were the same.
Derivative fit_slopes(const IndexSpectrum& r, const AlphaReqOptions& o, double) {
  const Ranks ranks = ranks_of(o, positive_in(r), eigenvalues_in(r));
  const std::vector<double> c = slope_weights(ranks, o.fit_weights);
  Derivative out;
  out.slopes.each.assign(r.lam.size(), 0.0);
  for (std::size_t i = 0; i < c.size(); ++i) out.slopes.each[ranks.first - 1 + i] = -c[i] / r.lam[ranks.first - 1 + i];
  const double cut = r.s->rank_tolerance * r.largest();
  for (std::size_t begin = 0, end = 0; begin < r.lam.size(); begin = end) {
    for (end = begin + 1; end < r.lam.size() && r.lam[end - 1] - r.lam[end] <= cut;) ++end;
    const std::span<double> group = std::span(out.slopes.each).subspan(begin, end - begin);
    const double mean = sum(group) / static_cast<double>(group.size());
    if (group.size() == 1 || (group.front() == 0 && group.back() == 0)) continue;
    std::fill(group.begin(), group.end(), mean);
    out.nonsmooth = "no gradient exists where " + std::to_string(group.size()) + " eigenvalues tie; they share the one given";
  }
  return out;
}

Finding find(const SampleMatrix& x, const AlphaReqOptions& o, Estimate& e, const Context& context, Differentiation* wanted) {
  check_rank(o.first_rank, "first_rank", e);
  check_rank(o.last_rank, "last_rank", e);
  const detail::FromSpectrum how{.small_values = "it takes logarithms of small eigenvalues", .leading = leading_of(o)};
  return detail::with_slopes<AlphaReqOptions>(fit, fit_slopes, how)(x, o, e, context, wanted);
}

const Quantity<AlphaReqOptions>& alpha_req_index() {
  static const auto index = [] {
    EstimatorCard c;
    c.name = "alpha_req";
    c.summary = "Exponent of the power law by which covariance eigenvalues decay.";
    c.formula =
        "-slope of ln lam_i on ln i, i = first_rank .. last_rank, lam eigenvalues of Z^T Z, descending, Z = x after center and "
        "normalize, weights fit_weights";
    c.unit = "none";
    c.range = "[0, inf)";
    c.cap = "none";
    c.cost = "O(n d min(n, d))";
    c.references = {
        "Agrawal, Mondal, Ghosh, Richards: alpha-ReQ, assessing representation quality in self-supervised learning by measuring "
        "eigenspectrum decay, NeurIPS 2022",
        "Stringer, Pachitariu, Steinmetz, Carandini, Harris: High-dimensional geometry of population responses in visual cortex, "
        "Nature 2019"};
    c.mergeable = true;
    c.conventions = {{"alpha-req", false, "", {}, {}}, {"least-squares", false, "", {{"fit_weights", std::string("uniform")}}, {}}};
    using O = AlphaReqOptions;
    Quantity<O> out{std::move(c), {}, find, detail::on_smaller_side<O>};
    out.table.number_or_choice(
        "first_rank", [](O& o) -> std::variant<double, AutoRank>& { return o.first_rank; }, {1, 1e9, false, false}, auto_choices(),
        "First eigenvalue of the fit; 'auto' is 11, or 1 where fewer than 20 eigenvalues are above the rank tolerance");
    out.table.number_or_choice(
        "last_rank", [](O& o) -> std::variant<double, AutoRank>& { return o.last_rank; }, {1, 1e9, false, false}, auto_choices(),
        "Last eigenvalue of the fit, or as many as there are; 'auto' is 100");
    out.table.choice(
        "fit_weights", [](O& o) -> FitWeights& { return o.fit_weights; }, weight_choices(),
        "Weight of eigenvalue i in the fit: 1 / i, which evens out the crowd of large ranks, or 1");
    detail::add_row_fields(out.table, out.card);
    return out;
  }();
  return index;
}

}  // namespace

Estimate alpha_req(const SampleMatrix& x, const AlphaReqOptions& options, const Context& context) {
  return detail::estimate(alpha_req_index(), x, options, context);
}

Estimate alpha_req(const Spectrum& s, const AlphaReqOptions& options) {
  const EstimatorCard& card = alpha_req_index().card;
  OptionMap told;
  for (const char* name : {"first_rank", "last_rank", "fit_weights"}) {
    const Field& field = *alpha_req_index().table.find(name);
    told.emplace_back(name, checked(field.info, alpha_req_index().table.get(field, options), card.name));
  }
  const std::string formula = "-slope of ln lam_i on ln i, i = first_rank .. last_rank, weights fit_weights";
  const auto checked_fit = [](const IndexSpectrum& r, const AlphaReqOptions& o, Estimate& e) {
    check_rank(o.first_rank, "first_rank", e);
    check_rank(o.last_rank, "last_rank", e);
    return fit(r, o, e);
  };
  return detail::of_given(card, s, formula, std::move(told), options, std::min(leading_of(options), s.max_rank), checked_fit);
}

const EstimatorInfo& alpha_req_info() {
  static const EstimatorInfo info = detail::info_of(alpha_req_index());
  return info;
}

}  // namespace entrospect
