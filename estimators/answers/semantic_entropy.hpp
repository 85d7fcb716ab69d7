#pragma once
// Semantic entropy: of the meanings among several answers to one question, one label per answer for what it means.
//
//   H = -sum_c p_c ln p_c,  p_c = n_c / n (black box), or the share of the likelihoods exp(loglik) of the answers in cluster c (white box)
//
// (Kuhn, Gal, Farquhar: Semantic uncertainty, ICLR 2023; Farquhar, Kossen, Kuhn, Gal, Nature 2024). Clusters come from a model of
// entailment, which is not ours. Weights are the likelihoods, divided by their sum here, so a common factor does not matter: pass
// exp(loglik - max loglik), because exp of the log-likelihood of a long answer is 0.
// labels: n >= 2 whole numbers or texts.  Unit: nats or bits.  Range: [0, ln clusters].
// Errors: too few labels, real-valued labels, weights that are negative or all zero.
// Cost: O(n log n).

#include <string>
#include <vector>

#include "entrospect/core/registry.hpp"

namespace entrospect {

struct SemanticEntropyOptions {
  Unit unit = Unit::nats;
  std::string convention = "paper";
  std::string compat{};
};

Estimate semantic_entropy(const Labels& labels, const std::vector<double>& weights = {}, const SemanticEntropyOptions& options = {},
                          const Context& context = {});
const EstimatorInfo& semantic_entropy_info();

}  // namespace entrospect
