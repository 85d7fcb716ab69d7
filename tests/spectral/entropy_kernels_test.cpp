// -sum p ln p of every instruction level against long double.
#include "entrospect/spectral/entropy_kernels.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <random>
#include <vector>

#include "spectral/levels.hpp"

namespace entrospect {
namespace {

constexpr double kEps = std::numeric_limits<double>::epsilon();

// One weight of a given total: its logarithm can be read off, within the rounding of two products and a division.
double log_from(double w, double total) { return -detail::entropy_kernels().entropy(&w, 1, total) * total / w; }

TEST(EntropyKernels, LogarithmsWithinThreeUnitsOfTheLastPlace) {
  std::mt19937_64 engine(3);
  std::uniform_real_distribution<double> exponent(-1000, 0), near_one(-1e-3, 0);
  at_every_level([&] {
    double worst = 0;
    for (int i = 0; i < 20000; ++i) {
      for (const double total : {1.0, 0.9961, 1.00390625, 3e-200, 7e150}) {
        const double w = total * (i % 2 == 0 ? std::exp2(exponent(engine)) : 1 + near_one(engine));
        if (w < std::numeric_limits<double>::min()) continue;
        const long double above = static_cast<long double>(w) - total;  // exact where w is near total
        const long double exact = above > -0.5L * total ? std::log1p(above / total) : std::log(static_cast<long double>(w) / total);
        if (exact == 0) continue;
        worst = std::max(worst, static_cast<double>(std::abs(log_from(w, total) / exact - 1)));
      }
    }
    EXPECT_LE(worst, (3 + 3 * 0.5) * kEps);  // and of the two products and the division
  });
}

TEST(EntropyKernels, ZeroIsExact) {
  at_every_level([] {
    for (const double total : {1.0, 0.3, 1e-40}) {
      const std::vector<double> one_hot{0, 0, total, 0, 0, 0, 0, 0, 0, 0, 0};
      EXPECT_EQ(detail::entropy_kernels().entropy(one_hot.data(), one_hot.size(), total), 0);
    }
    EXPECT_EQ(detail::entropy_kernels().entropy(nullptr, 0, 1), 0);
    const double tiny = std::numeric_limits<double>::denorm_min();
    EXPECT_LT(std::abs(detail::entropy_kernels().entropy(&tiny, 1, 1)), 1e-300);
  });
}

TEST(EntropyKernels, SumsOfEveryLength) {
  std::mt19937_64 engine(4);
  std::exponential_distribution<double> draw;
  at_every_level([&] {
    for (std::size_t n = 1; n < 40; ++n) {
      std::vector<double> w(n);
      long double total = 0, entropy = 0;
      for (double& v : w) total += v = draw(engine);
      const detail::WeightTotal found = detail::entropy_kernels().total(w.data(), n);
      EXPECT_TRUE(found.valid);
      EXPECT_NEAR(found.sum, static_cast<double>(total), kEps * found.sum);
      for (const double v : w) entropy -= v / total * std::log(v / total);
      EXPECT_NEAR(detail::entropy_kernels().entropy(w.data(), n, found.sum), static_cast<double>(entropy), 4 * kEps * std::log(n + 1.0));
    }
  });
}

// Eight ones and a million terms of 2^-53: in a plain sum they are lost, in every lane; here only those of the first blocks of eight.
TEST(EntropyKernels, SumsAreCompensated) {
  std::vector<double> w(1000001, 0x1p-53);
  w[0] = w[1] = w[2] = w[3] = w[4] = w[5] = w[6] = w[7] = 1;
  at_every_level([&] { EXPECT_NEAR(detail::entropy_kernels().total(w.data(), w.size()).sum, 8 + 999993 * 0x1p-53, 64 * kEps); });
}

TEST(EntropyKernels, WhatIsNoWeightIsFoundAnywhere) {
  at_every_level([] {
    for (const double bad : {-1e-300, std::numeric_limits<double>::infinity(), std::numeric_limits<double>::quiet_NaN()})
      for (std::size_t at = 0; at < 21; ++at) {
        std::vector<double> w(21, 1.0);
        w[at] = bad;
        EXPECT_FALSE(detail::entropy_kernels().total(w.data(), w.size()).valid) << bad << " at " << at;
      }
  });
}

}  // namespace
}  // namespace entrospect
