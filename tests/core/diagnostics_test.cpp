#include "entrospect/core/diagnostics.hpp"

#include <gtest/gtest.h>

namespace entrospect {
namespace {

TEST(Diagnostics, KeepsTheOrderOfFirstSetting) {
  Diagnostics d;
  d.set("side", std::string("gram"));
  d.set("rows", std::int64_t{7});
  d.set("side", std::string("covariance"));
  ASSERT_EQ(d.items().size(), 2U);
  EXPECT_EQ(d.items()[0].first, "side");
  EXPECT_EQ(std::get<std::string>(d.items()[0].second), "covariance");
  EXPECT_EQ(std::get<std::int64_t>(*d.find("rows")), 7);
  EXPECT_EQ(d.find("absent"), nullptr);
}

}  // namespace
}  // namespace entrospect
