#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "entrospect/core/errors.hpp"
#include "entrospect/spectral/kernels.hpp"
#include "spectral/oracle.hpp"

namespace entrospect {
namespace {

double median_of_pairs(const oracle::Matrix& x, bool l1) {
  std::vector<long double> distances;
  for (std::size_t i = 0; i < x.size(); ++i)
    for (std::size_t j = 0; j < i; ++j) {
      long double total = 0;
      for (std::size_t k = 0; k < x[i].size(); ++k) total += l1 ? std::abs(x[i][k] - x[j][k]) : (x[i][k] - x[j][k]) * (x[i][k] - x[j][k]);
      distances.push_back(l1 ? total : std::sqrt(total));
    }
  std::sort(distances.begin(), distances.end());
  const std::size_t m = distances.size();
  return static_cast<double>(m % 2 == 1 ? distances[m / 2] : (distances[m / 2 - 1] + distances[m / 2]) / 2);
}

TEST(Bandwidth, MedianOfDistancesInTheKernelsMetric) {
  for (const auto& [n, d] : {std::pair<std::size_t, std::size_t>{2, 3}, {3, 1}, {50, 8}, {261, 20}}) {
    const auto x = oracle::samples(n, d, 41, 50);
    const auto data = oracle::packed<double>(x);
    const SampleMatrix view(data.data(), n, d);
    for (const KernelKind kind : {KernelKind::gaussian, KernelKind::laplacian_l2, KernelKind::exponential, KernelKind::laplacian_l1}) {
      Diagnostics diagnostics;
      const double expected = median_of_pairs(x, kind == KernelKind::laplacian_l1);
      EXPECT_NEAR(resolve_bandwidth(view, {kind, BandwidthRule::median}, 0, diagnostics), expected, 1e-12 * expected);
      EXPECT_NEAR(resolve_bandwidth(view, {kind, BandwidthRule::half_median}, 0, diagnostics), expected / 2, 1e-12 * expected);
      EXPECT_EQ(std::get<std::string>(*diagnostics.find("bandwidth_rule")), "median/2");
      EXPECT_EQ(diagnostics.find("bandwidth_rows"), nullptr);
    }
  }
}

TEST(Bandwidth, NumbersAndTheDimensionRule) {
  const auto data = oracle::packed<double>(oracle::samples(4, 18, 42));
  const SampleMatrix view(data.data(), 4, 18);
  Diagnostics diagnostics;
  EXPECT_EQ(resolve_bandwidth(view, {KernelKind::gaussian, 0.25}, 0, diagnostics), 0.25);
  EXPECT_EQ(resolve_bandwidth(view, {KernelKind::gaussian, BandwidthRule::sqrt_half_d}, 0, diagnostics), 3);
  EXPECT_EQ(std::get<double>(*diagnostics.find("bandwidth")), 3);
  for (const double bad : std::vector<double>{0, -1, INFINITY, NAN})
    EXPECT_THROW(resolve_bandwidth(view, {KernelKind::gaussian, bad}, 0, diagnostics), InvalidArgument);
}

TEST(Bandwidth, KernelsWithoutOneSayNothing) {
  const auto data = oracle::packed<double>(oracle::samples(4, 2, 43));
  Diagnostics diagnostics;
  for (const KernelKind kind : {KernelKind::linear, KernelKind::cosine, KernelKind::polynomial, KernelKind::precomputed})
    EXPECT_EQ(resolve_bandwidth(SampleMatrix(data.data(), 4, 2), {kind, BandwidthRule::median}, 0, diagnostics), 1);
  EXPECT_TRUE(diagnostics.items().empty());
}

TEST(Bandwidth, ZeroMedianIsAnError) {
  // 5 equal rows of 7: 10 of 21 pairs coincide; 6 of 7: 15 of 21.
  std::vector<double> five{1.1, 1.1, 1.1, 1.1, 1.1, 2, 3}, six{1.1, 1.1, 1.1, 1.1, 1.1, 1.1, 3};
  Diagnostics diagnostics;
  EXPECT_GT(resolve_bandwidth(SampleMatrix(five.data(), 7, 1), {}, 0, diagnostics), 0);
  try {
    (void)resolve_bandwidth(SampleMatrix(six.data(), 7, 1), {}, 0, diagnostics);
    FAIL() << "no error";
  } catch (const InvalidArgument& e) {
    EXPECT_NE(std::string(e.what()).find("'median' is 0"), std::string::npos) << e.what();
  }
  EXPECT_THROW(resolve_bandwidth(SampleMatrix(six.data(), 1, 1), {}, 0, diagnostics), InvalidArgument);
}

TEST(Bandwidth, ManyRowsAreSampledAndReported) {
  // Uniform on [0, 1]: |a - b| has median 1 - 1/sqrt(2) and density 2 (1 - r). The influence of one row on the median of pairs is
  // bounded by 2 (1/2) / density, so the standard error with m = 4096 rows is below 1 / (sqrt(2) sqrt(m)).
  const std::size_t n = 6000;
  std::mt19937_64 engine(44);
  std::uniform_real_distribution<double> uniform;
  std::vector<double> data(n);
  for (double& value : data) value = uniform(engine);
  Diagnostics first, second, third;
  const double a = resolve_bandwidth(SampleMatrix(data.data(), n, 1), {}, 7, first);
  EXPECT_EQ(a, resolve_bandwidth(SampleMatrix(data.data(), n, 1), {}, 7, second));
  EXPECT_NE(a, resolve_bandwidth(SampleMatrix(data.data(), n, 1), {}, 8, third));
  EXPECT_NEAR(a, 1 - 1 / std::sqrt(2.0), 4 / (std::sqrt(2.0) * std::sqrt(4096.0)));
  EXPECT_EQ(std::get<std::int64_t>(*first.find("bandwidth_rows")), 4096);
  EXPECT_EQ(std::get<std::int64_t>(*first.find("bandwidth_pairs")), 4096 * 4095 / 2);
}

// The median distance to the 15th neighbor, or to the last of fewer.
TEST(Bandwidth, LocalScale) {
  for (const auto& [n, d] : {std::pair<std::size_t, std::size_t>{2, 3}, {9, 1}, {80, 4}}) {
    const auto x = oracle::samples(n, d, 44);
    const auto data = oracle::packed<double>(x);
    for (const KernelKind kind : {KernelKind::gaussian, KernelKind::laplacian_l1}) {
      const std::size_t k = std::min<std::size_t>(15, n - 1);
      std::vector<long double> scales;
      for (std::size_t i = 0; i < n; ++i) {
        std::vector<long double> distances;
        for (std::size_t j = 0; j < n; ++j) {
          long double total = 0;
          for (std::size_t f = 0; f < d; ++f) {
            const long double difference = x[i][f] - x[j][f];
            total += kind == KernelKind::laplacian_l1 ? std::abs(difference) : difference * difference;
          }
          if (j != i) distances.push_back(kind == KernelKind::laplacian_l1 ? total : std::sqrt(total));
        }
        std::sort(distances.begin(), distances.end());
        scales.push_back(distances[k - 1]);
      }
      std::sort(scales.begin(), scales.end());
      const auto expected = static_cast<double>(n % 2 == 1 ? scales[n / 2] : (scales[n / 2 - 1] + scales[n / 2]) / 2);
      Diagnostics diagnostics;
      EXPECT_NEAR(resolve_bandwidth(SampleMatrix(data.data(), n, d), {kind, BandwidthRule::knn}, 0, diagnostics), expected,
                  1e-13 * expected);
      EXPECT_EQ(std::get<std::int64_t>(*diagnostics.find("bandwidth_k")), static_cast<std::int64_t>(k));
    }
  }
}

// ln sum K_ij^2 by its definition; its slope by differences is nowhere larger than at the bandwidth that the rule finds.
TEST(Bandwidth, MaxSlope) {
  const auto x = oracle::samples(30, 3, 45);
  const auto data = oracle::packed<double>(x);
  for (const KernelKind kind : {KernelKind::gaussian, KernelKind::laplacian_l1, KernelKind::laplacian_l2}) {
    const auto entropy = [&](double log_sigma) {
      long double squares = 0;
      for (const auto& row : oracle::gram(x, {kind}, std::exp(static_cast<long double>(log_sigma))))
        for (const long double k : row) squares += k * k;
      return -std::log(squares);
    };
    const auto slope = [&](double at) { return static_cast<double>(std::abs(entropy(at + 1e-6) - entropy(at - 1e-6)) / 2e-6L); };
    Diagnostics diagnostics;
    const double found = resolve_bandwidth(SampleMatrix(data.data(), 30, 3), {kind, BandwidthRule::max_slope}, 0, diagnostics);
    const double steepest = slope(std::log(found));
    EXPECT_NEAR(std::get<double>(*diagnostics.find("bandwidth_slope")), steepest, 1e-7 * steepest);
    for (double at = -6; at < 8; at += 0.05) EXPECT_LE(slope(at), steepest * (1 + 1e-7)) << std::exp(at) << " is steeper than " << found;
  }
  Diagnostics diagnostics;
  EXPECT_THROW(resolve_bandwidth(SampleMatrix(data.data(), 30, 3), {KernelKind::exponential, BandwidthRule::max_slope}, 0, diagnostics),
               InvalidArgument);
}

TEST(Bandwidth, EveryRuleFollowsTheScale) {
  auto data = oracle::packed<double>(oracle::samples(40, 3, 46));
  for (const BandwidthRule rule : {BandwidthRule::median, BandwidthRule::half_median, BandwidthRule::knn, BandwidthRule::max_slope}) {
    Diagnostics diagnostics;
    const double one = resolve_bandwidth(SampleMatrix(data.data(), 40, 3), {KernelKind::gaussian, rule}, 0, diagnostics);
    auto scaled = data;
    for (double& v : scaled) v *= 1024;
    EXPECT_NEAR(resolve_bandwidth(SampleMatrix(scaled.data(), 40, 3), {KernelKind::gaussian, rule}, 0, diagnostics), 1024 * one,
                1e-6 * one);
    // Without any distance there is no scale.
    const std::vector<double> equal(120, 1.0);
    EXPECT_THROW(resolve_bandwidth(SampleMatrix(equal.data(), 40, 3), {KernelKind::gaussian, rule}, 0, diagnostics), InvalidArgument);
  }
}

}  // namespace
}  // namespace entrospect
