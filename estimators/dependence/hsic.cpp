#include "entrospect/estimators/dependence/hsic.hpp"

#include "entrospect/estimators/dependence/detail/measure.hpp"
#include "entrospect/estimators/dependence/hsic_sums.hpp"

namespace entrospect {
namespace {

using detail::Outcome;
using detail::Quantity;
using detail::Samples;

const Choices<HsicStatistic>& statistic_choices() {
  static const Choices<HsicStatistic> choices{
      {"biased", HsicStatistic::biased}, {"v-statistic", HsicStatistic::v_statistic}, {"unbiased", HsicStatistic::unbiased}};
  return choices;
}

EstimatorCard card() {
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
       "HSIC = sum_ij A_ij B_ij / (n (n - 3)), A_ij = K_ij - (R_i + R_j) / (n - 2) + T / ((n - 1) (n - 2)) and A_ii = 0, "
       "R row sums and T sum of K without its diagonal, B from L alike",
       statistic("unbiased"),
       {}},
  };
  return c;
}

FieldTable<HsicOptions> table(const EstimatorCard& card) {
  using O = HsicOptions;
  FieldTable<O> t;
  t.choice(
      "statistic", [](O& o) -> HsicStatistic& { return o.statistic; }, statistic_choices(),
      "'biased' divides by (n - 1)^2, 'v-statistic' by n^2; 'unbiased' leaves out the diagonals and may be negative");
  fields::add_kernel(t);
  fields::add_pair_side(t);
  fields::add_null(t);
  fields::add_seed(t, "Names the permutations, and the rows that the median rule draws for n > 4096");
  fields::add_convention(t, card);
  return t;
}

HsicPlan plan_of(const HsicOptions& o) { return hsic_plan(o, o.statistic == HsicStatistic::unbiased); }

double denominator(HsicStatistic statistic, std::size_t rows) {
  const auto n = static_cast<double>(rows);
  if (statistic == HsicStatistic::v_statistic) return n * n;
  return statistic == HsicStatistic::unbiased ? n * (n - 3) : (n - 1) * (n - 1);
}

Outcome find(const Samples& samples, const HsicOptions& o, Estimate& e, const Context& context) {
  const HsicSums sums = hsic_sums({samples[0], samples[1]}, plan_of(o), e, context);
  const double by = denominator(o.statistic, e.n), value = sums.xy / by;
  return {value, sums.largest() / by,
          kernel_text(o.kernel, e) + "; sum A_ij B_ij = " + shown(sums.xy) + "; HSIC = " + shown(sums.xy) + " / " + shown(by) + " = " +
              shown(value),
          sums.null_over(by), sums.tie() / by};
}

SampleGradient gradient_of_hsic(const Samples& samples, const HsicOptions& o, const Estimate& e, const Context& context) {
  return hsic_gradient({samples[0], samples[1]}, plan_of(o), e, 1 / denominator(o.statistic, e.n), 0, context);
}

const Quantity<HsicOptions>& measure() {
  static const Quantity<HsicOptions> measure{
      card(),
      table(card()),
      find,
      [](const HsicOptions& o, std::size_t n, std::size_t d) { return hsic_footprint(plan_of(o), n, d); },
      gradient_of_hsic,
      [](const HsicOptions& o) { return detail::word_of(statistic_choices(), o.statistic); }};
  return measure;
}

}  // namespace

Estimate hsic(const SampleMatrix& x, const SampleMatrix& y, const HsicOptions& options, const Context& context) {
  return detail::estimate(measure(), {{x, y}, {}, {}}, options, context);
}

const EstimatorInfo& hsic_info() {
  static const EstimatorInfo info = detail::info_of(measure());
  return info;
}

}  // namespace entrospect
