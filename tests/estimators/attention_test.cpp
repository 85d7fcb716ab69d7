// Attention: closed forms, padding, causality, and rows that are no distributions.
#include "estimators/support.hpp"

namespace entrospect::testing {
namespace {

TEST(AttentionEntropy, UniformCausalRows) {
  Data a(5, 5);
  for (std::size_t i = 0; i < 5; ++i)
    for (std::size_t j = 0; j <= i; ++j) a(i, j) = 1 / static_cast<double>(i + 1);
  const Estimate e = attention_entropy(a, {.causal = true});
  EXPECT_NEAR(e.value, std::log(120.0) / 5, 8 * kEps);
  EXPECT_NEAR(e.normalized().value_or(0), 1, 8 * kEps);
  EXPECT_EQ(number(e, "single_key_rows"), 1);
  EXPECT_EQ(number(e, "collapse_share"), 0);
  EXPECT_EQ(number(e, "overload_share"), 1);
  EXPECT_NEAR(attention_entropy(a).cap.value_or(0), std::log(5.0), 2 * kEps);
  EXPECT_EQ(number(attention_entropy(a), "collapse_share"), 0.2);  // the first row could have looked at 5 keys
}

// Row i of the causal uniform matrix has entropy ln(i + 1): five rows in two parts are the first three and the last two.
TEST(AttentionEntropy, PartsAreTheProfileAlongTheQueries) {
  Data a(5, 5);
  for (std::size_t i = 0; i < 5; ++i)
    for (std::size_t j = 0; j <= i; ++j) a(i, j) = 1 / static_cast<double>(i + 1);
  const Estimate first = attention_entropy(a, {.causal = true, .parts = 2, .part = 1}),
                 last = attention_entropy(a, {.causal = true, .parts = 2, .part = 2});
  EXPECT_NEAR(first.value, std::log(6.0) / 3, 8 * kEps);
  EXPECT_NEAR(last.value, std::log(20.0) / 2, 8 * kEps);
  EXPECT_NEAR(last.cap.value_or(0), std::log(20.0) / 2, 8 * kEps);
  EXPECT_EQ(number(last, "first_query"), 3);
  EXPECT_EQ(number(last, "last_query"), 4);
  EXPECT_EQ(attention_entropy(a, {.causal = true, .parts = 2}).value, attention_entropy(a, {.causal = true}).value);
  EXPECT_TRUE(mentions(thrown([&] { attention_entropy(a, {.parts = 2, .part = 3}); }), {"part = 3", "parts = 2"}));
  EXPECT_TRUE(mentions(thrown([&] { attention_entropy(a, {.parts = 6}); }), {"parts = 6", "5 queries"}));
}

TEST(AttentionEntropy, PaddingIsNotCounted) {
  // Tokens at 1, 2 and 4: keys 0 and 3 are padding, as are the rows of those queries, whatever they hold.
  const double junk = std::numeric_limits<double>::quiet_NaN();
  const Data a({{junk, junk, junk, junk, junk}, {0, 1, 0, 0, 0}, {0, 0.5, 0.5, 0, 0}, {9, 9, 9, 9, 9}, {0, 0.25, 0.25, 0, 0.5}});
  const std::vector<AttentionHead> heads{{a, "head", {0, 1, 1, 0, 1}}};
  const AttentionRows rows = attention_rows(heads, {.causal = true}).front();
  EXPECT_EQ(rows.query, (std::vector<std::size_t>{1, 2, 4}));
  const std::vector<double> entropy{0, kLn2, 1.5 * kLn2}, cap{0, kLn2, std::log(3.0)};
  for (std::size_t k = 0; k < 3; ++k) {
    EXPECT_NEAR(rows.entropy[k], entropy[k], 4 * kEps);
    EXPECT_EQ(rows.cap[k], cap[k]);
  }
  const AttentionSummary s = summarize(rows.entropy, rows.cap);
  EXPECT_EQ(s.rows, 3U);
  EXPECT_EQ(s.single_key_rows, 1U);
  EXPECT_EQ(s.overload_share, 1);
  EXPECT_FALSE(s.collapsed);
  // Without the causal rule every token may look at three keys.
  EXPECT_EQ(attention_rows(heads).front().cap, std::vector<double>(3, std::log(3.0)));
  // Probability on a padded key is missing from the sum.
  const Data leak({{0.2, 0.8}, {0.1, 0.9}});
  const std::vector<AttentionHead> leaking{{leak, "head 7", {0, 1}}};
  EXPECT_TRUE(mentions(thrown([&] { attention_rows(leaking); }), {"head 7: row 1 sums to 0.9 over its 1 keys", "mask"}));
}

TEST(AttentionEntropy, TheWorstRowIsNamedAmongAllHeads) {
  const Data good({{0.5, 0.5}, {1, 0}}), bad({{0.5, 0.4}, {0.7, 0.1}});
  const std::vector<AttentionHead> heads{{good, "a", {}}, {bad, "b", {}}, {good, "c", {}}};
  EXPECT_TRUE(mentions(thrown([&] { attention_rows(heads); }), {"b: row 1 sums to 0.8 over its 2 keys", "worst of 2 rows", "softmax"}));
  EXPECT_EQ(attention_rows(heads, {.tolerance = 0.3}).size(), 3U);
  EXPECT_NEAR(attention_rows(heads, {.tolerance = 0.3})[1].sum_error, 0.2, 4 * kEps);
  EXPECT_TRUE(mentions(thrown([] { attention_entropy(Data({{1, 2}, {3, 4}})); }), {"row 1 sums to 7"}));
  EXPECT_TRUE(mentions(thrown([] { attention_entropy(Data({{1, 2}, {3, -4}})); }), {"row 1, column 1 is -4"}));
}

TEST(AttentionEntropy, HeadsAreTheSameForAnyNumberOfThreads) {
  const Data x = random_data(200, 40, 9);
  std::vector<AttentionHead> heads;
  for (int h = 0; h < 7; ++h) heads.push_back({probabilities(x), "", {}});
  Context one, five;
  one.threads = 1;
  five.threads = 5;
  const auto a = attention_rows(heads, {}, one), b = attention_rows(heads, {}, five);
  for (std::size_t h = 0; h < 7; ++h) EXPECT_EQ(a[h].entropy, b[h].entropy);
}

TEST(SemanticEntropy, SharesOfClusters) {
  const Labels labels(std::vector<std::string>{"a", "b", "a", "c"});
  EXPECT_NEAR(semantic_entropy(labels).value, 1.5 * kLn2, 4 * kEps);
  EXPECT_NEAR(semantic_entropy(labels).cap.value_or(0), std::log(3.0), 2 * kEps);
  EXPECT_NEAR(semantic_entropy(labels, {1, 4, 1, 2}, {.unit = Unit::bits}).value, 1.5, 4 * kEps);
  EXPECT_EQ(semantic_entropy(Labels(std::vector<std::int64_t>{4, 4})).value, 0);
  EXPECT_TRUE(
      mentions(thrown([] { semantic_entropy(Labels(std::vector<std::int64_t>{4})); }), {"semantic_entropy", "n = 1", "at least 2"}));
  EXPECT_TRUE(mentions(thrown([&] { semantic_entropy(labels, {1, 2}); }), {"weights has 2 rows where 'labels' has 4"}));
}

}  // namespace
}  // namespace entrospect::testing
