#include "estimators/support.hpp"

namespace entrospect::testing {
namespace {

const Data kX({{1, 0}, {0, 1}, {-1, -1}, {2, 0}});
const Data kY = column({1, 2, 0, 1});

TEST(Cka, KnownAnswers) {
  for (const Side side : {Side::gram, Side::covariance}) {
    EXPECT_NEAR(cka(kX, kY, {.statistic = CkaStatistic::biased, .side = side}).value, 0.449013, kPrinted);
    EXPECT_TRUE(near(cka(kX, kY, {.side = side}), -5.0 / 12 / std::sqrt(7.0 / 36), 64 * kEps));
    EXPECT_TRUE(near(cka(kX, kX, {.side = side}), 1, 64 * kEps));
  }
}

TEST(Cka, IsTheNormalizedHsic) {
  const Data x = random_data(30, 4, 1, 0.3), y = random_data(30, 3, 2);
  for (const KernelKind kind : {KernelKind::linear, KernelKind::cosine, KernelKind::gaussian, KernelKind::polynomial}) {
    const Kernel kernel{kind};
    EXPECT_TRUE(
        near(cka(x, y, {.kernel = kernel}), *hsic(x, y, {.statistic = HsicStatistic::unbiased, .kernel = kernel}).normalized(), 16 * kEps));
    EXPECT_TRUE(
        near(cka(x, y, {.statistic = CkaStatistic::biased, .kernel = kernel}), *hsic(x, y, {.kernel = kernel}).normalized(), 16 * kEps));
  }
}

TEST(Cka, SharesGramMatricesThroughAMemo) {
  const Data x = random_data(20, 40, 1), y = random_data(20, 50, 2);
  Memo memo;
  Context context;
  context.memo = &memo;
  for (int again = 0; again < 2; ++again) {
    EXPECT_EQ(cka(x, y, {}, context).value, cka(x, y).value);
    EXPECT_EQ(cka(y, x, {}, context).value, cka(y, x).value);
    EXPECT_EQ(cka(x, x, {}, context).value, cka(x, x).value);
    EXPECT_EQ(cka(x, y, {.statistic = CkaStatistic::biased}, context).value, cka(x, y, {.statistic = CkaStatistic::biased}).value);
  }
}

TEST(Cka, PermutationNull) {
  const Data x = random_data(60, 3, 1);
  Data y = x;
  for (double& v : y.values) v = v * v;
  const CkaOptions o{.kernel = {KernelKind::gaussian}, .null = PermutationNull::permutation, .n_null = 99};
  EXPECT_EQ(number(cka(x, y, o), "p_value"), 0.01);
  const Estimate none = cka(x, random_data(60, 3, 9), o);
  EXPECT_GT(number(none, "p_value"), 0.01);
  EXPECT_EQ(
      number(none, "p_value"),
      number(hsic(x, random_data(60, 3, 9), {.statistic = HsicStatistic::unbiased, .null = PermutationNull::permutation, .n_null = 99}),
             "p_value"));
}

TEST(Cka, FaultsAreNamed) {
  const Data x = random_data(6, 2, 1), same(Data({{1, 2}, {1, 2}, {1, 2}, {1, 2}, {1, 2}, {1, 2}}));
  EXPECT_TRUE(mentions(thrown([&] { cka(x, random_data(7, 2, 1)); }), {"cka", "'y' has 7 rows", "'x' has 6"}));
  EXPECT_TRUE(mentions(thrown([&] { cka(random_data(3, 2, 1), random_data(3, 2, 2)); }), {"cka: n = 3", "4"}));
  EXPECT_TRUE(mentions(thrown([&] { cka(x, same); }), {"cka: y: all rows are equal"}));
  EXPECT_TRUE(mentions(thrown([&] {
                         run("cka", {{x, x}, {}, {}}, {{"compat", word("platonic")}, {"statistic", word("unbiased")}});
                       }),
                       {"cka", "platonic", "statistic = 'biased'"}));
}

}  // namespace
}  // namespace entrospect::testing
