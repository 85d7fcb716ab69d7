#include "entrospect/estimators/geometry/numerical_rank.hpp"

#include <algorithm>
#include <cmath>

#include "entrospect/estimators/geometry/detail/index.hpp"
#include "entrospect/spectral/singular_values.hpp"

namespace entrospect {
namespace {

using detail::Finding;
using detail::Quantity;

const Choices<RankRule>& rank_rule_choices() {
  static const Choices<RankRule> choices{{"auto", RankRule::automatic}, {"eigenvalues", RankRule::eigenvalues}};
  return choices;
}

const std::string kOverNumericalRank = "s_1 / s_r, s singular values of Z, Z = x after center and normalize, r the numerical rank";

struct Ranked : detail::RowSingularValues {
  std::string steps;
};

template <class O>
Ranked ranked(const SampleMatrix& x, const O& o, Estimate& e, const Context& context) {
  const RowPlan plan{o.center, o.normalize, o.zero_rows, o.normalize == Normalize::l2, false};
  Ranked out{detail::row_singular_values(x, plan, e, context), {}};
  if (const auto* given = std::get_if<double>(&o.tolerance))
    out.count_above(*given);
  else if (std::get<RankRule>(o.tolerance) == RankRule::eigenvalues)
    out.count_above(std::sqrt(out.tolerance));
  e.diagnostics.set("tolerance", out.tolerance);
  e.diagnostics.set("numerical_rank", static_cast<std::int64_t>(out.rank));
  e.diagnostics.set("largest_singular_value", out.largest());
  out.steps = rows_text(out.rows.x) + "; s_1 = " + shown(out.largest()) + "; tolerance s_1 = " + shown(out.tolerance) + " * " +
              shown(out.largest()) + " = " + shown(out.tolerance * out.largest()) + "; rank = " + std::to_string(out.rank);
  return out;
}

Finding rank(const SampleMatrix& x, const NumericalRankOptions& o, Estimate& e, const Context& context) {
  const Ranked r = ranked(x, o, e, context);
  // The margin says whether the count would survive another tolerance.
  if (r.rank > 0) e.diagnostics.set("smallest_counted", r.s[r.rank - 1]);
  if (r.rank < r.s.size()) e.diagnostics.set("largest_dropped", r.s[r.rank]);
  return {static_cast<double>(r.rank), static_cast<double>(r.rows.max_rank()), Unit::count, r.steps};
}

Finding condition(const SampleMatrix& x, const ConditionNumberOptions& o, Estimate& e, const Context& context) {
  if (o.numerical_rank) e.formula = kOverNumericalRank;
  const Ranked r = ranked(x, o, e, context);
  const std::optional<double> cap = r.tolerance > 0 ? std::optional(1 / r.tolerance) : std::nullopt;
  if (r.rank == 0) return {std::numeric_limits<double>::quiet_NaN(), cap, Unit::none, r.steps};
  const std::size_t full = r.rows.max_rank(), used = o.numerical_rank ? std::min(r.rank, full) : full;
  if (r.rank < used) {
    e.flag(Status::degenerate,
           "rank " + std::to_string(r.rank) + " of " + std::to_string(full) +
               ": the smallest singular value is 0 to round-off; numerical_rank = true divides by the smallest one above "
               "the tolerance");
    return {fields::kInfinity, cap, Unit::none, r.steps + "; s_" + std::to_string(used) + " = 0, s_1 / 0 = inf"};
  }
  const double smallest = r.s[used - 1], value = r.s.front() / smallest;
  return {value, cap, Unit::none,
          r.steps + "; s_" + std::to_string(used) + " = " + shown(smallest) + "; " + shown(r.s.front()) + " / " + shown(smallest) + " = " +
              shown(value)};
}

template <class O>
Quantity<O> index_of(EstimatorCard c, Finding (*find)(const SampleMatrix&, const O&, Estimate&, const Context&)) {
  c.cost = "O(n d min(n, d)), on one thread";
  c.references = {"Golub, Van Loan: Matrix computations, Johns Hopkins University Press 2013"};
  Quantity<O> out{std::move(c), {}, find};
  out.footprint = [](const O&, std::size_t n, std::size_t d) { return detail::factor_footprint(n, d); };
  return out;
}

template <class O>
void add_fields(FieldTable<O>& table, const EstimatorCard& card) {
  table.number_or_choice(
      "tolerance", [](O& o) -> std::variant<double, RankRule>& { return o.tolerance; }, {0, 1, false, true}, rank_rule_choices(),
      "A singular value counts above this share of the largest: 'auto' is max(n, d) eps, 'eigenvalues' its root");
  fields::add_rows(table);
  fields::add_convention(table, card);
}

const Quantity<NumericalRankOptions>& numerical_rank_index() {
  static const auto index = [] {
    EstimatorCard c;
    c.name = "numerical_rank";
    c.summary = "Number of directions that are not round-off.";
    c.formula = "#{s_i > tolerance s_1}, s singular values of Z, Z = x after center and normalize";
    c.unit = "count";
    c.range = "[0, min(n, d)]";
    c.cap = "min(n, d); min(n - 1, d) when centered";
    c.conventions = {{"singular-values", false, "", {}, {}}, {"eigenvalues", false, "", {{"tolerance", std::string("eigenvalues")}}, {}}};
    Quantity<NumericalRankOptions> out = index_of(std::move(c), rank);
    add_fields(out.table, out.card);
    return out;
  }();
  return index;
}

const Quantity<ConditionNumberOptions>& condition_number_index() {
  static const auto index = [] {
    EstimatorCard c;
    c.name = "condition_number";
    c.summary = "Largest over smallest singular value: how unevenly the matrix stretches.";
    c.formula = "s_1 / s_r, s singular values of Z, Z = x after center and normalize, r = min(n, d), n - 1 for n when centered";
    c.unit = "none";
    c.range = "[1, inf]";
    c.cap = "1 / tolerance for a finite value";
    c.conventions = {{"full-rank", false, "", {}, {}}, {"numerical-rank", false, kOverNumericalRank, {{"numerical_rank", true}}, {}}};
    Quantity<ConditionNumberOptions> out = index_of(std::move(c), condition);
    out.table.flag(
        "numerical_rank", [](ConditionNumberOptions& o) -> bool& { return o.numerical_rank; },
        "Divide by the smallest singular value above the tolerance instead of answering inf");
    add_fields(out.table, out.card);
    return out;
  }();
  return index;
}

}  // namespace

Estimate numerical_rank(const SampleMatrix& x, const NumericalRankOptions& options, const Context& context) {
  return detail::estimate(numerical_rank_index(), x, options, context);
}
Estimate condition_number(const SampleMatrix& x, const ConditionNumberOptions& options, const Context& context) {
  return detail::estimate(condition_number_index(), x, options, context);
}

const EstimatorInfo& numerical_rank_info() {
  static const EstimatorInfo info = detail::info_of(numerical_rank_index());
  return info;
}
const EstimatorInfo& condition_number_info() {
  static const EstimatorInfo info = detail::info_of(condition_number_index());
  return info;
}

}  // namespace entrospect
