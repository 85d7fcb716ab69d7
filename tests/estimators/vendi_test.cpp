#include "estimators/support.hpp"

namespace entrospect::testing {
namespace {

VendiOptions given(double order = 1) { return {.order = order, .kernel = {KernelKind::precomputed}}; }

TEST(Vendi, KnownAnswers) {
  const Data k({{1, .9, 0}, {.9, 1, 0}, {0, 0, 1}});
  const std::vector<std::pair<double, double>> table{{0, 3},        {.1, 2.845537}, {.5, 2.420348},
                                                     {1, 2.157300}, {2, 1.948052},  {kInf, 1.578947}};
  for (const auto& [order, expected] : table) EXPECT_TRUE(near(vendi_score(k, given(order)), expected, kPrinted)) << order;
  EXPECT_TRUE(near(weighted_vendi_score(k, std::vector<double>{.25, .25, .5}, given()), 2.208702, kPrinted));
  EXPECT_TRUE(near(weighted_vendi_score(k, std::vector<double>{1, 1, 2}, given()), 2.208702, kPrinted));  // scaled to sum 1

  VendiOptions laplacian{.kernel = {KernelKind::laplacian_l1, 1.0}};
  const Data pairs = column({0, 0, 10, 10, 20, 20});
  EXPECT_TRUE(near(vendi_score(pairs, laplacian), 2.9999999959, 1e-10));
  laplacian.order = kInf;
  EXPECT_TRUE(near(vendi_score(pairs, laplacian), 2.9998074, 2e-8));
  EXPECT_TRUE(near(vendi_score(Data({{100, 0}, {99, 1}, {1, 99}, {0, 100}})), 1.99990, 3e-6));
}

// A kernel of blocks of ones: the Hill number of the block sizes, for every order.
TEST(Vendi, BlocksGiveTheHillNumberOfTheirSizes) {
  const std::vector<std::size_t> sizes{1, 2, 3, 6};
  Data k(12, 12);
  std::size_t first = 0;
  std::vector<double> shares;
  for (const std::size_t size : sizes) {
    for (std::size_t i = 0; i < size; ++i)
      for (std::size_t j = 0; j < size; ++j) k(first + i, first + j) = 1;
    first += size;
    shares.push_back(static_cast<double>(size) / 12);
  }
  for (const double q : {0.0, 0.5, 1.0, 2.0, 4.0, kInf})
    EXPECT_TRUE(near(vendi_score(k, given(q)), std::exp(renyi_entropy(shares, q)), 1e-12)) << "order " << q;
  // k equal classes that share nothing give k, whatever the order and the number of copies.
  for (const std::size_t copies : {1, 3, 10}) {
    Data x(4 * copies, 4);
    for (std::size_t i = 0; i < x.n; ++i) x(i, i % 4) = 1 + static_cast<double>(i);
    for (const double q : {0.0, 1.0, 2.0, kInf})
      EXPECT_TRUE(near(vendi_score(x, {.order = q}), 4, 1e-12)) << copies << " copies, order " << q;
  }
}

TEST(Vendi, WeightsActAsMultiplicities) {
  const Data x = random_data(6, 3, 5);
  const std::vector<double> weights{1, 2, 0, 3, 1, 1};
  Data repeated(8, 3);
  std::size_t row = 0;
  for (std::size_t i = 0; i < 6; ++i)
    for (int copy = 0; copy < static_cast<int>(weights[i]); ++copy, ++row)
      for (std::size_t j = 0; j < 3; ++j) repeated(row, j) = x(i, j);
  for (const KernelKind kind : {KernelKind::cosine, KernelKind::gaussian})
    for (const double q : {0.5, 1.0, 2.0, kInf}) {
      const VendiOptions o{.order = q, .kernel = {kind, 0.7}};
      EXPECT_TRUE(near(weighted_vendi_score(x, weights, o), vendi_score(repeated, o).value, 1e-11)) << name(kind) << " order " << q;
    }
  EXPECT_EQ(*weighted_vendi_score(x, weights, {.kernel = {KernelKind::gaussian, 1.0}}).cap, 5);  // rows of positive weight
  EXPECT_TRUE(near(weighted_vendi_score(x, std::vector<double>(6, 0.3)), vendi_score(x).value, 1e-13));
}

TEST(Vendi, WeightErrors) {
  const Data x = random_data(3, 2, 1);
  EXPECT_TRUE(mentions(thrown([&] { weighted_vendi_score(x, std::vector<double>{1, 2}); }), {"weights", "2 rows", "3"}));
  EXPECT_TRUE(mentions(thrown([&] { weighted_vendi_score(x, std::vector<double>{1, -2, 1}); }), {"weights[1] = -2"}));
  EXPECT_TRUE(mentions(thrown([&] { weighted_vendi_score(x, std::vector<double>{0, 0, 0}); }), {"weights", "0"}));
  Data zero = x;
  zero(0, 0) = zero(0, 1) = 0;
  const VendiOptions drop{.zero_rows = ZeroRows::drop};
  EXPECT_TRUE(mentions(thrown([&] {
                         weighted_vendi_score(zero, std::vector<double>{1, 0, 0}, drop);
                       }),
                       {"weights of the rows that are left"}));
  const Data two({{x(1, 0), x(1, 1)}, {x(2, 0), x(2, 1)}});
  EXPECT_TRUE(near(weighted_vendi_score(zero, std::vector<double>{9, 1, 3}, drop),
                   weighted_vendi_score(two, std::vector<double>{1, 3}).value, 1e-13));
}

TEST(Vendi, TheDiagonalMustBeOne) {
  const Data k({{4, 1}, {1, 1}});
  EXPECT_TRUE(mentions(thrown([&] { vendi_score(k, given()); }), {"diagonal", "[1, 4]"}));
  VendiOptions o = given();
  o.diagonal = Diagonal::normalize;
  EXPECT_TRUE(near(vendi_score(k, o), vendi_score(Data({{1, .5}, {.5, 1}}), given()).value, 1e-14));
  const Data x = random_data(9, 4, 2);
  EXPECT_TRUE(mentions(thrown([&] { vendi_score(x, {.kernel = {KernelKind::linear}}); }), {"diagonal"}));
  EXPECT_TRUE(near(vendi_score(x, {.kernel = {KernelKind::linear}, .diagonal = Diagonal::normalize}), vendi_score(x).value, 1e-13));
  for (const Side side : {Side::gram, Side::covariance})
    EXPECT_TRUE(mentions(thrown([&] { vendi_score(x, {.kernel = {KernelKind::linear}, .side = side}); }), {"diagonal"}));
}

TEST(Vendi, IndefiniteMatrices) {
  const Data k({{1, .9, -.9}, {.9, 1, .9}, {-.9, .9, 1}});
  for (const double q : {1.0, 2.0})
    EXPECT_TRUE(mentions(thrown([&] { vendi_score(k, given(q)); }), {"not positive semi-definite", "-0.8"}));
  VendiOptions tool = given();
  tool.compat = "vendi-score";
  EXPECT_TRUE(near(vendi_score(k, tool), 1.783470, kPrinted));
}

TEST(Vendi, CompatVendiScore) {
  const Data x = random_data(6, 3, 9);
  const Inputs inputs{{x}, {}, {}};
  // Its path for linear and cosine kernels ignores the order.
  const Estimate second = vendi_score_info().run(inputs, {{"order", 2.0}, {"compat", word("vendi-score")}}, {});
  EXPECT_TRUE(near(second, vendi_score(x).value, 1e-13));
  ASSERT_EQ(second.warnings.size(), 1U);
  // Otherwise it does not.
  const VendiOptions gaussian{.order = 2, .kernel = {KernelKind::gaussian, 1.0}};
  VendiOptions tool = gaussian;
  tool.compat = "vendi-score";
  EXPECT_TRUE(near(vendi_score(x, tool), vendi_score(x, gaussian).value, 1e-13));
  tool.order = kInf;
  VendiOptions infinite = gaussian;
  infinite.order = kInf;
  EXPECT_TRUE(near(vendi_score(x, tool), vendi_score(x, infinite).value, 1e-13));
  // A zero row stays zero: lam = (1/3, 1/3), not renormalized: exp(2/3 ln 3).
  const Data zero({{1, 0}, {0, 5}, {0, 0}});
  EXPECT_TRUE(near(vendi_score(zero, {.compat = "vendi-score"}), std::exp(2.0 / 3 * std::log(3.0)), 1e-14));
  EXPECT_TRUE(mentions(thrown([&] { vendi_score(zero); }), {"row 2"}));
}

// 2 m features of m frequencies: the tool's floor gives the missing directions 1e-10 each.
TEST(Vendi, CompatFkeaFloorsAndRounds) {
  const Data x = random_data(30, 2, 4);
  const VendiOptions tool{.kernel = {KernelKind::gaussian, 0.5}, .features = 300, .seed = 7, .compat = "fkea"};
  const Estimate e = vendi_score(x, tool);
  EXPECT_EQ(e.value, std::nearbyint(e.value * 100) / 100);
  EXPECT_EQ(option(e, "method"), "features");
  VendiOptions own = tool;
  own.compat = "";
  own.method = VendiMethod::features;
  // 570 directions of 1e-10 raise the entropy by 570 * 1e-10 * ln(1e10) = 1.3e-6: rounding hides it.
  EXPECT_NEAR(e.value, number(vendi_score(x, own), "first_set"), 0.005 + 1e-4);
  VendiOptions other = tool;
  other.seed = 8;
  EXPECT_NE(vendi_score(x, other).value, e.value);
}

// Features estimate the kernel without bias: with 4000 frequencies an entry's standard error is at most 1 / sqrt(2 * 4000) = .011.
TEST(Vendi, FeaturesApproachTheExactScore) {
  const Data x = random_data(40, 3, 6);
  const VendiOptions exact{.kernel = {KernelKind::gaussian, 1.0}};
  VendiOptions o = exact;
  o.method = VendiMethod::features;
  o.features = 400;
  o.seed = 3;
  const Estimate e = vendi_score(x, o);
  EXPECT_NEAR(e.value, vendi_score(x, exact).value, 0.15);
  EXPECT_EQ(e.interval_method, "feature sets");
  ASSERT_TRUE(e.std_error && e.seed);
  EXPECT_TRUE(near(*e.std_error, std::abs(number(e, "first_set") - number(e, "second_set")) / 2, 1e-12));
  EXPECT_GT(*e.std_error, 0);
  EXPECT_EQ(vendi_score(x, o).value, e.value);  // same seed, same bits
  o.kernel = {KernelKind::laplacian_l2, 1.0};
  EXPECT_TRUE(mentions(thrown([&] { vendi_score(x, o); }), {"features", "gaussian", "laplacian_l2"}));
  // Weights reach the features.
  o.kernel = exact.kernel;
  std::vector<double> first(40, 0);
  first[0] = first[1] = 1;
  const Data two({{x(0, 0), x(0, 1), x(0, 2)}, {x(1, 0), x(1, 1), x(1, 2)}});
  EXPECT_NEAR(weighted_vendi_score(x, first, o).value, vendi_score(two, exact).value, 0.1);
}

TEST(Vendi, TruncationBoundsTheScore) {
  const Data x = random_data(30, 4, 3);
  const VendiOptions exact{.kernel = {KernelKind::gaussian, 1.0}};
  const double truth = vendi_score(x, exact).value;
  double width = kInf;
  for (const std::size_t rank : {1, 3, 8, 20}) {
    VendiOptions o = exact;
    o.method = VendiMethod::truncated;
    o.rank = rank;
    const Estimate e = vendi_score(x, o);
    EXPECT_EQ(e.status, Status::truncated);
    ASSERT_TRUE(e.interval);
    EXPECT_LE(e.interval->low, truth * (1 + 1e-13));
    EXPECT_GE(e.interval->high, truth * (1 - 1e-13));
    EXPECT_EQ(e.value, e.interval->high);
    EXPECT_LT(e.interval->high - e.interval->low, width);
    width = e.interval->high - e.interval->low;
  }
  VendiOptions whole = exact;
  whole.method = VendiMethod::truncated;
  EXPECT_TRUE(near(vendi_score(x, whole), truth, 1e-12));
  EXPECT_TRUE(vendi_score(x, whole).ok());
}

// 8 Gaussians on a ring of radius 2, s = .02: order 2 tends to 8 (1 + 4 s^2 / sigma^2) / ... ; published population values.
TEST(Vendi, RingOfGaussians) {
  std::mt19937_64 engine(1);
  std::normal_distribution<double> normal(0, 0.02);
  Data x(2000, 2);
  for (std::size_t i = 0; i < x.n; ++i) {
    const double angle = static_cast<double>(i % 8) * std::acos(-1.0) / 4;
    x(i, 0) = 2 * std::cos(angle) + normal(engine);
    x(i, 1) = 2 * std::sin(angle) + normal(engine);
  }
  // One draw scatters by .02 (one standard deviation): five of them.
  const std::vector<std::pair<double, double>> table{{0.1, 9.28}, {0.3, 8.142}, {0.5, 8.051}};
  for (const auto& [sigma, expected] : table) {
    const Estimate e = vendi_score(x, {.order = 2, .kernel = {KernelKind::gaussian, sigma}});
    EXPECT_NEAR(e.value, expected, 0.1) << "sigma " << sigma;
    EXPECT_EQ(e.backend_used, "norms");
  }
}

TEST(Vendi, Degenerate) {
  const Estimate e = vendi_score(Data({{1, 2}, {1, 2}, {1, 2}}));
  EXPECT_TRUE(near(e, 1, 1e-13));
  EXPECT_EQ(e.status, Status::degenerate);
}

}  // namespace
}  // namespace entrospect::testing
