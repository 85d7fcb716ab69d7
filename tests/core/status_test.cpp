#include "entrospect/core/status.hpp"

#include <gtest/gtest.h>

#include <set>
#include <string>

namespace entrospect {
namespace {

TEST(Status, EveryStatusHasItsOwnNameAndAdvice) {
  std::set<std::string> names, paragraphs;
  const int count = static_cast<int>(Status::nonsmooth) + 1;
  for (int i = 0; i < count; ++i) {
    names.emplace(name(static_cast<Status>(i)));
    const std::string paragraph(advice(static_cast<Status>(i)));
    EXPECT_GT(paragraph.size(), 60U) << "a paragraph says what happened and what to do";
    paragraphs.insert(paragraph);
  }
  EXPECT_EQ(names.size(), static_cast<std::size_t>(count));
  EXPECT_EQ(paragraphs.size(), static_cast<std::size_t>(count));
  EXPECT_EQ(name(Status::ok), "ok");
  EXPECT_EQ(name(Status::out_of_valid_range), "out_of_valid_range");
}

}  // namespace
}  // namespace entrospect
