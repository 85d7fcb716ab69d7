#include "estimators/support.hpp"

namespace entrospect::testing {
namespace {

// A diagonal matrix has its entries as singular values.
TEST(RankMe, KnownAnswers) {
  const Data two = diagonal({3, 1}), three = diagonal({1, 0.5, 0.25});
  EXPECT_TRUE(near(rankme(two), 1.754765, kPrinted));
  EXPECT_TRUE(near(rankme(two, {.compat = "rankme-paper"}), 1.754765293, 6e-10));
  EXPECT_TRUE(near(rankme(two, {.compat = "stable-pretraining-jax"}), 1.754765313, 6e-10));
  EXPECT_TRUE(near(rankme(two, {.compat = "stable-pretraining-torch"}), 1.754759629, 6e-10));
  EXPECT_TRUE(near(rankme(three), 2.600490, kPrinted));
  EXPECT_TRUE(near(rankme(two, {.epsilon = 1e-5}).value, rankme(two, {.compat = "stable-pretraining-torch"}).value, kEps));
}

EffectiveRankOptions raw(double order) { return {.order = order, .center = false}; }

TEST(EffectiveRank, KnownAnswers) {
  const Data two = diagonal({3, 1}), three = diagonal({1, 0.5, 0.25});
  EXPECT_TRUE(near(effective_rank(two, raw(1)), 1.384145, kPrinted));
  EXPECT_TRUE(near(effective_rank(two, raw(2)), 1.219512, kPrinted));     // participation ratio
  EXPECT_TRUE(near(effective_rank(two, raw(kInf)), 1.111111, kPrinted));  // stable rank
  EXPECT_TRUE(near(effective_rank(three, raw(1)), 1.950368, kPrinted));
  EXPECT_TRUE(near(effective_rank(three, raw(2)), 1.615385, kPrinted));
  EXPECT_TRUE(near(effective_rank(three, raw(kInf)), 1.3125, 1e-14));
  EXPECT_TRUE(near(effective_rank(three, raw(0)), 3, 4 * kEps));
  EXPECT_TRUE(near(effective_rank(two, {.convention = "singular-values"}), 1.754765, kPrinted));
}

// Uniform singular values in 1000 directions, and one direction only.
TEST(RankMe, AnEpsilonExceedsTheCap) {
  const Data uniform = diagonal(std::vector<double>(1000, 1.0));
  EXPECT_TRUE(near(rankme(uniform), 1000, 1e-12));
  const Estimate small = rankme(uniform, {.compat = "rankme-paper"});
  const Estimate large = rankme(uniform, {.compat = "stable-pretraining-torch"});
  EXPECT_TRUE(near(small.value, 1000.59, 5e-6));
  EXPECT_TRUE(near(large.value, 1060.80, 5e-6));
  EXPECT_EQ(*large.cap, 1000);
  ASSERT_EQ(large.warnings.size(), 1U);
  std::vector<double> first(1000, 0.0);
  first[0] = 2;
  const Data one = diagonal(first);
  EXPECT_TRUE(near(rankme(one, {.compat = "rankme-paper"}), 1.0016, 5e-5));
  EXPECT_TRUE(near(rankme(one, {.compat = "stable-pretraining-torch"}), 1.1219, 5e-5));
}

// The zeros that the smaller side does not show carry the epsilon too: 2 x 3 and 3 x 2 have two singular values each, not three.
TEST(RankMe, TheEpsilonCountsSingularValuesOfBothSides) {
  const Data wide({{3, 0, 0}, {0, 1, 0}}), tall({{3, 0}, {0, 1}, {0, 0}});
  for (const Side side : {Side::automatic, Side::gram, Side::covariance}) {
    EXPECT_TRUE(near(rankme(wide, {.side = side, .compat = "stable-pretraining-torch"}), 1.754759629, 6e-10));
    EXPECT_TRUE(near(rankme(tall, {.side = side, .compat = "stable-pretraining-torch"}), 1.754759629, 6e-10));
  }
}

TEST(EffectiveRank, DiffErankKnownAnswers) {
  const EffectiveRankOptions tool{.compat = "diff-erank"};
  EXPECT_TRUE(near(effective_rank(Data({{1, 0}, {0, 1}, {-1, -1}}), tool), 1.889882, kPrinted));
  EXPECT_TRUE(near(effective_rank(Data({{1, 2}, {3, 5}, {4, 4}, {0, 0}}), tool), 1.236483, kPrinted));
  EXPECT_TRUE(near(effective_rank(Data({{1, 0, 0}, {0, 1, 0}, {0, 0, 1}, {0, 0, 0}}), tool), 2.974452, kPrinted));
  EXPECT_TRUE(near(effective_rank(Data({{1, 0}, {3, 4}}), tool), 1, 1e-14));  // two rows always give 1
  const EffectiveRankOptions own{.normalize = Normalize::l2};
  EXPECT_TRUE(near(effective_rank(Data({{1, 2}, {3, 5}, {4, 4}, {0, 0}}), own), 1.236483, kPrinted));
  EXPECT_TRUE(mentions(thrown([&] { effective_rank(Data({{1, 0}, {3, 4}}), own); }), {"n = 2", "at least 3"}));
  EXPECT_TRUE(mentions(thrown([&] { effective_rank(Data({{1, 0}, {-1, 0}, {0, 0}}), tool); }), {"equal to the mean", "row 2"}));
}

// Each tool's rule, written out again on the oracle's eigenvalues.
class Tools : public ::testing::TestWithParam<std::pair<std::size_t, std::size_t>> {
 protected:
  Data x = random_data(GetParam().first, GetParam().second, 11, 0.4);
  std::size_t smaller = std::min(x.n, x.d);
  double tool(const char* id) const {
    const double one = effective_rank(x, {.compat = id}).value, other = rankme(x, {.compat = id}).value;
    EXPECT_EQ(one, other) << id;
    return one;
  }
  static double with_epsilon(naive::Row p, std::size_t count, double added) {
    p = naive::normalized(naive::nonnegative(p));
    p.resize(count, 0);
    for (naive::Real& v : p) v += added;
    return static_cast<double>(std::exp(naive::renyi(p, 1)));
  }
};

TEST_P(Tools, Reptrix) {
  naive::Row lam = naive::eigenvalues(naive::scatter(naive::centered(x.naive())));
  lam.resize(smaller);
  EXPECT_TRUE(near(tool("reptrix"), with_epsilon(lam, smaller, 1e-7), 1e-10));
}

TEST_P(Tools, SingularValues) {
  naive::Row s = naive::nonnegative(naive::eigenvalues(naive::scatter(x.naive())));
  s.resize(smaller);
  for (naive::Real& v : s) v = std::sqrt(v);
  EXPECT_TRUE(near(rankme(x), with_epsilon(s, smaller, 0), 1e-10));
  EXPECT_TRUE(near(tool("rankme-paper"), with_epsilon(s, smaller, 1e-7), 1e-10));
  EXPECT_TRUE(near(tool("stable-pretraining-torch"), with_epsilon(s, smaller, 1e-5), 1e-10));
}

TEST_P(Tools, Djaniak) {
  naive::Matrix w = naive::unit_rows(naive::centered(x.naive()));
  for (naive::Row& row : w) {
    naive::Real mean = 0;
    for (const naive::Real v : row) mean += v / static_cast<naive::Real>(row.size());
    for (naive::Real& v : row) v -= mean;
  }
  const naive::Row p = naive::normalized(naive::nonnegative(naive::eigenvalues(naive::products(w))));
  EXPECT_TRUE(near(tool("djaniak"), static_cast<double>(std::exp(naive::renyi(p, 1))), 1e-11));
}

TEST_P(Tools, Ssrlib) {
  naive::Row lam = naive::nonnegative(naive::eigenvalues(naive::scatter(naive::centered(x.naive()))));
  lam.resize(smaller, 0);
  naive::Real total = 0;
  for (naive::Real& v : lam) v /= static_cast<naive::Real>(x.n - 1), total += v;
  for (naive::Real& v : lam) v = std::clamp<naive::Real>(v / (total + 1e-12L), 1e-12L, 1);
  EXPECT_TRUE(near(tool("ssrlib"), static_cast<double>(std::exp(naive::renyi(lam, 1))), 1e-10));
}

INSTANTIATE_TEST_SUITE_P(Shapes, Tools, ::testing::Values(std::pair(9, 4), std::pair(4, 9), std::pair(6, 6)));

TEST(EffectiveRank, SsrlibIsNotScaleFree) {
  const Data tiny({{1e-5, 0}, {0, 1e-5}, {0, 0}});
  const naive::Matrix c = naive::centered(tiny.naive());
  const naive::Row lam = naive::eigenvalues(naive::scatter(c));
  const naive::Real total = (lam[0] + lam[1]) / 2;
  naive::Row p{lam[0] / 2 / (total + 1e-12L), lam[1] / 2 / (total + 1e-12L)};
  EXPECT_TRUE(near(effective_rank(tiny, {.compat = "ssrlib"}), static_cast<double>(std::exp(naive::renyi(p, 1))), 1e-9));
  const Data same({{1, 2}, {1, 2}, {1, 2}});
  EXPECT_EQ(effective_rank(same, {.compat = "ssrlib"}).value, 0);
  EXPECT_TRUE(std::isnan(effective_rank(same).value));
  EXPECT_EQ(effective_rank(same).status, Status::degenerate);
}

TEST(EffectiveRank, ReptrixKeepsAtMost2048Values) {
  const Data x = diagonal(std::vector<double>(2100, 1.0));  // centered: 2099 equal eigenvalues
  const double p = 1.0 / 2048 + 1e-7;
  EXPECT_TRUE(near(rankme(x, {.compat = "reptrix"}), std::exp(-2048 * p * std::log(p)), 1e-9));
}

TEST(EffectiveRank, RankDeficientDataCountTheirRank) {
  const Data base = random_data(40, 3, 2);
  Data x(40, 12);  // rank 3
  for (std::size_t i = 0; i < 40; ++i)
    for (std::size_t j = 0; j < 12; ++j)
      for (std::size_t k = 0; k < 3; ++k) x(i, j) += base(i, k) * std::cos(static_cast<double>(j * (k + 1)));
  EXPECT_TRUE(near(effective_rank(x, {.order = 0}), 3, 1e-13));
  // Round-off in the other nine directions must not leak into the singular values.
  naive::Row s = naive::eigenvalues(naive::scatter(x.naive()));
  s.resize(3);
  for (naive::Real& v : s) v = std::sqrt(v);
  EXPECT_TRUE(near(rankme(x), static_cast<double>(std::exp(naive::renyi(naive::normalized(s), 1))), 1e-9));
}

TEST(EffectiveRank, Errors) {
  const Data x = random_data(6, 3, 1);
  EXPECT_TRUE(
      mentions(thrown([&] { rankme(x, {.solver = {.precision = Precision::single}}); }), {"rankme", "precision = 'single' is refused"}));
  EXPECT_TRUE(mentions(thrown([&] { effective_rank(x, {.order = 0.5, .solver = {.precision = Precision::single}}); }), {"refused"}));
  EXPECT_TRUE(mentions(thrown([&] { effective_rank(x, {.solver = {.precision = Precision::single}, .compat = "ssrlib"}); }), {"refused"}));
  EXPECT_TRUE(near(effective_rank(x, {.solver = {.precision = Precision::single}}), effective_rank(x).value, 1e-5));
  EXPECT_TRUE(mentions(thrown([&] { effective_rank(x, {.order = 2, .epsilon = 1e-7}); }), {"epsilon", "order = 1"}));
  EXPECT_TRUE(mentions(thrown([&] { rankme(x, {.epsilon = -1}); }), {"epsilon = -1", "[0, 1)"}));
  EXPECT_TRUE(mentions(thrown([&] { effective_rank(x, {.order = -1}); }), {"order = -1", "[0, inf]"}));
  EXPECT_TRUE(mentions(thrown([&] { rankme(x, {.compat = "monai"}); }), {"'monai'", "'ssrlib'", "'reptrix'"}));
}

}  // namespace
}  // namespace entrospect::testing
