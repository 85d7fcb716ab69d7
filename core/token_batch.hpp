#pragma once
// Activations of a batch of prompts, such as a transformer's hidden states: the kept tokens as one sample matrix, prompt after prompt.
// Padding is never a row.

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "entrospect/core/context.hpp"
#include "entrospect/core/options.hpp"
#include "entrospect/core/sample_matrix.hpp"

namespace entrospect {

// Which tokens of prompts x positions are kept. Prompt p has tokens[begin[p]] to tokens[begin[p + 1] - 1], in ascending order; a token is
// numbered prompt * positions + position.
struct KeptTokens {
  std::vector<std::size_t> tokens;
  std::vector<std::size_t> begin;
  std::size_t masked = 0, dropped = 0;
};

// `mask` (empty: keep all) has one entry for each token, nonzero = keep. `drop` lists positions among the kept tokens of a prompt: 0 is the
// first one wherever the padding lies, -1 the last one.
KeptTokens kept_tokens(std::size_t prompts, std::size_t positions, std::span<const std::uint8_t> mask, std::span<const std::int64_t> drop);

enum class Pool { mean, last, first, max };
const Choices<Pool>& pool_choices();

class TokenBatch {
 public:
  // Rows begin[p] to begin[p + 1] - 1 of `tokens` belong to prompt p.
  TokenBatch(SampleMatrix tokens, std::vector<std::size_t> begin);

  [[nodiscard]] const SampleMatrix& tokens() const { return tokens_; }
  [[nodiscard]] std::size_t prompts() const { return begin_.size() - 1; }
  [[nodiscard]] std::size_t begin(std::size_t prompt) const { return begin_[prompt]; }
  [[nodiscard]] std::size_t length(std::size_t prompt) const { return begin_[prompt + 1] - begin_[prompt]; }
  [[nodiscard]] std::vector<std::size_t> nonempty() const;  // prompts with at least one token

  [[nodiscard]] SampleMatrix prompt(std::size_t prompt) const;
  // One row for each of nonempty(). `first` and `last` are views; `mean` and `max` (of every feature) are computed, in float64.
  [[nodiscard]] SampleMatrix pooled(Pool pool, const Context& context = {}) const;

 private:
  SampleMatrix tokens_;
  std::vector<std::size_t> begin_;
};

// What in a batch of tokens often makes a number mean something else.
struct TokenSurvey {
  std::size_t constant_rows = 0;  // all features equal; not looked for when there is one feature
  // The position (among the kept tokens of a prompt) with the largest mean row norm, and that over the median position's.
  std::size_t loudest_position = 0;
  double loudest_over_median = 0;
  // Prompts whose last row equals the row before it, or those whose last row equals that of an earlier prompt, whichever are more.
  std::size_t repeated_ends = 0;
};
TokenSurvey survey_tokens(const TokenBatch& batch, const Context& context = {});

// One line for each of: a position with more than 20 times the median norm (massive activations, as first tokens have), more than 1 %
// constant rows, and, if no mask was given, equal last rows (padding).
std::vector<std::string> token_warnings(const TokenSurvey& survey, const TokenBatch& batch, bool masked);

}  // namespace entrospect
