#include "entrospect/estimators/dependence/cka_matrix.hpp"

#include "estimators/support.hpp"

namespace entrospect::testing {
namespace {

TEST(CkaMatrix, EntriesAreThePairs) {
  const std::vector<Data> layers{random_data(60, 3, 1), random_data(60, 7, 2, 5), random_data(60, 4, 3), random_data(60, 90, 4)};
  std::vector<SampleMatrix> samples(layers.begin(), layers.end());
  for (const CkaStatistic statistic : {CkaStatistic::unbiased, CkaStatistic::biased})
    for (const Kernel& kernel : {Kernel{KernelKind::linear}, Kernel{}, Kernel{KernelKind::laplacian_l1, 2.0}})
      for (const Side side : {Side::automatic, Side::gram, Side::covariance}) {
        if (side == Side::covariance && kernel.kind != KernelKind::linear) continue;
        const CkaOptions o{.statistic = statistic, .kernel = kernel, .side = side};
        const std::vector<double> all = cka_matrix(samples, o);
        ASSERT_EQ(all.size(), 16U);
        for (std::size_t l = 0; l < 4; ++l)
          for (std::size_t m = 0; m < 4; ++m)
            EXPECT_NEAR(all[4 * l + m], cka(layers[l], layers[m], o).value, 64 * 60 * kEps) << l << " " << m << " " << name(kernel.kind);
        for (const unsigned threads : {1U, 2U, 7U}) {
          Context context;
          context.threads = threads;
          EXPECT_EQ(cka_matrix(samples, o, {}, context), all);
        }
      }
}

TEST(CkaMatrix, EntriesOfManyBlocksAreThePairs) {
  const std::vector<Data> layers{random_data(301, 3, 1), random_data(301, 2, 2), random_data(301, 5, 3, 1000)};
  const std::vector<SampleMatrix> samples(layers.begin(), layers.end());
  for (const CkaStatistic statistic : {CkaStatistic::unbiased, CkaStatistic::biased}) {
    const CkaOptions o{.statistic = statistic, .side = Side::gram}, features{.statistic = statistic, .side = Side::covariance};
    const std::vector<double> all = cka_matrix(samples, o), by_columns = cka_matrix(samples, features);
    for (std::size_t i = 0; i < all.size(); ++i) EXPECT_NEAR(all[i], by_columns[i], 64 * 301 * kEps);
    Context alone;
    alone.threads = 1;
    EXPECT_EQ(cka_matrix(samples, o, {}, alone), all);
  }
}

TEST(CkaMatrix, BatchesAreThoseOfThePairs) {
  const std::vector<Data> layers{random_data(50, 3, 1), random_data(50, 30, 2), random_data(50, 5, 3)};
  const std::vector<SampleMatrix> samples(layers.begin(), layers.end());
  for (const Kernel& kernel : {Kernel{KernelKind::linear}, Kernel{}}) {
    const CkaOptions o{.statistic = CkaStatistic::minibatch, .batch_size = 12, .kernel = kernel, .seed = 4};
    const std::vector<double> all = cka_matrix(samples, o);
    for (std::size_t l = 0; l < 3; ++l)
      for (std::size_t m = 0; m < 3; ++m) EXPECT_NEAR(all[3 * l + m], cka(layers[l], layers[m], o).value, 64 * 50 * kEps);
    Context alone;
    alone.threads = 1;
    EXPECT_EQ(cka_matrix(samples, o, {}, alone), all);
  }
}

TEST(CkaMatrix, TakesTheSideThatIsCheaper) {
  const Data tall = random_data(300, 4, 1), wide = random_data(20, 30, 1);
  EXPECT_EQ(cka_matrix({tall, tall}, {.side = Side::covariance}), cka_matrix({tall, tall}));
  EXPECT_EQ(cka_matrix({wide, wide}, {.side = Side::gram}), cka_matrix({wide, wide}));
}

TEST(CkaMatrix, FaultsNameTheLayer) {
  const Data x = random_data(8, 2, 1), few = random_data(7, 2, 2), same(Data(8, 2));
  EXPECT_TRUE(mentions(thrown([&] { cka_matrix({}); }), {"cka_matrix", "no matrices"}));
  EXPECT_TRUE(mentions(thrown([&] { cka_matrix({x, few}, {}, {"first", "second"}); }), {"'second' has 7 rows", "'first' has 8"}));
  EXPECT_TRUE(mentions(thrown([&] { cka_matrix({x, x, same}, {}, {"a", "b", "c"}); }), {"cka_matrix: c: all rows are equal"}));
  EXPECT_TRUE(mentions(thrown([&] { cka_matrix({x, x}, {}, {"a"}); }), {"1 names for 2 matrices"}));
  EXPECT_TRUE(mentions(thrown([&] { cka_matrix({x}, {.null = PermutationNull::permutation}); }), {"has no null"}));
  EXPECT_TRUE(mentions(thrown([&] { cka_matrix({x}, {.compat = "platonic"}); }), {"compat = 'platonic'"}));
  Data bad = x;
  bad(3, 1) = std::numeric_limits<double>::quiet_NaN();
  EXPECT_TRUE(mentions(thrown([&] { cka_matrix({x, bad}); }), {"cka_matrix: 1: 1 of 8 x 2", "row 3, column 1"}));
}

}  // namespace
}  // namespace entrospect::testing
