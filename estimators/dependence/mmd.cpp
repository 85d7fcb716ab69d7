#include "entrospect/estimators/dependence/mmd.hpp"

#include <algorithm>

#include "entrospect/estimators/dependence/fields.hpp"
#include "entrospect/estimators/dependence/group_sums.hpp"
#include "entrospect/estimators/spectral_entropy/reporting.hpp"

namespace entrospect {
namespace {

const Choices<MmdStatistic>& statistic_choices() {
  static const Choices<MmdStatistic> choices{{"biased", MmdStatistic::biased}, {"unbiased", MmdStatistic::unbiased}};
  return choices;
}

const EstimatorCard& card() {
  static const EstimatorCard card = [] {
    EstimatorCard c;
    c.name = "mmd2";
    c.aliases = {"squared_maximum_mean_discrepancy"};
    c.summary = "Squared distance between the distributions of two samples: between their mean embeddings in the space of a kernel.";
    c.formula =
        "MMD^2 = mean Kx + mean Ky - 2 mean Kxy, Kx_ij = k(x_i, x_j), Ky_ij = k(y_i, y_j), Kxy_ij = k(x_i, y_j), means over all pairs";
    c.unit = "none";
    c.range = "[0, cap]; unbiased also below 0";
    c.cap = "2 max k(z, z) for kernels without negative values, else 4 max k(z, z)";
    c.cost = "O((n_x + n_y)^2 (d + n_null))";
    c.references = {"Gretton, Borgwardt, Rasch, Schoelkopf, Smola: A kernel two-sample test, JMLR 2012"};
    c.sample_names = {"x", "y"};
    c.paired = false;
    c.conventions = {
        {"biased", false, "", {{"statistic", std::string("biased")}}, {}},
        {"unbiased",
         false,
         "MMD^2 = mean Kx + mean Ky - 2 mean Kxy, means of Kx and Ky over pairs i != j",
         {{"statistic", std::string("unbiased")}},
         {}},
    };
    return c;
  }();
  return card;
}

const FieldTable<MmdOptions>& table() {
  using O = MmdOptions;
  static const FieldTable<O> table = [] {
    FieldTable<O> t;
    t.choice(
        "statistic", [](O& o) -> MmdStatistic& { return o.statistic; }, statistic_choices(),
        "'unbiased' leaves out pairs of a row with itself: 0 on average for equal distributions, and may be negative");
    fields::add_kernel(t, sample_kernel_choices());
    fields::add_null(t);
    fields::add_seed(t, "Names the permutations, and the rows that the median rule draws for n_x + n_y > 4096");
    fields::add_convention(t, card());
    return t;
  }();
  return table;
}

struct Means {
  double x = 0, y = 0, xy = 0;
  [[nodiscard]] double mmd2() const { return x + y - 2 * xy; }
};

Means means(const GroupSums& s, double n_x, double n_y, MmdStatistic statistic) {
  const double between = s.xy / (n_x * n_y);
  if (statistic == MmdStatistic::biased) return {s.xx / (n_x * n_x), s.yy / (n_y * n_y), between};
  return {(s.xx - s.x_diagonal) / (n_x * (n_x - 1)), (s.yy - s.y_diagonal) / (n_y * (n_y - 1)), between};
}

Estimate compute(const Pair& pair, const MmdOptions& o, const Context& context) {
  const std::string& statistic = statistic_choices()[static_cast<std::size_t>(o.statistic)].first;
  Estimate e = begin_estimate(card(), detail::chosen(card(), statistic, o.compat), values(table(), o));
  e.unit = Unit::none;
  const GroupPlan plan{o.kernel, true, o.null == PermutationNull::permutation ? o.n_null : 0, o.seed};
  const TwoSampleSums sums = group_sums(pair, plan, e, context);
  const auto n_x = static_cast<double>(sums.n_x), n_y = static_cast<double>(sums.n_y);
  const Means m = means(sums.given, n_x, n_y, o.statistic);
  const bool nonnegative = std::any_of(nonnegative_kernel_choices().begin(), nonnegative_kernel_choices().end(),
                                       [&](const auto& choice) { return choice.second == o.kernel.kind; });
  set_number(e, m.mmd2(), (nonnegative ? 2 : 4) * sums.largest, Unit::none);
  e.substituted = kernel_text(o.kernel, e) + "; mean Kx = " + shown(m.x) + "; mean Ky = " + shown(m.y) + "; mean Kxy = " + shown(m.xy) +
                  "; MMD^2 = " + shown(m.x) + " + " + shown(m.y) + " - 2 * " + shown(m.xy) + " = " + shown(e.value);
  if (sums.null.empty()) return e;
  std::vector<double> null;
  for (const GroupSums& dealt : sums.null) null.push_back(means(dealt, n_x, n_y, o.statistic).mmd2());
  add_null(e, null, sums.error(), o.seed);
  return e;
}

}  // namespace

Estimate mmd2(const SampleMatrix& x, const SampleMatrix& y, const MmdOptions& options, const Context& context) {
  detail::check_inputs(card(), {{x, y}, std::nullopt, {}});
  MmdOptions o = options;
  validate(table(), o, card());
  apply_preset(o, table(), card());
  return compute({x, y}, o, context);
}

const EstimatorInfo& mmd2_info() {
  static const EstimatorInfo info =
      make_estimator<MmdOptions>(card(), table(), [](const Inputs& inputs, const MmdOptions& o, const Context& context) {
        return compute({inputs.samples[0], inputs.samples[1]}, o, context);
      });
  return info;
}

}  // namespace entrospect
