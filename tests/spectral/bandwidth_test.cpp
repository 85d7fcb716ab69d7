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

}  // namespace
}  // namespace entrospect
