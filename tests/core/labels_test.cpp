#include "entrospect/core/labels.hpp"

#include <gtest/gtest.h>

#include "entrospect/core/errors.hpp"

namespace entrospect {
namespace {

using Rows = std::vector<std::vector<std::size_t>>;

TEST(Labels, WholeNumbersSortByValue) {
  const auto classes = Labels(std::vector<std::int64_t>{10, -1, 2, 10, 2}).classes();
  EXPECT_EQ(classes.names, (std::vector<std::string>{"-1", "2", "10"}));
  EXPECT_EQ(classes.rows, (Rows{{1}, {2, 4}, {0, 3}}));
}

TEST(Labels, TextsSortByCodePoint) {
  const auto classes = Labels(std::vector<std::string>{"é", "z", "Z", "z"}).classes();
  EXPECT_EQ(classes.names, (std::vector<std::string>{"Z", "z", "é"}));
  EXPECT_EQ(classes.rows, (Rows{{2}, {1, 3}, {0}}));
}

TEST(Labels, RealNumbersAreNotClasses) {
  const Labels labels(std::vector<double>{0, 1});
  ASSERT_NE(labels.reals(), nullptr);
  EXPECT_EQ(labels.n(), 2U);
  EXPECT_THROW((void)labels.classes(), InvalidArgument);
}

TEST(Labels, SelectKeepsTheOrderAskedFor) {
  const std::vector<std::size_t> rows{2, 0};
  const auto classes = Labels(std::vector<std::string>{"a", "b", "c"}).select(rows).classes();
  EXPECT_EQ(classes.names, (std::vector<std::string>{"a", "c"}));
  EXPECT_EQ(classes.rows, (Rows{{1}, {0}}));
}

}  // namespace
}  // namespace entrospect
