#include "entrospect/core/dtype.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace entrospect {
namespace {

// Value of a binary format with `fraction_bits` by its definition, in arithmetic only.
double value_by_definition(unsigned bits, int fraction_bits, int exponent_bits) {
  const int bias = (1 << (exponent_bits - 1)) - 1;
  const unsigned fraction = bits & ((1U << fraction_bits) - 1);
  const int exponent = static_cast<int>((bits >> fraction_bits) & ((1U << exponent_bits) - 1));
  const double sign = bits >> (fraction_bits + exponent_bits) ? -1 : 1;
  if (exponent == (1 << exponent_bits) - 1) return fraction == 0 ? sign * std::numeric_limits<double>::infinity() : std::nan("");
  if (exponent == 0) return sign * std::ldexp(fraction, 1 - bias - fraction_bits);
  return sign * std::ldexp((1U << fraction_bits) + fraction, exponent - bias - fraction_bits);
}

::testing::AssertionResult same_value(double found, double expected, unsigned bits) {
  const bool both_nan = std::isnan(found) && std::isnan(expected);
  if (both_nan || (found == expected && std::signbit(found) == std::signbit(expected))) return ::testing::AssertionSuccess();
  return ::testing::AssertionFailure() << "bits " << bits << ": " << found << ", expected " << expected;
}

TEST(DType, WidensEveryF16Exactly) {
  for (unsigned bits = 0; bits <= 0xffff; ++bits)
    ASSERT_TRUE(same_value(widen_f16(static_cast<std::uint16_t>(bits)), value_by_definition(bits, 10, 5), bits));
}

TEST(DType, WidensEveryBF16Exactly) {
  for (unsigned bits = 0; bits <= 0xffff; ++bits)
    ASSERT_TRUE(same_value(widen_bf16(static_cast<std::uint16_t>(bits)), value_by_definition(bits, 7, 8), bits));
}

TEST(DType, EpsilonIsTheStepAboveOne) {
  EXPECT_EQ(machine_epsilon(DType::f16), widen_f16(0x3c01) - 1.0);
  EXPECT_EQ(machine_epsilon(DType::bf16), widen_bf16(0x3f81) - 1.0);
  EXPECT_EQ(machine_epsilon(DType::f32), std::numeric_limits<float>::epsilon());
  EXPECT_EQ(machine_epsilon(DType::f64), std::numeric_limits<double>::epsilon());
}

TEST(DType, NamesAndSizes) {
  EXPECT_EQ(name(DType::f16), "f16");
  EXPECT_EQ(name(DType::bf16), "bf16");
  EXPECT_EQ(name(DType::f32), "f32");
  EXPECT_EQ(name(DType::f64), "f64");
  EXPECT_EQ(size_of(DType::f16), 2U);
  EXPECT_EQ(size_of(DType::bf16), 2U);
  EXPECT_EQ(size_of(DType::f32), 4U);
  EXPECT_EQ(size_of(DType::f64), 8U);
}

}  // namespace
}  // namespace entrospect
