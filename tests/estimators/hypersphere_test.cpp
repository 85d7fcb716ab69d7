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

}  // namespace
}  // namespace entrospect::testing
