#include "estimators/support.hpp"

namespace entrospect::testing {
namespace {

const Data kX = column({0, 1}), kY = column({1, 3});
const Kernel kGaussian{KernelKind::gaussian, 1.0};

TEST(Mmd, KnownAnswers) {
  EXPECT_NEAR(mmd2(kX, kY, {.kernel = kGaussian}).value, 0.494446, kPrinted);
  EXPECT_NEAR(mmd2(kX, kY, {.statistic = MmdStatistic::unbiased, .kernel = kGaussian}).value, -0.134622, kPrinted);
  EXPECT_NEAR(cs_divergence(kX, kY, {.kernel = kGaussian}).value, 0.864671, kPrinted);
  EXPECT_TRUE(near(cs_divergence(kX, kX, {.kernel = kGaussian}), 0, 8 * kEps));
  EXPECT_TRUE(near(mmd2(kX, kX, {.kernel = kGaussian}), 0, 8 * kEps));
}

TEST(Mmd, SlowFormulasOverKernelsAndSizes) {
  const std::vector<std::pair<KernelKind, naive::Kernel>> kernels{
      {KernelKind::linear, naive::Kernel::linear},         {KernelKind::cosine, naive::Kernel::cosine},
      {KernelKind::gaussian, naive::Kernel::gaussian},     {KernelKind::laplacian_l1, naive::Kernel::laplacian_l1},
      {KernelKind::polynomial, naive::Kernel::polynomial}, {KernelKind::exponential, naive::Kernel::exponential}};
  for (const auto& [n, m] : {std::pair(3U, 2U), std::pair(17U, 40U)})
    for (const auto& [kind, slow] : kernels) {
      const Data x = random_data(n, 3, 1, 0.3), y = random_data(m, 3, 2, -0.5);
      const naive::Matrix a = x.naive(), b = y.naive();
      naive::Real xx = 0, yy = 0, xy = 0, x_off = 0, y_off = 0;
      for (std::size_t i = 0; i < n; ++i)
        for (std::size_t j = 0; j < n; ++j) {
          const naive::Real v = naive::kernel(slow, a[i], a[j], 2, 2, 1) / (n * n);
          xx += v;
          if (i != j) x_off += v * n / (n - 1);
        }
      for (std::size_t i = 0; i < m; ++i)
        for (std::size_t j = 0; j < m; ++j) {
          const naive::Real v = naive::kernel(slow, b[i], b[j], 2, 2, 1) / (m * m);
          yy += v;
          if (i != j) y_off += v * m / (m - 1);
        }
      for (std::size_t i = 0; i < n; ++i)
        for (std::size_t j = 0; j < m; ++j) xy += naive::kernel(slow, a[i], b[j], 2, 2, 1) / (n * m);
      const Kernel kernel{kind, 2.0, 2, 1};
      const Estimate e = mmd2(x, y, {.kernel = kernel});
      const double tolerance = 16 * (n + m) * kEps * std::max(1.0, *e.cap);
      EXPECT_NEAR(e.value, static_cast<double>(xx + yy - 2 * xy), tolerance) << name(kind);
      EXPECT_LE(e.value, *e.cap);
      EXPECT_NEAR(mmd2(x, y, {.statistic = MmdStatistic::unbiased, .kernel = kernel}).value, static_cast<double>(x_off + y_off - 2 * xy),
                  tolerance)
          << name(kind);
    }
}

TEST(Mmd, BlocksAreUnbiasedEstimatesAndTheirSpreadTheError) {
  const std::size_t n = 29;
  const Data x = random_data(n, 3, 1), y = random_data(n, 3, 2, 0.5);
  const naive::Matrix a = x.naive(), b = y.naive();
  const auto k = [](const naive::Matrix& u, std::size_t i, const naive::Matrix& v, std::size_t j) {
    return static_cast<double>(naive::kernel(naive::Kernel::gaussian, u[i], v[j], 1, 2, 1));
  };
  for (const std::size_t size : {2U, 4U, 5U}) {
    std::vector<double> values;
    for (std::size_t first = 0; first + size <= n; first += size) {
      values.push_back(0);
      for (std::size_t i = first; i < first + size; ++i)
        for (std::size_t j = first; j < first + size; ++j)
          if (i != j)
            values.back() += (k(a, i, a, j) + k(b, i, b, j) - k(a, i, b, j) - k(a, j, b, i)) / static_cast<double>(size * (size - 1));
    }
    double mean = 0, squares = 0;
    const auto count = static_cast<double>(values.size());
    for (const double v : values) mean += v / count;
    for (const double v : values) squares += (v - mean) * (v - mean);
    const Estimate e = mmd2(x, y, {.statistic = MmdStatistic::block, .kernel = kGaussian, .block_size = size});
    EXPECT_NEAR(e.value, mean, 64 * kEps);
    EXPECT_NEAR(e.std_error.value(), std::sqrt(squares / (count - 1) / count), 64 * kEps);
    EXPECT_EQ(e.interval_method, "analytic");
    EXPECT_EQ(e.convention, size == 2 ? "linear-time" : "block");
    EXPECT_EQ(number(e, "blocks"), count);
  }
  EXPECT_EQ(number(mmd2(x, y, {.kernel = kGaussian, .convention = "block"}), "block_rows"), 5);
  EXPECT_EQ(mmd2(x, y, {.kernel = kGaussian, .convention = "linear-time"}).convention, "linear-time");
  const MmdOptions blocks{.statistic = MmdStatistic::block, .kernel = kGaussian};
  EXPECT_TRUE(mentions(thrown([&] { mmd2(x, random_data(20, 3, 1), blocks); }), {"'y' has 20 rows", "'x' has 29"}));
  MmdOptions o = blocks;
  o.block_size = 1;
  EXPECT_TRUE(mentions(thrown([&] { mmd2(x, y, o); }), {"block_size = 1", "at least 2"}));
  o.block_size = 15;
  EXPECT_TRUE(mentions(thrown([&] { mmd2(x, y, o); }), {"n = 29", "2 blocks", "block_size = 15"}));
  o = blocks;
  o.null = PermutationNull::permutation;
  EXPECT_TRUE(mentions(thrown([&] { mmd2(x, y, o); }), {"no permutation null"}));
}

TEST(Mmd, TheErrorOfBlocksIsTheSpreadOverReplicates) {
  constexpr int replicates = 300;
  double mean = 0, squares = 0, error = 0;
  for (unsigned r = 0; r < replicates; ++r) {
    const Estimate e = mmd2(random_data(64, 2, 300 + r), random_data(64, 2, 7000 + r), {.kernel = kGaussian, .convention = "linear-time"});
    mean += e.value / replicates;
    squares += e.value * e.value / replicates;
    error += *e.std_error * *e.std_error / replicates;
  }
  EXPECT_NEAR(mean, 0, 4 * std::sqrt(squares / replicates));
  EXPECT_NEAR(error / squares, 1, 4 * std::sqrt(2.0 / replicates));  // of a variance from 300 replicates
}

TEST(Mmd, NullIsTheStatisticOfDealtRows) {
  const std::size_t n = 12, m = 9, count = 30;
  const Data x = random_data(n, 2, 1), y = random_data(m, 2, 2, 0.4);
  Data both(n + m, 2);
  std::copy(x.values.begin(), x.values.end(), both.values.begin());
  std::copy(y.values.begin(), y.values.end(), both.values.begin() + static_cast<std::ptrdiff_t>(x.values.size()));
  const auto rows = [&](const std::vector<std::size_t>& which) {
    Data out(which.size(), 2);
    for (std::size_t i = 0; i < which.size(); ++i)
      for (std::size_t j = 0; j < 2; ++j) out(i, j) = both(which[i], j);
    return out;
  };
  for (const MmdStatistic statistic : {MmdStatistic::biased, MmdStatistic::unbiased}) {
    MmdOptions o{.statistic = statistic, .kernel = kGaussian};
    const double value = mmd2(x, y, o).value;
    double mean = 0, exceeding = 0;
    for (std::size_t k = 0; k < count; ++k) {
      std::vector<std::size_t> p = null_stream(3, k).permutation(n + m);
      const std::vector<std::size_t> last(p.begin() + n, p.end());
      p.resize(n);
      const double dealt = mmd2(rows(p), rows(last), o).value;
      mean += dealt / count;
      exceeding += dealt >= value ? 1 : 0;
    }
    o.null = PermutationNull::permutation;
    o.n_null = count;
    o.seed = 3;
    const Estimate e = mmd2(x, y, o);
    EXPECT_EQ(e.value, value);
    EXPECT_NEAR(number(e, "null_mean"), mean, 1e-13);
    EXPECT_EQ(number(e, "p_value"), (1 + exceeding) / (1 + count));
    for (const unsigned threads : {1U, 2U, 7U}) {
      Context context;
      context.threads = threads;
      const Estimate again = mmd2(x, y, o, context);
      for (const char* what : {"null_mean", "null_sd", "p_value"}) EXPECT_EQ(number(again, what), number(e, what));
    }
  }
}

TEST(Mmd, PIsUniformWhenTheDistributionsAreEqual) {
  constexpr int replicates = 400;
  int below = 0;
  double mean = 0, squares = 0;
  for (unsigned r = 0; r < replicates; ++r) {
    const Data x = random_data(14, 2, 100 + r), y = random_data(20, 2, 9000 + r);
    const Estimate e = mmd2(x, y, {.statistic = MmdStatistic::unbiased, .null = PermutationNull::permutation, .n_null = 39, .seed = r});
    below += number(e, "p_value") <= 0.1 ? 1 : 0;  // exactly 1 in 10 under the null
    mean += e.value / replicates;
    squares += e.value * e.value / replicates;
  }
  EXPECT_NEAR(below, 40, 4 * 6.0);                            // binomial s.d. sqrt(400 * .1 * .9) = 6
  EXPECT_NEAR(mean, 0, 4 * std::sqrt(squares / replicates));  // unbiased
}

TEST(Mmd, DifferencesAreFoundAndEqualSetsAreTies) {
  const Data x = random_data(60, 3, 1), y = random_data(50, 3, 2, 1.5);
  EXPECT_EQ(number(mmd2(x, y, {.null = PermutationNull::permutation, .n_null = 99}), "p_value"), 0.01);
  EXPECT_EQ(number(cs_divergence(x, y, {.null = PermutationNull::permutation, .n_null = 99}), "p_value"), 0.01);
  // Two different rows of each kind on both sides: a deal is as given (or mirrored), or more unequal.
  const Data pair = column({0, 1});
  EXPECT_EQ(number(mmd2(pair, pair, {.kernel = kGaussian, .null = PermutationNull::permutation, .n_null = 50}), "p_value"), 1.0);
}

TEST(Mmd, FaultsAreNamed) {
  const Data x = random_data(6, 2, 1), y = random_data(5, 3, 2);
  for (const auto* call : {"mmd2", "cs_divergence"}) {
    EXPECT_TRUE(mentions(thrown([&] { run(call, {{x, y}, {}, {}}); }), {call, "'y' has d = 3", "'x' has 2"}));
    Data bad = random_data(5, 2, 2);
    bad(3, 1) = std::numeric_limits<double>::infinity();
    EXPECT_TRUE(mentions(thrown([&] { run(call, {{x, bad}, {}, {}}); }), {call, ": y: 1 of 5 x 2 values", "row 3, column 1"}));
    EXPECT_TRUE(mentions(thrown([&] { run(call, {{x, random_data(1, 2, 2)}, {}, {}}); }), {call, ": y: n = 1"}));
    const Data same = Data({{1, 2}, {1, 2}, {1, 2}});
    const Estimate e = run(call, {{x, same}, {}, {}});
    EXPECT_EQ(e.status, Status::degenerate);
    EXPECT_TRUE(std::isfinite(e.value));
    EXPECT_TRUE(mentions(thrown([&] { run(call, {{same, same}, {}, {}}); }), {call, "x and y together", "bandwidth 'median' is 0"}));
    EXPECT_TRUE(mentions(thrown([&] {
                           run(call, {{x, x}, {}, {}}, {{"kernel", word("precomputed")}});
                         }),
                         {call, "kernel = 'precomputed'"}));
  }
  const Data far = column({1e4, 2e4});
  const Estimate e = cs_divergence(kX, far, {.kernel = kGaussian});
  EXPECT_EQ(e.status, Status::nonfinite);
  EXPECT_FALSE(e.reason.empty());
}

}  // namespace
}  // namespace entrospect::testing
