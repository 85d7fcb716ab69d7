#include "entrospect/core/unit.hpp"

#include <gtest/gtest.h>

#include <cmath>

namespace entrospect {
namespace {

TEST(Unit, OneBitIsLnTwoNats) {
  EXPECT_DOUBLE_EQ(std::log(2.0) * nats_to(Unit::bits), 1);
  EXPECT_EQ(nats_to(Unit::nats), 1);
}

TEST(Unit, CountsDoNotConvert) {
  EXPECT_EQ(nats_to(Unit::count), 1);
  EXPECT_EQ(nats_to(Unit::none), 1);
}

TEST(Unit, Names) {
  EXPECT_EQ(name(Unit::nats), "nats");
  EXPECT_EQ(name(Unit::bits), "bits");
  EXPECT_EQ(name(Unit::count), "count");
  EXPECT_EQ(name(Unit::none), "none");
}

}  // namespace
}  // namespace entrospect
