#include "entrospect/core/context.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace entrospect {
namespace {

TEST(Memo, ComputesEachKeyOnce) {
  Memo memo;
  int calls = 0;
  const std::function<std::vector<int>()> compute = [&] { return std::vector<int>{++calls}; };
  const auto first = memo.get_or_compute("a", compute);
  EXPECT_EQ(memo.get_or_compute("a", compute), first);
  EXPECT_EQ(memo.get_or_compute("b", compute)->front(), 2);
  EXPECT_EQ(calls, 2);
}

}  // namespace
}  // namespace entrospect
