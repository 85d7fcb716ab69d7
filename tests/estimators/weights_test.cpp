// Weight matrices: entropy, power law, localization and noise.
#include "estimators/support.hpp"

namespace entrospect::testing {
namespace {

TEST(WeightEntropy, KnownAnswers) {
  const Data w = diagonal({3, 1}), one = diagonal({1, 0});
  EXPECT_TRUE(near(weight_entropy(w), 0.468996, kPrinted));
  EXPECT_EQ(weight_entropy(one).value, 0);
  // The remainders that the tool adds decide its value at rank 1.
  EXPECT_TRUE(near(weight_entropy(one, {.compat = "weightwatcher"}), 22.03, 3e-4));
  EXPECT_TRUE(near(weight_entropy(one, {.compat = "weightwatcher-gpu"}), 8.72, 3e-4));
  EXPECT_TRUE(near(weight_entropy(w, {.compat = "weightwatcher"}), 0.468996, kPrinted));
  EXPECT_EQ(weight_entropy(diagonal({0, 0})).status, Status::degenerate);
  EXPECT_TRUE(near(weight_entropy(diagonal({2, 2, 2, 2})), 1, 4 * kEps));
}

// Quantiles of a power law, x = xmin u^(-1 / (alpha - 1)).
Data power_law_weights(std::size_t count, double alpha, double xmin) {
  std::vector<double> s;
  for (std::size_t i = 0; i < count; ++i)
    s.push_back(std::sqrt(xmin * std::pow((static_cast<double>(i) + 0.5) / static_cast<double>(count), -1 / (alpha - 1))));
  return diagonal(s);
}

TEST(PowerLaw, FindsTheExponentWithItsStandardError) {
  for (const double alpha : {2.0, 3.5, 6.0}) {
    const Estimate e = power_law_alpha(power_law_weights(200, alpha, 0.3));
    // Quantiles halfway between the steps: as close as 200 points can be, far within the standard error.
    EXPECT_LT(std::abs(e.value - alpha), 0.2 * *e.std_error) << e.explain();
    EXPECT_TRUE(near(*e.std_error, (e.value - 1) / std::sqrt(number(e, "tail")), 1e-14));
    EXPECT_TRUE(near(number(e, "ks_distance"), 1.0 / 200, 1e-12));  // F is 0 at xmin, where the first step of 1 / m is
    EXPECT_TRUE(e.warnings.empty());
    const double fixed = power_law_alpha(power_law_weights(200, alpha, 0.3), {.xmin = number(e, "xmin")}).value;
    EXPECT_TRUE(near(fixed, e.value, 1e-12));
  }
}

TEST(PowerLaw, ABodyThatIsNoPowerLawIsLeftOut) {
  std::vector<double> s;
  for (int i = 0; i < 100; ++i) s.push_back(0.5 + 0.005 * i);  // lam from 1/4 to 1
  for (int i = 0; i < 100; ++i) s.push_back(std::sqrt(std::pow((i + 0.5) / 100, -1 / 1.5)));
  const Estimate e = power_law_alpha(diagonal(s));
  EXPECT_GT(number(e, "xmin"), 0.9);
  EXPECT_LT(std::abs(e.value - 2.5), 2 * *e.std_error) << e.explain();
}

TEST(PowerLaw, EdgesHaveAStatus) {
  const Estimate few = power_law_alpha(diagonal({4, 2, 1, 0}));
  EXPECT_TRUE(std::isfinite(few.value));
  EXPECT_EQ(number(few, "zeros_excluded"), 1);
  ASSERT_EQ(few.warnings.size(), 1U);
  EXPECT_TRUE(mentions(few.warnings[0], {"only 3 eigenvalues", "50"}));
  for (const Data& w : {diagonal({1, 0}), diagonal({2, 2, 2})}) {
    const Estimate e = power_law_alpha(w);
    EXPECT_EQ(e.status, Status::degenerate);
    EXPECT_TRUE(mentions(e.reason, {"2 different eigenvalues"}));
  }
  EXPECT_EQ(power_law_alpha(diagonal({0, 0})).status, Status::degenerate);
  EXPECT_EQ(power_law_alpha(diagonal({4, 2, 1}), {.xmin = 10.0}).status, Status::degenerate);
  EXPECT_TRUE(mentions(thrown([] { power_law_alpha(diagonal({4, 2, 1}), {.xmin = 0.0}); }), {"power_law_alpha", "xmin = 0", "auto"}));
}

TEST(VectorParticipationRatio, KnownAnswers) {
  const Data pair({{1, 1}, {1e-200, 1e-200}});
  EXPECT_TRUE(near(vector_participation_ratio(pair), 2, 4 * kEps));
  EXPECT_TRUE(near(vector_participation_ratio(pair, {.compat = "weightwatcher"}), 1.189207, kPrinted));
  EXPECT_TRUE(near(vector_participation_ratio(diagonal({5, -1, 2})), 1, 4 * kEps));
  EXPECT_TRUE(mentions(thrown([] { vector_participation_ratio(diagonal({1, 0})); }), {"row 1", "zero_rows"}));
}

Data noise(std::size_t n, std::size_t d, unsigned seed) {
  std::mt19937_64 engine(seed);
  std::normal_distribution<double> normal;
  Data w(n, d);
  for (double& v : w.values) v = normal(engine);
  return w;
}

TEST(MarchenkoPastur, NoiseHasNoSpikesAndASpikeIsSeen) {
  Data w = noise(120, 60, 3);
  const Estimate flat = mp_soft_rank(w);
  EXPECT_TRUE(near(flat, 1, 2 * std::pow(60, -2.0 / 3)));  // lam_1 scatters about the edge by about M^(-2/3) of it
  EXPECT_LT(mp_spike_share(w).value, 0.1);
  for (std::size_t i = 0; i < 120; ++i)
    for (std::size_t j = 0; j < 60; ++j) w(i, j) += 0.5 * (i % 2 == 0 ? 1 : -1);
  const Estimate spiked = mp_spike_share(w);
  EXPECT_GE(number(spiked, "spikes"), 1);
  EXPECT_GT(spiked.value, 0.15);
  EXPECT_LT(mp_soft_rank(w).value, 0.5);
  // The transpose has the same eigenvalues over the same N.
  Data t(60, 120);
  for (std::size_t i = 0; i < 120; ++i)
    for (std::size_t j = 0; j < 60; ++j) t(j, i) = w(i, j);
  EXPECT_TRUE(near(mp_spike_share(t), spiked.value, roundoff(120)));
  for (const Side side : {Side::gram, Side::covariance}) EXPECT_TRUE(near(mp_spike_share(w, {.side = side}), spiked.value, roundoff(120)));
}

TEST(MarchenkoPastur, ShuffledEdgesAgreeWithTheFormulaOnNoiseAndKeepHeavyEntries) {
  Data w = noise(100, 50, 5);
  const MarchenkoPasturOptions shuffled{.edge = NoiseEdge::shuffled, .n_null = 10, .seed = 4};
  const Estimate e = mp_soft_rank(w, shuffled);
  EXPECT_EQ(e.seed, 4U);
  ASSERT_TRUE(e.std_error);
  EXPECT_EQ(e.interval_method, "shuffles");
  EXPECT_TRUE(near(number(e, "edge"), number(mp_soft_rank(w), "edge"), 2 * std::pow(50, -2.0 / 3)));
  EXPECT_EQ(mp_soft_rank(w, shuffled).value, e.value);
  MarchenkoPasturOptions other = shuffled;
  other.seed = 5;
  EXPECT_NE(mp_soft_rank(w, other).value, e.value);
  // One huge entry is a spike by the formula, and is one wherever it lies.
  w(3, 7) = 60;
  EXPECT_GT(mp_spike_share(w).value, 0.3);
  EXPECT_TRUE(near(mp_soft_rank(w, shuffled), 1, 0.05));
  EXPECT_EQ(mp_soft_rank(Data(5, 3)).status, Status::degenerate);
}

TEST(DiffErank, IsTheDifferenceOfTheTools) {
  const Data x = random_data(30, 6, 1), y = random_data(12, 9, 2);
  const Estimate e = diff_erank(x, y);
  const double of_x = effective_rank(x, {.compat = "diff-erank"}).value, of_y = effective_rank(y, {.compat = "diff-erank"}).value;
  EXPECT_TRUE(near(e, of_x - of_y, roundoff(30)));
  EXPECT_TRUE(near(number(e, "erank_y"), of_y, roundoff(30)));
  EXPECT_TRUE(near(*e.cap, 5, kEps));
  EXPECT_TRUE(near(diff_erank(y, x), -e.value, roundoff(30)));
  EXPECT_TRUE(near(diff_erank(Data({{1, 0}, {0, 1}, {-1, -1}}), Data({{1, 2}, {3, 4}})), 1.889882 - 1, kPrinted));
  EXPECT_TRUE(mentions(thrown([&] { diff_erank(x, Data({{0, 0}, {1, 1}, {-1, -1}})); }), {"diff_erank: y", "row 0"}));
}

}  // namespace
}  // namespace entrospect::testing
