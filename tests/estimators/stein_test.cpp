#include "estimators/support.hpp"

namespace entrospect::testing {
namespace {

// Of the standard normal density.
Data score(const Data& x) {
  Data out = x;
  for (double& v : out.values) v = -v;
  return out;
}

Estimate of_normal(const Data& x, KsdOptions o = {.bandwidth = 1.0}) { return ksd2(x, score(x), o); }

TEST(Ksd, KnownAnswers) {
  // Equal points have h(x, x) as their mean: the answers of one point.
  EXPECT_TRUE(near(of_normal(column({0, 0})), 1, 4 * kEps));
  EXPECT_TRUE(near(of_normal(column({1, 1})), 2, 4 * kEps));
  EXPECT_NEAR(of_normal(column({-1, 1})).value, 0.458659, kPrinted);
  EXPECT_NEAR(of_normal(column({-1, 0, 1})).value, 0.045390, kPrinted);
}

// h by differences of the kernel: every derivative a central one of step 1e-4 in long double, good to 1e-8.
naive::Real slow_h(const Data& x, const Data& s, std::size_t i, std::size_t j, naive::Real sigma) {
  const naive::Real step = 1e-4L;
  const std::size_t d = x.d;
  const auto kernel = [&](std::size_t a, naive::Real from, std::size_t b, naive::Real to) {
    naive::Real squared = 0;
    for (std::size_t c = 0; c < d; ++c) {
      const naive::Real apart = x(i, c) + (c == a ? from : 0) - x(j, c) - (c == b ? to : 0);
      squared += apart * apart;
    }
    return std::exp(-squared / (2 * sigma * sigma));
  };
  naive::Real out = 0;
  for (std::size_t c = 0; c < d; ++c) {
    out += s(i, c) * s(j, c) * kernel(c, 0, c, 0);
    out += s(i, c) * (kernel(c, 0, c, step) - kernel(c, 0, c, -step)) / (2 * step);
    out += s(j, c) * (kernel(c, step, c, 0) - kernel(c, -step, c, 0)) / (2 * step);
    out +=
        (kernel(c, step, c, step) - kernel(c, step, c, -step) - kernel(c, -step, c, step) + kernel(c, -step, c, -step)) / (4 * step * step);
  }
  return out;
}

TEST(Ksd, SlowDerivativesAndBootstrap) {
  const std::size_t n = 9, count = 40;
  const Data x = random_data(n, 3, 1, 0.2), s = random_data(n, 3, 2);
  for (const KsdStatistic statistic : {KsdStatistic::v_statistic, KsdStatistic::u_statistic}) {
    const bool u = statistic == KsdStatistic::u_statistic;
    naive::Matrix h = naive::zeros(n, n);
    naive::Real total = 0;
    const double by = static_cast<double>(u ? n * (n - 1) : n * n);
    for (std::size_t i = 0; i < n; ++i)
      for (std::size_t j = 0; j < n; ++j) {
        h[i][j] = u && i == j ? 0 : slow_h(x, s, i, j, 0.9L);
        total += h[i][j];
      }
    KsdOptions o{.statistic = statistic, .bandwidth = 0.9, .null = SteinNull::wild_bootstrap, .n_null = count, .seed = 6};
    double mean = 0, exceeding = 0;
    for (std::size_t m = 0; m < count; ++m) {
      RandomStream stream = null_stream(6, m);
      std::vector<int> signs;
      for (std::size_t i = 0; i < n; ++i) signs.push_back(stream.below(2) == 0 ? -1 : 1);
      naive::Real drawn = 0;
      for (std::size_t i = 0; i < n; ++i)
        for (std::size_t j = 0; j < n; ++j) drawn += signs[i] * signs[j] * h[i][j];
      mean += static_cast<double>(drawn) / by / count;
      exceeding += drawn >= total - 1e-6L ? 1 : 0;
    }
    for (const unsigned threads : {1U, 2U, 7U}) {
      Context context;
      context.threads = threads;
      const Estimate e = ksd2(x, s, o, context);
      EXPECT_NEAR(e.value, static_cast<double>(total) / by, 1e-7);
      ASSERT_TRUE(e.null);
      EXPECT_EQ(e.null->method, "wild-bootstrap");
      EXPECT_NEAR(e.null->mean, mean, 1e-7);
      EXPECT_EQ(e.null->p_value, (1 + exceeding) / (1 + count));
    }
  }
}

TEST(Ksd, PIsUniformForSamplesOfTheDensityAndSmallForOthers) {
  constexpr int replicates = 400;
  int below = 0;
  double mean = 0, squares = 0;
  for (unsigned r = 0; r < replicates; ++r) {
    Data x(30, 1);
    x.values = random_data(30, 1, 40 + r).values;
    const Estimate e = of_normal(
        x, {.statistic = KsdStatistic::u_statistic, .bandwidth = 1.0, .null = SteinNull::wild_bootstrap, .n_null = 39, .seed = r});
    below += e.null->p_value <= 0.1 ? 1 : 0;
    mean += e.value / replicates;
    squares += e.value * e.value / replicates;
  }
  // The bootstrap is exact only for many rows: a share of .1 within binomial s.d. 6 and a fifth of itself.
  EXPECT_NEAR(below, 40, 4 * 6.0 + 8);
  EXPECT_NEAR(mean, 0, 4 * std::sqrt(squares / replicates));
  const Estimate moved = of_normal(random_data(100, 2, 1, 0.7), {.null = SteinNull::wild_bootstrap, .n_null = 199});
  EXPECT_EQ(moved.null->p_value, 1.0 / 200);
}

TEST(Ksd, FaultsAreNamed) {
  const Data x = random_data(6, 2, 1), wide = random_data(6, 3, 2), few = random_data(5, 2, 2);
  EXPECT_TRUE(mentions(thrown([&] { ksd2(x, wide); }), {"ksd2", "'score' has d = 3", "'x' has 2"}));
  EXPECT_TRUE(mentions(thrown([&] { ksd2(x, few); }), {"ksd2", "'score' has 5 rows", "'x' has 6"}));
  Data bad = x;
  bad(4, 1) = std::numeric_limits<double>::quiet_NaN();
  EXPECT_TRUE(mentions(thrown([&] { ksd2(x, bad); }), {"ksd2: score: 1 of 6 x 2 values", "row 4, column 1"}));
  EXPECT_TRUE(mentions(thrown([&] { ksd2(column({1, 1, 1}), column({1, 2, 3})); }), {"ksd2: x: bandwidth 'median' is 0"}));
}

}  // namespace
}  // namespace entrospect::testing
