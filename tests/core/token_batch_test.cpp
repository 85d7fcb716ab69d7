// Kept tokens, pooling and what is warned of, on batches small enough to read.

#include "entrospect/core/token_batch.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "entrospect/core/errors.hpp"
#include "entrospect/core/row_loader.hpp"

namespace entrospect {
namespace {

using Tokens = std::vector<std::size_t>;
constexpr double nan = std::numeric_limits<double>::quiet_NaN();

std::vector<double> values(const SampleMatrix& x) {
  std::vector<double> out(x.n() * x.d());
  RowLoader(x).load(0, x.n(), out.data(), x.d());
  return out;
}

// Three prompts of 2, 3 and 1 tokens with two features.
struct Three {
  std::vector<double> data{1, 5, 2, 4, 3, 3, 7, -1, 5, 9, 6, 6};
  TokenBatch batch{SampleMatrix(data.data(), 6, 2), {0, 2, 5, 6}};
};

TEST(KeptTokens, PaddingOnEitherSide) {
  const std::vector<std::uint8_t> mask{1, 1, 0, 0, 0, 1, 1, 7};
  const KeptTokens kept = kept_tokens(2, 4, mask, {});
  EXPECT_EQ(kept.tokens, (Tokens{0, 1, 5, 6, 7}));
  EXPECT_EQ(kept.begin, (Tokens{0, 2, 5}));
  EXPECT_EQ(kept.masked, 3U);
  EXPECT_EQ(kept.dropped, 0U);
}

TEST(KeptTokens, DroppedPositionsCountKeptTokensOnly) {
  const std::vector<std::uint8_t> mask{1, 1, 0, 0, 0, 1, 1, 1, 0, 1, 0, 0, 0, 0, 0, 0};
  const std::vector<std::int64_t> drop{0, -1, 9, -9};
  const KeptTokens kept = kept_tokens(4, 4, mask, drop);
  EXPECT_EQ(kept.tokens, Tokens{6});  // first and last of prompt 1 are gone, all of prompts 0 and 2
  EXPECT_EQ(kept.begin, (Tokens{0, 0, 1, 1, 1}));
  EXPECT_EQ(kept.masked, 10U);
  EXPECT_EQ(kept.dropped, 5U);
}

TEST(KeptTokens, NoMaskKeepsAll) {
  EXPECT_EQ(kept_tokens(2, 2, {}, {}).tokens, (Tokens{0, 1, 2, 3}));
  EXPECT_THROW((void)kept_tokens(2, 2, std::vector<std::uint8_t>(3, 1), {}), InvalidArgument);
}

TEST(TokenBatch, PoolsEachPrompt) {
  const Three three;
  EXPECT_EQ(values(three.batch.pooled(Pool::first)), (std::vector<double>{1, 5, 3, 3, 6, 6}));
  EXPECT_EQ(values(three.batch.pooled(Pool::last)), (std::vector<double>{2, 4, 5, 9, 6, 6}));
  EXPECT_EQ(values(three.batch.pooled(Pool::max)), (std::vector<double>{2, 5, 7, 9, 6, 6}));
  EXPECT_EQ(values(three.batch.pooled(Pool::mean)), (std::vector<double>{1.5, 4.5, 5, 11.0 / 3, 6, 6}));
  EXPECT_EQ(values(three.batch.prompt(1)), (std::vector<double>{3, 3, 7, -1, 5, 9}));
  EXPECT_EQ(three.batch.pooled(Pool::last).data(), static_cast<const void*>(three.data.data()));  // a view
}

TEST(TokenBatch, PromptsWithoutTokensHaveNoRow) {
  const std::vector<double> data{1, 2, 3, 4};
  const TokenBatch batch(SampleMatrix(data.data(), 2, 2), {0, 0, 2, 2});
  EXPECT_EQ(batch.nonempty(), Tokens{1});
  EXPECT_EQ(values(batch.pooled(Pool::mean)), (std::vector<double>{2, 3}));
  EXPECT_THROW(TokenBatch(SampleMatrix(data.data(), 2, 2), {0, 1}), InvalidArgument);
  EXPECT_THROW(TokenBatch(SampleMatrix(data.data(), 2, 2), {0, 2, 1, 2}), InvalidArgument);
}

TEST(TokenBatch, PoolingLosesNoNaN) {
  for (const std::vector<double>& data : {std::vector<double>{nan, 1, 2}, {1, nan, 2}, {1, 2, nan}})
    for (const Pool pool : {Pool::mean, Pool::max}) {
      const TokenBatch batch(SampleMatrix(data.data(), 3, 1), {0, 3});
      EXPECT_TRUE(std::isnan(values(batch.pooled(pool)).front()));
    }
}

TEST(TokenSurvey, FindsMassiveActivations) {
  // Two prompts of four tokens; the first token has norm 50 and 30, the others 1.
  std::vector<double> data{50, 0, 0, 1, 1, 0, 0, 1, 0, 30, 1, 0, 0, 1, 0.6, 0.8};
  const TokenBatch batch(SampleMatrix(data.data(), 8, 2), {0, 4, 8});
  const TokenSurvey survey = survey_tokens(batch);
  EXPECT_EQ(survey.loudest_position, 0U);
  EXPECT_DOUBLE_EQ(survey.loudest_over_median, 40);
  const std::vector<std::string> warnings = token_warnings(survey, batch, true);
  ASSERT_EQ(warnings.size(), 1U);
  EXPECT_NE(warnings[0].find("40 times the median norm"), std::string::npos);
  data[0] = data[9] = 19;  // below 20 times
  EXPECT_TRUE(token_warnings(survey_tokens(batch), batch, true).empty());
}

TEST(TokenSurvey, CountsConstantRowsAndEqualEnds) {
  const std::vector<double> within{1, 2, 0.5, 0.5, 0.5, 0.5, 3, 4, 5, 6, 7, 8};  // the last two rows of prompt 0 are equal
  const TokenBatch batch(SampleMatrix(within.data(), 6, 2), {0, 3, 6});
  const TokenSurvey survey = survey_tokens(batch);
  EXPECT_EQ(survey.constant_rows, 2U);
  EXPECT_EQ(survey.repeated_ends, 1U);
  EXPECT_EQ(token_warnings(survey, batch, false).size(), 2U);
  EXPECT_EQ(token_warnings(survey, batch, true).size(), 1U);  // with a mask equal rows are the data's own

  const std::vector<double> between{1, 2, 9, 8, 3, 4, 9, 8};
  EXPECT_EQ(survey_tokens({SampleMatrix(between.data(), 4, 2), {0, 2, 4}}).repeated_ends, 1U);
  const std::vector<double> column{1, 2, 3, 4};
  EXPECT_EQ(survey_tokens({SampleMatrix(column.data(), 4, 1), {0, 2, 4}}).constant_rows, 0U);
}

TEST(TokenSurvey, LeavesNaNToTheEstimator) {
  const std::vector<double> data{1, nan, 2, 3};
  EXPECT_EQ(survey_tokens({SampleMatrix(data.data(), 2, 2), {0, 2}}).loudest_over_median, 0);
}

}  // namespace
}  // namespace entrospect
