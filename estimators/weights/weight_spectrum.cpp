#include "entrospect/estimators/weights/weight_spectrum.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "entrospect/core/errors.hpp"
#include "entrospect/core/parallel.hpp"
#include "entrospect/core/row_loader.hpp"
#include "entrospect/core/sum.hpp"
#include "entrospect/estimators/functional.hpp"
#include "entrospect/estimators/geometry/detail/index.hpp"

namespace entrospect {
namespace {

using detail::Finding;
using detail::Quantity;

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
const std::string kTool = "weightwatcher", kToolGpu = "weightwatcher-gpu";
const std::string kMartin = "Martin, Mahoney: Implicit self-regularization in deep neural networks, JMLR 2021";
const std::string kPrecision = "the tool computes in the input's precision; this is float64";

template <class O>
detail::RowSingularValues singular_values_of(const SampleMatrix& x, const O& o, Estimate& e, const Context& context) {
  const RowPlan plan{o.center, o.normalize, o.zero_rows, o.normalize == Normalize::l2, false};
  detail::RowSingularValues out = detail::row_singular_values(x, plan, e, context);
  e.diagnostics.set("numerical_rank", static_cast<std::int64_t>(out.rank));
  return out;
}

template <class O>
Quantity<O> index_of(EstimatorCard c, Finding (*find)(const SampleMatrix&, const O&, Estimate&, const Context&)) {
  Quantity<O> out{std::move(c), {}, find};
  out.footprint = [](const O&, std::size_t n, std::size_t d) { return detail::factor_footprint(n, d); };
  return out;
}

std::vector<double> squares(const std::vector<double>& s, std::size_t count) {
  std::vector<double> out;
  for (std::size_t i = 0; i < count; ++i) out.push_back(s[i] * s[i]);
  return out;
}

// ---- weight_entropy

Finding normalized_entropy(const SampleMatrix& x, const WeightEntropyOptions& o, Estimate& e, const Context& context) {
  const detail::RowSingularValues r = singular_values_of(x, o, e, context);
  if (r.rank == 0) return {kNaN, 1.0, Unit::none, {}};
  const double epsilon = o.compat == kTool ? 1e-10 : o.compat == kToolGpu ? 6e-5 : 0;
  const double rank = static_cast<double>(r.rank) + epsilon;
  const double nats = shifted_renyi_entropy(squares(r.s, epsilon > 0 ? r.s.size() : r.rank), 1, epsilon, 0);
  const std::string steps =
      rows_text(r.rows.x) + "; s_1 = " + shown(r.largest()) + "; rank = " + std::to_string(r.rank) + "; " + entropy_steps(1, nats);
  if (r.rank == 1 && epsilon == 0) return {0.0, 1.0, Unit::none, steps + "; of rank 1: 0"};
  return {nats / std::log(rank), 1.0, Unit::none,
          steps + "; " + shown(nats) + " / " + shown(std::log(rank)) + " = " + shown(nats / std::log(rank))};
}

ConventionInfo entropy_tool(const std::string& id, const std::string& epsilon, const std::string& at_rank_one) {
  return {
      id,
      true,
      "-sum p ln p / ln(rank + " + epsilon + "), p = s^2 / sum s^2 + " + epsilon,
      {},
      {epsilon + " is added to every p after normalizing and to the rank: at rank 1 the quotient of two such remainders is the value, " +
           at_rank_one + " for s = (1, 0)",
       kPrecision}};
}

const Quantity<WeightEntropyOptions>& weight_entropy_index() {
  static const auto index = [] {
    EstimatorCard c;
    c.resampling = Resampling::none;
    c.name = "weight_entropy";
    c.summary = "Entropy of a weight matrix's squared singular values, relative to the most that its rank allows.";
    c.formula =
        "H_1(p) / ln rank, p = s^2 / sum s^2, s singular values of Z above max(n, d) eps s_1, rank their number, Z = x after center "
        "and normalize";
    c.unit = "none";
    c.range = "[0, 1]";
    c.cap = "1";
    c.cost = "O(n d min(n, d)), on one thread";
    c.references = {kMartin};
    c.conventions = {{"rank", false, "", {}, {}}, entropy_tool(kTool, "1e-10", "22.03"), entropy_tool(kToolGpu, "6e-5", "8.72")};
    Quantity<WeightEntropyOptions> out = index_of(std::move(c), normalized_entropy);
    fields::add_rows(out.table);
    fields::add_convention(out.table, out.card);
    return out;
  }();
  return index;
}

// ---- power_law_alpha

const Choices<AutoXmin>& auto_choices() {
  static const Choices<AutoXmin> choices{{"auto", AutoXmin::automatic}};
  return choices;
}

constexpr double kRoundoff = 1e-12;  // of the logarithm of an eigenvalue

// Of the eigenvalues from the `first` smallest on.
struct Tail {
  std::size_t first = 0, count = 0;
  double alpha = kNaN, distance = fields::kInfinity;
};

// How a tail is fitted: the distance from below only; m - 1 for m in the exponent; the fewest eigenvalues of a tail that is looked for.
struct TailRule {
  bool from_below = false, less_one = false;
  std::size_t fewest = 2;
};
TailRule rule_of(const PowerLawOptions& o, std::size_t eigenvalues) {
  if (o.compat != kTool) return {};
  constexpr std::size_t kSmall = 20, kShortest = 8;  // the tool's
  if (eigenvalues >= kSmall) return {true, false, 2};
  return {true, true, std::min(kShortest, eigenvalues)};
}

// logs: ascending logarithms; total: their sum from `first` on.
Tail fitted(std::span<const double> logs, std::size_t first, double total, const TailRule& rule) {
  Tail t{first, logs.size() - first};
  const auto m = static_cast<double>(t.count);
  const double excess = total - m * logs[first];
  if (!(excess > m * kRoundoff)) return t;  // all equal
  t.alpha = 1 + (rule.less_one ? m - 1 : m) / excess;
  t.distance = 0;
  for (std::size_t j = 0; j < t.count; ++j) {
    const double model = -std::expm1((1 - t.alpha) * (logs[first + j] - logs[first])), before = static_cast<double>(j) / m;
    t.distance = std::max(t.distance, std::abs(model - before));
    if (!rule.from_below) t.distance = std::max(t.distance, std::abs(model - before - 1 / m));
  }
  return t;
}

Tail best_tail(const std::vector<double>& logs, const PowerLawOptions& o, const Context& context) {
  const TailRule rule = rule_of(o, logs.size());
  std::vector<double> totals(logs.size());
  Sum total;
  for (std::size_t i = logs.size(); i-- > 0;) {
    total.add(logs[i]);
    totals[i] = total.value();
  }
  if (const double* xmin = std::get_if<double>(&o.xmin)) {
    const auto first = static_cast<std::size_t>(std::lower_bound(logs.begin(), logs.end(), std::log(*xmin) - kRoundoff) -
                                                logs.begin());  // one read off a result is an eigenvalue
    return first + 1 < logs.size() ? fitted(logs, first, totals[first], rule) : Tail{};
  }
  std::vector<Tail> tails(logs.size() - rule.fewest + 1);
  parallel_for(context, tails.size(), [&](std::size_t i) {
    const bool repeated = i > 0 && logs[i] == logs[i - 1] && !rule.from_below;  // the same xmin with less than its eigenvalues
    if (!repeated) tails[i] = fitted(logs, i, totals[i], rule);
  });
  return *std::min_element(tails.begin(), tails.end(), [](const Tail& a, const Tail& b) { return a.distance < b.distance; });
}

Finding power_law(const SampleMatrix& x, const PowerLawOptions& o, Estimate& e, const Context& context) {
  constexpr std::size_t kFew = 50;
  const detail::RowSingularValues r = singular_values_of(x, o, e, context);
  e.diagnostics.set("zeros_excluded", static_cast<std::int64_t>(r.s.size() - r.rank));
  std::vector<double> logs;
  for (std::size_t i = r.rank; i-- > 0;) logs.push_back(2 * std::log(r.s[i]));
  const TailRule rule = rule_of(o, logs.size());
  const Tail tail = logs.size() < 2 ? Tail{} : best_tail(logs, o, context);
  if (!std::isfinite(tail.alpha)) {
    e.flag(Status::degenerate,
           "fewer than 2 different eigenvalues are left for a power law: " + std::to_string(r.rank) + " are above the rank tolerance");
    return {};
  }
  const auto m = static_cast<double>(tail.count);
  const double xmin = std::exp(logs[tail.first]), mean = 1 / (tail.alpha - 1);
  e.diagnostics.set("xmin", xmin);
  e.diagnostics.set("tail", static_cast<std::int64_t>(tail.count));
  e.diagnostics.set("ks_distance", tail.distance);
  e.std_error = (tail.alpha - 1) / std::sqrt(m);
  e.interval_method = "maximum-likelihood";
  if (r.rank < kFew)
    e.warnings.push_back("only " + std::to_string(r.rank) + " eigenvalues: fewer than " + std::to_string(kFew) +
                         " hardly tell a power law from anything else");
  return {tail.alpha,
          {},
          Unit::none,
          rows_text(r.rows.x) + "; " + std::to_string(r.rank) + " eigenvalues, " + std::to_string(tail.count) +
              " of them >= xmin; xmin = " + shown(xmin) + "; sum ln(lam / xmin) / " + (rule.less_one ? "(m - 1)" : "m") + " = " +
              shown(mean) + "; 1 + 1 / " + shown(mean) + " = " + shown(tail.alpha)};
}

const Quantity<PowerLawOptions>& power_law_index() {
  static const auto index = [] {
    EstimatorCard c;
    c.resampling = Resampling::none;
    c.name = "power_law_alpha";
    c.summary = "Exponent of the power law in the tail of a weight matrix's eigenvalues, by maximum likelihood.";
    c.formula =
        "1 + m / sum ln(lam_i / xmin) over the m eigenvalues lam_i >= xmin of Z^T Z, Z = x after center and normalize, xmin the "
        "eigenvalue with the least distance max |F - F_m|";
    c.unit = "none";
    c.range = "(1, inf)";
    c.cap = "none";
    c.cost = "O(n d min(n, d)), on one thread";
    c.references = {"Clauset, Shalizi, Newman: Power-law distributions in empirical data, SIAM Review 2009", kMartin};
    c.conventions = {
        {"clauset", false, "", {}, {}},
        {kTool,
         true,
         "1 + (m - l) / sum ln(lam_i / xmin) over the m eigenvalues lam_i >= xmin, xmin with the least max_i |F(lam_i) - (i - 1) / m|, "
         "l = 0; of fewer than 20 eigenvalues l = 1 and m >= min(8, their number)",
         {},
         {"fewer than 20 eigenvalues have a rule of their own: m - 1 for m in the exponent, and tails of at least 8",
          "the distance looks at the empirical distribution before each step only, so it is too small by up to 1 / m",
          "of equal eigenvalues each may be xmin, with the equal ones before it left out", kPrecision}}};
    Quantity<PowerLawOptions> out = index_of(std::move(c), power_law);
    out.table.number_or_choice(
        "xmin", [](PowerLawOptions& o) -> std::variant<double, AutoXmin>& { return o.xmin; }, fields::kPositive, auto_choices(),
        "Where the tail begins: an eigenvalue of Z^T Z, or 'auto', the one with the least Kolmogorov-Smirnov distance");
    fields::add_rows(out.table);
    fields::add_convention(out.table, out.card);
    return out;
  }();
  return index;
}

// ---- vector_participation_ratio

Finding participation(const SampleMatrix& x, const VectorParticipationOptions& o, Estimate& e, const Context& context) {
  const PreparedRows rows = prepare_rows(x, {false, Normalize::l2, o.zero_rows, true, false}, e, context);
  e.backend_requested = e.backend_used = "row-norms";
  const std::size_t n = rows.x.n(), d = rows.x.d();
  const bool tool = o.compat == kTool;
  const RowLoader loader(rows.x, context);
  constexpr std::size_t kRows = 64;
  std::vector<double> ratios(n);
  parallel_for(context, (n + kRows - 1) / kRows, [&](std::size_t block) {
    std::vector<double> row(d);
    for (std::size_t i = block * kRows; i < std::min(n, (block + 1) * kRows); ++i) {
      loader.load(i, 1, row.data(), d);
      Sum fourth;
      for (const double v : row) fourth.add(v * v * (v * v));
      ratios[i] = tool ? std::pow(fourth.value(), -0.25) : 1 / fourth.value();
    }
  });
  const double total = sum(ratios), value = total / static_cast<double>(n);
  const auto [low, high] = std::minmax_element(ratios.begin(), ratios.end());
  e.diagnostics.set("least", *low);
  e.diagnostics.set("largest", *high);
  const auto entries = static_cast<double>(d);
  return {value, tool ? std::pow(entries, 0.25) : entries, Unit::count,
          rows_text(rows.x) + "; sum over " + std::to_string(n) + " rows = " + shown(total) + "; " + shown(total) + " / " +
              std::to_string(n) + " = " + shown(value)};
}

const Quantity<VectorParticipationOptions>& vector_participation_index() {
  static const auto index = [] {
    EstimatorCard c;
    c.resampling = Resampling::none;
    c.name = "vector_participation_ratio";
    c.summary = "Number of entries that share a row, by the squares of their squares.";
    c.formula = "1/n sum_i 1 / sum_j z_ij^4, Z = x, each row divided by its norm";
    c.unit = "count";
    c.range = "[1, d]";
    c.cap = "d";
    c.cost = "O(n d)";
    c.references = {kMartin};
    c.conventions = {{"fourth-power", false, "", {}, {}},
                     {kTool,
                      true,
                      "1/n sum_i (sum_j z_ij^4)^(-1/4), Z = x, each row divided by its norm",
                      {},
                      {"the fourth power is left out, so a row of d equal entries counts as d^(1/4)", kPrecision}}};
    Quantity<VectorParticipationOptions> out{std::move(c), {}, participation};
    out.footprint = [](const VectorParticipationOptions&, std::size_t n, std::size_t d) {
      return Footprint{true, 8 * static_cast<double>(n) + 16 * static_cast<double>(d)};
    };
    fields::add_zero_rows(out.table);
    fields::add_convention(out.table, out.card);
    return out;
  }();
  return index;
}

}  // namespace

Estimate weight_entropy(const SampleMatrix& x, const WeightEntropyOptions& options, const Context& context) {
  return detail::estimate(weight_entropy_index(), x, options, context);
}
Estimate power_law_alpha(const SampleMatrix& x, const PowerLawOptions& options, const Context& context) {
  return detail::estimate(power_law_index(), x, options, context);
}
Estimate vector_participation_ratio(const SampleMatrix& x, const VectorParticipationOptions& options, const Context& context) {
  return detail::estimate(vector_participation_index(), x, options, context);
}

const EstimatorInfo& weight_entropy_info() {
  static const EstimatorInfo info = detail::info_of(weight_entropy_index());
  return info;
}
const EstimatorInfo& power_law_alpha_info() {
  static const EstimatorInfo info = detail::info_of(power_law_index());
  return info;
}
const EstimatorInfo& vector_participation_ratio_info() {
  static const EstimatorInfo info = detail::info_of(vector_participation_index());
  return info;
}

}  // namespace entrospect
