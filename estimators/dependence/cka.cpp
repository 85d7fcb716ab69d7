#include "entrospect/estimators/dependence/cka.hpp"

#include <cmath>

#include "entrospect/core/errors.hpp"
#include "entrospect/estimators/dependence/detail/measure.hpp"
#include "entrospect/estimators/dependence/hsic_sums.hpp"

namespace entrospect {
namespace {

using detail::Outcome;
using detail::Quantity;
using detail::Samples;

constexpr double kPlatonicEpsilon = 1e-6;

const Choices<CkaStatistic>& statistic_choices() {
  static const Choices<CkaStatistic> choices{
      {"unbiased", CkaStatistic::unbiased}, {"biased", CkaStatistic::biased}, {"minibatch", CkaStatistic::minibatch}};
  return choices;
}

EstimatorCard card() {
  EstimatorCard c;
  c.name = "cka";
  c.aliases = {"centered_kernel_alignment"};
  c.summary = "Similarity of two representations of the same samples: the cosine of the angle between their centered kernel matrices.";
  const std::string ratio = "CKA = HSIC(x, y) / sqrt(HSIC(x, x) HSIC(y, y)), HSIC(x, y) = ";
  const std::string unbiased =
      "sum_ij A_ij B_ij, A_ij = K_ij - (R_i + R_j) / (n - 2) + T / ((n - 1) (n - 2)) and A_ii = 0, R row sums and T sum of "
      "K_ij = k(x_i, x_j) without its diagonal, B from y alike";
  c.formula = ratio + unbiased;
  c.unit = "none";
  c.range = "[-1, 1]; [0, 1] for the biased form";
  c.cap = "1";
  c.cost =
      "O(n^2 (d_x + d_y + n_null)); linear kernel with d_x + d_y <= n: O(n (d_x + d_y)^2); minibatch: batch_size n in the place of n^2";
  c.references = {"Kornblith, Norouzi, Lee, Hinton: Similarity of neural network representations revisited, ICML 2019",
                  "Cortes, Mohri, Rostamizadeh: Algorithms for learning kernels based on centered alignment, JMLR 2012",
                  "Song, Smola, Gretton, Bedo, Borgwardt: Feature selection via dependence maximization, JMLR 2012 (unbiased form)",
                  "Nguyen, Raghu, Kornblith: Do wide and deep networks learn the same things?, ICLR 2021 (minibatch)",
                  "Huh, Cheung, Wang, Isola: The platonic representation hypothesis, ICML 2024 (compat platonic)"};
  c.sample_names = {"x", "y"};
  const std::string biased = "sum_ij A_ij B_ij, A = J K J, B = J L J, J = I - 11^T / n";
  c.conventions = {
      {"unbiased", false, "", {{"statistic", std::string("unbiased")}}, {}},
      {"biased", false, ratio + biased, {{"statistic", std::string("biased")}}, {}},
      {"minibatch", false, ratio + "sum over batches of n rows of " + unbiased, {{"statistic", std::string("minibatch")}}, {}},
      {"platonic",
       true,
       "CKA = HSIC(x, y) / (sqrt(HSIC(x, x) HSIC(y, y)) + 1e-6), HSIC(x, y) = " + biased,
       {{"statistic", std::string("biased")}, {"bandwidth", 1.0}},
       {"1e-6 is added to the denominator, so scale matters and equal representations have less than 1",
        "the biased form, larger than 0 for unrelated representations",
        "the tool computes in float32; this is the same formula in float64"}},
  };
  return c;
}

FieldTable<CkaOptions> table(const EstimatorCard& card) {
  using O = CkaOptions;
  FieldTable<O> t;
  t.choice(
      "statistic", [](O& o) -> CkaStatistic& { return o.statistic; }, statistic_choices(),
      "'unbiased' leaves out the diagonals of the kernel matrices and is 0 on average for unrelated data; 'biased' keeps them; 'minibatch' "
      "sums the unbiased HSIC over batches of rows that the seed draws, before the ratio");
  fields::add_hsic_options(t, card);
  return t;
}

Outcome find(const Samples& samples, const CkaOptions& o, Estimate& e, const Context& context) {
  if (!o.compat.empty() && o.statistic != CkaStatistic::biased)
    throw InvalidArgument(e.estimator + ": compat = '" + o.compat + "' needs statistic = 'biased', got '" +
                          detail::word_of(statistic_choices(), o.statistic) + "'");
  const HsicSums sums = hsic_sums({samples[0], samples[1]}, hsic_plan(o), e, context);
  const double epsilon = o.compat == "platonic" ? kPlatonicEpsilon : 0, by = sums.largest() + epsilon, value = sums.xy / by;
  e.diagnostics.set("hsic_xy", sums.xy);
  e.diagnostics.set("hsic_xx", sums.xx);
  e.diagnostics.set("hsic_yy", sums.yy);
  Outcome out{value, 1.0,
              kernel_text(o.kernel, e) + "; HSIC(x, x) = " + shown(sums.xx) + "; HSIC(y, y) = " + shown(sums.yy) + "; CKA = " +
                  shown(sums.xy) + " / " + (epsilon > 0 ? "(" + shown(sums.largest()) + " + 1e-6)" : shown(by)) + " = " + shown(value),
              sums.null_over(by), sums.tie() / by};
  out.std_error = sums.std_error(1 / by, -value / (2 * sums.xx), -value / (2 * sums.yy));
  return out;
}

// CKA = <A, B> / sqrt(<A, A> <B, B>).
SampleGradient gradient_of_cka(const Samples& samples, const CkaOptions& o, const Estimate& e, const Context& context) {
  const auto sum_of = [&](const char* name) { return std::get<double>(*e.diagnostics.find(name)); };
  const double xx = sum_of("hsic_xx"), yy = sum_of("hsic_yy");
  return hsic_gradient({samples[0], samples[1]}, hsic_plan(o), e, 1 / (std::sqrt(xx) * std::sqrt(yy)), -e.value / (2 * xx), context);
}

const Quantity<CkaOptions>& measure() {
  static const Quantity<CkaOptions> measure{
      card(),
      table(card()),
      find,
      [](const CkaOptions& o, std::size_t n, std::size_t d) { return hsic_footprint(hsic_plan(o), n, d); },
      gradient_of_cka,
      [](const CkaOptions& o) { return detail::word_of(statistic_choices(), o.statistic); }};
  return measure;
}

}  // namespace

CkaOptions cka_options(const OptionMap& given) { return read_options(measure().table, measure().card, given); }

CkaOptions cka_options(CkaOptions options) {
  validate(measure().table, options, measure().card);
  apply_preset(options, measure().table, measure().card);
  return options;
}

Estimate cka(const SampleMatrix& x, const SampleMatrix& y, const CkaOptions& options, const Context& context) {
  return detail::estimate(measure(), {{x, y}, {}, {}}, options, context);
}

const EstimatorInfo& cka_info() {
  static const EstimatorInfo info = detail::info_of(measure());
  return info;
}

}  // namespace entrospect
