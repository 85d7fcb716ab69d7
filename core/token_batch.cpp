#include "entrospect/core/token_batch.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <memory>

#include "entrospect/core/errors.hpp"
#include "entrospect/core/parallel.hpp"
#include "entrospect/core/row_loader.hpp"
#include "entrospect/core/row_tiles.hpp"
#include "entrospect/core/survey.hpp"

namespace entrospect {
namespace {

// Keeps the tokens of one prompt that `drop` does not name.
void drop_positions(std::vector<std::size_t>& tokens, std::size_t first, std::span<const std::int64_t> drop) {
  const auto count = static_cast<std::int64_t>(tokens.size() - first);
  std::size_t next = first;
  for (std::int64_t i = 0; i < count; ++i) {
    const bool named = std::any_of(drop.begin(), drop.end(), [&](std::int64_t at) { return at == i || at == i - count; });
    if (!named) tokens[next++] = tokens[first + static_cast<std::size_t>(i)];
  }
  tokens.resize(next);
}

double norm(const double* row, std::size_t d) {
  double sum = 0;
  for (std::size_t j = 0; j < d; ++j) sum += row[j] * row[j];
  return std::sqrt(sum);
}

bool constant(const double* row, std::size_t d) {
  return std::all_of(row, row + d, [row](double value) { return value == row[0]; });
}

double median(std::vector<double> values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  if (values.size() % 2 == 1) return *middle;
  return (*middle + *std::max_element(values.begin(), middle)) / 2;
}

// Mean norm of the rows at every position among the kept tokens of a prompt. Every position up to the longest prompt's has at least one
// row.
std::vector<double> norms_by_position(const TokenBatch& batch, std::span<const double> norms) {
  std::vector<double> sums;
  std::vector<std::size_t> counts;
  for (std::size_t p = 0; p < batch.prompts(); ++p)
    for (std::size_t i = 0; i < batch.length(p); ++i) {
      if (i == sums.size()) {
        sums.push_back(0);
        counts.push_back(0);
      }
      sums[i] += norms[batch.begin(p) + i];
      ++counts[i];
    }
  for (std::size_t i = 0; i < sums.size(); ++i) sums[i] /= static_cast<double>(counts[i]);
  return sums;
}

std::size_t repeated_ends(const TokenBatch& batch, const Context& context) {
  std::vector<std::size_t> ends;
  std::size_t within = 0;
  for (const std::size_t p : batch.nonempty()) {
    const std::size_t last = batch.begin(p) + batch.length(p) - 1;
    ends.push_back(last);
    if (batch.length(p) > 1) within += survey(batch.tokens().plain().select({last - 1, last}), context).duplicate_rows;
  }
  return std::max(within, survey(batch.tokens().plain().select(std::move(ends)), context).duplicate_rows);
}

std::string percent(double share) {
  std::array<char, 32> buffer{};
  std::snprintf(buffer.data(), buffer.size(), "%.3g %%", 100 * share);
  return buffer.data();
}

}  // namespace

KeptTokens kept_tokens(std::size_t prompts, std::size_t positions, std::span<const std::uint8_t> mask, std::span<const std::int64_t> drop) {
  if (!mask.empty() && mask.size() != prompts * positions)
    throw InvalidArgument("mask has " + std::to_string(mask.size()) + " entries; " + std::to_string(prompts) + " prompts x " +
                          std::to_string(positions) + " positions need " + std::to_string(prompts * positions));
  KeptTokens kept;
  kept.begin.push_back(0);
  for (std::size_t p = 0; p < prompts; ++p) {
    const std::size_t first = kept.tokens.size();
    for (std::size_t token = p * positions; token < (p + 1) * positions; ++token)
      if (mask.empty() || mask[token] != 0) kept.tokens.push_back(token);
    const std::size_t unmasked = kept.tokens.size();
    kept.masked += positions - (unmasked - first);
    drop_positions(kept.tokens, first, drop);
    kept.dropped += unmasked - kept.tokens.size();
    kept.begin.push_back(kept.tokens.size());
  }
  return kept;
}

const Choices<Pool>& pool_choices() {
  static const Choices<Pool> choices{{"mean", Pool::mean}, {"last", Pool::last}, {"first", Pool::first}, {"max", Pool::max}};
  return choices;
}

TokenBatch::TokenBatch(SampleMatrix tokens, std::vector<std::size_t> begin) : tokens_(std::move(tokens)), begin_(std::move(begin)) {
  if (begin_.empty() || begin_.front() != 0 || begin_.back() != tokens_.n() || !std::is_sorted(begin_.begin(), begin_.end()))
    throw InvalidArgument("begin must ascend from 0 to the number of tokens, " + std::to_string(tokens_.n()));
}

std::vector<std::size_t> TokenBatch::nonempty() const {
  std::vector<std::size_t> out;
  for (std::size_t p = 0; p < prompts(); ++p)
    if (length(p) > 0) out.push_back(p);
  return out;
}

SampleMatrix TokenBatch::prompt(std::size_t prompt) const {
  std::vector<std::size_t> rows(length(prompt));
  for (std::size_t i = 0; i < rows.size(); ++i) rows[i] = begin_[prompt] + i;
  return tokens_.select(std::move(rows));
}

SampleMatrix TokenBatch::pooled(Pool pool, const Context& context) const {
  const std::vector<std::size_t> chosen = nonempty();
  if (pool == Pool::first || pool == Pool::last) {
    std::vector<std::size_t> rows;
    for (const std::size_t p : chosen) rows.push_back(pool == Pool::first ? begin_[p] : begin_[p + 1] - 1);
    return tokens_.select(std::move(rows));
  }
  const std::size_t d = tokens_.d();
  const std::shared_ptr<double[]> out(new double[chosen.size() * d]);
  const RowLoader loader(tokens_, context);
  parallel_for(context, chosen.size(), [&](std::size_t i) {
    const std::size_t p = chosen[i];
    std::vector<double> row(d);
    double* pooled = out.get() + i * d;
    loader.load(begin_[p], 1, pooled, d);
    for (std::size_t t = begin_[p] + 1; t < begin_[p + 1]; ++t) {
      loader.load(t, 1, row.data(), d);
      for (std::size_t j = 0; j < d; ++j) {
        if (pool == Pool::mean) {
          pooled[j] += row[j];
        } else if (!(pooled[j] >= row[j])) {  // a NaN on either side stays one: the estimator names it
          pooled[j] = std::isnan(pooled[j]) ? pooled[j] : row[j];
        }
      }
    }
    if (pool == Pool::mean)
      for (std::size_t j = 0; j < d; ++j) pooled[j] /= static_cast<double>(length(p));
  });
  const auto item = static_cast<std::ptrdiff_t>(sizeof(double));
  return {out.get(), DType::f64, chosen.size(), d, static_cast<std::ptrdiff_t>(d) * item, item, out};
}

TokenSurvey survey_tokens(const TokenBatch& batch, const Context& context) {
  TokenSurvey out;
  const SampleMatrix x = batch.tokens().plain();
  if (x.n() == 0 || x.d() == 0) return out;
  std::vector<double> norms(x.n());
  std::vector<std::uint8_t> is_constant(x.n());
  const std::size_t d = x.d();
  for_each_tile(RowLoader(x, context), context, [&](const RowTile& tile) {
    for (std::size_t i = 0; i < tile.count; ++i) {
      norms[tile.first + i] = norm(tile.row(i), d);
      is_constant[tile.first + i] = d > 1 && constant(tile.row(i), d);
    }
  });
  out.constant_rows = static_cast<std::size_t>(std::count(is_constant.begin(), is_constant.end(), 1));
  if (!std::all_of(norms.begin(), norms.end(), [](double value) { return std::isfinite(value); })) return out;  // the estimator names them
  const std::vector<double> by_position = norms_by_position(batch, norms);
  const auto loudest = std::max_element(by_position.begin(), by_position.end());
  out.loudest_position = static_cast<std::size_t>(loudest - by_position.begin());
  const double typical = median(by_position);
  if (typical > 0) out.loudest_over_median = *loudest / typical;
  out.repeated_ends = repeated_ends(batch, context);
  return out;
}

std::vector<std::string> token_warnings(const TokenSurvey& survey, const TokenBatch& batch, bool masked) {
  constexpr double loud = 20, constant_share = 0.01;
  std::vector<std::string> out;
  if (survey.loudest_over_median > loud) {
    const auto times = static_cast<long long>(std::llround(survey.loudest_over_median));
    const std::string position = std::to_string(survey.loudest_position);
    out.push_back("massive activations: the tokens at position " + position + " have " + std::to_string(times) +
                  " times the median norm and dominate an uncentered spectrum; drop_tokens=[" + position + "] leaves them out");
  }
  const double share = static_cast<double>(survey.constant_rows) / static_cast<double>(std::max<std::size_t>(batch.tokens().n(), 1));
  if (share > constant_share)
    out.push_back("constant rows: " + percent(share) + " of the tokens have the same value in every feature; is this padding?");
  if (!masked && survey.repeated_ends > 0)
    out.push_back("equal last rows in " + std::to_string(survey.repeated_ends) + " of " + std::to_string(batch.prompts()) +
                  " prompts and no mask: if this is padding, it is counted as tokens; pass mask=");
  return out;
}

}  // namespace entrospect
