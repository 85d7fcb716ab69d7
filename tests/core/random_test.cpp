#include "entrospect/core/random.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "entrospect/core/errors.hpp"

namespace entrospect {
namespace {

using Block = std::array<std::uint32_t, 4>;

// Known answers published with Random123 (Salmon et al. 2011), philox4x32, 10 rounds.
TEST(Random, PhiloxKnownAnswers) {
  EXPECT_EQ(philox_4x32_10({0, 0, 0, 0}, {0, 0}), (Block{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}));
  EXPECT_EQ(philox_4x32_10({0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff}, {0xffffffff, 0xffffffff}),
            (Block{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}));
  EXPECT_EQ(philox_4x32_10({0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}, {0xa4093822, 0x299f31d0}),
            (Block{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}));
}

TEST(Random, AStreamIsNamedBySeedAndNumber) {
  const auto first = [](std::uint64_t seed, std::uint64_t stream) { return RandomStream(seed, stream).next(); };
  EXPECT_EQ(first(0, 0), 0xe169c58d6627e8d5U) << "the first block of Philox, low word first";
  EXPECT_EQ(first(3, 4), first(3, 4));
  EXPECT_NE(first(3, 4), first(4, 3));
  EXPECT_NE(first(3, 4), first(3, 5));
  RandomStream a(7, 1), b(7, 1);
  (void)RandomStream(7, 2).next();  // draws elsewhere change nothing
  for (int i = 0; i < 9; ++i) EXPECT_EQ(a.next(), b.next());
}

// With n draws a mean of variance v has standard error sqrt(v / n); 5 of them.
TEST(Random, UniformMoments) {
  RandomStream r(1, 0);
  const int n = 200000;
  double mean = 0, square = 0;
  for (int i = 0; i < n; ++i) {
    const double u = r.uniform();
    ASSERT_TRUE(u >= 0 && u < 1);
    mean += u / n;
    square += u * u / n;
  }
  EXPECT_NEAR(mean, 1.0 / 2, 5 * std::sqrt(1.0 / 12 / n));
  EXPECT_NEAR(square, 1.0 / 3, 5 * std::sqrt(4.0 / 45 / n));
}

TEST(Random, NormalMoments) {
  RandomStream r(2, 0);
  const int n = 200000;
  double mean = 0, square = 0, fourth = 0;
  for (int i = 0; i < n; ++i) {
    const double z = r.normal();
    mean += z / n;
    square += z * z / n;
    fourth += z * z * z * z / n;
  }
  EXPECT_NEAR(mean, 0, 5 * std::sqrt(1.0 / n));
  EXPECT_NEAR(square, 1, 5 * std::sqrt(2.0 / n));
  EXPECT_NEAR(fourth, 3, 5 * std::sqrt(96.0 / n));
}

TEST(Random, BelowIsUniform) {
  RandomStream r(3, 0);
  const int n = 60000;
  std::array<int, 6> count{};
  for (int i = 0; i < n; ++i) ++count.at(r.below(6));
  for (const int c : count) EXPECT_NEAR(c, n / 6.0, 5 * std::sqrt(n * 5.0 / 36));
  EXPECT_EQ(r.below(1), 0U);
  EXPECT_THROW((void)r.below(0), InvalidArgument);
}

TEST(Random, PermutationsAreUniform) {
  const int n = 24000;
  std::array<int, 24> count{};
  for (int i = 0; i < n; ++i) {
    const auto p = RandomStream(4, static_cast<std::uint64_t>(i)).permutation(4);
    auto sorted = p;
    std::sort(sorted.begin(), sorted.end());
    ASSERT_EQ(sorted, (std::vector<std::size_t>{0, 1, 2, 3}));
    std::size_t rank = 0;  // Lehmer code
    for (std::size_t a = 0; a < 4; ++a) {
      std::size_t smaller = 0;
      for (std::size_t b = a + 1; b < 4; ++b) smaller += p[b] < p[a] ? 1 : 0;
      rank = rank * (4 - a) + smaller;
    }
    ++count.at(rank);
  }
  for (const int c : count) EXPECT_NEAR(c, n / 24.0, 5 * std::sqrt(n * 23.0 / 576));
}

TEST(Random, SubsetsAreDistinctAscendingAndUniform) {
  const int n = 20000;
  std::array<int, 10> count{};
  for (int i = 0; i < n; ++i) {
    const auto s = RandomStream(5, static_cast<std::uint64_t>(i)).subset(10, 3);
    ASSERT_EQ(s.size(), 3U);
    ASSERT_TRUE(s[0] < s[1] && s[1] < s[2] && s[2] < 10);
    for (const std::size_t member : s) ++count.at(member);
  }
  for (const int c : count) EXPECT_NEAR(c, 0.3 * n, 5 * std::sqrt(0.21 * n));
  RandomStream r(6, 0);
  EXPECT_EQ(r.subset(4, 4), (std::vector<std::size_t>{0, 1, 2, 3}));
  EXPECT_TRUE(r.subset(0, 0).empty());
  EXPECT_THROW((void)r.subset(3, 4), InvalidArgument);
}

}  // namespace
}  // namespace entrospect
