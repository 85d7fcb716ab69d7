#pragma once
// Neural collapse, NC1 to NC4 (Papyan, Han, Donoho, PNAS 2020): 0 when the features of a trained classifier have collapsed.
//
//   m_c mean of class c, m mean of the C class means, M the C rows m_c - m,
//   S_w = 1/C sum_c 1/n_c sum_i (z_i - m_c)(z_i - m_c)^T,  S_b = M^T M / C,  S_t = S_w + S_b
//   measure      value                                                           range
//   nc1          tr(S_w S_b^+) / C: variability within classes                   [0, inf)
//   cdnv         mean over pairs of (v_c + v_c') / (2 |m_c - m_c'|^2), v_c       [0, inf)
//                variance of class c about its mean (Galanti et al. 2022)
//   nc2-norms    sd / mean of |m_c - m|: equal norms                             [0, sqrt(C/2 - 1)]
//   nc2-angles   mean over pairs of |cos(m_c - m, m_c' - m) + 1 / (C - 1)|       [0, C / (C - 1)]
//   nc3          |W / |W|_F - M / |M|_F|_F, W = M S_t^+: self-duality            [0, 2]
//   nc4          share of rows that are nearer to the mean of another class      [0, 1]
//
// Where the paper compares with the network's classifier and none is given, nc3 takes the least-squares classifier of the same features and
// nc4 the labels: nc4 is the error of the nearest class mean. With a classifier, its weights W, C x d, and biases b:
//
//   nc3          |W / |W|_F - M / |M|_F|_F                                       [0, 2]
//   nc4          share of rows for which argmax_c (w_c . z + b_c) is a class     [0, 1]
//                whose mean is not the nearest
//
// Every class counts once in means of classes, whatever its size.
// x: n x d.  Unit: none.
// Errors: one class only, a class of fewer than 2 rows, labels that are real numbers, non-finite values, too few rows, samples whose
// largest absolute value is outside [1e-120, 1e140].  Class means that are all equal (for nc2-angles one that is equal to the mean, for
// cdnv two that are equal), and two classes for nc2, whose means are always opposite: status `degenerate`. Cost: O(n C d), nc1 O(C d min(C,
// d)) more, nc3 O(n d^2 + d^3); from the second term on one thread.  Memory: O(n d), nc3 O(d^2) more.

#include <optional>
#include <string>

#include "entrospect/core/registry.hpp"

namespace entrospect {

enum class CollapseMeasure { nc1, cdnv, nc2_norms, nc2_angles, nc3, nc4 };

struct NeuralCollapseOptions {
  CollapseMeasure measure = CollapseMeasure::nc1;
  std::string convention = "paper";
  std::string compat{};
};

Estimate neural_collapse(const SampleMatrix& x, const Labels& labels, const NeuralCollapseOptions& options = {},
                         const Context& context = {});
const EstimatorInfo& neural_collapse_info();

// The last linear layer of a network: row c belongs to the c-th class in ascending order of the labels.
struct LinearClassifier {
  SampleMatrix weights;                // C x d
  std::optional<SampleMatrix> bias{};  // C x 1
};

// nc3 or nc4 against that classifier; any other measure is an error, since it asks none.
Estimate neural_collapse(const SampleMatrix& x, const Labels& labels, const LinearClassifier& classifier,
                         const NeuralCollapseOptions& options = {CollapseMeasure::nc3}, const Context& context = {});

}  // namespace entrospect
