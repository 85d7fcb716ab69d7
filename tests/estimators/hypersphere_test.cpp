#include "estimators/support.hpp"

namespace entrospect::testing {
namespace {

Data directions(const Data& x) {
  Data out = x;
  for (std::size_t i = 0; i < x.n; ++i) {
    double norm = 0;
    for (std::size_t j = 0; j < x.d; ++j) norm += x(i, j) * x(i, j);
    for (std::size_t j = 0; j < x.d; ++j) out(i, j) /= std::sqrt(norm);
  }
  return out;
}

double distance(const Data& u, std::size_t i, const Data& v, std::size_t j) {
  double out = 0;
  for (std::size_t c = 0; c < u.d; ++c) out += (u(i, c) - v(j, c)) * (u(i, c) - v(j, c));
  return std::sqrt(out);
}

TEST(Hypersphere, SlowFormulas) {
  for (const std::size_t n : {2U, 19U, 150U}) {
    const Data x = random_data(n, 4, 1, 0.3), y = random_data(n, 4, 2), u = directions(x), v = directions(y);
    const auto pairs = static_cast<double>(n * (n - 1));
    for (const double parameter : {0.5, 2.0, 3.0}) {
      double potential = 0, aligned = 0, energy = 0;
      for (std::size_t i = 0; i < n; ++i) {
        aligned += std::pow(distance(u, i, v, i), parameter) / static_cast<double>(n);
        for (std::size_t j = 0; j < n; ++j) {
          if (i == j) continue;
          const double r = distance(u, i, u, j);
          potential += std::exp(-parameter * r * r) / pairs;
          energy += std::pow(r, -parameter) / pairs;
        }
      }
      const double tolerance = 16 * static_cast<double>(n) * kEps;
      const Estimate uniform = uniformity(x, {.t = parameter});
      EXPECT_NEAR(uniform.value, std::log(potential), tolerance / potential);
      EXPECT_LE(uniform.value, *uniform.cap);
      EXPECT_GE(uniform.value, -4 * parameter);
      EXPECT_TRUE(near(alignment(x, y, {.exponent = parameter}), aligned, tolerance));
      EXPECT_LE(alignment(x, y, {.exponent = parameter}).value, std::exp2(parameter));
      // Norms are known to eps, so close directions to eps / r relative.
      EXPECT_NEAR(hyperspherical_energy(x, {.exponent = parameter}).value / energy, 1, 1e-11);
      EXPECT_NEAR(hyperspherical_energy(x, {.exponent = parameter, .convention = "sum"}).value / (energy * pairs), 1, 1e-11);
    }
  }
}

TEST(Hypersphere, RegularFiguresAndLimits) {
  const Data tetrahedron({{1, 1, 1}, {1, -1, -1}, {-1, 1, -1}, {-1, -1, 1}});  // squared distances 8 / 3
  EXPECT_TRUE(near(uniformity(tetrahedron), -16.0 / 3, 64 * kEps));
  EXPECT_TRUE(near(hyperspherical_energy(tetrahedron), std::sqrt(3.0 / 8), 64 * kEps));
  EXPECT_TRUE(near(hyperspherical_energy(tetrahedron, {.exponent = 0}), -std::log(8.0 / 3) / 2, 64 * kEps));
  const Data opposite({{2, 0}, {-3, 0}});
  EXPECT_TRUE(near(uniformity(opposite), -8, 16 * kEps));
  EXPECT_TRUE(near(alignment(opposite, opposite), 0, kEps));
  EXPECT_TRUE(near(alignment(opposite, Data({{-1, 0}, {5, 0}})), 4, 16 * kEps));
}

TEST(Hypersphere, EqualDirectionsAreFlagged) {
  const Data twice({{1, 2}, {2, 4}, {0, 1}});
  const Estimate e = hyperspherical_energy(twice);
  EXPECT_EQ(e.status, Status::nonfinite);
  EXPECT_EQ(e.value, std::numeric_limits<double>::infinity());
  EXPECT_NE(e.reason.find("1 pair of rows"), std::string::npos) << e.reason;
  EXPECT_EQ(hyperspherical_energy(Data({{1, 2}, {1, 2}, {1, 2}, {0, 1}}), {.exponent = 0}).value, std::numeric_limits<double>::infinity());
  const Data same({{1, 2}, {1, 2}, {1, 2}});
  EXPECT_EQ(uniformity(same).status, Status::degenerate);
  EXPECT_EQ(uniformity(same).value, 0);
  EXPECT_TRUE(mentions(thrown([&] { alignment(same, same); }), {"alignment: x: all rows are equal"}));
}

TEST(Hypersphere, FaultsAreNamed) {
  const Data x = random_data(6, 2, 1), wide = random_data(6, 3, 2), few = random_data(5, 2, 2);
  Data zero = x;
  zero(2, 0) = zero(2, 1) = 0;
  EXPECT_TRUE(mentions(thrown([&] { alignment(x, wide); }), {"alignment", "'y' has d = 3", "'x' has 2"}));
  EXPECT_TRUE(mentions(thrown([&] { alignment(x, few); }), {"alignment", "'y' has 5 rows"}));
  EXPECT_TRUE(mentions(thrown([&] { alignment(x, zero); }), {"alignment: y: 1 row", "2"}));
  EXPECT_TRUE(mentions(thrown([&] { uniformity(zero); }), {"uniformity: 1 row", "2"}));
  EXPECT_EQ(hyperspherical_energy(zero, {.zero_rows = ZeroRows::drop}).n, 5U);
}

TEST(Hypersphere, PairsWithoutADirectionAreDroppedTogether) {
  const Data x = random_data(7, 2, 1), y = random_data(7, 2, 2);
  Data zero_x = x, zero_y = y, bad = x;
  zero_x(2, 0) = zero_x(2, 1) = zero_y(4, 0) = zero_y(4, 1) = 0;
  const auto without = [](const Data& z) {
    Data out(5, 2);
    for (const auto& [to, from] : {std::pair(0, 0), std::pair(1, 1), std::pair(2, 3), std::pair(3, 5), std::pair(4, 6)})
      for (std::size_t j = 0; j < 2; ++j) out(static_cast<std::size_t>(to), j) = z(static_cast<std::size_t>(from), j);
    return out;
  };
  const Estimate e = alignment(zero_x, zero_y, {.zero_rows = ZeroRows::drop});
  EXPECT_EQ(e.value, alignment(without(x), without(y)).value);
  EXPECT_EQ(e.n, 5U);
  EXPECT_EQ(number(e, "zero_rows_dropped"), 2);
  EXPECT_EQ(alignment(x, y, {.zero_rows = ZeroRows::drop}).value, alignment(x, y).value);
  bad(4, 1) = std::numeric_limits<double>::quiet_NaN();
  EXPECT_TRUE(mentions(thrown([&] { alignment(bad, zero_y, {.zero_rows = ZeroRows::drop}); }), {"alignment: x: 1 of 7 x 2", "row 4"}));
  const Data lone({{1, 2}, {0, 0}}), axes({{1, 0}, {0, 1}});
  EXPECT_TRUE(mentions(thrown([&] { alignment(lone, axes, {.zero_rows = ZeroRows::drop}); }), {"alignment: n = 1", "2", "dropped"}));
}

}  // namespace
}  // namespace entrospect::testing
