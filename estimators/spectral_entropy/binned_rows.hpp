#pragma once
// Classic Shannon entropy of samples: every feature is cut into equal bins between its extremes, a row becomes the word of its bins, and
// the entropy is that of the words.
//
//   CSE = -sum_w p_w ln p_w,  p_w = share of the rows whose word is w
//
// x: n x d, n >= 2, no constant feature.  Unit: nats or bits.  Range: [0, min(ln n, d ln bins)], cap its end.
// Bins are half-open on the right but for the last. In more than a few dimensions almost every row has a word of its own and the value is
// ln n whatever the data are: status `out_of_valid_range` when every row has.
// compat: dse-dsmi (2 bins, bits).
// Errors: non-finite values, a constant feature (0 / 0 in the tool).
// Cost: O(n d log n) time, O(n d) memory.

#include <string>

#include "entrospect/core/registry.hpp"

namespace entrospect {

struct ClassicShannonOptions {
  std::size_t bins = 2;
  Unit unit = Unit::nats;
  std::string convention = "equal-width";
  std::string compat{};  // "dse-dsmi"
};

Estimate classic_shannon_entropy(const SampleMatrix& x, const ClassicShannonOptions& options = {}, const Context& context = {});
const EstimatorInfo& classic_shannon_entropy_info();

}  // namespace entrospect
