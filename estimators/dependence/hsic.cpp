#include "entrospect/estimators/dependence/hsic.hpp"

#include "entrospect/estimators/dependence/detail/measure.hpp"
#include "entrospect/estimators/dependence/hsic_sums.hpp"

namespace entrospect {
namespace {

using detail::Outcome;
using detail::Quantity;
using detail::Samples;

const Choices<HsicStatistic>& statistic_choices() {
  static const Choices<HsicStatistic> choices{{"biased", HsicStatistic::biased},
                                              {"v-statistic", HsicStatistic::v_statistic},
                                              {"unbiased", HsicStatistic::unbiased},
                                              {"minibatch", HsicStatistic::minibatch}};
  return choices;
}

EstimatorCard card() {
  EstimatorCard c;
  c.name = "hsic";
  c.aliases = {"hilbert_schmidt_independence_criterion"};
  c.summary = "Dependence between two representations of the same samples, as the squared norm of their kernels' cross-covariance.";
  c.formula = "HSIC = sum_ij A_ij B_ij / (n - 1)^2, A = J K J, B = J L J, J = I - 11^T / n, K_ij = k(x_i, x_j), L_ij = k(y_i, y_j)";
  c.unit = "none";
  c.range = "[0, cap]; [-cap, cap] for the unbiased forms";
  c.cap = "sqrt(HSIC(x, x) HSIC(y, y))";
  c.cost =
      "O(n^2 (d_x + d_y + n_null)); linear kernel with d_x + d_y <= n: O(n (d_x + d_y)^2); minibatch: batch_size n in the place of n^2";
  c.references = {"Gretton, Bousquet, Smola, Schoelkopf: Measuring statistical dependence with Hilbert-Schmidt norms, ALT 2005",
                  "Gretton, Fukumizu, Teo, Song, Schoelkopf, Smola: A kernel statistical test of independence, NIPS 2007",
                  "Song, Smola, Gretton, Bedo, Borgwardt: Feature selection via dependence maximization, JMLR 2012",
                  "Nguyen, Raghu, Kornblith: Do wide and deep networks learn the same things?, ICLR 2021 (minibatch)"};
  c.sample_names = {"x", "y"};
  const auto statistic = [](const char* word) { return OptionMap{{"statistic", std::string(word)}}; };
  const std::string unbiased =
      ", A_ij = K_ij - (R_i + R_j) / (n - 2) + T / ((n - 1) (n - 2)) and A_ii = 0, R row sums and T sum of K without its diagonal, B from "
      "L alike";
  c.conventions = {
      {"biased", false, "", statistic("biased"), {}},
      {"v-statistic", false, "HSIC = sum_ij A_ij B_ij / n^2, A = J K J, B = J L J, J = I - 11^T / n", statistic("v-statistic"), {}},
      {"unbiased", false, "HSIC = sum_ij A_ij B_ij / (n (n - 3))" + unbiased, statistic("unbiased"), {}},
      {"minibatch", false, "HSIC = mean over batches of n rows of sum_ij A_ij B_ij / (n (n - 3))" + unbiased, statistic("minibatch"), {}},
  };
  return c;
}

FieldTable<HsicOptions> table(const EstimatorCard& card) {
  using O = HsicOptions;
  FieldTable<O> t;
  t.choice(
      "statistic", [](O& o) -> HsicStatistic& { return o.statistic; }, statistic_choices(),
      "'biased' divides by (n - 1)^2, 'v-statistic' by n^2; 'unbiased' leaves out the diagonals and may be negative; so may 'minibatch', "
      "its mean over batches of rows that the seed draws");
  fields::add_hsic_options(t, card);
  return t;
}

double denominator(HsicStatistic statistic, const HsicSums& sums) {
  const auto n = static_cast<double>(sums.rows);
  if (statistic == HsicStatistic::biased) return (n - 1) * (n - 1);
  if (statistic == HsicStatistic::v_statistic) return n * n;
  return static_cast<double>(sums.batches.size()) * n * (n - 3);
}

Outcome find(const Samples& samples, const HsicOptions& o, Estimate& e, const Context& context) {
  const HsicSums sums = hsic_sums({samples[0], samples[1]}, hsic_plan(o), e, context);
  const double by = denominator(o.statistic, sums), value = sums.xy / by;
  Outcome out{value, sums.largest() / by,
              kernel_text(o.kernel, e) + "; sum A_ij B_ij = " + shown(sums.xy) + "; HSIC = " + shown(sums.xy) + " / " + shown(by) + " = " +
                  shown(value),
              sums.null_over(by), sums.tie() / by};
  out.std_error = sums.std_error(1 / by, 0, 0);
  return out;
}

SampleGradient gradient_of_hsic(const Samples& samples, const HsicOptions& o, const Estimate& e, const Context& context) {
  return hsic_gradient({samples[0], samples[1]}, hsic_plan(o), e, 1 / denominator(o.statistic, {.rows = e.n, .batches = {{}}}), 0, context);
}

const Quantity<HsicOptions>& measure() {
  static const Quantity<HsicOptions> measure{
      card(),
      table(card()),
      find,
      [](const HsicOptions& o, std::size_t n, std::size_t d) { return hsic_footprint(hsic_plan(o), n, d); },
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
