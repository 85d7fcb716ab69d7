#include "entrospect/estimators/dependence/stein.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "entrospect/core/sum.hpp"
#include "entrospect/estimators/dependence/detail/measure.hpp"
#include "entrospect/spectral/each_row.hpp"
#include "entrospect/spectral/quadratic_forms.hpp"

namespace entrospect {
namespace {

using detail::Outcome;
using detail::Quantity;
using detail::Samples;

const Choices<KsdStatistic>& statistic_choices() {
  static const Choices<KsdStatistic> choices{{"v-statistic", KsdStatistic::v_statistic}, {"u-statistic", KsdStatistic::u_statistic}};
  return choices;
}

const Choices<SteinNull>& null_choices() {
  static const Choices<SteinNull> choices{{"none", SteinNull::none}, {"wild-bootstrap", SteinNull::wild_bootstrap}};
  return choices;
}

EstimatorCard card() {
  EstimatorCard c;
  c.name = "ksd2";
  c.aliases = {"squared_kernel_stein_discrepancy"};
  c.summary = "Squared distance of samples from a distribution that is known by its score, the gradient of its log density.";
  const std::string h =
      "h_ij, h_ij = k_ij [s_i.s_j + (s_i - s_j).(x_i - x_j) / sigma^2 + d / sigma^2 - |x_i - x_j|^2 / sigma^4], k_ij = exp(-|x_i - x_j|^2 "
      "/ "
      "(2 sigma^2)), s_i the score at x_i";
  c.formula = "KSD^2 = mean_ij " + h;
  c.unit = "none";
  c.range = "[0, inf); u-statistic also below 0";
  c.cap = "none";
  c.cost = "O(n^2 (d + n_null))";
  c.references = {"Liu, Lee, Jordan: A kernelized Stein discrepancy for goodness-of-fit tests, ICML 2016",
                  "Chwialkowski, Strathmann, Gretton: A kernel test of goodness of fit, ICML 2016"};
  c.sample_names = {"x", "score"};
  c.conventions = {
      {"v-statistic", false, "", {{"statistic", std::string("v-statistic")}}, {}},
      {"u-statistic", false, "KSD^2 = mean over i != j of " + h, {{"statistic", std::string("u-statistic")}}, {}},
  };
  return c;
}

FieldTable<KsdOptions> table(const EstimatorCard& card) {
  using O = KsdOptions;
  FieldTable<O> t;
  t.choice(
      "statistic", [](O& o) -> KsdStatistic& { return o.statistic; }, statistic_choices(),
      "'v-statistic' is the mean over all pairs; 'u-statistic' leaves out pairs of a row with itself and may be negative");
  t.number_or_choice(
      "bandwidth", [](O& o) -> Bandwidth& { return o.bandwidth; }, fields::kPositive, bandwidth_choices(),
      "Sigma of the Gaussian kernel, or the rule that finds it: 'median' of the pairwise distances, half of it, or sqrt(d/2)");
  t.choice(
      "null", [](O& o) -> SteinNull& { return o.null; }, null_choices(),
      "'wild-bootstrap' compares with random signs of the rows: null_mean, null_sd and p_value in the diagnostics");
  t.integer(
      "n_null", [](O& o) -> std::size_t& { return o.n_null; }, {1, 1e6, false, false}, "Draws of null = wild-bootstrap");
  fields::add_seed(t, "Names the signs, and the rows that the median rule draws for n > 4096");
  fields::add_convention(t, card);
  return t;
}

SymmetricMatrix<double> stein_matrix(const PackedRows& x, const PackedRows& s, double sigma, const Context& context) {
  const std::size_t n = x.values.size() / x.d;
  const double precision = 1 / (sigma * sigma);
  SymmetricMatrix<double> h(n);
  detail::for_each_row(n, context, [&](std::size_t i) {
    for (std::size_t j = 0; j <= i; ++j) {
      double squared = 0, scores = 0, mixed = 0;
      for (std::size_t a = 0; a < x.d; ++a) {
        const double apart = x[i][a] - x[j][a];
        squared += apart * apart;
        scores += s[i][a] * s[j][a];
        mixed += (s[i][a] - s[j][a]) * apart;
      }
      const double k = std::exp(-squared * precision / 2);
      h(i, j) = h(j, i) = k * (scores + mixed * precision + static_cast<double>(x.d) * precision - squared * precision * precision);
    }
  });
  return h;
}

Outcome find(const Samples& samples, const KsdOptions& o, Estimate& e, const Context& context) {
  require_same_features(samples[0], samples[1], "x", "score", e);
  examine(samples, {"x", "score"}, {}, e, context);
  e.backend_requested = e.backend_used = "gram";
  const Kernel kernel{KernelKind::gaussian, o.bandwidth};
  const double sigma = named_bandwidth(samples[0], "x", "", kernel, o.seed, e, context);
  SymmetricMatrix<double> h = stein_matrix(packed_rows(samples[0], context), packed_rows(samples[1], context), sigma, context);
  const auto n = static_cast<double>(e.n);
  const bool u = o.statistic == KsdStatistic::u_statistic;
  if (u)
    for (std::size_t i = 0; i < e.n; ++i) h(i, i) = 0;
  const double by = u ? n * (n - 1) : n * n, total = sum({h.data(), e.n * e.n}), value = total / by;
  Outcome out{
      value, std::nullopt,
      kernel_text(kernel, e) + "; sum of h_ij = " + shown(total) + "; KSD^2 = " + shown(total) + " / " + shown(by) + " = " + shown(value)};
  if (o.null == SteinNull::none) return out;
  out.null_method = "wild-bootstrap";
  out.null = quadratic_forms(
      h, o.n_null,
      [&](std::size_t m, std::span<double> signs) {
        RandomStream stream = null_stream(o.seed, m);
        for (double& sign : signs) sign = stream.below(2) == 0 ? -1 : 1;
      },
      context);
  for (double& v : out.null) v /= by;
  out.tie = 16 * n * std::numeric_limits<double>::epsilon() * std::sqrt(h.frobenius2()) / by;
  return out;
}

const Quantity<KsdOptions>& measure() {
  static const Quantity<KsdOptions> measure{
      card(), table(card()), find, {}, {}, [](const KsdOptions& o) { return detail::word_of(statistic_choices(), o.statistic); }};
  return measure;
}

}  // namespace

Estimate ksd2(const SampleMatrix& x, const SampleMatrix& score, const KsdOptions& options, const Context& context) {
  return detail::estimate(measure(), {{x, score}, {}, {}}, options, context);
}

const EstimatorInfo& ksd2_info() {
  static const EstimatorInfo info = detail::info_of(measure());
  return info;
}

}  // namespace entrospect
