#include "entrospect/estimators/dependence/hsic.hpp"

#include "entrospect/estimators/dependence/fields.hpp"
#include "entrospect/estimators/dependence/hsic_sums.hpp"
#include "entrospect/estimators/spectral_entropy/reporting.hpp"

namespace entrospect {
namespace {

const Choices<HsicStatistic>& statistic_choices() {
  static const Choices<HsicStatistic> choices{
      {"biased", HsicStatistic::biased}, {"v-statistic", HsicStatistic::v_statistic}, {"unbiased", HsicStatistic::unbiased}};
  return choices;
}

const EstimatorCard& card() {
  static const EstimatorCard card = [] {
    EstimatorCard c;
    c.name = "hsic";
    c.aliases = {"hilbert_schmidt_independence_criterion"};
    c.summary = "Dependence between two representations of the same samples, as the squared norm of their kernels' cross-covariance.";
    c.formula = "HSIC = sum_ij A_ij B_ij / (n - 1)^2, A = J K J, B = J L J, J = I - 11^T / n, K_ij = k(x_i, x_j), L_ij = k(y_i, y_j)";
    c.unit = "none";
    c.range = "[0, cap]; [-cap, cap] for the unbiased form";
    c.cap = "sqrt(HSIC(x, x) HSIC(y, y))";
    c.cost = "O(n^2 (d_x + d_y + n_null)); linear kernel with d_x + d_y <= n: O(n (d_x + d_y)^2)";
    c.references = {"Gretton, Bousquet, Smola, Schoelkopf: Measuring statistical dependence with Hilbert-Schmidt norms, ALT 2005",
                    "Gretton, Fukumizu, Teo, Song, Schoelkopf, Smola: A kernel statistical test of independence, NIPS 2007",
                    "Song, Smola, Gretton, Bedo, Borgwardt: Feature selection via dependence maximization, JMLR 2012"};
    c.sample_names = {"x", "y"};
    const auto statistic = [](const char* word) { return OptionMap{{"statistic", std::string(word)}}; };
    c.conventions = {
        {"biased", false, "", statistic("biased"), {}},
        {"v-statistic", false, "HSIC = sum_ij A_ij B_ij / n^2, A = J K J, B = J L J, J = I - 11^T / n", statistic("v-statistic"), {}},
        {"unbiased",
         false,
         "HSIC = sum_ij A_ij B_ij / (n (n - 3)), A_ij = K_ij - (R_i + R_j) / (n - 2) + T / ((n - 1) (n - 2)) and A_ii = 0, R row sums and "
         "T "
         "sum of K without its diagonal, B from L alike",
         statistic("unbiased"),
         {}},
    };
    return c;
  }();
  return card;
}

const FieldTable<HsicOptions>& table() {
  using O = HsicOptions;
  static const FieldTable<O> table = [] {
    FieldTable<O> t;
    t.choice(
        "statistic", [](O& o) -> HsicStatistic& { return o.statistic; }, statistic_choices(),
        "'biased' divides by (n - 1)^2, 'v-statistic' by n^2; 'unbiased' leaves out the diagonals and may be negative");
    fields::add_kernel(t);
    fields::add_pair_side(t);
    fields::add_null(t);
    fields::add_seed(t, "Names the permutations, and the rows that the median rule draws for n > 4096");
    fields::add_convention(t, card());
    return t;
  }();
  return table;
}

HsicPlan plan_of(const HsicOptions& o) {
  return {o.kernel, o.statistic == HsicStatistic::unbiased, o.side, o.null == PermutationNull::permutation ? o.n_null : 0, o.seed};
}

double denominator(HsicStatistic statistic, std::size_t rows) {
  const auto n = static_cast<double>(rows);
  if (statistic == HsicStatistic::v_statistic) return n * n;
  return statistic == HsicStatistic::unbiased ? n * (n - 3) : (n - 1) * (n - 1);
}

// The convention whose formula the statistic has: an option given on its own counts more than the default convention.
const ConventionInfo& convention_of(const HsicOptions& o) {
  return detail::chosen(card(), statistic_choices()[static_cast<std::size_t>(o.statistic)].first, o.compat);
}

Estimate compute(const Pair& pair, const HsicOptions& o, const Context& context) {
  Estimate e = begin_estimate(card(), convention_of(o), values(table(), o));
  e.unit = Unit::none;
  const HsicSums sums = hsic_sums(pair, plan_of(o), e, context);
  const double by = denominator(o.statistic, e.n);
  set_number(e, sums.xy / by, sums.largest() / by, Unit::none);
  e.substituted = kernel_text(o.kernel, e) + "; sum A_ij B_ij = " + shown(sums.xy) + "; HSIC = " + shown(sums.xy) + " / " + shown(by) +
                  " = " + shown(e.value);
  if (sums.null.empty()) return e;
  std::vector<double> null = sums.null;
  for (double& v : null) v /= by;
  add_null(e, null, sums.tie() / by, o.seed);
  return e;
}

}  // namespace

Estimate hsic(const SampleMatrix& x, const SampleMatrix& y, const HsicOptions& options, const Context& context) {
  detail::check_inputs(card(), {{x, y}, std::nullopt, {}});
  HsicOptions o = options;
  validate(table(), o, card());
  apply_preset(o, table(), card());
  return compute({x, y}, o, context);
}

const EstimatorInfo& hsic_info() {
  static const EstimatorInfo info = make_estimator<HsicOptions>(
      card(), table(),
      [](const Inputs& inputs, const HsicOptions& o, const Context& context) {
        return compute({inputs.samples[0], inputs.samples[1]}, o, context);
      },
      [](const HsicOptions& o, std::size_t n, std::size_t d) { return hsic_footprint(plan_of(o), n, d); });
  return info;
}

}  // namespace entrospect
