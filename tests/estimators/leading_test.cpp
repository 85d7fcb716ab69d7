// Functionals of the leading eigenvalues of large matrices: intervals that hold the value of all of them. The matrices are known by
// construction: orthogonal rows times roots of the eigenvalues that are wanted, so no test solves for all.

#include <numeric>

#include "entrospect/estimators/functional.hpp"
#include "entrospect/estimators/geometry/alpha_req.hpp"
#include "entrospect/estimators/geometry/spectral_index.hpp"
#include "estimators/support.hpp"

namespace entrospect::testing {
namespace {

constexpr std::size_t kOrder = 2000;  // least for which Lanczos is chosen, for up to kOrder / 200 values

// Rows s_i (e_i - 2 v_i v), v = (1, .., 1) / sqrt n: a reflection, so Z^T Z has the eigenvalues s_i^2 and no entry is zero.
Data reflected(const std::vector<double>& roots) {
  Data x(roots.size(), roots.size());
  const double each = 2 / static_cast<double>(roots.size());
  for (std::size_t i = 0; i < roots.size(); ++i)
    for (std::size_t j = 0; j < roots.size(); ++j) x(i, j) = roots[i] * ((i == j ? 1.0 : 0.0) - each);
  return x;
}

std::vector<double> roots_of(std::vector<double> lam) {
  for (double& v : lam) v = std::sqrt(v);
  return lam;
}

std::vector<double> weights(double (*of_rank)(double)) {
  std::vector<double> out;
  for (std::size_t i = 0; i < kOrder; ++i) out.push_back(of_rank(static_cast<double>(i)));
  return out;
}

// Over a floor, whose norm could hide an eigenvalue larger than the sixth.
const std::vector<double>& decaying() {
  static const std::vector<double> lam = weights([](double i) { return std::pow(i + 1, -4) + 1e-4; });
  return lam;
}
const std::vector<double>& pairs() {  // two-fold, over a floor
  static const std::vector<double> lam = weights([](double i) { return std::pow(0.25, std::floor(i / 2)) + 1e-6; });
  return lam;
}
const std::vector<double>& few_equal() {  // one five-fold eigenvalue, rank 5
  static const std::vector<double> lam = weights([](double i) { return i < 5 ? 1.0 : 0.0; });
  return lam;
}

::testing::AssertionResult holds(const Estimate& e, double truth) {
  if (!e.interval) return ::testing::AssertionFailure() << "no interval: " << e.text();
  const double slack = 1e-12 * std::max(1.0, std::abs(truth));
  if (truth < e.interval->low - slack || truth > e.interval->high + slack)
    return ::testing::AssertionFailure() << std::setprecision(17) << truth << " is not in [" << e.interval->low << ", " << e.interval->high
                                         << "]";
  if (e.interval_method != "bounds") return ::testing::AssertionFailure() << e.interval_method;
  return ::testing::AssertionSuccess();
}

// Either a value or the status that says why there is none. Multiple eigenvalues may take more products than Lanczos has.
void expect_honest(const Estimate& e, double truth) {
  if (e.backend_used != "lanczos") {
    EXPECT_NE(e.diagnostics.find("lanczos_gave_up_after"), nullptr) << e.text();
    EXPECT_TRUE(near(e, truth, roundoff(kOrder)));
    return;
  }
  EXPECT_TRUE(holds(e, truth));
  if (std::isfinite(e.value)) {
    EXPECT_TRUE(near(e, truth, 2e-9));
  } else {
    EXPECT_EQ(e.status, Status::truncated) << e.text();
  }
}

class Leading : public ::testing::TestWithParam<const std::vector<double>& (*)()> {
 protected:
  void SetUp() override {
    if (!lanczos_available()) GTEST_SKIP() << "built without Spectra: all eigenvalues are computed";
  }
};

TEST_P(Leading, EntropiesHoldThatOfAllEigenvalues) {
  const std::vector<double>& lam = GetParam()();
  const Data x = reflected(roots_of(lam));
  expect_honest(von_neumann_entropy(x, {.normalize = Normalize::none, .leading = 6}), renyi_entropy(lam, 1));
  for (const double order : {0.5, 3.0, kInf})
    expect_honest(matrix_entropy(x, {.order = order, .kernel = {KernelKind::linear}, .leading = 6}), renyi_entropy(lam, order));
}

TEST_P(Leading, VendiScoresHoldThatOfAllEigenvalues) {
  const std::vector<double>& lam = GetParam()();
  const Data x = reflected(std::vector<double>(kOrder, 1.0));  // orthogonal rows: the eigenvalues are the weights
  expect_honest(weighted_vendi_score(x, lam, {.order = 1, .leading = 6}), std::exp(renyi_entropy(lam, 1)));
  // The definition of the truncated score: its upper end, with the tail spread evenly.
  const Estimate cut = weighted_vendi_score(x, lam, {.method = VendiMethod::truncated, .rank = 6});
  EXPECT_TRUE(holds(cut, std::exp(renyi_entropy(lam, 1))));
  const auto rank = static_cast<std::size_t>(std::count_if(lam.begin(), lam.end(), [](double v) { return v > 0; }));
  const std::vector<double> head(lam.begin(), lam.begin() + static_cast<std::ptrdiff_t>(std::min<std::size_t>(6, rank)));
  const double total = std::accumulate(lam.begin(), lam.end(), 0.0);
  if (rank > 6) {
    EXPECT_TRUE(near(cut, std::exp(renyi_bounds(head, total, rank - 6, 1).high), 1e-8));
  }
}

INSTANTIATE_TEST_SUITE_P(Spectra, Leading, ::testing::Values(&decaying, &pairs, &few_equal));

TEST(LeadingValues, AlphaReqFitsThemAndBoundsWhatResidualsLeave) {
  const Data x = reflected(roots_of(weights([](double i) { return std::pow(i + 1, -4); })));
  const Estimate e = alpha_req(x, {.first_rank = 2.0, .last_rank = 6.0, .center = false});
  EXPECT_TRUE(near(e, 4, 1e-8));
  EXPECT_EQ(e.backend_used == "lanczos", lanczos_available());
  if (!lanczos_available()) return;
  EXPECT_TRUE(holds(e, 4));
  EXPECT_FALSE(e.std_error);
  EXPECT_TRUE(std::isfinite(number(e, "regression_std_error")));
}

TEST(LeadingValues, AFlatSpectrumIsHandedToTheDenseSolver) {
  const Data x = reflected(std::vector<double>(kOrder, 1.0));
  const Estimate e = matrix_entropy(x, {.order = 3, .kernel = {KernelKind::linear}, .leading = 3});
  EXPECT_TRUE(e.ok() || e.status == Status::truncated) << e.text();
  if (e.interval) {
    EXPECT_TRUE(holds(e, std::log(static_cast<double>(kOrder))));
  } else {
    EXPECT_TRUE(near(e, std::log(static_cast<double>(kOrder)), roundoff(kOrder)));
  }
}

TEST(LeadingValues, OfSmallMatricesAllAreComputed) {
  const Data x = random_data(40, 7, 3);
  EXPECT_EQ(von_neumann_entropy(x, {.leading = 2}).value, von_neumann_entropy(x).value);
  EXPECT_EQ(vendi_score(x, {.leading = 50}).value, vendi_score(x).value);
  EXPECT_EQ(matrix_entropy(x, {.leading = 2}).value, matrix_entropy(x).value);
  EXPECT_TRUE(matrix_entropy(x, {.leading = 2}).ok());
}

TEST(LeadingValues, RefusedWhereAllAreNeeded) {
  const Data x = random_data(9, 9, 4);
  const Data k = diagonal(std::vector<double>(9, 1.0));
  const auto refused = [](const auto& call, const std::string& why) {
    return mentions(thrown(call), {"leading = 2 is refused", why, "leading = 0"});
  };
  EXPECT_TRUE(refused([&] { von_neumann_entropy(x, {.leading = 2, .compat = "vne"}); }, "every eigenvalue"));
  EXPECT_TRUE(refused([&] { matrix_entropy(x, {.leading = 2, .compat = "repitl"}); }, "every eigenvalue"));
  EXPECT_TRUE(refused([&] { matrix_entropy(x, {.method = EntropyMethod::radial, .leading = 2}); }, "bound"));
  EXPECT_TRUE(refused([&] { matrix_entropy(k, {.kernel = {KernelKind::precomputed}, .leading = 2}); }, "positive semi-definite"));
  EXPECT_TRUE(refused([&] { vendi_score(k, {.kernel = {KernelKind::precomputed}, .leading = 2}); }, "positive semi-definite"));
  EXPECT_TRUE(refused([&] { vendi_score(x, {.method = VendiMethod::truncated, .leading = 2}); }, "'exact'"));
}

// A solver that missed an eigenvalue: the bounds must allow for it as far as the norm does.
TEST(LeadingValues, BoundsAllowForAMissedEigenvalue) {
  const std::vector<double> lam{0.5, 0.25, 0.1, 0.08, 0.04, 0.02, 0.01};
  Spectrum s;
  s.values = {0.5, 0.1, 0.08};  // 0.25 was missed
  s.complete = false;
  s.size = s.max_rank = lam.size();
  s.trace = 1;
  s.frobenius2 = std::inner_product(lam.begin(), lam.end(), lam.begin(), 0.0);
  s.semidefinite = true;
  s.status = Status::truncated;
  EXPECT_GE(hidden_eigenvalue(s), 0.25);
  for (const double order : {0.0, 0.5, 1.0, 1.5, 3.0, 4.0, 20.0, kInf}) {
    const LeadingEntropy known = leading_entropy(s, order, 1);
    ASSERT_TRUE(known.bounds) << order << known.reason;
    EXPECT_LE(known.bounds->low, renyi_entropy(lam, order) + 1e-14) << order;
    EXPECT_GE(known.bounds->high, renyi_entropy(lam, order) - 1e-14) << order;
  }
  AlphaReqOptions line;
  line.first_rank = 1.0;
  line.last_rank = 3.0;
  Spectrum all = s;
  all.values = lam;
  all.complete = true;
  all.status = Status::ok;
  all.n = s.n = lam.size();
  EXPECT_TRUE(holds(alpha_req(s, line), alpha_req(all, line).value));
  EXPECT_TRUE(holds(stable_rank(s), stable_rank(all).value));
  EXPECT_TRUE(holds(top_share(s, 2), top_share(all, 2).value));
  EXPECT_TRUE(holds(tsallis_entropy(s, 3), tsallis_entropy(all, 3).value));
  EXPECT_TRUE(mentions(thrown([&] { top_share(s, 4); }), {"4 largest eigenvalues", "3 were computed", "leading = 4"}));
  EXPECT_TRUE(mentions(thrown([&] { anisotropy(s); }), {"anisotropy", "7 largest eigenvalues", "3 were computed"}));
}

TEST(LeadingValues, OneSimpleSpectrumIsSolvedByLanczos) {
  if (!lanczos_available()) GTEST_SKIP() << "built without Spectra: all eigenvalues are computed";
  const Estimate e = von_neumann_entropy(reflected(roots_of(decaying())), {.normalize = Normalize::none, .leading = 6});
  EXPECT_EQ(e.backend_used, "lanczos");
  EXPECT_EQ(e.status, Status::truncated);
  ASSERT_TRUE(e.interval);
  EXPECT_TRUE(std::isnan(e.value));
  EXPECT_LT(e.interval->high - e.interval->low, 0.1) << "the squares leave little open";
}

// ---- one spectrum, many indices

TEST(SpectrumIndices, AreThoseOfTheSamples) {
  const Data x = random_data(30, 6, 8);
  const auto s = spectrum(x.view().centered(), Covariance{29});
  EXPECT_TRUE(near(participation_ratio(*s), participation_ratio(x).value, 1e-14));
  EXPECT_TRUE(near(stable_rank(*s), stable_rank(x, {.center = true}).value, 1e-14));
  EXPECT_TRUE(near(top_share(*s, 2), top_share(x, {.rank = 2}).value, 1e-14));
  EXPECT_TRUE(near(spectral_gap(*s, 2), spectral_gap(x, {.rank = 2}).value, 1e-14));
  EXPECT_TRUE(near(anisotropy(*s), anisotropy(x).value, 1e-14));
  EXPECT_TRUE(near(alpha_req(*s), alpha_req(x).value, 1e-13));
  EXPECT_EQ(number(alpha_req(*s), "last_rank"), 6);
  for (const double order : {0.5, 1.0, 2.0, kInf})
    EXPECT_TRUE(
        near(tsallis_entropy(*s, order), tsallis_entropy(x, {.order = order, .center = true, .normalize = Normalize::none}).value, 1e-13));
}

TEST(SpectrumIndices, RefuseWhatTheSpectrumDoesNotSay) {
  const Data x = random_data(12, 3, 9);
  const auto s = spectrum(x.view(), Covariance{});
  EXPECT_TRUE(mentions(thrown([&] { top_share(*s, 0); }), {"rank = 0"}));
  EXPECT_TRUE(mentions(thrown([&] { spectral_gap(*s, 3); }), {"rank = 3 needs 4 eigenvalues", "there are 3"}));
  EXPECT_TRUE(mentions(thrown([&] { tsallis_entropy(*s, -1); }), {"order = -1", "[0, inf]"}));
  EXPECT_TRUE(mentions(thrown([&] { alpha_req(*s, {.first_rank = 1.5}); }), {"first_rank = 1.5"}));
  const auto graph = spectrum(x.view(), NeighborGraph{.k = 3});
  EXPECT_TRUE(mentions(thrown([&] { stable_rank(*graph); }), {"stable_rank", "negative eigenvalues", "entropy()"}));
  const auto nothing = spectrum(Data({{1, 2}, {1, 2}, {1, 2}}).view().centered(), Covariance{2});
  EXPECT_EQ(stable_rank(*nothing).status, Status::degenerate);
}

}  // namespace
}  // namespace entrospect::testing
