#include "entrospect/estimators/geometry/alpha_req.hpp"

#include <algorithm>
#include <cmath>

#include "entrospect/core/errors.hpp"
#include "entrospect/core/sum.hpp"
#include "entrospect/estimators/geometry/detail/index.hpp"

namespace entrospect {
namespace {

using detail::Finding;
using detail::Quantity;
using detail::RowSpectrum;

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

std::size_t rank_of(const std::variant<double, AutoRank>& given, std::size_t automatic, const char* name, const Estimate& e) {
  const double* number = std::get_if<double>(&given);
  if (number == nullptr) return automatic;
  if (*number != std::floor(*number))
    throw InvalidArgument(e.estimator + ": " + name + " = " + shown(*number) + " is not a whole number in [1, 1e9] or 'auto'");
  return static_cast<std::size_t>(*number);
}

struct Line {
  double slope = 0;
  std::optional<double> std_error, r_squared;
};

// Weighted least squares of ln lam_i on ln i, i = first .. last.
Line fitted(const std::vector<double>& lam, std::size_t first, std::size_t last, FitWeights weights) {
  const auto weight = [&](std::size_t i) { return weights == FitWeights::uniform ? 1.0 : 1 / static_cast<double>(i); };
  const auto u = [](std::size_t i) { return std::log(static_cast<double>(i)); };
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

Finding fit(const RowSpectrum& r, const AlphaReqOptions& o, Estimate& e) {
  const double cut = r.s->rank_tolerance * r.largest();
  const auto positive = static_cast<std::size_t>(std::count_if(r.lam.begin(), r.lam.end(), [&](double v) { return v > cut; }));
  const std::size_t most = std::min(r.rows.x.n(), r.rows.x.d());
  const std::size_t first = rank_of(o.first_rank, positive >= kFewest ? kFirst : 1, "first_rank", e);
  const std::size_t wanted = rank_of(o.last_rank, std::max(kLast, first + 1), "last_rank", e);
  if (wanted <= first)
    throw InvalidArgument(e.estimator + ": last_rank = " + std::to_string(wanted) + " must be above first_rank = " + std::to_string(first));
  if (first + 1 > std::max<std::size_t>(most, 2))
    throw InvalidArgument(e.estimator + ": first_rank = " + std::to_string(first) + " leaves fewer than 2 of the " + std::to_string(most) +
                          " eigenvalues; it must be in [1, " + std::to_string(most - 1) + "]");
  const std::size_t end = std::min(wanted, most), last = std::min(end, positive);
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
  e.std_error = line.std_error;
  if (e.std_error) e.interval_method = "regression";
  return {0 - line.slope,
          {},
          Unit::none,
          std::to_string(last - first + 1) + " eigenvalues, ranks " + std::to_string(first) + " to " + std::to_string(last) + ", from " +
              shown(r.lam[first - 1]) + " to " + shown(r.lam[last - 1]) + "; slope = " + shown(line.slope) + "; -(" + shown(line.slope) +
              ") = " + shown(0 - line.slope)};
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
    Quantity<O> out{std::move(c), {}, detail::of_spectrum<O>(fit, "it takes logarithms of small eigenvalues"), detail::on_smaller_side<O>};
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

const EstimatorInfo& alpha_req_info() {
  static const EstimatorInfo info = detail::info_of(alpha_req_index());
  return info;
}

}  // namespace entrospect
