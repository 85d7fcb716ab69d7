#pragma once
// Entropy of attention: how many keys the rows of softmax(Q K^T) look at.
//
//   attention_entropy(A) = mean_i H_q(p_i),  p_i = row i of A over its sum, H_1 = -sum_j p_ij ln p_ij
//
// The cap of row i is ln of the keys that it may attend to: ln T, ln(i + 1) when causal, fewer where keys are padding. A row is collapsed
// when its entropy is below `collapse` times its cap (attention entropy collapse: Zhai et al., ICML 2023), overloaded when it is above
// `overload` times its cap (entropic overload: Jha, Reagen, Entropy-guided attention for private LLMs, 2025; the thresholds are options,
// the papers draw none). Rows with one key have cap 0 and are in neither share. A: queries x keys, non-negative, every row sums to 1 within
// `tolerance` (0.005 admits probabilities rounded to bf16) over the keys that it may attend to. With fewer queries than keys the queries
// are the last ones. With `parts` > 1 the queries are cut into as many runs of equal length, to within one, and the mean is that of run
// number `part` (1, 2, ...) or, with part 0, of all: the profile of entropy along the sequence. Unit: nats or bits.  Range: [0, cap], cap =
// mean of the rows' caps. Errors: non-finite or negative probabilities, a row that does not sum to 1 (the worst is named), causal with more
// queries than keys. Cost: O(queries keys) per head.

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "entrospect/core/registry.hpp"

namespace entrospect {

struct AttentionOptions {
  double order = 1;
  bool causal = false;
  double collapse = 0.1;
  double overload = 0.75;
  double tolerance = 5e-3;
  std::int64_t parts = 1, part = 0;  // of the queries
  Unit unit = Unit::nats;
  std::string convention = "paper";
  std::string compat{};
};

// One head, one entry of the catalogue.
Estimate attention_entropy(const SampleMatrix& a, const AttentionOptions& options = {}, const Context& context = {});
const EstimatorInfo& attention_entropy_info();

// ---- many heads at once, with padding

// From names and values, as the catalogue's entry takes them.
AttentionOptions attention_options(const OptionMap& given);

struct AttentionHead {
  SampleMatrix probabilities;
  std::string name;                  // in messages
  std::vector<std::uint8_t> tokens;  // one per key, 0 = padding: such a key, and the query at its position, are not counted; empty: none
};

struct AttentionRows {
  std::vector<std::size_t> query;    // the rows that are counted
  std::vector<double> entropy, cap;  // of each, in nats
  double sum_error = 0;              // largest |sum - 1| of a row
};

// Heads and blocks of their rows side by side, on the one pool: any number of threads gives the same bits.
std::vector<AttentionRows> attention_rows(std::span<const AttentionHead> heads, const AttentionOptions& options = {},
                                          const Context& context = {});

// Which of `parts` runs of equal length, to within one, a query belongs to, from 0.
inline std::size_t part_of(std::size_t query, std::size_t queries, std::size_t parts) { return query * parts / queries; }

struct AttentionSummary {
  std::size_t rows = 0;
  std::size_t single_key_rows = 0;                // nothing to choose: cap 0
  double entropy = 0, cap = 0;                    // means, in nats
  double least = 0, most = 0;                     // entropy of a row, in nats
  double collapse_share = 0, overload_share = 0;  // of the rows with more than one key; NaN where there is none
  bool collapsed = false;                         // the mean entropy is below `collapse` times the mean cap
};
// Of rows of one or several heads, at least one.
AttentionSummary summarize(std::span<const double> entropy, std::span<const double> cap, const AttentionOptions& options = {});

}  // namespace entrospect
