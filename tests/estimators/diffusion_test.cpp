#include <numeric>

#include "estimators/support.hpp"

namespace entrospect::testing {
namespace {

DiffusionEntropyOptions bits(double sigma, double t, double anisotropy) {
  return {.t = t, .anisotropy = anisotropy, .kernel = {KernelKind::gaussian, sigma}, .unit = Unit::bits};
}

TEST(Diffusion, KnownAnswers) {
  const Data x = column({0, 1, 3});
  const std::vector<double> times{1, 2, 3, 5};
  const std::vector<std::pair<double, std::vector<double>>> table{{0, {1.385415, 1.140868, 1.006201, .875115}},
                                                                  {.5, {1.382646, 1.140608, 1.012502, .896219}},
                                                                  {1, {1.379413, 1.138826, 1.015672, .909872}}};
  for (const auto& [anisotropy, expected] : table)
    for (std::size_t i = 0; i < times.size(); ++i)
      EXPECT_TRUE(near(diffusion_spectral_entropy(x, bits(1, times[i], anisotropy)), expected[i], kPrinted))
          << "anisotropy " << anisotropy << " t " << times[i];
  EXPECT_TRUE(near(diffusion_spectral_entropy(x, bits(10, 1, 0)), .114685, kPrinted));
  EXPECT_TRUE(near(diffusion_spectral_entropy(x, bits(10, 2, 0)), .0032387, 6e-8));
  const Data square({{0, 0}, {0, 1}, {1, 0}, {1, 1}});
  const std::vector<double> corners{1.430698, .627519, .218401, .020412};
  for (std::size_t i = 0; i < times.size(); ++i)
    EXPECT_TRUE(near(diffusion_spectral_entropy(square, bits(1, times[i], 0)), corners[i], kPrinted)) << "t " << times[i];
}

TEST(Diffusion, KnownEigenvalues) {
  const std::vector<std::pair<double, std::vector<double>>> table{
      {0, {1, .836862, .227682}}, {.5, {1, .850958, .225209}}, {1, {1, .860867, .222088}}};
  for (const auto& [anisotropy, expected] : table) {
    const auto s = spectrum(column({0, 1, 3}), Diffusion{{KernelKind::gaussian, 1.0}, anisotropy});
    for (std::size_t i = 0; i < 3; ++i) EXPECT_TRUE(near(s->values[i], expected[i], kPrinted)) << anisotropy << " eigenvalue " << i;
  }
  const auto square = spectrum(Data({{0, 0}, {0, 1}, {1, 0}, {1, 1}}), Diffusion{{KernelKind::gaussian, 1.0}, 0});
  const std::vector<double> expected{1, .244919, .244919, .059985};
  for (std::size_t i = 0; i < 4; ++i) EXPECT_TRUE(near(square->values[i], expected[i], kPrinted)) << i;
}

// Two points: lam = 1 and e = (1 - g) / (1 + g), whatever the anisotropy.
TEST(Diffusion, TwoPointClosedForm) {
  const std::vector<std::pair<double, double>> table{{1, .918296}, {2, .721928}, {3, .503258}, {5, .195909}};
  const double r = std::sqrt(2 * std::log(3.0));  // g = 1/3
  for (const auto& [t, expected] : table)
    for (const double a : {0.0, 0.5, 1.0})
      EXPECT_TRUE(near(diffusion_spectral_entropy(column({0, r}), bits(1, t, a)), expected, kPrinted)) << t;
  for (const double distance : {0.1, 1.0, 4.0, 30.0})
    for (const double t : {0.5, 1.0, 7.0}) {
      const double g = std::exp(-distance * distance / 2), p = 1 / (1 + std::pow((1 - g) / (1 + g), t));
      const double expected = p == 1 ? 0 : -p * std::log2(p) - (1 - p) * std::log2(1 - p);
      EXPECT_TRUE(near(diffusion_spectral_entropy(column({5, 5 + distance}), bits(1, t, 0.5)), expected, 1e-12)) << distance << " " << t;
    }
}

// Well-separated blobs: many steps count them.
TEST(Diffusion, LargeTimesCountClusters) {
  std::mt19937_64 engine(2);
  std::normal_distribution<double> normal(0, 0.3);
  Data x(90, 2);
  for (std::size_t i = 0; i < x.n; ++i) {
    x(i, 0) = 100 * static_cast<double>(i % 3) + normal(engine);
    x(i, 1) = normal(engine);
  }
  for (const double a : {0.0, 0.5, 1.0}) EXPECT_TRUE(near(diffusion_spectral_entropy(x, bits(2, 50, a)), std::log2(3.0), 1e-6)) << a;
}

TEST(Diffusion, AutomaticBandwidthsMakeTheValueScaleFree) {
  const Data x = random_data(40, 5, 9);
  Data scaled = x;
  for (double& v : scaled.values) v *= 1e4;
  const double value = diffusion_spectral_entropy(x).value;
  EXPECT_TRUE(near(diffusion_spectral_entropy(scaled), value, 1e-12));
  EXPECT_TRUE(near(diffusion_spectral_entropy(scaled, {.kernel = {KernelKind::gaussian, BandwidthRule::half_median}}),
                   diffusion_spectral_entropy(x, {.kernel = {KernelKind::gaussian, BandwidthRule::half_median}}).value, 1e-12));
  EXPECT_GT(std::abs(diffusion_spectral_entropy(scaled, bits(1, 1, 0.5)).value - diffusion_spectral_entropy(x, bits(1, 1, 0.5)).value),
            0.1);
  EXPECT_TRUE(near(number(diffusion_spectral_entropy(x), "bandwidth"), static_cast<double>(naive::median_distance(x.naive())), 1e-13));
}

TEST(Diffusion, CompatDseDsmi) {
  const Data x = random_data(25, 4, 3, 0.5);
  const Inputs inputs{{x}, {}, {}};
  naive::Row p =
      naive::normalized(naive::powers(naive::eigenvalues(naive::diffusion(naive::gram(x.naive(), naive::Kernel::gaussian, 10), 0)), 1));
  for (naive::Real& v : p) v += kEps;
  const Estimate e = diffusion_spectral_entropy(x, {.compat = "dse-dsmi"});
  EXPECT_EQ(e.unit, Unit::bits);
  EXPECT_TRUE(near(e, static_cast<double>(naive::renyi(p, 1)) / kLn2, 1e-12));
  EXPECT_EQ(option(e, "anisotropy") + option(e, "bandwidth") + option(e, "t"), "0101");
  // What is given wins over the tool's setting, even where it equals our default.
  const Estimate half =
      diffusion_spectral_entropy_info().run(inputs, {{"compat", word("dse-dsmi")}, {"anisotropy", 0.5}, {"unit", word("nats")}}, {});
  EXPECT_EQ(option(half, "anisotropy"), "0.5");
  EXPECT_EQ(half.unit, Unit::nats);
  EXPECT_EQ(option(half, "bandwidth"), "10");
}

// The tools' limit is 10000 rows; the rule at 5.
TEST(Diffusion, AtMostSoManyRows) {
  const Data x = random_data(12, 2, 1);
  EXPECT_EQ(at_most(x, 12, 0).identity(), x.view().identity());
  const SampleMatrix five = at_most(x, 5, 3);
  ASSERT_EQ(five.n(), 5U);
  const std::vector<std::size_t> rows = *five.selection();
  EXPECT_TRUE(std::is_sorted(rows.begin(), rows.end()));
  EXPECT_EQ(std::adjacent_find(rows.begin(), rows.end()), rows.end());
  EXPECT_EQ(*at_most(x, 5, 3).selection(), rows);
  EXPECT_NE(*at_most(x, 5, 4).selection(), rows);
}

// The neighbor graph again, with sorting and loops.
naive::Matrix local_scale(const naive::Matrix& x, std::size_t k) {
  const std::size_t n = x.size();
  naive::Matrix distance = naive::zeros(n, n), graph = naive::zeros(n, n);
  for (std::size_t i = 0; i < n; ++i)
    for (std::size_t j = 0; j < n; ++j) {
      naive::Real sum = 0;
      for (std::size_t m = 0; m < x[i].size(); ++m) sum += (x[i][m] - x[j][m]) * (x[i][m] - x[j][m]);
      distance[i][j] = std::sqrt(sum);
    }
  std::vector<naive::Real> scale(n);
  std::vector<std::vector<std::size_t>> near_of(n);
  for (std::size_t i = 0; i < n; ++i) {
    std::vector<std::size_t> order(n);
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return distance[i][a] < distance[i][b]; });
    order.erase(std::find(order.begin(), order.end(), i));
    order.resize(k);
    scale[i] = distance[i][order.back()];
    near_of[i] = order;
  }
  for (std::size_t i = 0; i < n; ++i) {
    graph[i][i] = 1;
    for (const std::size_t j : near_of[i]) {
      const naive::Real value = std::exp(-distance[i][j] * distance[i][j] / (scale[i] * scale[j]));
      graph[i][j] = std::max(graph[i][j], value);
      graph[j][i] = std::max(graph[j][i], value);
    }
  }
  return graph;
}

TEST(Diffusion, CompatManylatents) {
  const Data x = random_data(40, 3, 12);
  const naive::Row lam = naive::eigenvalues(naive::diffusion(local_scale(x.naive(), 15), 1));
  naive::Row p = naive::normalized(naive::powers(lam, 3));
  for (naive::Real& v : p) v += kEps;
  const Estimate e = diffusion_spectral_entropy(x, {.compat = "manylatents"});
  EXPECT_TRUE(near(e, static_cast<double>(naive::renyi(p, 1)) / kLn2, 1e-11));
  const auto lasting = std::count_if(lam.begin(), lam.end(), [](naive::Real v) { return std::pow(std::abs(v), 100) > 1e-6L; });
  EXPECT_EQ(number(e, "eigenvalue_count"), static_cast<double>(lasting));
  // Two far clusters: the graph falls apart and keeps two eigenvalues of 1.
  Data two = random_data(60, 2, 4);
  for (std::size_t i = 0; i < 30; ++i) two(i, 0) += 1e3;
  DiffusionEntropyOptions walk{.t = 400, .anisotropy = 1, .graph = Graph::knn, .k = 8};
  EXPECT_TRUE(near(diffusion_spectral_entropy(two, walk), kLn2, 1e-3));
  // Its dense mode is the true operator.
  const Inputs inputs{{x}, {}, {}};
  const OptionMap dense{{"compat", word("manylatents")}, {"graph", word("dense")}, {"anisotropy", 0.5}, {"t", 1.0}};
  const double expected =
      static_cast<double>(naive::diffusion_entropy(naive::gram(x.naive(), naive::Kernel::gaussian, 10), 0.5L, 1)) / kLn2;
  EXPECT_TRUE(near(diffusion_spectral_entropy_info().run(inputs, dense, {}), expected, 1e-12));
  EXPECT_TRUE(
      mentions(thrown([&] { diffusion_spectral_entropy(random_data(15, 2, 1), {.compat = "manylatents"}); }), {"k = 15", "n = 15"}));
}

TEST(Diffusion, PrecomputedAffinities) {
  const Data x = random_data(12, 2, 5);
  const naive::Matrix k = naive::gram(x.naive(), naive::Kernel::gaussian, 1);
  Data given(12, 12);
  for (std::size_t i = 0; i < 12; ++i)
    for (std::size_t j = 0; j < 12; ++j) given(i, j) = static_cast<double>(k[i][j]);
  const DiffusionEntropyOptions o{.t = 2, .kernel = {KernelKind::precomputed}};
  EXPECT_TRUE(near(diffusion_spectral_entropy(given, o),
                   diffusion_spectral_entropy(x, {.t = 2, .kernel = {KernelKind::gaussian, 1.0}}).value, 1e-12));
  // An affinity that is not positive semi-definite is a legitimate walk: lam = 1 and -1 of a bipartite graph.
  EXPECT_TRUE(near(diffusion_spectral_entropy(Data({{0, 1}, {1, 0}}), o), kLn2, 1e-14));
  EXPECT_TRUE(mentions(thrown([&] { diffusion_spectral_entropy(Data({{1, -1}, {-1, 1}}), o); }), {"row 0", "(0, inf)"}));
}

TEST(Diffusion, OrdersAndReports) {
  const Data x = random_data(30, 3, 7);
  double previous = kInf;
  for (const double q : {0.0, 0.5, 1.0, 2.0, kInf}) {
    const Estimate e = diffusion_spectral_entropy(x, {.order = q});
    EXPECT_LE(e.value, previous + 1e-13);
    EXPECT_LE(e.value, *e.cap);
    previous = e.value;
  }
  EXPECT_EQ(*diffusion_spectral_entropy(x).cap, std::log(30.0));
  EXPECT_TRUE(mentions(diffusion_spectral_entropy(x).explain(), {"a = 0.5", "sigma = ", "bandwidth_rule = median"}));
}

TEST(Diffusion, Errors) {
  const Data x = random_data(6, 2, 1);
  EXPECT_TRUE(mentions(thrown([&] { diffusion_spectral_entropy(x, {.t = 0}); }), {"t = 0", "(0, inf)"}));
  EXPECT_TRUE(mentions(thrown([&] { diffusion_spectral_entropy(x, {.anisotropy = 1.5}); }), {"anisotropy = 1.5", "[0, 1]"}));
  EXPECT_TRUE(mentions(thrown([&] { diffusion_spectral_entropy(x, {.kernel = {KernelKind::linear}}); }), {"kernel", "'gaussian'"}));
  EXPECT_TRUE(mentions(thrown([&] { diffusion_spectral_entropy(x, {.t = 0.5, .solver = {.precision = Precision::single}}); }),
                       {"single", "refused"}));
  EXPECT_TRUE(near(diffusion_spectral_entropy(x, {.solver = {.precision = Precision::single}}), diffusion_spectral_entropy(x).value, 1e-5));
  EXPECT_TRUE(mentions(thrown([&] { diffusion_spectral_entropy(Data({{1, 2}, {1, 2}, {1, 2}})); }), {"bandwidth"}));
  // Far rows: their affinities underflow to 0, but each row keeps its own 1.
  EXPECT_TRUE(near(diffusion_spectral_entropy(column({0, 1e9, 2e9}), bits(1, 1, 0.5)), std::log2(3.0), 1e-14));
}

}  // namespace
}  // namespace entrospect::testing
