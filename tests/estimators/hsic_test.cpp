#include <algorithm>
#include <numeric>

#include "entrospect/estimators/dependence/hsic_sums.hpp"
#include "estimators/support.hpp"

namespace entrospect::testing {
namespace {

constexpr auto kUnbiased = HsicStatistic::unbiased;
const Kernel kLinear{KernelKind::linear};

// The known answers of the literature's formulas on four rows.
const Data kX({{1, 0}, {0, 1}, {-1, -1}, {2, 0}});
const Data kY = column({1, 2, 0, 1});

Data permuted(const Data& x, const std::vector<std::size_t>& rows) {
  Data out(rows.size(), x.d);
  for (std::size_t i = 0; i < rows.size(); ++i)
    for (std::size_t j = 0; j < x.d; ++j) out(i, j) = x(rows[i], j);
  return out;
}

TEST(Hsic, KnownAnswers) {
  const auto biased = [](const Data& a, const Data& b) { return hsic(a, b, {.kernel = kLinear}); };
  const auto unbiased = [](const Data& a, const Data& b) { return hsic(a, b, {.statistic = kUnbiased, .kernel = kLinear}); };
  EXPECT_TRUE(near(biased(kX, kY), 5.0 / 9, 8 * kEps));
  EXPECT_TRUE(near(biased(kX, kX), 31.0 / 9, 8 * kEps));
  EXPECT_TRUE(near(biased(kY, kY), 4.0 / 9, 8 * kEps));
  EXPECT_TRUE(near(unbiased(kX, kY), -5.0 / 12, 32 * kEps));
  EXPECT_TRUE(near(unbiased(kX, kX), 7.0 / 6, 32 * kEps));
  EXPECT_TRUE(near(unbiased(kY, kY), 1.0 / 6, 32 * kEps));
  EXPECT_TRUE(near(hsic(kX, kY, {.statistic = HsicStatistic::v_statistic, .kernel = kLinear}), 5.0 / 16, 8 * kEps));
  EXPECT_NEAR(biased(kX, kY).normalized().value(), 0.449013, 5e-7);
}

TEST(Hsic, SlowFormulasOverKernelsAndSides) {
  const std::vector<std::pair<KernelKind, naive::Kernel>> kernels{{KernelKind::linear, naive::Kernel::linear},
                                                                  {KernelKind::cosine, naive::Kernel::cosine},
                                                                  {KernelKind::gaussian, naive::Kernel::gaussian},
                                                                  {KernelKind::laplacian_l1, naive::Kernel::laplacian_l1},
                                                                  {KernelKind::laplacian_l2, naive::Kernel::laplacian_l2},
                                                                  {KernelKind::polynomial, naive::Kernel::polynomial},
                                                                  {KernelKind::exponential, naive::Kernel::exponential}};
  for (const auto& [n, d_x, d_y] : {std::tuple(4, 2, 3), std::tuple(23, 5, 2), std::tuple(12, 20, 9)}) {
    const Data x = random_data(static_cast<std::size_t>(n), static_cast<std::size_t>(d_x), 3, 0.4);
    const Data y = random_data(static_cast<std::size_t>(n), static_cast<std::size_t>(d_y), 4, -0.2);
    for (const auto& [kind, slow] : kernels) {
      const naive::Real sigma = kind == KernelKind::exponential ? 30 : 1.3L;
      const naive::Matrix k = naive::gram(x.naive(), slow, sigma, 2, 0.5L), l = naive::gram(y.naive(), slow, sigma, 2, 0.5L);
      const Kernel kernel{kind, static_cast<double>(sigma), 2, 0.5};
      const double biased = static_cast<double>(naive::hsic_biased(k, l) / ((n - 1) * (n - 1)));
      const double unbiased = static_cast<double>(naive::hsic_unbiased(k, l));
      const double cap = static_cast<double>(std::sqrt(naive::hsic_biased(k, k) * naive::hsic_biased(l, l)) / ((n - 1) * (n - 1)));
      for (const Side side : {Side::automatic, Side::gram, Side::covariance}) {
        if (side == Side::covariance && kind != KernelKind::linear) continue;
        SCOPED_TRACE(std::string(name(kind)) + " side " + std::to_string(static_cast<int>(side)) + " n " + std::to_string(n));
        // n^2 terms of the size of the cap, each to a few eps.
        const double tolerance = 64 * n * kEps * std::max(1.0, cap);
        const Estimate e = hsic(x, y, {.kernel = kernel, .side = side});
        EXPECT_NEAR(e.value, biased, tolerance);
        EXPECT_NEAR(e.cap.value(), cap, tolerance);
        EXPECT_LE(std::abs(e.value), *e.cap);
        const Estimate u = hsic(x, y, {.statistic = kUnbiased, .kernel = kernel, .side = side});
        EXPECT_NEAR(u.value, unbiased, n * tolerance);
        EXPECT_LE(std::abs(u.value), *u.cap * (1 + 1e-12));
        EXPECT_EQ(u.convention, "unbiased");
      }
    }
  }
}

TEST(Hsic, MedianBandwidthIsEachMatrixsOwn) {
  const Data x = random_data(20, 3, 1), y = random_data(20, 2, 2, 5);
  const Estimate e = hsic(x, y);
  EXPECT_TRUE(near(number(e, "bandwidth"), static_cast<double>(naive::median_distance(x.naive())), 1e-13));
  EXPECT_TRUE(near(number(e, "y_bandwidth"), static_cast<double>(naive::median_distance(y.naive())), 1e-13));
  const naive::Matrix k = naive::gram(x.naive(), naive::Kernel::gaussian, naive::median_distance(x.naive()));
  const naive::Matrix l = naive::gram(y.naive(), naive::Kernel::gaussian, naive::median_distance(y.naive()));
  EXPECT_TRUE(near(e, static_cast<double>(naive::hsic_biased(k, l) / (19 * 19)), 1e-13));
}

TEST(Hsic, PrecomputedMatricesAreTheKernels) {
  const Data x = random_data(15, 3, 1), y = random_data(15, 2, 2);
  const auto matrix = [](const Data& z) {
    Data k(z.n, z.n);
    const naive::Matrix gram = naive::gram(z.naive(), naive::Kernel::gaussian, 0.8L);
    for (std::size_t i = 0; i < z.n; ++i)
      for (std::size_t j = 0; j < z.n; ++j) k(i, j) = static_cast<double>(gram[i][j]);
    return k;
  };
  const Kernel given{KernelKind::precomputed};
  EXPECT_TRUE(near(hsic(matrix(x), matrix(y), {.kernel = given}), hsic(x, y, {.kernel = {KernelKind::gaussian, 0.8}}).value, 1e-14));
  Data crooked = matrix(y);
  crooked(2, 3) += 0.01;
  EXPECT_TRUE(mentions(thrown([&] { hsic(matrix(x), crooked, {.kernel = given}); }), {"hsic: y: ", "symmetric"}));
  EXPECT_TRUE(mentions(thrown([&] { hsic(matrix(x), y, {.kernel = given}); }), {"hsic: y: ", "square", "15 x 2"}));
}

TEST(Hsic, ALargeMeanDoesNotMatter) {
  Data x = random_data(40, 3, 5), y = random_data(40, 2, 6);
  const Estimate e = hsic(x, y, {.kernel = kLinear, .side = Side::gram});
  for (double& v : x.values) v += 1024;
  for (double& v : y.values) v -= 4096;
  for (const Side side : {Side::gram, Side::covariance})
    EXPECT_TRUE(near(hsic(x, y, {.kernel = kLinear, .side = side}), e.value, 4096 * 64 * kEps));  // what storing x + 1024 rounds away
}

// ---- permutations

TEST(Hsic, NullIsTheStatisticOfPermutedRows) {
  const Data x = random_data(37, 3, 7), y = random_data(37, 2, 8);
  constexpr std::size_t count = 40;
  for (const Kernel& kernel : {kLinear, Kernel{KernelKind::gaussian, 0.9}})
    for (const HsicStatistic statistic : {HsicStatistic::biased, kUnbiased})
      for (const Side side : {Side::gram, Side::covariance}) {
        if (side == Side::covariance && kernel.kind != KernelKind::linear) continue;
        HsicOptions o{.statistic = statistic, .kernel = kernel, .side = side};
        const Estimate alone = hsic(x, y, o);
        double mean = 0, exceeding = 0;
        for (std::size_t m = 0; m < count; ++m) {
          const double value = hsic(x, permuted(y, null_stream(5, m).permutation(37)), o).value;
          mean += value / count;
          if (value >= alone.value) ++exceeding;
        }
        o.null = PermutationNull::permutation;
        o.n_null = count;
        o.seed = 5;
        const Estimate e = hsic(x, y, o);
        EXPECT_EQ(e.value, alone.value);
        EXPECT_NEAR(number(e, "null_mean"), mean, 1e-12 * *e.cap);
        EXPECT_EQ(number(e, "p_value"), (1 + exceeding) / (1 + count));
        EXPECT_EQ(e.seed, 5U);
        EXPECT_EQ(alone.seed, std::nullopt);
      }
}

TEST(Hsic, NullHasTheSameBitsForAnyNumberOfThreads) {
  const Data x = random_data(150, 4, 7), y = random_data(150, 3, 8);
  for (const Kernel& kernel : {Kernel{}, kLinear}) {
    const auto at = [&](unsigned threads) {
      Context context;
      context.threads = threads;
      return hsic(x, y, {.kernel = kernel, .null = PermutationNull::permutation, .n_null = 53}, context);
    };
    const Estimate one = at(1);
    for (const unsigned threads : {2U, 7U})
      for (const char* what : {"null_mean", "null_sd", "p_value"}) EXPECT_EQ(number(at(threads), what), number(one, what)) << what;
  }
}

TEST(Hsic, TiesCountAsExceedance) {
  // Every permutation of two values on each side is one of two tables, up to the order of equal rows.
  const Data x = column({0, 0, 0, 1}), y = column({0, 0, 0, 1});
  const Estimate e = hsic(x, y, {.kernel = {KernelKind::gaussian, 1.0}, .null = PermutationNull::permutation, .n_null = 4000});
  // 1 in 4 permutations puts the odd row back: binomial with s.e. sqrt(3/16/4000) = .0068.
  EXPECT_NEAR(number(e, "p_value"), 0.25, 4 * 0.0068);
  // All permutations are ties when there is nothing to tell rows apart but the kernel's diagonal.
  const Data corners = diagonal({1, 1, 1, 1, 1});
  const Estimate flat = hsic(corners, corners, {.kernel = kLinear, .null = PermutationNull::permutation, .n_null = 99});
  EXPECT_EQ(number(flat, "p_value"), 1.0);
}

TEST(Hsic, PIsUniformUnderIndependence) {
  constexpr int replicates = 400;
  int below = 0, half = 0;
  double mean = 0;
  for (unsigned r = 0; r < replicates; ++r) {
    const Data x = random_data(20, 2, 1000 + r), y = random_data(20, 3, 5000 + r);
    const Estimate e = hsic(x, y, {.statistic = kUnbiased, .null = PermutationNull::permutation, .n_null = 39, .seed = r});
    const double p = number(e, "p_value");
    below += p <= 0.1 ? 1 : 0;  // 4 of the 40 possible values: exactly 1 in 10 under the null
    half += p <= 0.5 ? 1 : 0;
    mean += e.value / e.cap.value() / replicates;
  }
  EXPECT_NEAR(below, 40, 4 * 6.0);      // binomial s.d. sqrt(400 * .1 * .9) = 6
  EXPECT_NEAR(half, 200, 4 * 10.0);     // binomial s.d. 10
  EXPECT_NEAR(mean, 0, 4 * 0.05 / 10);  // unbiased: the ratio's s.d. is below .1, 20 = sqrt(400)
}

TEST(Hsic, DependenceThatNoCorrelationSeesIsFound) {
  Data x = random_data(100, 1, 11), y(100, 1);
  for (std::size_t i = 0; i < x.n; ++i) y(i, 0) = x(i, 0) * x(i, 0);
  const Estimate e = hsic(x, y, {.null = PermutationNull::permutation, .n_null = 199});
  EXPECT_EQ(number(e, "p_value"), 1.0 / 200);
}

// ---- batches

// Statistic, standard error and null from the definition, a batch at a time.
TEST(HsicMinibatch, IsTheMeanOverBatchesThatTheSeedDeals) {
  constexpr std::size_t n = 38, rows = 9, count = 4, draws = 7;
  const Data x = random_data(n, 3, 1, 0.3), y = random_data(n, 2, 2);
  const std::vector<std::size_t> dealt = batch_stream(5).permutation(n);
  for (const auto& [kind, slow] :
       {std::pair(KernelKind::linear, naive::Kernel::linear), std::pair(KernelKind::gaussian, naive::Kernel::gaussian)})
    for (const Side side : {Side::gram, Side::covariance}) {
      if (side == Side::covariance && kind != KernelKind::linear) continue;
      const Kernel kernel{kind, 1.3};
      naive::Real xy[count], xx = 0, yy = 0, total = 0, squares = 0, null = 0;
      for (std::size_t b = 0; b < count; ++b) {
        std::vector<std::size_t> members(dealt.begin() + b * rows, dealt.begin() + (b + 1) * rows);
        std::sort(members.begin(), members.end());
        const Data of_x = permuted(x, members), of_y = permuted(y, members);
        const auto gram = [&, slow = slow](const Data& z) { return naive::gram(z.naive(), slow, 1.3L); };
        xy[b] = naive::hsic_unbiased(gram(of_x), gram(of_y));
        total += xy[b];
        xx += naive::hsic_unbiased(gram(of_x), gram(of_x));
        yy += naive::hsic_unbiased(gram(of_y), gram(of_y));
        for (std::size_t m = 0; m < draws; ++m)
          null += naive::hsic_unbiased(gram(of_x), gram(permuted(of_y, null_stream(5, b * draws + m).permutation(rows)))) / (count * draws);
      }
      for (const naive::Real v : xy) squares += (v - total / count) * (v - total / count);
      const double mean = static_cast<double>(total / count), cap = static_cast<double>(std::sqrt(xx * yy) / count);
      const double tolerance = 64 * n * kEps * std::max(1.0, cap);
      const HsicOptions o{.statistic = HsicStatistic::minibatch, .batch_size = rows, .kernel = kernel, .side = side, .seed = 5};
      HsicOptions with_null = o;
      with_null.null = PermutationNull::permutation;
      with_null.n_null = draws;
      const Estimate e = hsic(x, y, o), compared = hsic(x, y, with_null);
      EXPECT_NEAR(e.value, mean, tolerance);
      EXPECT_NEAR(*e.cap, cap, tolerance);
      EXPECT_NEAR(*e.std_error, static_cast<double>(std::sqrt(squares / (count - 1) / count)), tolerance);
      EXPECT_EQ(e.convention, "minibatch");
      EXPECT_EQ(number(e, "batches"), count);
      EXPECT_EQ(number(e, "batch_rows"), rows);
      EXPECT_EQ(number(e, "rows_left_out"), n - count * rows);
      EXPECT_EQ(e.seed, 5U);
      EXPECT_EQ(compared.value, e.value);
      EXPECT_NEAR(number(compared, "null_mean"), static_cast<double>(null), tolerance);
      const Estimate ratio =
          cka(x, y, {.statistic = CkaStatistic::minibatch, .batch_size = rows, .kernel = kernel, .side = side, .seed = 5});
      EXPECT_NEAR(ratio.value, mean / cap, n * tolerance);
      for (const unsigned threads : {1U, 2U, 7U}) {
        Context context;
        context.threads = threads;
        EXPECT_EQ(hsic(x, y, with_null, context).value, e.value);
        EXPECT_EQ(number(hsic(x, y, with_null, context), "p_value"), number(compared, "p_value"));
      }
    }
}

TEST(HsicMinibatch, OneBatchOfAllRowsIsTheUnbiasedForm) {
  const Data x = random_data(40, 3, 1), y = random_data(40, 2, 2);
  for (const std::size_t rows : {std::size_t{0}, std::size_t{40}}) {
    const Estimate e = hsic(x, y, {.statistic = HsicStatistic::minibatch, .batch_size = rows, .null = PermutationNull::permutation});
    const Estimate all = hsic(x, y, {.statistic = kUnbiased, .null = PermutationNull::permutation});
    EXPECT_EQ(e.value, all.value);
    EXPECT_EQ(number(e, "p_value"), number(all, "p_value"));
    EXPECT_EQ(e.std_error, std::nullopt);
    EXPECT_EQ(cka(x, y, {.statistic = CkaStatistic::minibatch, .batch_size = rows}).value, cka(x, y).value);
  }
}

// Over all batches of 4 of 9 rows, hence over all deals: what the average over seeds, and many batches, tend to.
TEST(HsicMinibatch, MeanOverAllBatchesIsTheUnbiasedFormOfAllRows) {
  const Data x = random_data(9, 2, 1), y = random_data(9, 2, 2);
  const HsicOptions o{.statistic = kUnbiased, .kernel = {KernelKind::gaussian, 1.1}};
  double mean = 0;
  for (unsigned set = 0; set < 512; ++set) {
    std::vector<std::size_t> rows;
    for (std::size_t i = 0; i < 9; ++i)
      if ((set >> i & 1U) != 0) rows.push_back(i);
    if (rows.size() == 4) mean += hsic(permuted(x, rows), permuted(y, rows), o).value / 126;
  }
  EXPECT_NEAR(mean, hsic(x, y, o).value, 64 * 126 * kEps);
}

TEST(HsicMinibatch, StandardErrorIsThatOfRepeatedSamples) {
  constexpr int replicates = 400;
  double mean = 0, squares = 0, claimed = 0;
  for (unsigned r = 0; r < replicates; ++r) {
    const Data x = random_data(160, 1, 1000 + r);
    Data y = random_data(160, 1, 5000 + r);
    for (std::size_t i = 0; i < x.n; ++i) y(i, 0) += x(i, 0);
    const Estimate e = hsic(x, y, {.statistic = HsicStatistic::minibatch, .batch_size = 5, .kernel = {KernelKind::gaussian, 1.0}});
    mean += e.value / replicates;
    squares += e.value * e.value / replicates;
    claimed += *e.std_error * *e.std_error / replicates;
  }
  EXPECT_NEAR((squares - mean * mean) / claimed, 1, 4 * std::sqrt(2.0 / replicates));  // s.e. of the variance of nearly normal means
}

TEST(HsicMinibatch, FaultsAreNamed) {
  const Data x = random_data(12, 2, 1);
  const auto message = [&](HsicOptions o) { return thrown([&] { hsic(x, x, o); }); };
  EXPECT_TRUE(mentions(message({.statistic = HsicStatistic::minibatch, .batch_size = 3}), {"batch_size = 3", "[4, n = 12]"}));
  EXPECT_TRUE(mentions(message({.statistic = HsicStatistic::minibatch, .batch_size = 13}), {"batch_size = 13", "[4, n = 12]"}));
  EXPECT_TRUE(mentions(message({.batch_size = 6}), {"batch_size = 6", "needs statistic = 'minibatch'"}));
  const Data k = diagonal(std::vector<double>(12, 1.0));
  EXPECT_TRUE(mentions(thrown([&] { hsic(k, k, {.statistic = HsicStatistic::minibatch, .kernel = {KernelKind::precomputed}}); }),
                       {"minibatch", "precomputed", "use statistic = 'unbiased'"}));
  EXPECT_TRUE(mentions(thrown([&] { hsic(random_data(3, 2, 1), random_data(3, 2, 2), {.statistic = HsicStatistic::minibatch}); }),
                       {"hsic: n = 3", "4"}));
}

// ---- faults of the input

TEST(Hsic, FaultsAreNamed) {
  const Data x = random_data(6, 2, 1), y = random_data(5, 2, 2), same(Data({{1, 2}, {1, 2}, {1, 2}, {1, 2}, {1, 2}, {1, 2}}));
  EXPECT_TRUE(mentions(thrown([&] { hsic(x, y); }), {"hsic", "'y' has 5 rows", "'x' has 6"}));
  const Data three = random_data(3, 2, 1);
  EXPECT_TRUE(mentions(thrown([&] { hsic(three, three, {.statistic = kUnbiased}); }), {"hsic", "n = 3", "4", "n (n - 3)"}));
  EXPECT_TRUE(mentions(thrown([&] { hsic(same, x, {.kernel = kLinear}); }), {"hsic: x: all rows are equal"}));
  EXPECT_TRUE(mentions(thrown([&] { hsic(x, same, {.kernel = kLinear}); }), {"hsic: y: all rows are equal"}));
  Data bad = x;
  bad(4, 1) = std::numeric_limits<double>::quiet_NaN();
  EXPECT_TRUE(mentions(thrown([&] { hsic(x, bad); }), {"hsic: y: 1 of 6 x 2 values", "row 4, column 1"}));
  EXPECT_TRUE(mentions(thrown([&] { hsic(x, x, {.side = Side::covariance}); }), {"side = 'cov'", "'gaussian'"}));
  // Of one row that differs nothing is left off the diagonal.
  const Data lone = column({5, 0, 0, 0, 0, 0});
  for (const Side side : {Side::gram, Side::covariance})
    EXPECT_TRUE(mentions(thrown([&] { hsic(x, lone, {.statistic = kUnbiased, .kernel = kLinear, .side = side}); }),
                         {"hsic: y: ", "after centering"}));
  const Data halves = column({0, 0, 0, 0, 0, 1});
  EXPECT_TRUE(mentions(thrown([&] { hsic(x, halves); }), {"hsic: y: bandwidth 'median' is 0"}));
}

}  // namespace
}  // namespace entrospect::testing
