// Indices of a spectrum: known answers, laws, and the edges of their definitions.
#include "estimators/support.hpp"

namespace entrospect::testing {
namespace {

// A diagonal matrix has its entries as singular values.
TEST(SpectralIndex, KnownAnswers) {
  const Data two = diagonal({3, 1}), three = diagonal({1, 0.5, 0.25});
  EXPECT_TRUE(near(participation_ratio(two, {.center = false}), 1.219512, kPrinted));
  EXPECT_TRUE(near(participation_ratio(three, {.convention = "uncentered"}), 1.615385, kPrinted));
  EXPECT_TRUE(near(stable_rank(two), 1.111111, kPrinted));
  EXPECT_TRUE(near(stable_rank(three), 1.3125, 4 * kEps));
  EXPECT_TRUE(near(top_share(two, {.center = false}), 0.9, 4 * kEps));
  EXPECT_TRUE(near(top_share(three, {.rank = 2, .center = false}), 20.0 / 21, 4 * kEps));
  EXPECT_TRUE(near(top_share(three, {.rank = 3, .center = false}), 1, 4 * kEps));
  EXPECT_TRUE(near(spectral_gap(two, {.center = false}), 8.0 / 9, 4 * kEps));
  EXPECT_TRUE(near(spectral_gap(three, {.rank = 2, .center = false}), 3.0 / 16, 4 * kEps));
  EXPECT_TRUE(near(anisotropy(two, {.center = false}), 0.75, 4 * kEps));
  EXPECT_TRUE(near(anisotropy(three, {.center = false}), 4.0 / 7, 4 * kEps));
  EXPECT_TRUE(near(numerical_rank(three), 3, 0));
  EXPECT_TRUE(near(condition_number(two), 3, 4 * kEps));
  EXPECT_TRUE(near(condition_number(three), 4, 4 * kEps));
  EXPECT_EQ(participation_ratio(two).unit, Unit::count);
  EXPECT_EQ(stable_rank(two).unit, Unit::count);
  EXPECT_EQ(numerical_rank(two).unit, Unit::count);
  for (const Estimate& e : {top_share(two), spectral_gap(two), anisotropy(two), condition_number(two)}) EXPECT_EQ(e.unit, Unit::none);
}

class Rows : public ::testing::TestWithParam<std::pair<std::size_t, std::size_t>> {
 protected:
  Data x = random_data(GetParam().first, GetParam().second, 31, 0.4);
  double tolerance = roundoff(std::max(x.n, x.d));
};
INSTANTIATE_TEST_SUITE_P(Shapes, Rows, ::testing::Values(std::pair(14, 5), std::pair(5, 14), std::pair(90, 70), std::pair(7, 7)));

// One spectrum, many names.
TEST_P(Rows, AreOrdersOfTheEffectiveRank) {
  for (const bool center : {false, true})
    for (const Normalize normalize : {Normalize::none, Normalize::l2, Normalize::standardize})
      for (const Side side : {Side::automatic, Side::gram, Side::covariance}) {
        const auto rank = [&](double order) {
          return effective_rank(x, {.order = order, .center = center, .normalize = normalize, .side = side}).value;
        };
        const Estimate ratio = participation_ratio(x, {.center = center, .normalize = normalize, .side = side});
        EXPECT_TRUE(near(ratio, rank(2), tolerance));
        EXPECT_TRUE(near(stable_rank(x, {.center = center, .normalize = normalize, .side = side}), rank(kInf), tolerance));
        EXPECT_TRUE(near(top_share(x, {.center = center, .normalize = normalize, .side = side}), 1 / rank(kInf), tolerance));
        EXPECT_TRUE(near(numerical_rank(x, {.center = center, .normalize = normalize, .convention = "eigenvalues"}), rank(0), tolerance));
        EXPECT_EQ(ratio.backend_used, "norms");
      }
}

TEST_P(Rows, SharesAndGapsAddUp) {
  const std::size_t m = std::min(x.n - 1, x.d);
  double gaps = 0;
  for (std::size_t k = 1; k <= m; ++k) {
    const double share = top_share(x, {.rank = k}).value;
    EXPECT_GT(share, top_share(x, {.rank = k > 1 ? k - 1 : 1}).value - (k > 1 ? 0.0 : 1.0));
    if (k < x.d) gaps += spectral_gap(x, {.rank = k}).value;
  }
  EXPECT_TRUE(near(top_share(x, {.rank = m}), 1, tolerance));
  // From lam_1 down to lam_(last + 1), which is 0 when the centered rank is below d.
  const double last = m < x.d ? 0 : 1 / std::pow(condition_number(x, {.center = true}).value, 2);
  EXPECT_TRUE(near(gaps, 1 - last, tolerance));
}

TEST_P(Rows, SingularValuesOfBothRoutesAgree) {
  const double by_products = anisotropy(x).value;
  const auto s = singular_values(x.view().centered());
  double total = 0;
  for (const double v : *s) total += v;
  EXPECT_TRUE(near(by_products, s->front() / total, 1e-7));  // round-off eps of an eigenvalue is its root in a singular value
}

TEST_P(Rows, ScaleChangesNothing) {
  for (const double factor : {-1e-5, 1e100, 0x1p-300}) {
    Data y = x;
    for (double& v : y.values) v *= factor;
    EXPECT_TRUE(near(participation_ratio(y), participation_ratio(x).value, tolerance)) << factor;
    EXPECT_TRUE(near(stable_rank(y), stable_rank(x).value, tolerance)) << factor;
    EXPECT_TRUE(near(top_share(y), top_share(x).value, tolerance)) << factor;
    EXPECT_TRUE(near(spectral_gap(y), spectral_gap(x).value, tolerance)) << factor;
    EXPECT_TRUE(near(anisotropy(y), anisotropy(x).value, 1e-7)) << factor;
    EXPECT_EQ(numerical_rank(y).value, numerical_rank(x).value) << factor;
    const double condition = condition_number(x).value;
    EXPECT_TRUE(near(condition_number(y), condition, tolerance * condition)) << factor;
  }
}

// [[1, 1], [1, 1 + delta]]: s_1 s_2 = delta and s_1^2 + s_2^2 = 3 + (1 + delta)^2. Eigenvalues of X^T X would see rank 1.
TEST(ConditionNumber, IsKnownFarBeyondTheRootOfEpsilon) {
  for (const double delta : {0x1p-20, 0x1p-30, 0x1p-44}) {
    const Data x({{1, 1}, {1, 1 + delta}});
    const double squares = 3 + (1 + delta) * (1 + delta);
    const double largest = (squares + std::sqrt(squares * squares - 4 * delta * delta)) / 2;
    // s_2 = delta / 2 is known to a few eps of s_1 = 2.
    EXPECT_TRUE(near(condition_number(x), largest / delta, 16 * kEps / delta)) << delta;
    EXPECT_EQ(numerical_rank(x).value, 2);
  }
  EXPECT_EQ(numerical_rank(Data({{1, 1}, {1, 1 + 0x1p-30}}), {.convention = "eigenvalues"}).value, 1);
  EXPECT_EQ(numerical_rank(Data({{1, 1}, {1, 1 + 0x1p-30}}), {.tolerance = 1e-8}).value, 1);
}

TEST(ConditionNumber, OfRankDeficientSamplesIsInfiniteAndSaysSo) {
  Data x = random_data(30, 4, 3);
  for (std::size_t i = 0; i < x.n; ++i) x(i, 3) = x(i, 0) - 2 * x(i, 1);
  const Estimate e = condition_number(x);
  EXPECT_EQ(e.value, kInf);
  EXPECT_EQ(e.status, Status::degenerate);
  EXPECT_TRUE(mentions(e.reason, {"rank 3 of 4", "numerical_rank = true"}));
  EXPECT_EQ(number(e, "numerical_rank"), 3);
  const auto s = singular_values(x);
  const Estimate kept = condition_number(x, {.numerical_rank = true});
  EXPECT_TRUE(kept.ok());
  EXPECT_TRUE(near(kept, (*s)[0] / (*s)[2], 4 * kEps));
  EXPECT_TRUE(near(condition_number(x, {.convention = "numerical-rank"}), kept.value, 0));
  EXPECT_LT(kept.value, *kept.cap);
  const Estimate rank = numerical_rank(x);
  EXPECT_EQ(rank.value, 3);
  EXPECT_TRUE(near(number(rank, "smallest_counted"), (*s)[2], 0));
  EXPECT_TRUE(near(number(rank, "tolerance"), 30 * kEps, 0));
  // Centering n <= d rows leaves n - 1 directions, which is full rank.
  const Data wide = random_data(5, 9, 2);
  EXPECT_TRUE(condition_number(wide, {.center = true}).ok());
  EXPECT_EQ(numerical_rank(wide, {.center = true}).value, 4);
  EXPECT_EQ(*numerical_rank(wide, {.center = true}).cap, 4);
}

TEST(SpectralIndex, EqualRowsAreDegenerate) {
  const Data same({{1, 2, 2}, {1, 2, 2}, {1, 2, 2}, {1, 2, 2}});
  for (const char* name : {"participation_ratio", "stable_rank", "top_share", "spectral_gap", "anisotropy", "condition_number"}) {
    const Estimate centered = run(name, {{same}, {}, {}}, {{"center", true}});
    EXPECT_EQ(centered.status, Status::degenerate) << name;
    EXPECT_TRUE(std::isnan(centered.value)) << name;
    const Estimate raw = run(name, {{same}, {}, {}}, {{"center", false}});  // one direction carries everything
    EXPECT_EQ(raw.status, Status::degenerate) << name;
    EXPECT_TRUE(near(raw.value, std::string(name) == "condition_number" ? kInf : 1, 1e-14) || std::isinf(raw.value)) << name;
    const Estimate zero = run(name, {{Data(4, 3)}, {}, {}}, {{"center", false}});
    EXPECT_EQ(zero.status, Status::degenerate) << name;
    EXPECT_TRUE(std::isnan(zero.value)) << name;
  }
  EXPECT_EQ(numerical_rank(same).value, 1);
  EXPECT_EQ(numerical_rank(same, {.center = true}).value, 0);
  EXPECT_EQ(numerical_rank(Data(4, 3)).value, 0);
  EXPECT_EQ(numerical_rank(Data(4, 3)).status, Status::degenerate);
}

TEST(SpectralIndex, Errors) {
  const Data x = random_data(6, 3, 1);
  EXPECT_TRUE(mentions(thrown([&] { top_share(x, {.rank = 4}); }), {"top_share", "rank = 4", "there are 3"}));
  EXPECT_TRUE(mentions(thrown([&] { top_share(x, {.rank = 0}); }), {"rank = 0", "[1, 1e+09]"}));
  EXPECT_TRUE(mentions(thrown([&] { spectral_gap(x, {.rank = 3}); }), {"spectral_gap", "rank = 3 needs 4 eigenvalues", "there are 3"}));
  EXPECT_TRUE(mentions(thrown([&] { spectral_gap(column({1, 2, 4})); }), {"rank = 1 needs 2 eigenvalues", "there are 1"}));
  EXPECT_TRUE(mentions(thrown([&] { anisotropy(x, {.solver = {.precision = Precision::single}}); }),
                       {"anisotropy", "precision = 'single' is refused"}));
  EXPECT_TRUE(near(participation_ratio(x, {.solver = {.precision = Precision::single}}), participation_ratio(x).value, 1e-5));
  EXPECT_TRUE(mentions(thrown([&] { numerical_rank(x, {.tolerance = 1.0}); }), {"tolerance = 1", "[0, 1)", "'auto'"}));
  EXPECT_TRUE(mentions(thrown([&] { stable_rank(x, {.convention = "nesum"}); }), {"'nesum'", "'uncentered'", "'centered'"}));
  EXPECT_EQ(find_estimator("nesum").card.name, "stable_rank");
}

// From 2000 features on few eigenvalues are found without the others.
TEST(SpectralIndex, FewEigenvaluesOfALargeMatrix) {
  constexpr std::size_t n = 2000;
  Data x(n, n);
  for (std::size_t i = 0; i < n; ++i) x(i, i) = i < 3 ? 3.0 - static_cast<double>(i) : 1e-3;
  const double total = 14 + 1e-6 * (n - 3);
  const auto check = [](const Estimate& e, double expected) {
    EXPECT_TRUE(near(e, expected, 1e-10));
    EXPECT_EQ(e.backend_used == "lanczos", lanczos_available());
    EXPECT_TRUE(e.ok()) << e.reason;  // the norm leaves no room for another large eigenvalue
    ASSERT_EQ(e.interval.has_value(), lanczos_available());
    if (!e.interval) return;
    EXPECT_LE(e.interval->low, e.value);
    EXPECT_GE(e.interval->high, e.value);
    EXPECT_LE(e.interval->high - e.interval->low, 1e-9);
    EXPECT_EQ(e.interval_method, "bounds");
  };
  check(stable_rank(x), total / 9);
  check(top_share(x, {.rank = 2, .convention = "uncentered"}), 13 / total);
  check(spectral_gap(x, {.rank = 2, .convention = "uncentered"}), 3.0 / 9);
}

}  // namespace
}  // namespace entrospect::testing
