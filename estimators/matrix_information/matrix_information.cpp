#include "entrospect/estimators/matrix_information/matrix_information.hpp"

#include <algorithm>
#include <cmath>

#include "entrospect/estimators/matrix_information/detail/blocks.hpp"

namespace entrospect {
namespace {

using detail::Blocks;
using detail::Quantity;

// The letter of a quantity, the signed entropies that it is made of, and the largest value that unit diagonals allow.
struct Combination {
  std::string symbol;
  Blocks::Sum (*sum)(const Blocks&);
  double (*cap)(Blocks&);
};

double log_n(const Blocks& b) { return std::log(static_cast<double>(b.matrix(0).n())); }

std::vector<double> singles(Blocks& b) {
  std::vector<double> out;
  for (std::size_t i = 0; i < b.count(); ++i) out.push_back(b.entropy({i}));
  return out;
}

// sum H_i - max H_i: the joint entropy is at least the largest.
double total_correlation_cap(Blocks& b) {
  const std::vector<double> h = singles(b);
  double total = 0;
  for (const double v : h) total += v;
  return total - *std::max_element(h.begin(), h.end());
}

Blocks::Sum joint_sum(const Blocks& b) { return {{1, b.all()}}; }
Blocks::Sum conditional_sum(const Blocks&) { return {{1, {0, 1}}, {-1, {1}}}; }
Blocks::Sum conditional_mutual_sum(const Blocks&) { return {{1, {0, 2}}, {1, {1, 2}}, {-1, {0, 1, 2}}, {-1, {2}}}; }

Blocks::Sum total_sum(const Blocks& b) {
  Blocks::Sum out;
  for (std::size_t i = 0; i < b.count(); ++i) out.push_back({1, {i}});
  out.push_back({-1, b.all()});
  return out;
}

// H - sum_i [H - H_(-i)] = sum_i H_(-i) - (count - 1) H.
Blocks::Sum dual_sum(const Blocks& b) {
  Blocks::Sum out;
  for (std::size_t i = 0; i < b.count(); ++i) out.push_back({1, b.all_but(i)});
  out.push_back({1 - static_cast<int>(b.count()), b.all()});
  return out;
}

Blocks::Sum with(Blocks::Sum out, int sign, const Blocks::Sum& other) {
  for (const auto& [factor, set] : other) {
    const auto same = std::find_if(out.begin(), out.end(), [&set = set](const auto& term) { return term.second == set; });
    if (same != out.end())
      same->first += sign * factor;
    else
      out.push_back({sign * factor, set});
  }
  std::erase_if(out, [](const auto& term) { return term.first == 0; });
  return out;
}
Blocks::Sum o_sum(const Blocks& b) { return with(total_sum(b), -1, dual_sum(b)); }
Blocks::Sum s_sum(const Blocks& b) { return with(total_sum(b), 1, dual_sum(b)); }

const Combination kJoint{"H", joint_sum, [](Blocks& b) { return log_n(b); }};
const Combination kConditional{"H(x | y)", conditional_sum, [](Blocks& b) { return log_n(b) - b.entropy({1}); }};
// At most H(x, z) - H(z) and H(y, z) - H(z).
const Combination kConditionalMutual{"I(x; y | z)", conditional_mutual_sum, [](Blocks& b) {
                                       return std::min(b.entropy({0, 2}), b.entropy({1, 2})) - b.entropy({2});
                                     }};
const Combination kTotal{"TC", total_sum, total_correlation_cap};
// No H_(-i) is larger than H.
const Combination kDual{"DTC", dual_sum, [](Blocks& b) { return b.entropy(b.all()); }};
// TC less a DTC that order 1 alone guarantees to be at least 0.
const Combination kO{"O", o_sum, [](Blocks& b) { return total_correlation_cap(b) - std::min(b.value(dual_sum(b)), 0.0); }};
const Combination kS{"S", s_sum, [](Blocks& b) { return total_correlation_cap(b) + b.entropy(b.all()); }};

EstimatorCard card(std::string name, std::string summary, const std::string& formula) {
  EstimatorCard c;
  c.name = std::move(name);
  c.summary = std::move(summary);
  c.unit = "entropy";
  c.cost = "O(n^2 (d_x + d_y + ..) + n^3) for each entropy in the formula; order 2 without the cubic term";
  c.references = {
      "Sanchez Giraldo, Rao, Principe: Measures of entropy from data using infinitely divisible kernels, IEEE Trans. Inf. Theory 2015",
      "Yu, Sanchez Giraldo, Jenssen, Principe: Multivariate extension of matrix-based Renyi's alpha-order entropy functional, IEEE "
      "Trans. Pattern Anal. Mach. Intell. 2020"};
  detail::set_formulas(c, formula);
  return c;
}

void name_samples(EstimatorCard& c, std::vector<std::string> names, bool more) {
  c.sample_names = std::move(names);
  c.more_samples = more;
}

// fill(blocks, options, estimate) returns what the value's derivative is made of.
template <class O, class Fill>
Quantity<O> quantity_of(EstimatorCard c, Fill fill) {
  Quantity<O> out{std::move(c), {}, {}};
  out.compute = [fill, card = out.card](const Inputs& inputs, const O& o, Estimate& e, const Context& context, Differentiation* wanted) {
    Blocks blocks(inputs.samples, card, detail::block_plan(o), e, context);
    blocks.differentiate(wanted, fill(blocks, o, e));
  };
  out.footprint = [named = out.card.sample_names.size()](const O&, std::size_t n, std::size_t) {
    return detail::blocks_footprint(named, n);
  };
  return out;
}

Blocks::Factors set_combination(const Combination& c, Blocks& blocks, Unit unit, Estimate& e) {
  const Blocks::Sum sum = c.sum(blocks);
  const double nats = blocks.value(sum);
  // One entropy is its own value.
  const bool alone = sum.size() == 1;
  detail::set_blocks(e, nats, c.cap(blocks), unit,
                     blocks.kernels() + (alone ? blocks.entropy_step(sum.front().second) : blocks.steps(c.symbol, sum)));
  return Blocks::scaled(sum, nats_to(unit));
}

Quantity<MatrixInformationOptions> quantity(EstimatorCard c, const Combination& combination) {
  auto out = quantity_of<MatrixInformationOptions>(
      std::move(c), [&combination](Blocks& blocks, const auto& o, Estimate& e) { return set_combination(combination, blocks, o.unit, e); });
  detail::add_block_fields(out.table, out.card);
  return out;
}

const Quantity<MatrixInformationOptions>& joint_entropy() {
  static const auto out = [] {
    EstimatorCard c =
        card("matrix_joint_entropy", "Renyi entropy of several representations of the same samples together.", "H = H(x, y, ..)");
    c.range = "[max H_i, ln n]; at order 1 at most sum H_i";
    c.cap = "ln n";
    name_samples(c, {"x", "y"}, true);
    return quantity(std::move(c), kJoint);
  }();
  return out;
}

const Quantity<MatrixInformationOptions>& conditional_entropy() {
  static const auto out = [] {
    EstimatorCard c = card("matrix_conditional_entropy", "What one representation adds to the entropy of another of the same samples.",
                           "H(x | y) = H(x, y) - H(y)");
    c.range = "[0, ln n - H(y)]";
    c.cap = "ln n - H(y)";
    name_samples(c, {"x", "y"}, false);
    return quantity(std::move(c), kConditional);
  }();
  return out;
}

const Quantity<MatrixInformationOptions>& conditional_mutual_information() {
  static const auto out = [] {
    EstimatorCard c =
        card("matrix_conditional_mutual_information", "What two representations share beyond a third one of the same samples.",
             "I(x; y | z) = H(x, z) + H(y, z) - H(x, y, z) - H(z)");
    c.range = "at most min(H(x, z), H(y, z)) - H(z); >= 0 at order 1, of either sign otherwise";
    c.cap = "min(H(x, z), H(y, z)) - H(z)";
    name_samples(c, {"x", "y", "z"}, false);
    return quantity(std::move(c), kConditionalMutual);
  }();
  return out;
}

const Quantity<MatrixTotalCorrelationOptions>& total_correlation() {
  using O = MatrixTotalCorrelationOptions;
  static const auto out = [] {
    EstimatorCard c =
        card("matrix_total_correlation", "What all representations of the same samples share: their entropies less that of them together.",
             "TC = H(x) + H(y) + .. - H(x, y, ..), over its cap when normalized");
    c.range = "at most sum H_i - max H_i; >= 0 at order 1, of either sign otherwise";
    c.cap = "sum H_i - max H_i; 1 when normalized";
    name_samples(c, {"x", "y"}, true);
    auto quantity = quantity_of<O>(std::move(c), [](Blocks& blocks, const O& o, Estimate& e) {
      if (!o.normalized) return set_combination(kTotal, blocks, o.unit, e);
      const Blocks::Sum sum = kTotal.sum(blocks);
      const double nats = blocks.value(sum), by = kTotal.cap(blocks);
      e.diagnostics.set("total_correlation_nats", nats);
      if (!(by > 0)) e.flag(Status::degenerate, "sum H_i - max H_i = " + shown(by) + ": nothing could be shared");
      set_number(e, by > 0 ? nats / by : std::numeric_limits<double>::quiet_NaN(), 1, Unit::none);
      e.substituted = blocks.kernels() + blocks.steps("TC", sum) + "; sum H_i - max H_i = " + shown(by) + "; " + shown(nats) + " / " +
                      shown(by) + " = " + shown(e.value);
      // d(TC / by) = (dTC - value dby) / by
      Blocks::Factors factors = Blocks::scaled(sum, 1 / by);
      const std::vector<double> h = singles(blocks);
      const auto largest = static_cast<std::size_t>(std::max_element(h.begin(), h.end()) - h.begin());
      for (std::size_t i = 0; i < h.size(); ++i)
        if (i != largest) Blocks::add(factors, -e.value / by, {i});
      return factors;
    });
    quantity.table.flag(
        "normalized", [](O& o) -> bool& { return o.normalized; },
        "Divide by sum H_i - max H_i, the largest value possible; the result has no unit");
    detail::add_block_fields(quantity.table, quantity.card);
    return quantity;
  }();
  return out;
}

const Quantity<MatrixInformationOptions>& dual_total_correlation() {
  static const auto out = [] {
    EstimatorCard c =
        card("matrix_dual_total_correlation", "Entropy of all representations of the same samples together less what each has to itself.",
             "DTC = H - [H - H_(-x)] - [H - H_(-y)] - .., H = H(x, y, ..), H_(-x) = H(y, ..) without x");
    c.range = "at most H(x, y, ..); >= 0 at order 1, of either sign otherwise";
    c.cap = "H(x, y, ..)";
    name_samples(c, {"x", "y"}, true);
    return quantity(std::move(c), kDual);
  }();
  return out;
}

const Quantity<MatrixInformationOptions>& o_information_quantity() {
  static const auto out = [] {
    EstimatorCard c =
        card("o_information", "Balance of three or more representations: positive where redundancy prevails, negative where synergy does.",
             "O = TC - DTC, TC = sum H_i - H, DTC = H - sum_i [H - H_(-i)], H of all variables, H_i of one, H_(-i) of all others");
    c.range = "of either sign, at most TC's cap less the dual total correlation where that is negative";
    c.cap = "sum H_i - max H_i, less DTC where that is negative";
    c.references.emplace_back(
        "Rosas, Mediano, Gastpar, Jensen: Quantifying high-order interdependencies via multivariate extensions of the mutual "
        "information, Phys. Rev. E 2019");
    name_samples(c, {"x", "y", "z"}, true);
    return quantity(std::move(c), kO);
  }();
  return out;
}

const Quantity<MatrixInformationOptions>& s_information_quantity() {
  static const auto out = [] {
    EstimatorCard c =
        card("s_information", "All dependence of three or more representations: total and dual total correlation together.",
             "S = TC + DTC, TC = sum H_i - H, DTC = H - sum_i [H - H_(-i)], H of all variables, H_i of one, H_(-i) of all others");
    c.range = "at most sum H_i - max H_i + H; >= 0 at order 1, of either sign otherwise";
    c.cap = "sum H_i - max H_i + H";
    c.references.emplace_back("James, Ellison, Crutchfield: Anatomy of a bit, information in a time series observation, Chaos 2011");
    name_samples(c, {"x", "y", "z"}, true);
    return quantity(std::move(c), kS);
  }();
  return out;
}

Inputs inputs_of(std::vector<SampleMatrix> samples) { return {std::move(samples), std::nullopt, {}}; }

}  // namespace

Estimate matrix_joint_entropy(const std::vector<SampleMatrix>& samples, const MatrixInformationOptions& options, const Context& context) {
  return detail::estimate(joint_entropy(), inputs_of(samples), options, context);
}
Estimate matrix_conditional_entropy(const SampleMatrix& x, const SampleMatrix& y, const MatrixInformationOptions& options,
                                    const Context& context) {
  return detail::estimate(conditional_entropy(), inputs_of({x, y}), options, context);
}
Estimate matrix_conditional_mutual_information(const SampleMatrix& x, const SampleMatrix& y, const SampleMatrix& z,
                                               const MatrixInformationOptions& options, const Context& context) {
  return detail::estimate(conditional_mutual_information(), inputs_of({x, y, z}), options, context);
}
Estimate matrix_total_correlation(const std::vector<SampleMatrix>& samples, const MatrixTotalCorrelationOptions& options,
                                  const Context& context) {
  return detail::estimate(total_correlation(), inputs_of(samples), options, context);
}
Estimate matrix_dual_total_correlation(const std::vector<SampleMatrix>& samples, const MatrixInformationOptions& options,
                                       const Context& context) {
  return detail::estimate(dual_total_correlation(), inputs_of(samples), options, context);
}
Estimate o_information(const std::vector<SampleMatrix>& samples, const MatrixInformationOptions& options, const Context& context) {
  return detail::estimate(o_information_quantity(), inputs_of(samples), options, context);
}
Estimate s_information(const std::vector<SampleMatrix>& samples, const MatrixInformationOptions& options, const Context& context) {
  return detail::estimate(s_information_quantity(), inputs_of(samples), options, context);
}

const EstimatorInfo& matrix_joint_entropy_info() {
  static const EstimatorInfo info = detail::info_of(joint_entropy());
  return info;
}
const EstimatorInfo& matrix_conditional_entropy_info() {
  static const EstimatorInfo info = detail::info_of(conditional_entropy());
  return info;
}
const EstimatorInfo& matrix_conditional_mutual_information_info() {
  static const EstimatorInfo info = detail::info_of(conditional_mutual_information());
  return info;
}
const EstimatorInfo& matrix_total_correlation_info() {
  static const EstimatorInfo info = detail::info_of(total_correlation());
  return info;
}
const EstimatorInfo& matrix_dual_total_correlation_info() {
  static const EstimatorInfo info = detail::info_of(dual_total_correlation());
  return info;
}
const EstimatorInfo& o_information_info() {
  static const EstimatorInfo info = detail::info_of(o_information_quantity());
  return info;
}
const EstimatorInfo& s_information_info() {
  static const EstimatorInfo info = detail::info_of(s_information_quantity());
  return info;
}

}  // namespace entrospect
