#include "entrospect/estimators/dependence/hypersphere.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <numeric>

#include "entrospect/core/errors.hpp"
#include "entrospect/core/sum.hpp"
#include "entrospect/estimators/dependence/detail/measure.hpp"
#include "entrospect/estimators/spectral_entropy/preparation.hpp"
#include "entrospect/spectral/each_row.hpp"
#include "entrospect/spectral/products.hpp"

namespace entrospect {
namespace {

using detail::Outcome;
using detail::Quantity;
using detail::Samples;

const std::string kDirections = ", u_i = x_i / |x_i|";
const std::string kWangIsola =
    "Wang, Isola: Understanding contrastive representation learning through alignment and uniformity on the hypersphere, ICML 2020";

const Choices<PairReduction>& reduction_choices() {
  static const Choices<PairReduction> choices{{"mean", PairReduction::mean}, {"sum", PairReduction::sum}};
  return choices;
}

template <class O>
void add_zero_rows(FieldTable<O>& t) {
  t.choice(
      "zero_rows", [](O& o) -> ZeroRows& { return o.zero_rows; }, fields::zero_rows_choices(),
      "What to do with rows that are zero and have no direction: refuse them, or drop and count them");
}

SampleMatrix directions(const SampleMatrix& x, ZeroRows zero_rows, Estimate& e, const Context& context) {
  RowPlan plan;
  plan.directions = true;
  plan.zero_rows = zero_rows;
  return prepare_rows(x, plan, e, context).x;
}

// ---- uniformity

EstimatorCard uniformity_card() {
  EstimatorCard c;
  c.name = "uniformity";
  c.summary = "How evenly the directions of the rows cover the sphere: logarithm of the mean Gaussian potential of two of them.";
  c.formula = "ln mean_{i != j} exp(-t |u_i - u_j|^2)" + kDirections;
  c.unit = "none";
  c.range = "[-4 t, 0]";
  c.cap = "0";
  c.cost = "O(n^2 d)";
  c.references = {kWangIsola};
  c.conventions = {{"paper", false, "", {}, {}}};
  return c;
}

FieldTable<UniformityOptions> uniformity_table(const EstimatorCard& card) {
  using O = UniformityOptions;
  FieldTable<O> t;
  t.number(
      "t", [](O& o) -> double& { return o.t; }, fields::kPositive, "Of the potential exp(-t |u - v|^2): a larger t looks at closer pairs");
  add_zero_rows(t);
  fields::add_convention(t, card);
  return t;
}

Outcome find_uniformity(const Samples& samples, const UniformityOptions& o, Estimate& e, const Context& context) {
  const SampleMatrix u = directions(samples[0], o.zero_rows, e, context);
  // exp(-t r^2) is the Gaussian kernel of this sigma.
  e.backend_requested = e.backend_used = "gram";
  const SymmetricMatrix<double> k = gram_matrix<double>(u, {}, 1 / std::sqrt(2 * o.t), context);
  std::vector<double> rows(k.n());
  detail::for_each_row(k.n(), context, [&](std::size_t i) {
    const std::span<const double> row(k.data() + i * k.n(), k.n());
    rows[i] = sum(row.first(i)) + sum(row.subspan(i + 1));
  });
  const double n = static_cast<double>(k.n()), mean = sum(rows) / (n * (n - 1)), value = std::log(mean);
  return {
      value, 0.0,
      "t = " + shown(o.t) + "; mean of exp(-t |u_i - u_j|^2) over i != j = " + shown(mean) + "; ln " + shown(mean) + " = " + shown(value)};
}

const Quantity<UniformityOptions>& uniformity_measure() {
  static const Quantity<UniformityOptions> measure{uniformity_card(), uniformity_table(uniformity_card()), find_uniformity};
  return measure;
}

// ---- alignment

EstimatorCard alignment_card() {
  EstimatorCard c;
  c.name = "alignment";
  c.summary = "How close two views of the same samples are on the sphere: mean distance of their directions, to a power.";
  c.formula = "mean_i |u_i - v_i|^exponent" + kDirections + ", v_i = y_i / |y_i|";
  c.unit = "none";
  c.range = "[0, 2^exponent]";
  c.cap = "2^exponent";
  c.cost = "O(n d)";
  c.references = {kWangIsola};
  c.sample_names = {"x", "y"};
  c.conventions = {{"paper", false, "", {}, {}}};
  return c;
}

FieldTable<AlignmentOptions> alignment_table(const EstimatorCard& card) {
  using O = AlignmentOptions;
  FieldTable<O> t;
  t.number(
      "exponent", [](O& o) -> double& { return o.exponent; }, {0, 64, true, false}, "Power of the distance of two views");
  add_zero_rows(t);
  fields::add_convention(t, card);
  return t;
}

// Pairs of rows that both have a direction.
Samples with_directions(const Samples& pair, const std::vector<std::string>& names, Estimate& e, const Context& context) {
  std::vector<std::uint8_t> keep(pair.front().n(), 1);
  for (std::size_t i = 0; i < pair.size(); ++i) {
    const bool plain = pair[i].normalization() == Normalize::none;
    const Survey found = survey(plain ? pair[i].normalized(Normalize::l2) : pair[i], context);
    require_finite(found, e.estimator + ": " + names[i]);
    for (const std::size_t row : found.zero_rows) keep[row] = 0;
  }
  const auto dropped = std::count(keep.begin(), keep.end(), 0);
  if (dropped == 0) return pair;
  require_rows(keep.size() - static_cast<std::size_t>(dropped), 2, e.estimator, "pairs with a row without a direction were dropped");
  e.diagnostics.set("zero_rows_dropped", static_cast<std::int64_t>(dropped));
  Samples out;
  for (const SampleMatrix& x : pair) out.push_back(x.where(keep));
  return out;
}

Outcome find_alignment(const Samples& samples, const AlignmentOptions& o, Estimate& e, const Context& context) {
  require_same_features(samples[0], samples[1], "x", "y", e);
  const std::vector<std::string> names{"x", "y"};
  Examination how;
  how.directions = true;
  const std::vector<SampleMatrix> views =
      examine(o.zero_rows == ZeroRows::drop ? with_directions(samples, names, e, context) : samples, names, how, e, context);
  if (!e.ok()) throw InvalidArgument(e.estimator + ": " + e.reason + "; a constant is aligned with its copies whatever it is of");
  e.backend_requested = e.backend_used = "rows";
  const PackedRows u = packed_rows(views[0], context), v = packed_rows(views[1], context);
  Sum total;
  for (std::size_t i = 0; i < e.n; ++i) total.add(std::pow(squared_distance(u[i], v[i]), o.exponent / 2));
  const double n = static_cast<double>(e.n), value = total.value() / n;
  return {value, std::exp2(o.exponent),
          "exponent = " + shown(o.exponent) + "; sum of |u_i - v_i|^exponent = " + shown(total.value()) + "; " + shown(total.value()) +
              " / " + shown(n) + " = " + shown(value)};
}

const Quantity<AlignmentOptions>& alignment_measure() {
  static const Quantity<AlignmentOptions> measure{alignment_card(), alignment_table(alignment_card()), find_alignment,
                                                  [](const AlignmentOptions&, std::size_t n, std::size_t d) {
                                                    return Footprint{false, 16 * static_cast<double>(n) * static_cast<double>(d)};
                                                  }};
  return measure;
}

// ---- energy

EstimatorCard energy_card() {
  EstimatorCard c;
  c.name = "hyperspherical_energy";
  c.aliases = {"riesz_energy"};
  c.summary = "Energy of the directions of the rows as charges that repel each other on the sphere; the lower, the more evenly they lie.";
  const std::string of = "|u_i - u_j|^-exponent, -ln |u_i - u_j| for exponent = 0" + kDirections;
  c.formula = "mean over i != j of " + of;
  c.unit = "none";
  c.range = "[2^-exponent, inf]; exponent = 0: [-ln 2, inf]";
  c.cap = "none";
  c.cost = "O(n^2 d)";
  c.references = {"Liu, Lin, Liu, Liu, Yu, Dai, Song: Learning towards minimum hyperspherical energy, NeurIPS 2018",
                  "Saff, Kuijlaars: Distributing many points on a sphere, Math. Intelligencer 1997"};
  c.conventions = {
      {"mean", false, "", {{"reduction", std::string("mean")}}, {}},
      {"sum", false, "sum over i != j of " + of, {{"reduction", std::string("sum")}}, {}},
  };
  return c;
}

FieldTable<HypersphericalEnergyOptions> energy_table(const EstimatorCard& card) {
  using O = HypersphericalEnergyOptions;
  FieldTable<O> t;
  t.number(
      "exponent", [](O& o) -> double& { return o.exponent; }, {0, 64, false, false},
      "Of the Riesz kernel: 1 is Coulomb's, 0 the logarithmic energy; a larger exponent looks at closer pairs");
  t.choice(
      "reduction", [](O& o) -> PairReduction& { return o.reduction; }, reduction_choices(),
      "'mean' over pairs i != j, or their 'sum', which grows with n^2");
  add_zero_rows(t);
  fields::add_convention(t, card);
  return t;
}

Outcome find_energy(const Samples& samples, const HypersphericalEnergyOptions& o, Estimate& e, const Context& context) {
  const PackedRows u = packed_rows(directions(samples[0], o.zero_rows, e, context), context);
  e.backend_requested = e.backend_used = "pairs";
  std::vector<double> rows(e.n);
  std::vector<std::size_t> equal(e.n);  // rows before it of the same direction
  detail::for_each_row(e.n, context, [&](std::size_t i) {
    Sum row;
    for (std::size_t j = 0; j < i; ++j) {
      const double squared = squared_distance(u[i], u[j]);
      if (squared == 0) ++equal[i];
      row.add(o.exponent > 0 ? std::pow(squared, -o.exponent / 2) : -std::log(squared) / 2);
    }
    rows[i] = row.value();
  });
  const auto pairs = std::reduce(equal.begin(), equal.end());
  if (pairs > 0)
    e.flag(Status::nonfinite, "the directions of " + std::to_string(pairs) + (pairs == 1 ? " pair" : " pairs") +
                                  " of rows are equal, so their energy is infinite; remove duplicates, or use uniformity");
  // A compensated sum makes a number of infinities.
  const double n = static_cast<double>(e.n), total = pairs > 0 ? std::numeric_limits<double>::infinity() : 2 * sum(rows);
  const bool mean = o.reduction == PairReduction::mean;
  const double value = mean ? total / (n * (n - 1)) : total;
  return {value, std::nullopt,
          "exponent = " + shown(o.exponent) + "; sum over i != j = " + shown(total) +
              (mean ? "; " + shown(total) + " / " + shown(n * (n - 1)) + " = " + shown(value) : "")};
}

const Quantity<HypersphericalEnergyOptions>& energy_measure() {
  static const Quantity<HypersphericalEnergyOptions> measure{
      energy_card(),
      energy_table(energy_card()),
      find_energy,
      [](const HypersphericalEnergyOptions&, std::size_t n, std::size_t d) {
        return Footprint{false, 8 * static_cast<double>(n) * static_cast<double>(d)};
      },
      {},
      [](const HypersphericalEnergyOptions& o) { return detail::word_of(reduction_choices(), o.reduction); }};
  return measure;
}

}  // namespace

Estimate uniformity(const SampleMatrix& x, const UniformityOptions& options, const Context& context) {
  return detail::estimate(uniformity_measure(), {{x}, {}, {}}, options, context);
}
Estimate alignment(const SampleMatrix& x, const SampleMatrix& y, const AlignmentOptions& options, const Context& context) {
  return detail::estimate(alignment_measure(), {{x, y}, {}, {}}, options, context);
}
Estimate hyperspherical_energy(const SampleMatrix& x, const HypersphericalEnergyOptions& options, const Context& context) {
  return detail::estimate(energy_measure(), {{x}, {}, {}}, options, context);
}

const EstimatorInfo& uniformity_info() {
  static const EstimatorInfo info = detail::info_of(uniformity_measure());
  return info;
}
const EstimatorInfo& alignment_info() {
  static const EstimatorInfo info = detail::info_of(alignment_measure());
  return info;
}
const EstimatorInfo& hyperspherical_energy_info() {
  static const EstimatorInfo info = detail::info_of(energy_measure());
  return info;
}

}  // namespace entrospect
