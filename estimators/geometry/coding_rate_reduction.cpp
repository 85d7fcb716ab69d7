#include "entrospect/estimators/geometry/coding_rate_reduction.hpp"

#include <cmath>

#include "entrospect/core/sum.hpp"
#include "entrospect/estimators/functional.hpp"
#include "entrospect/estimators/geometry/detail/classes.hpp"
#include "entrospect/estimators/geometry/detail/index.hpp"
#include "entrospect/spectral/gradient.hpp"

namespace entrospect {
namespace {

using detail::Finding;
using O = CodingRateReductionOptions;
using ReductionIndex = detail::Quantity<O>;

const std::string kFinal = "mcr2-final";
constexpr double kFinalEpsilon = 1e-8;  // added to the size of a class

std::string formula_of(const O& o) {
  const std::string half = o.half ? "1/2 " : "", by = o.half ? "n_c / (2 n) " : "n_c / n ";
  return "R - R_c, R = " + half + "ln det(I + d / (n eps_squared) Z^T Z), R_c = sum_c " + (o.weighted ? by : half) +
         "ln det(I + d / (n_c eps_squared) Z_c^T Z_c), Z = x after normalize, Z_c its rows of class c";
}

// `weight` ln det(I + scale Z^T Z) of rows, and its gradient where one is wanted.
struct Volume {
  double nats = 0, trace = 0;
  SampleGradient gradient{};
};
Volume volume_of(const SampleMatrix& rows, double weight, double scale, const O& o, Estimate& e, bool describe, bool differentiate,
                 const Context& context) {
  const Covariance affinity{1, o.side};
  Decomposition decomposition;
  SpectrumOptions options{o.solver};
  if (differentiate) options.decomposition = &decomposition;
  const auto s = spectrum(rows, affinity, options, context);
  if (describe) add_spectrum(e, *s);
  const std::vector<double> lam = psd_weights(*s, e.estimator);
  Volume out{weight * detail::log_volume(lam, scale), s->trace, {}};
  if (!differentiate) return out;
  Slopes slopes;
  for (const double v : lam) slopes.each.push_back(weight / (1 / scale + v));
  out.gradient = gradient(rows, affinity, *s, decomposition, slopes, context);
  return out;
}

Finding find(const Inputs& inputs, const O& o, Estimate& e, const Context& context, Differentiation* wanted) {
  refuse_single(e, o.solver.precision, true, "it is a logarithm of small eigenvalues");
  if (o.compat != kFinal) e.formula = formula_of(o);
  const detail::GroupedRows grouped =
      detail::grouped_rows(inputs, {false, o.normalize, o.zero_rows, o.normalize == Normalize::l2, false}, 1, e, context);
  const auto single =
      std::count_if(grouped.classes.rows.begin(), grouped.classes.rows.end(), [](const auto& rows) { return rows.size() == 1; });
  if (single > 0)
    e.warnings.push_back(std::to_string(single) + (single == 1 ? " class has" : " classes have") +
                         " one row: its rate is that of its length alone, and the value counts the class as perfectly tight");
  const SampleMatrix& z = grouped.rows.x;
  const auto n = static_cast<double>(z.n()), d = static_cast<double>(z.d()), rank = static_cast<double>(grouped.rows.max_rank());
  const double half = o.half ? 0.5 : 1.0;

  const double scale = d / (n * o.eps_squared);
  Volume all = volume_of(z, half, scale, o, e, true, wanted != nullptr, context);
  const double rate = all.nats, cap_rate = half * rank * std::log1p(scale * all.trace / rank);
  Sum within, least;  // the least that classes of these norms can have: each on one line
  for (const std::vector<std::size_t>& members : grouped.classes.rows) {
    const double size = static_cast<double>(members.size()) + (o.compat == kFinal ? kFinalEpsilon : 0);
    const double weight = half * (o.weighted ? size / n : 1), class_scale = d / (size * o.eps_squared);
    const Volume own = volume_of(z.select(members), weight, class_scale, o, e, false, wanted != nullptr, context);
    within.add(own.nats);
    least.add(weight * std::log1p(class_scale * own.trace));
    if (wanted != nullptr)
      for (std::size_t i = 0; i < members.size(); ++i)
        for (std::size_t j = 0; j < z.d(); ++j) all.gradient.values[members[i] * z.d() + j] -= own.gradient.values[i * z.d() + j];
  }
  e.diagnostics.set("rate", rate * nats_to(o.unit));
  e.diagnostics.set("class_rate", within.value() * nats_to(o.unit));
  const double nats = rate - within.value();
  if (wanted != nullptr) {
    for (double& v : all.gradient.values) v *= nats_to(o.unit);
    wanted->finish(e, grouped.rows, std::move(all.gradient));
  }
  return {nats, cap_rate - least.value(), o.unit,
          grouped.text() + "; R = " + shown(rate) + " nats; R_c = " + shown(within.value()) + " nats; " + shown(rate) + " - " +
              shown(within.value()) + " = " + shown(nats) + " nats" + unit_step(nats, o.unit)};
}

const ReductionIndex& reduction_index() {
  static const auto index = [] {
    EstimatorCard c;
    c.name = "coding_rate_reduction";
    c.aliases = {"mcr2"};
    c.summary = "How many nats per sample it saves to code each class by itself.";
    c.formula = formula_of({});
    c.unit = "entropy";
    c.range = "[0, cap]";
    c.cap = "r/2 ln(1 + d |Z|_F^2 / (n eps_squared r)) - sum_c n_c / (2 n) ln(1 + d |Z_c|_F^2 / (n_c eps_squared)), r = min(n, d)";
    c.cost = "O(n d min(n, d))";
    c.references = {
        "Yu, Chan, You, Song, Ma: Learning diverse and discriminative representations via the principle of maximal coding rate "
        "reduction, NeurIPS 2020"};
    c.labels = Need::required;
    const std::string none = "none", square = "its argument eps stands for the square",
                      rows = "rows are taken as they are, and their length decides",
                      float32 = "the tool computes in float32; this is float64";
    const O first{.half = false, .weighted = false};
    c.conventions = {{"paper", false, "", {}, {}},
                     {"mcr2",
                      true,
                      formula_of(first),
                      {{"eps_squared", 0.01}, {"half", false}, {"weighted", false}, {"normalize", none}},
                      {"the empirical loss leaves out the factor 1/2 and the weights n_c / n, so the difference may be negative", square,
                       rows, float32}},
                     {kFinal,
                      true,
                      formula_of({}) + ", with n_c + 1e-8 for n_c",
                      {{"eps_squared", 0.01}, {"normalize", none}},
                      {"1e-8 is added to the size of every class", square, rows, float32}}};
    ReductionIndex out{std::move(c), {}, find, detail::on_smaller_side<O>};
    out.table.number(
        "eps_squared", [](O& o) -> double& { return o.eps_squared; }, fields::kPositive, "Squared error that the code may make per sample");
    out.table.flag(
        "half", [](O& o) -> bool& { return o.half; }, "Include the factor 1/2 of a rate of real numbers");
    out.table.flag(
        "weighted", [](O& o) -> bool& { return o.weighted; }, "Weigh the rate of a class by its share of the rows");
    out.table.choice(
        "normalize", [](O& o) -> Normalize& { return o.normalize; }, Choices<Normalize>{{"none", Normalize::none}, {"l2", Normalize::l2}},
        "'l2' divides each row by its norm");
    fields::add_zero_rows(out.table);
    fields::add_entropy_unit(out.table);
    fields::add_side(out.table);
    fields::add_solver(out.table);
    fields::add_convention(out.table, out.card);
    return out;
  }();
  return index;
}

}  // namespace

Estimate coding_rate_reduction(const SampleMatrix& x, const Labels& labels, const CodingRateReductionOptions& options,
                               const Context& context) {
  return detail::estimate(reduction_index(), {{x}, labels, {}}, options, context);
}

const EstimatorInfo& coding_rate_reduction_info() {
  static const EstimatorInfo info = detail::info_of(reduction_index());
  return info;
}

}  // namespace entrospect
