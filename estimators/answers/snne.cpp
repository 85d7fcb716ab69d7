#include "entrospect/estimators/answers/snne.hpp"

#include <algorithm>
#include <cmath>

#include "entrospect/core/parallel.hpp"
#include "entrospect/core/sum.hpp"
#include "entrospect/estimators/answers/detail/similarity.hpp"
#include "entrospect/estimators/dependence/pair.hpp"
#include "entrospect/estimators/shares.hpp"
#include "entrospect/estimators/spectral_entropy/fields.hpp"
#include "entrospect/estimators/spectral_entropy/reporting.hpp"

namespace entrospect {
namespace {

const EstimatorCard& card() {
  static const EstimatorCard card = [] {
    EstimatorCard c;
    c.name = "snne";
    c.aliases = {"semantic_nearest_neighbor_entropy"};
    c.summary = "Disagreement of several answers to one question, from the similarities of all pairs.";
    c.formula = "-sum_i w_i ln sum_j exp(S_ij / tau), S = kernel of the rows, w = 1 / n or the weights over their sum";
    c.unit = "entropy";
    c.range = "(-inf, -min S_ii / tau]";
    c.cap = "none";
    c.cost = "O(n^2 d)";
    c.references = {
        "Nguyen, Payani, Mirzasoleiman: Beyond semantic entropy, boosting LLM uncertainty quantification with pairwise semantic "
        "similarity, ACL Findings 2025"};
    c.weights = Need::optional;
    c.conventions = {{"paper", false, "", {}, {}}};
    return c;
  }();
  return card;
}

const FieldTable<SnneOptions>& table() {
  static const FieldTable<SnneOptions> table = [] {
    FieldTable<SnneOptions> t;
    t.number(
        "tau", [](SnneOptions& o) -> double& { return o.tau; }, fields::kPositive, "Temperature that similarities are divided by");
    fields::add_kernel(t);
    t.choice(
        "zero_rows", [](SnneOptions& o) -> ZeroRows& { return o.zero_rows; }, fields::zero_rows_choices(),
        "Zero rows under the cosine kernel: refuse them, or drop and count them");
    fields::add_entropy_unit(t);
    fields::add_convention(t, card());
    return t;
  }();
  return table;
}

// ln sum_j exp(s_j / tau) with the largest term taken out.
double log_sum_exp(const double* s, std::size_t n, double tau) {
  const double largest = *std::max_element(s, s + n);
  Sum sum;
  for (std::size_t j = 0; j < n; ++j) sum.add(std::exp((s[j] - largest) / tau));
  return largest / tau + std::log(sum.value());
}

Estimate compute(const SampleMatrix& x, const std::vector<double>& weights, const SnneOptions& o, const Context& context) {
  Estimate e = begin_estimate(card(), detail::chosen(card(), o.convention, o.compat), values(table(), o));
  e.unit = o.unit;
  const PreparedRows rows = detail::prepare_answers(x, o.kernel.kind, o.zero_rows, e, context);
  const std::vector<double> w = shares(weights, rows.kept, e.estimator);
  const SymmetricMatrix<double> s = detail::similarities(rows, o.kernel, e, context);
  e.backend_requested = e.backend_used = "gram";
  const std::size_t n = s.n();
  std::vector<double> logs(n);
  constexpr std::size_t kRows = 64;
  parallel_for(context, (n + kRows - 1) / kRows, [&](std::size_t block) {
    for (std::size_t i = block * kRows; i < std::min((block + 1) * kRows, n); ++i) logs[i] = log_sum_exp(s.data() + i * n, n, o.tau);
  });
  Sum weighted;
  for (std::size_t i = 0; i < n; ++i)
    if (w.empty() || w[i] > 0) weighted.add(w.empty() ? logs[i] : w[i] * logs[i]);
  const double mean = w.empty() ? weighted.value() / static_cast<double>(n) : weighted.value();
  if (!weights.empty()) e.diagnostics.set("weights", std::string("given, scaled to sum 1"));
  set_number(e, -mean, std::nullopt, o.unit);
  e.substituted = kernel_text(o.kernel, e) + "; tau = " + shown(o.tau) + "; " + (weights.empty() ? "mean" : "weighted mean") +
                  " of ln sum_j exp(S_ij / tau) over " + std::to_string(n) + " answers = " + shown(mean) + "; -1 * " + shown(mean) + " = " +
                  shown(-mean) + " nats" + unit_step(-mean, o.unit);
  return e;
}

}  // namespace

Estimate snne(const SampleMatrix& x, const SnneOptions& options, const Context& context) { return weighted_snne(x, {}, options, context); }

Estimate weighted_snne(const SampleMatrix& x, const std::vector<double>& weights, const SnneOptions& options, const Context& context) {
  detail::check_inputs(card(), {{x}, std::nullopt, weights});
  SnneOptions o = options;
  validate(table(), o, card());
  apply_preset(o, table(), card());
  return compute(x, weights, o, context);
}

const EstimatorInfo& snne_info() {
  static const EstimatorInfo info =
      make_estimator<SnneOptions>(card(), table(), [](const Inputs& inputs, const SnneOptions& o, const Context& context) {
        return compute(inputs.samples.front(), inputs.weights, o, context);
      });
  return info;
}

}  // namespace entrospect
