#include "entrospect/estimators/matrix_information/mutual_information.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "entrospect/estimators/dependence/fields.hpp"
#include "entrospect/estimators/matrix_information/detail/blocks.hpp"

namespace entrospect {
namespace {

using detail::Blocks;
using detail::Quantity;
using O = MatrixMutualInformationOptions;

const Choices<InformationNormalizer>& normalizer_choices() {
  static const Choices<InformationNormalizer> choices{{"none", InformationNormalizer::none},
                                                      {"min", InformationNormalizer::min},
                                                      {"max", InformationNormalizer::max},
                                                      {"sqrt", InformationNormalizer::sqrt},
                                                      {"mean", InformationNormalizer::mean}};
  return choices;
}

EstimatorCard card() {
  EstimatorCard c;
  c.name = "matrix_mutual_information";
  c.summary = "What two representations of the same samples share: their entropies less that of both together.";
  detail::set_formulas(c, "I(x; y) = (H(x) + H(y) - H(x, y)) / normalizer");
  for (ConventionInfo& convention : c.conventions)
    if (convention.id == "yu") {
      convention.preset.emplace_back("normalizer", std::string("max"));
      convention.preset.erase(convention.preset.begin());  // no unit: the ratio has none
    }
  c.unit = "entropy";
  c.range = "at most min(H(x), H(y)) over the normalizer; >= 0 at order 1, of either sign otherwise";
  c.cap = "min(H(x), H(y)) over the normalizer";
  c.cost = "O(n^2 (d_x + d_y) + (3 + n_null) n^3); order 2: O(n^2 (d_x + d_y + n_null))";
  c.references = {
      "Sanchez Giraldo, Rao, Principe: Measures of entropy from data using infinitely divisible kernels, IEEE Trans. Inf. Theory 2015",
      "Yu, Alesiani, Yu, Jenssen, Principe: Measuring dependence with matrix-based entropy functional, AAAI 2021",
      "Phipson, Smyth: Permutation p-values should never be zero, Stat. Appl. Genet. Mol. Biol. 2010"};
  c.sample_names = {"x", "y"};
  return c;
}

double divisor(InformationNormalizer normalizer, double x, double y) {
  switch (normalizer) {
    case InformationNormalizer::none:
      break;
    case InformationNormalizer::min:
      return std::min(x, y);
    case InformationNormalizer::max:
      return std::max(x, y);
    case InformationNormalizer::sqrt:
      return std::sqrt(x * y);
    case InformationNormalizer::mean:
      return (x + y) / 2;
  }
  return 1;
}

// d(I / by), by the divisor of entropies x and y: (dI - value dby) / by.
Blocks::Factors ratio_factors(const Blocks::Sum& sum, InformationNormalizer normalizer, double x, double y, double value, double by) {
  Blocks::Factors out = Blocks::scaled(sum, 1 / by);
  const auto less = [&](double slope) { Blocks::add(out, -value / by * slope, {0}); };
  if (normalizer == InformationNormalizer::mean) less(0.5);
  if (normalizer == InformationNormalizer::sqrt) less(by / (2 * x));
  if (normalizer == InformationNormalizer::min && x <= y) less(1);
  if (normalizer == InformationNormalizer::max && x >= y) less(1);
  return out;
}

void fill(const Inputs& inputs, const EstimatorCard& own, const O& o, Estimate& e, const Context& context, Differentiation* wanted) {
  Blocks blocks(inputs.samples, own, detail::block_plan(o), e, context);
  const Blocks::Sum sum{{1, {0}}, {1, {1}}, {-1, {0, 1}}};
  const double nats = blocks.value(sum), x = blocks.entropy({0}), y = blocks.entropy({1}), cap = std::min(x, y);
  const bool ratio = o.normalizer != InformationNormalizer::none;
  const double by = divisor(o.normalizer, x, y), scale = ratio ? 1 / by : nats_to(o.unit);
  const std::string steps = blocks.kernels() + blocks.steps("I", sum);
  if (ratio) {
    e.diagnostics.set("mutual_information_nats", nats);
    e.diagnostics.set("normalizer_value", by);
    if (!(by > 0)) e.flag(Status::degenerate, "the normalizer is " + shown(by) + ": a representation without entropy");
    set_number(e, by > 0 ? nats / by : std::numeric_limits<double>::quiet_NaN(), by > 0 ? cap / by : 1, Unit::none);
    e.substituted = steps + "; " + shown(nats) + " / " + shown(by) + " = " + shown(e.value);
  } else {
    detail::set_blocks(e, nats, cap, o.unit, steps);
  }
  blocks.differentiate(wanted, ratio ? ratio_factors(sum, o.normalizer, x, y, e.value, by) : Blocks::scaled(sum, scale));
  if (o.null == PermutationNull::none || !std::isfinite(e.value)) return;
  const std::size_t n = e.n;
  std::vector<double> null = blocks.permuted_entropies(o.n_null, [&](std::size_t m) { return null_stream(o.seed, m).permutation(n); });
  for (double& v : null) v = (x + y - v) * scale;
  add_null(e, null, 1e-12 * std::max(1.0, x + y) * std::abs(scale), o.seed);
}

const Quantity<O>& quantity() {
  static const auto out = [] {
    Quantity<O> q{card(), {}, {}};
    q.compute = [own = q.card](const Inputs& inputs, const O& o, Estimate& e, const Context& context, Differentiation* wanted) {
      fill(inputs, own, o, e, context, wanted);
    };
    q.footprint = [](const O&, std::size_t n, std::size_t) { return detail::blocks_footprint(2, n); };
    q.table.choice(
        "normalizer", [](O& o) -> InformationNormalizer& { return o.normalizer; }, normalizer_choices(),
        "Divide by the smaller or larger of H(x) and H(y), the root of their product or their mean; the result then has no unit");
    detail::add_block_fields(q.table, q.card);
    fields::add_null(q.table);
    return q;
  }();
  return out;
}

}  // namespace

Estimate matrix_mutual_information(const SampleMatrix& x, const SampleMatrix& y, const MatrixMutualInformationOptions& options,
                                   const Context& context) {
  return detail::estimate(quantity(), {{x, y}, std::nullopt, {}}, options, context);
}

const EstimatorInfo& matrix_mutual_information_info() {
  static const EstimatorInfo info = detail::info_of(quantity());
  return info;
}

}  // namespace entrospect
