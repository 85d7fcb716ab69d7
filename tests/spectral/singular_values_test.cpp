#include "entrospect/spectral/singular_values.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "core/samples.hpp"
#include "entrospect/core/errors.hpp"

namespace entrospect {
namespace {

constexpr double kEps = std::numeric_limits<double>::epsilon();

// (I - 2 u u^T / |u|^2) D (I - 2 v v^T / |v|^2) with random u and v: singular values are those of the n x d diagonal D, up to the round-off
// of a few products.
std::vector<double> reflected(std::size_t n, std::size_t d, const std::vector<double>& singular) {
  const std::vector<double> u = test::normals(n, 3), v = test::normals(d, 4);
  double uu = 0, vv = 0;
  for (const double value : u) uu += value * value;
  for (const double value : v) vv += value * value;
  std::vector<double> x(n * d, 0.0);
  for (std::size_t i = 0; i < singular.size(); ++i) x[i * d + i] = singular[i];
  for (std::size_t j = 0; j < d; ++j) {
    double dot = 0;
    for (std::size_t i = 0; i < n; ++i) dot += u[i] * x[i * d + j];
    for (std::size_t i = 0; i < n; ++i) x[i * d + j] -= 2 * dot / uu * u[i];
  }
  for (std::size_t i = 0; i < n; ++i) {
    double dot = 0;
    for (std::size_t j = 0; j < d; ++j) dot += v[j] * x[i * d + j];
    for (std::size_t j = 0; j < d; ++j) x[i * d + j] -= 2 * dot / vv * v[j];
  }
  return x;
}

std::vector<double> decaying(std::size_t count, double per_step) {
  std::vector<double> out;
  for (std::size_t i = 0; i < count; ++i) out.push_back(std::pow(per_step, static_cast<double>(i)));
  return out;
}

class SingularValues : public ::testing::TestWithParam<std::pair<std::size_t, std::size_t>> {
 protected:
  std::size_t n = GetParam().first, d = GetParam().second;
};
// One block, several of them, more features than a block has rows at least, and fewer rows than features.
INSTANTIATE_TEST_SUITE_P(Shapes, SingularValues,
                         ::testing::Values(std::pair(1, 1), std::pair(12, 12), std::pair(300, 7), std::pair(1000, 20), std::pair(700, 300),
                                           std::pair(5, 40), std::pair(1, 9), std::pair(40, 1)));

// Small ones too: the root of an eigenvalue of X^T X would have lost those below 1e-8.
TEST_P(SingularValues, AreKnownToRoundoffOfTheLargest) {
  const std::size_t m = std::min(n, d);
  const std::vector<double> truth = decaying(m, m < 30 ? 0.25 : 0.95);
  const std::vector<double> x = reflected(n, d, truth);
  const auto s = singular_values(SampleMatrix(x.data(), n, d));
  ASSERT_EQ(s->size(), m);
  for (std::size_t i = 0; i < m; ++i) EXPECT_NEAR((*s)[i], truth[i], 8 * static_cast<double>(std::max(n, d)) * kEps) << i;
}

TEST_P(SingularValues, TheFactorHasTheSameProducts) {
  const std::vector<double> x = test::normals(n * d, 5);
  const auto r = triangular_factor(SampleMatrix(x.data(), n, d));
  const std::size_t m = std::min(n, d);
  ASSERT_EQ(r->order, m);
  for (std::size_t a = 0; a < m; ++a)
    for (std::size_t b = a; b < m; ++b) {
      double factor = 0, direct = 0;
      for (std::size_t i = 0; i <= a; ++i) factor += (*r)(i, a) * (*r)(i, b);
      if (n >= d)
        for (std::size_t i = 0; i < n; ++i) direct += x[i * d + a] * x[i * d + b];
      else
        for (std::size_t j = 0; j < d; ++j) direct += x[a * d + j] * x[b * d + j];
      const auto largest = static_cast<double>(std::max(n, d));
      EXPECT_NEAR(factor, direct, 16 * largest * std::sqrt(largest) * kEps) << a << " " << b;
      if (b > a) {
        EXPECT_EQ((*r)(b, a), 0);
      }
    }
}

TEST(SingularValuesOf, RankDeficientSamplesAreZeroToTheTolerance) {
  std::vector<double> truth = decaying(40, 0.9);
  for (std::size_t i = 8; i < 40; ++i) truth[i] = 0;
  const std::vector<double> x = reflected(600, 40, truth);
  const SampleMatrix samples(x.data(), 600, 40);
  const auto s = singular_values(samples);
  EXPECT_EQ(singular_tolerance(samples), 600 * kEps);
  EXPECT_EQ(std::count_if(s->begin(), s->end(), [&](double v) { return v > singular_tolerance(samples) * s->front(); }), 8);
}

// Deferred operations, layouts and rows on demand: the same bits.
TEST(SingularValuesOf, ViewsAndStreams) {
  const std::size_t n = 900, d = 11;
  const std::vector<double> x = test::normals(n * d, 6);
  const SampleMatrix packed(x.data(), n, d);
  std::vector<double> transposed(n * d);
  for (std::size_t i = 0; i < n; ++i)
    for (std::size_t j = 0; j < d; ++j) transposed[j * n + i] = x[i * d + j];
  for (const bool center : {false, true}) {
    const auto view = [&](SampleMatrix m) { return center ? m.centered() : m; };
    const auto expected = *singular_values(view(packed));
    EXPECT_EQ(*singular_values(view({transposed.data(), DType::f64, n, d, 8, static_cast<std::ptrdiff_t>(n * 8)})), expected);
    EXPECT_EQ(*singular_values(view(test::streamed(x, n, d))), expected);
    Memo memo;
    Context context;
    context.memo = &memo;
    EXPECT_EQ(singular_values(view(packed), context), singular_values(view(packed), context)) << "one object";
    EXPECT_EQ(*singular_values(view(packed), context), expected);
  }
}

TEST(SingularValuesOf, StopsAreObeyed) {
  const std::vector<double> x = test::normals(600 * 4, 6);
  CancelToken token;
  token.request();
  Context context;
  context.cancel = &token;
  EXPECT_THROW((void)singular_values(SampleMatrix(x.data(), 600, 4), context), Cancelled);
}

}  // namespace
}  // namespace entrospect
