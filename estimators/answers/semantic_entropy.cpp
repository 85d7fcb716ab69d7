#include "entrospect/estimators/answers/semantic_entropy.hpp"

#include <algorithm>
#include <cmath>

#include "entrospect/core/parallel.hpp"
#include "entrospect/core/sum.hpp"
#include "entrospect/core/survey.hpp"
#include "entrospect/estimators/functional.hpp"
#include "entrospect/estimators/shares.hpp"
#include "entrospect/estimators/spectral_entropy/fields.hpp"
#include "entrospect/estimators/spectral_entropy/reporting.hpp"

namespace entrospect {
namespace {

const EstimatorCard& card() {
  static const EstimatorCard card = [] {
    EstimatorCard c;
    c.name = "semantic_entropy";
    c.summary = "Entropy of the meanings among several answers to one question, from the cluster of each answer.";
    c.formula = "-sum_c p_c ln p_c, p_c = n_c / n, or the sum of the weights in cluster c over that of all";
    c.unit = "entropy";
    c.range = "[0, ln clusters]";
    c.cap = "ln of the number of clusters";
    c.cost = "O(n log n)";
    c.references = {
        "Kuhn, Gal, Farquhar: Semantic uncertainty, linguistic invariances for uncertainty estimation in natural language generation, "
        "ICLR 2023",
        "Farquhar, Kossen, Kuhn, Gal: Detecting hallucinations in large language models using semantic entropy, Nature 2024"};
    c.sample_names = {};
    c.labels = Need::required;
    c.resampling = Resampling::rows;
    c.weights = Need::optional;
    c.conventions = {{"paper", false, "", {}, {}}};
    return c;
  }();
  return card;
}

const FieldTable<SemanticEntropyOptions>& table() {
  static const FieldTable<SemanticEntropyOptions> table = [] {
    FieldTable<SemanticEntropyOptions> t;
    fields::add_entropy_unit(t);
    fields::add_convention(t, card());
    return t;
  }();
  return table;
}

Estimate compute(const Labels& labels, const std::vector<double>& weights, const SemanticEntropyOptions& o, const Context& context) {
  Estimate e = begin_estimate(card(), detail::chosen(card(), o.convention, o.compat), values(table(), o));
  check_cancelled(context);
  e.unit = o.unit;
  e.n = labels.n();
  require_rows(e.n, 2, e.estimator, "one answer does not disagree with itself");
  const Labels::Classes classes = labels.classes();
  const std::vector<double> w = shares(weights, {}, e.estimator);
  std::vector<double> clusters;
  for (const std::vector<std::size_t>& rows : classes.rows) {
    Sum share;
    for (const std::size_t row : rows) share.add(w.empty() ? 1 : w[row]);
    clusters.push_back(share.value());
  }
  e.backend_requested = e.backend_used = "direct";
  e.diagnostics.set("clusters", static_cast<std::int64_t>(clusters.size()));
  e.diagnostics.set("largest_share", *std::max_element(clusters.begin(), clusters.end()) / sum(clusters));
  if (!weights.empty()) e.diagnostics.set("weights", std::string("given, scaled to sum 1"));
  const double nats = renyi_entropy(clusters, 1);
  set_entropy(e, nats, std::log(static_cast<double>(clusters.size())), o.unit);
  e.substituted = std::to_string(e.n) + " answers in " + std::to_string(clusters.size()) + " clusters" +
                  (weights.empty() ? "" : ", weighted") + "; " + entropy_steps(1, nats) + unit_step(nats, o.unit);
  return e;
}

}  // namespace

Estimate semantic_entropy(const Labels& labels, const std::vector<double>& weights, const SemanticEntropyOptions& options,
                          const Context& context) {
  detail::check_inputs(card(), {{}, labels, weights});
  validate(table(), options, card());
  return compute(labels, weights, options, context);
}

const EstimatorInfo& semantic_entropy_info() {
  static const EstimatorInfo info = make_estimator<SemanticEntropyOptions>(
      card(), table(),
      [](const Inputs& inputs, const SemanticEntropyOptions& o, const Context& context) {
        return compute(*inputs.labels, inputs.weights, o, context);
      },
      [](const SemanticEntropyOptions&, std::size_t n, std::size_t) {
        return Footprint{false, 64 * static_cast<double>(n)};
      });
  return info;
}

}  // namespace entrospect
