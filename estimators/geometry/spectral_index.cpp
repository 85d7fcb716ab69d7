#include "entrospect/estimators/geometry/spectral_index.hpp"

#include <algorithm>
#include <cmath>
#include <span>

#include "entrospect/core/errors.hpp"
#include "entrospect/core/sum.hpp"
#include "entrospect/estimators/functional.hpp"
#include "entrospect/estimators/geometry/detail/index.hpp"

namespace entrospect {
namespace {

using detail::Finding;
using detail::IndexSpectrum;
using detail::Quantity;

const std::string kEigenvalues = ", lam eigenvalues of Z^T Z, descending, Z = x after center and normalize";

EstimatorCard card(std::string name, bool center, std::string unit, std::string summary, std::string formula) {
  EstimatorCard c;
  c.name = std::move(name);
  c.summary = std::move(summary);
  c.formula = std::move(formula);
  c.unit = std::move(unit);
  c.cost = "O(n d min(n, d))";
  c.mergeable = true;
  c.conventions = detail::row_conventions(center);
  return c;
}

template <class O, class Functional, class Slope>
Quantity<O> index_of(EstimatorCard c, Functional functional, Slope slopes, detail::FromSpectrum how = {}) {
  Quantity<O> out{std::move(c), {}, detail::with_slopes<O>(functional, slopes, how), detail::on_smaller_side<O>};
  detail::add_row_fields(out.table, out.card);
  return out;
}

// d(a / b) where a / b = value, da has the slopes of `a` and b those of `of_b`: (da - value db) / b.
std::vector<double> quotient_slopes(std::vector<double> a, std::span<const double> of_b, double value, double b) {
  for (std::size_t i = 0; i < a.size(); ++i) a[i] = (a[i] - value * of_b[i]) / b;
  return a;
}

double max_rank(const IndexSpectrum& r) { return static_cast<double>(r.max_rank); }

// (sum lam)^2 / sum lam^2 from the norms of the matrix, or from lam relative to the largest where squares leave float64.
Finding participation(const IndexSpectrum& r, const CenteredIndexOptions&, Estimate& e) {
  const double trace = r.s->trace;
  if (r.s->frobenius2)
    return {trace * (trace / *r.s->frobenius2), max_rank(r), Unit::count,
            "tr C = " + shown(trace) + "; tr C^2 = " + shown(*r.s->frobenius2) + "; " + shown(trace) + " / " + shown(*r.s->frobenius2) +
                " * " + shown(trace) + " = " + shown(trace * (trace / *r.s->frobenius2))};
  if (!r.s->complete) {
    e.flag(Status::truncated, "the sum of squares left the range of float64 and not all eigenvalues were computed");
    return {};
  }
  Sum total, squares;
  for (const double v : r.lam) {
    total.add(v / r.largest());
    squares.add(v / r.largest() * (v / r.largest()));
  }
  const double value = total.value() * total.value() / squares.value();
  return {value, max_rank(r), Unit::count,
          "sum lam / lam_1 = " + shown(total.value()) + "; sum (lam / lam_1)^2 = " + shown(squares.value()) + "; " + shown(total.value()) +
              " * " + shown(total.value()) + " / " + shown(squares.value()) + " = " + shown(value)};
}

// d(T^2 / F) = 2 (P / T) (1 - lam P / T), P the value, T = sum lam, F = sum lam^2.
Derivative participation_slopes(const IndexSpectrum& r, const CenteredIndexOptions&, double value) {
  const double share = value / r.s->trace, constant = 2 * share, linear = -2 * share * share;
  if (!r.s->complete) return {{{}, constant, linear}};
  Derivative out;
  for (const double v : r.lam) out.slopes.each.push_back(2 * share * (1 - v * share));
  return out;
}

Finding stable(const IndexSpectrum& r, const UncenteredIndexOptions&, Estimate& e) {
  const double value = r.s->trace / r.largest(), off = r.residual(1);
  detail::set_bounds(e, r, r.s->trace / std::max(r.largest() + off, r.hidden()), r.s->trace / (r.largest() - off));
  return {value, max_rank(r), Unit::count,
          "sum lam = tr C = " + shown(r.s->trace) + "; lam_1 = " + shown(r.largest()) + "; " + shown(r.s->trace) + " / " +
              shown(r.largest()) + " = " + shown(value)};
}

Derivative stable_slopes(const IndexSpectrum& r, const UncenteredIndexOptions&, double value) {
  Derivative out = leading_derivative(r.lam, 1, r.s->rank_tolerance);
  out.slopes.each = quotient_slopes(std::vector<double>(r.lam.size(), 1.0), out.slopes.each, value, r.largest());
  return out;
}

void require_eigenvalues(std::size_t needed, const IndexSpectrum& r, const LeadingIndexOptions& o, const Estimate& e) {
  if (needed > r.count)
    throw InvalidArgument(e.estimator + ": rank = " + std::to_string(o.rank) + " needs " + std::to_string(needed) +
                          " eigenvalues; there are " + std::to_string(r.count));
}

// The zeros that the smaller side does not show count too.
double eigenvalue(const IndexSpectrum& r, std::size_t i) { return i < r.lam.size() ? r.lam[i] : 0.0; }

Finding share(const IndexSpectrum& r, const LeadingIndexOptions& o, Estimate& e) {
  require_eigenvalues(o.rank, r, o, e);
  const double head = sum(std::span(r.lam).first(std::min(o.rank, r.lam.size()))), value = head / r.s->trace;
  // Missed eigenvalues replace `rank` of those in the sum at most.
  const double off = r.residual(o.rank), missed = std::sqrt(static_cast<double>(o.rank)) * r.hidden();
  detail::set_bounds(e, r, (head - off) / r.s->trace, std::min(1.0, (head + off + missed) / r.s->trace));
  return {value, 1.0, Unit::none,
          "sum of the " + std::to_string(o.rank) + " largest lam = " + shown(head) + "; sum lam = tr C = " + shown(r.s->trace) + "; " +
              shown(head) + " / " + shown(r.s->trace) + " = " + shown(value)};
}

Derivative share_slopes(const IndexSpectrum& r, const LeadingIndexOptions& o, double value) {
  Derivative out = leading_derivative(r.lam, o.rank, r.s->rank_tolerance);
  out.slopes.each = quotient_slopes(out.slopes.each, std::vector<double>(r.lam.size(), 1.0), value, r.s->trace);
  return out;
}

Finding gap(const IndexSpectrum& r, const LeadingIndexOptions& o, Estimate& e) {
  require_eigenvalues(o.rank + 1, r, o, e);
  const double above = eigenvalue(r, o.rank - 1), below = eigenvalue(r, o.rank), value = (above - below) / r.largest();
  const double off = 2 * r.residual(o.rank + 1) / r.largest();
  const bool missed = r.hidden() > below;
  detail::set_bounds(e, r, missed ? 0 : std::max(0.0, value - off), missed ? 1 : std::min(1.0, value + off));
  return {value, 1.0, Unit::none, "(" + shown(above) + " - " + shown(below) + ") / " + shown(r.largest()) + " = " + shown(value)};
}

// With S_k the sum of the k largest, lam_k - lam_(k+1) = 2 S_k - S_(k-1) - S_(k+1), and lam_1 = S_1.
Derivative gap_slopes(const IndexSpectrum& r, const LeadingIndexOptions& o, double value) {
  Derivative out;
  std::vector<double> top(r.lam.size());
  out.slopes.each.assign(r.lam.size(), 0.0);
  const auto add = [&](std::vector<double>& to, std::size_t k, double factor) {
    const Derivative head = leading_derivative(r.lam, k, r.s->rank_tolerance);
    for (std::size_t i = 0; i < to.size(); ++i) to[i] += factor * head.slopes.each[i];
    if (out.nonsmooth.empty()) out.nonsmooth = head.nonsmooth;
  };
  add(out.slopes.each, o.rank, 2);
  add(out.slopes.each, o.rank - 1, -1);
  add(out.slopes.each, o.rank + 1, -1);
  add(top, 1, 1);
  out.slopes.each = quotient_slopes(out.slopes.each, top, value, r.largest());
  return out;
}

Finding largest_share(const IndexSpectrum& r, const CenteredIndexOptions&, Estimate&) {
  const std::vector<double> s = r.singular_values();
  if (s.empty()) return {};
  const double total = sum(s), value = s.front() / total;
  return {value, 1.0, Unit::none,
          "s_1 = " + shown(s.front()) + "; sum of " + std::to_string(s.size()) + " singular values = " + shown(total) + "; " +
              shown(s.front()) + " / " + shown(total) + " = " + shown(value)};
}

// s_i = sqrt(lam_i) times what cancels: ds_i = dlam_i / (2 s_i) above the rank tolerance.
Derivative largest_share_slopes(const IndexSpectrum& r, const CenteredIndexOptions&, double value) {
  Derivative out = leading_derivative(r.lam, 1, r.s->rank_tolerance);
  const std::string zeros = zeros_reason(r.singular_values().size(), r.max_rank, " for singular values");
  if (out.nonsmooth.empty()) out.nonsmooth = zeros;
  std::vector<double> roots;
  for (const double v : r.lam) roots.push_back(v > r.s->rank_tolerance * r.largest() ? std::sqrt(v) : 0.0);
  out.slopes.each = quotient_slopes(out.slopes.each, std::vector<double>(roots.size(), 1.0), value, sum(roots));
  for (std::size_t i = 0; i < roots.size(); ++i) out.slopes.each[i] = roots[i] > 0 ? out.slopes.each[i] / (2 * roots[i]) : 0.0;
  return out;
}

// T_q of H_q in nats, which it grows with.
double tsallis_of_renyi(double nats, double order) {
  if (std::isinf(order)) return 0;
  return order == 1 ? nats : -std::expm1((1 - order) * nats) / (order - 1);
}

Finding tsallis(const IndexSpectrum& r, const TsallisOptions& o, Estimate& e) {
  const double cap = tsallis_entropy(std::vector<double>(r.max_rank, 1.0), o.order);
  if (!r.s->complete) {
    const auto in_unit = [&](double nats) { return tsallis_of_renyi(nats, o.order); };
    const EntropyFound found = bounded_entropy(e, *r.s, o.order, 1, in_unit);
    return {in_unit(found.nats), cap, Unit::none, found.steps};
  }
  const double value = tsallis_entropy(r.lam, o.order, r.s->rank_tolerance);
  std::string steps = "sum lam = tr C = " + shown(r.s->trace) + "; T_" + shown(o.order) + " = ";
  // Nine digits of sum p^q say nothing when it is 1 - (q - 1) T_q with a small q - 1.
  const bool telling = std::abs(o.order - 1) > 0.01 && !std::isinf(o.order);
  if (telling) steps += "(1 - " + shown(1 - (o.order - 1) * value) + ") / (" + shown(o.order) + " - 1) = ";
  return {value, cap, Unit::none, steps + shown(value)};
}

// T_q = (1 - exp((1 - q) H_q)) / (q - 1), so dT_q = exp((1 - q) H_q) dH_q; T_inf is 0 everywhere.
Derivative tsallis_slopes(const IndexSpectrum& r, const TsallisOptions& o, double) {
  if (std::isinf(o.order)) return {{std::vector<double>(r.lam.size(), 0.0)}};
  const double per_nat = std::exp((1 - o.order) * renyi_entropy(r.lam, o.order, r.s->rank_tolerance));
  return entropy_derivative(*r.s, o.order, 1, per_nat, r.max_rank, "tsallis_entropy");
}

const Quantity<CenteredIndexOptions>& participation_ratio_index() {
  static const auto index = [] {
    EstimatorCard c =
        card("participation_ratio", true, "count", "Number of directions that share the variance, by the squares of their shares.",
             "(sum lam)^2 / sum lam^2" + kEigenvalues);
    c.range = "[1, min(n - 1, d)]";
    c.cap = "min(n - 1, d); min(n, d) when not centered";
    c.references = {
        "Gao, Trautmann, Yu, Santhanam, Ryu, Shenoy, Ganguli: A theory of multineuronal dimensionality, dynamics and measurement, "
        "bioRxiv 214262, 2017"};
    return index_of<CenteredIndexOptions>(std::move(c), participation, participation_slopes, {{}, true});
  }();
  return index;
}

const Quantity<UncenteredIndexOptions>& stable_rank_index() {
  static const auto index = [] {
    EstimatorCard c = card("stable_rank", false, "count",
                           "Squared Frobenius norm over squared spectral norm: how many times the largest direction's energy there is.",
                           "|Z|_F^2 / |Z|_2^2 = sum lam / lam_1" + kEigenvalues);
    c.aliases = {"nesum"};
    c.range = "[1, min(n, d)]";
    c.cap = "min(n, d); min(n - 1, d) when centered";
    c.references = {"Rudelson, Vershynin: Sampling from large matrices, an approach through geometric functional analysis, J. ACM 2007",
                    "He, Ozay: Exploring the gap between collapsed and whitened features in self-supervised learning, ICML 2022 (NESum)"};
    return index_of<UncenteredIndexOptions>(std::move(c), stable, stable_slopes, {.leading = 1});
  }();
  return index;
}

// `more`: eigenvalues needed beyond those that `rank` counts.
template <class Functional, class Slope>
Quantity<LeadingIndexOptions> leading_index(EstimatorCard c, Functional functional, Slope slopes, std::size_t more, std::string help) {
  c.references = {"Jolliffe: Principal component analysis, Springer 2002"};
  using O = LeadingIndexOptions;
  Quantity<O> out{std::move(c), {}, detail::with_slopes<O>(functional, slopes, {.leading = more}), detail::on_smaller_side<O>};
  out.table.integer(
      "rank", [](O& o) -> std::size_t& { return o.rank; }, {1, 1e9, false, false}, std::move(help));
  detail::add_row_fields(out.table, out.card);
  return out;
}

const Quantity<LeadingIndexOptions>& top_share_index() {
  static const auto index = [] {
    EstimatorCard c = card("top_share", true, "none", "Share of the variance in the leading directions.",
                           "(lam_1 + ... + lam_rank) / sum lam" + kEigenvalues);
    c.range = "[rank / min(n - 1, d), 1]";
    c.cap = "1";
    return leading_index(std::move(c), share, share_slopes, 0, "How many of the largest eigenvalues count, at most d");
  }();
  return index;
}

const Quantity<LeadingIndexOptions>& spectral_gap_index() {
  static const auto index = [] {
    EstimatorCard c = card("spectral_gap", true, "none", "Fall from one eigenvalue to the next, relative to the largest.",
                           "(lam_rank - lam_(rank+1)) / lam_1" + kEigenvalues);
    c.range = "[0, 1]";
    c.cap = "1";
    return leading_index(std::move(c), gap, gap_slopes, 1, "The eigenvalue before the gap, at most d - 1");
  }();
  return index;
}

const Quantity<CenteredIndexOptions>& anisotropy_index() {
  static const auto index = [] {
    EstimatorCard c = card("anisotropy", true, "none", "Share of the largest singular value in the sum of all.",
                           "s_1 / sum s, s singular values of Z, Z = x after center and normalize");
    c.range = "[1 / min(n - 1, d), 1]";
    c.cap = "1";
    c.references = {"Razzhigaev et al.: The shape of learning, anisotropy and intrinsic dimensions in transformer-based models, EACL 2024"};
    return index_of<CenteredIndexOptions>(std::move(c), largest_share, largest_share_slopes, {"the sum holds small singular values"});
  }();
  return index;
}

const Quantity<TsallisOptions>& tsallis_entropy_index() {
  static const auto index = [] {
    EstimatorCard c = card("tsallis_entropy", false, "none", "Tsallis entropy of the eigenvalues; order 2 is the linear entropy.",
                           "(1 - sum p^q) / (q - 1), p = lam / sum lam" + kEigenvalues);
    c.range = "[0, (1 - r^(1-q)) / (q - 1)], r = min(n, d)";
    c.cap = "(1 - r^(1-q)) / (q - 1), r = min(n, d), min(n - 1, d) when centered";
    c.references = {"Tsallis: Possible generalization of Boltzmann-Gibbs statistics, J. Stat. Phys. 1988"};
    Quantity<TsallisOptions> out{std::move(c), {}, {}, detail::on_smaller_side<TsallisOptions>};
    out.compute = [](const SampleMatrix& x, const TsallisOptions& o, Estimate& e, const Context& context, Differentiation* wanted) {
      const std::string_view why = o.order < 1 ? "orders below 1 depend on small eigenvalues" : "";
      return detail::with_slopes<TsallisOptions>(tsallis, tsallis_slopes, {why})(x, o, e, context, wanted);
    };
    fields::add_order(out.table);
    detail::add_row_fields(out.table, out.card);
    return out;
  }();
  return index;
}

}  // namespace

Estimate tsallis_entropy(const SampleMatrix& x, const TsallisOptions& options, const Context& context) {
  return detail::estimate(tsallis_entropy_index(), x, options, context);
}
Estimate participation_ratio(const SampleMatrix& x, const CenteredIndexOptions& options, const Context& context) {
  return detail::estimate(participation_ratio_index(), x, options, context);
}
Estimate stable_rank(const SampleMatrix& x, const UncenteredIndexOptions& options, const Context& context) {
  return detail::estimate(stable_rank_index(), x, options, context);
}
Estimate top_share(const SampleMatrix& x, const LeadingIndexOptions& options, const Context& context) {
  return detail::estimate(top_share_index(), x, options, context);
}
Estimate spectral_gap(const SampleMatrix& x, const LeadingIndexOptions& options, const Context& context) {
  return detail::estimate(spectral_gap_index(), x, options, context);
}
Estimate anisotropy(const SampleMatrix& x, const CenteredIndexOptions& options, const Context& context) {
  return detail::estimate(anisotropy_index(), x, options, context);
}

const EstimatorInfo& tsallis_entropy_info() {
  static const EstimatorInfo info = detail::info_of(tsallis_entropy_index());
  return info;
}
const EstimatorInfo& participation_ratio_info() {
  static const EstimatorInfo info = detail::info_of(participation_ratio_index());
  return info;
}
const EstimatorInfo& stable_rank_info() {
  static const EstimatorInfo info = detail::info_of(stable_rank_index());
  return info;
}
const EstimatorInfo& top_share_info() {
  static const EstimatorInfo info = detail::info_of(top_share_index());
  return info;
}
const EstimatorInfo& spectral_gap_info() {
  static const EstimatorInfo info = detail::info_of(spectral_gap_index());
  return info;
}
const EstimatorInfo& anisotropy_info() {
  static const EstimatorInfo info = detail::info_of(anisotropy_index());
  return info;
}

// ---- of a spectrum that is there

namespace {

OptionMap with_rank(std::size_t rank) { return {{"rank", static_cast<std::int64_t>(rank)}}; }

void check_rank(std::size_t rank, const EstimatorCard& card) {
  if (rank < 1) throw InvalidArgument(card.name + ": rank = 0 is not in [1, inf)");
}

}  // namespace

Estimate participation_ratio(const Spectrum& s) {
  return detail::of_given(participation_ratio_index().card, s, "(sum lam)^2 / sum lam^2", {}, CenteredIndexOptions{}, 0, participation);
}

Estimate stable_rank(const Spectrum& s) {
  return detail::of_given(stable_rank_index().card, s, "sum lam / lam_1", {}, UncenteredIndexOptions{}, 1, stable);
}

Estimate top_share(const Spectrum& s, std::size_t rank) {
  check_rank(rank, top_share_index().card);
  LeadingIndexOptions o;
  o.rank = rank;
  return detail::of_given(top_share_index().card, s, "(lam_1 + ... + lam_rank) / sum lam", with_rank(rank), o, rank, share);
}

Estimate spectral_gap(const Spectrum& s, std::size_t rank) {
  check_rank(rank, spectral_gap_index().card);
  LeadingIndexOptions o;
  o.rank = rank;
  return detail::of_given(spectral_gap_index().card, s, "(lam_rank - lam_(rank+1)) / lam_1", with_rank(rank), o, rank + 1, gap);
}

Estimate anisotropy(const Spectrum& s) {
  return detail::of_given(anisotropy_index().card, s, "s_1 / sum s, s = sqrt(lam)", {}, CenteredIndexOptions{}, s.size, largest_share);
}

Estimate tsallis_entropy(const Spectrum& s, double order) {
  TsallisOptions o;
  o.order = order;
  if (!(order >= 0)) throw InvalidArgument("tsallis_entropy: order = " + to_text(OptionValue(order)) + " is not in [0, inf]");
  return detail::of_given(tsallis_entropy_index().card, s, "(1 - sum p^q) / (q - 1), p = lam / sum lam", {{"order", order}}, o, 0, tsallis);
}

}  // namespace entrospect
