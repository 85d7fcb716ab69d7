#include "entrospect/core/sum.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace entrospect {
namespace {

TEST(Sum, KeepsWhatPlainAdditionLoses) {
  EXPECT_EQ(sum(std::vector<double>{1, 1e100, 1, -1e100}), 2);
  Sum s;
  for (int i = 0; i < 1000000; ++i) s.add(0.1);
  EXPECT_DOUBLE_EQ(s.value(), 100000.0);  // 0.1 is rounded up by 5.6e-18, far below the last digit of the sum
}

TEST(Sum, OfNothingIsZero) { EXPECT_EQ(sum({}), 0); }

}  // namespace
}  // namespace entrospect
