#include "estimators/support.hpp"

namespace entrospect::testing {
namespace {

TEST(VonNeumann, KnownAnswers) {
  EXPECT_TRUE(near(von_neumann_entropy(Data({{1, 0}, {0, 1}})), 0.693147, kPrinted));
  EXPECT_TRUE(near(von_neumann_entropy(Data({{3, 3}, {-50, 50}})), kLn2, 1e-14));  // orthogonal rows of any length
  EXPECT_TRUE(near(von_neumann_entropy(Data({{1, 0, 0}, {1, 0, 0}, {0, 1, 0}})), 0.636514, kPrinted));
  EXPECT_TRUE(near(von_neumann_entropy(Data({{1, 0}, {1, 1}})), 0.416496, kPrinted));
  EXPECT_TRUE(near(von_neumann_entropy(Data({{1, 2}, {3, 4}, {5, 6}})), 0.0549477, 6e-8));
  EXPECT_TRUE(near(von_neumann_entropy(Data({{1, 0, 0}, {0, 2, 0}, {0, 0, 3}, {1, 1, 1}})), 1.039721, kPrinted));
}

// Two unit rows with cosine c: eigenvalues (1 +- c) / 2.
TEST(VonNeumann, TwoPointClosedForm) {
  for (const double c : {-0.99, -0.3, 0.0, 0.5, 0.9, 0.999999}) {
    const double p = (1 + c) / 2, expected = -p * std::log(p) - (1 - p) * std::log1p(-p);
    EXPECT_TRUE(near(von_neumann_entropy(Data({{1, 0}, {7 * c, 7 * std::sqrt(1 - c * c)}})), expected, 1e-13)) << "cosine " << c;
  }
}

TEST(VonNeumann, CapUnitAndDescription) {
  const Data x = random_data(20, 5, 1);
  const Estimate nats = von_neumann_entropy(x), bits = von_neumann_entropy(x, {.unit = Unit::bits});
  EXPECT_TRUE(near(bits, nats.value / kLn2, 4 * kEps));
  EXPECT_TRUE(near(*bits.cap, std::log2(5.0), 4 * kEps));
  EXPECT_EQ(*nats.cap, std::log(5.0));
  EXPECT_EQ(*von_neumann_entropy(random_data(4, 9, 1), {.center = true}).cap, std::log(3.0));
  EXPECT_EQ(nats.n, 20U);
  EXPECT_EQ(nats.d, 5U);
  EXPECT_EQ(nats.convention, "paper");
  EXPECT_EQ(nats.estimator, "von_neumann_entropy");
  EXPECT_EQ(nats.options.size(), von_neumann_entropy_info().fields.size());
  EXPECT_FALSE(nats.formula.empty() || nats.substituted.empty() || nats.citation.empty() || nats.backend_used.empty());
  EXPECT_TRUE(nats.ok());
}

TEST(VonNeumann, CompatVne) {
  // On ordinary rows the tool agrees.
  const Data x = random_data(12, 4, 3);
  EXPECT_TRUE(near(von_neumann_entropy(x, {.compat = "vne"}), von_neumann_entropy(x).value, 1e-13));
  // A zero row: two orthogonal rows out of three, lam = (1/3, 1/3), not renormalized.
  const Data zero({{1, 0}, {0, 5}, {0, 0}});
  const Estimate e = von_neumann_entropy(zero, {.compat = "vne"});
  EXPECT_TRUE(near(e, 2.0 / 3 * std::log(3.0), 1e-14));
  EXPECT_EQ(e.compat, "vne");
  EXPECT_FALSE(e.compat_faults.empty());
  EXPECT_TRUE(mentions(thrown([&] { von_neumann_entropy(zero); }), {"1 row cannot be normalized", "being zero: row 2;", "zero_rows=drop"}));
  // A row shorter than 1e-12 keeps the length |x| / 1e-12: lam = (1/2, 1/8).
  const Estimate shorter = von_neumann_entropy(Data({{1, 0}, {0, 5e-13}}), {.compat = "vne"});
  EXPECT_TRUE(near(shorter, 0.5 * std::log(2.0) + 0.125 * std::log(8.0), 1e-14));
}

TEST(VonNeumann, CompatKoopman) {
  const Data x = random_data(7, 3, 4);
  const naive::Matrix z = naive::centered(x.naive());
  naive::Row lam = naive::eigenvalues(naive::scatter(z));
  naive::Real trace = 0;
  for (naive::Real& v : lam) v = v / 6 + 1e-8L, trace += v;
  for (naive::Real& v : lam) v = std::max(v / trace, 1e-8L);
  EXPECT_TRUE(near(von_neumann_entropy(x, {.compat = "koopman"}), static_cast<double>(naive::renyi(lam, 1)), 1e-13));
  // The ridge counts for all d directions, also those that n rows cannot reach: rank 1 of d = 4, lam_1 = 2e-8 / 3 per direction.
  const Data thin({{1e-4, 0, 0, 0}, {-1e-4, 0, 0, 0}});  // variance 2e-8
  const double total = 2e-8 + 4e-8, first = 3e-8 / total, rest = 1e-8 / total;
  EXPECT_TRUE(near(von_neumann_entropy(thin, {.compat = "koopman"}), -first * std::log(first) - 3 * rest * std::log(rest), 1e-9));
}

TEST(VonNeumann, ZeroRowsAreDroppedAndCounted) {
  const Data x({{1, 0}, {0, 0}, {0, 5}, {0, 0}});
  const Estimate e = von_neumann_entropy(x, {.zero_rows = ZeroRows::drop});
  EXPECT_TRUE(near(e, kLn2, 1e-14));
  EXPECT_EQ(e.n, 2U);
  EXPECT_EQ(number(e, "zero_rows_dropped"), 2);
  EXPECT_TRUE(mentions(thrown([] { von_neumann_entropy(Data({{1, 0}, {0, 0}}), {.zero_rows = ZeroRows::drop}); }), {"at least 2"}));
}

TEST(VonNeumann, DegenerateData) {
  const Data same({{1, 2}, {1, 2}, {1, 2}});
  const Estimate uncentered = von_neumann_entropy(same);  // one direction carries the whole trace
  EXPECT_TRUE(near(uncentered.value, 0, 1e-14));
  EXPECT_EQ(uncentered.status, Status::degenerate);
  EXPECT_EQ(number(uncentered, "duplicate_rows"), 2);
  EXPECT_EQ(number(uncentered, "constant_columns"), 2);
  const Estimate none = von_neumann_entropy(same, {.center = true, .normalize = Normalize::none});
  EXPECT_TRUE(std::isnan(none.value));
  EXPECT_EQ(none.status, Status::degenerate);
  const Estimate zeros = von_neumann_entropy(Data(3, 2), {.normalize = Normalize::none});
  EXPECT_TRUE(std::isnan(zeros.value));
  EXPECT_EQ(zeros.status, Status::degenerate);
}

TEST(VonNeumann, Errors) {
  Data x = random_data(4, 3, 1);
  EXPECT_TRUE(
      mentions(thrown([&] { von_neumann_entropy(SampleMatrix(x.values.data(), 1, 3)); }), {"von_neumann_entropy", "n = 1", "at least 2"}));
  EXPECT_TRUE(
      mentions(thrown([&] { von_neumann_entropy(SampleMatrix(x.values.data(), 2, 3), {.center = true}); }), {"n = 2", "at least 3"}));
  EXPECT_TRUE(mentions(thrown([&] { von_neumann_entropy(SampleMatrix(x.values.data(), 4, 0)); }), {"d = 0"}));
  EXPECT_TRUE(mentions(thrown([&] { von_neumann_entropy(x, {.compat = "vnee"}); }), {"compat", "'vnee'", "'vne'", "'koopman'"}));
  EXPECT_TRUE(mentions(thrown([&] { von_neumann_entropy(x, {.convention = "other"}); }), {"convention", "'paper'"}));
  x(2, 1) = std::nan("");
  EXPECT_TRUE(mentions(thrown([&] { von_neumann_entropy(x); }), {"1 of 4 x 3", "row 2, column 1"}));
}

}  // namespace
}  // namespace entrospect::testing
