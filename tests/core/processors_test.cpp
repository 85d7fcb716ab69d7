#include "entrospect/core/processors.hpp"

#include <gtest/gtest.h>

#include <fstream>

namespace entrospect {
namespace {

class ControlGroups : public ::testing::Test {
 protected:
  void SetUp() override {
    root_ = std::filesystem::path(::testing::TempDir()) / ::testing::UnitTest::GetInstance()->current_test_info()->name();
    std::filesystem::remove_all(root_);
  }
  void TearDown() override { std::filesystem::remove_all(root_); }
  void write(const std::string& file, const std::string& text) {
    std::filesystem::create_directories((root_ / file).parent_path());
    std::ofstream(root_ / file) << text;
  }
  std::filesystem::path root_;
};

TEST_F(ControlGroups, VersionTwoTakesTheTightestAncestor) {
  write("a/cpu.max", "150000 100000\n");
  write("a/b/cpu.max", "max 100000\n");
  EXPECT_EQ(detail::cgroup_processors(root_, "0::/a/b\n"), 1.5);
}

TEST_F(ControlGroups, VersionTwoSeesALimitMountedAsTheRoot) {
  write("cpu.max", "50000 100000\n");
  EXPECT_EQ(detail::cgroup_processors(root_, "0::/docker/0123\n"), 0.5);
  EXPECT_EQ(detail::cgroup_processors(root_, "0::/\n"), 0.5);
}

TEST_F(ControlGroups, VersionOneReadsQuotaAndPeriod) {
  write("cpu/jobs/cpu.cfs_quota_us", "400000\n");
  write("cpu/jobs/cpu.cfs_period_us", "100000\n");
  EXPECT_EQ(detail::cgroup_processors(root_, "5:memory:/jobs\n4:cpu,cpuacct:/jobs\n"), 4);
}

TEST_F(ControlGroups, NoLimit) {
  write("cpu/cpu.cfs_quota_us", "-1\n");
  write("cpu/cpu.cfs_period_us", "100000\n");
  EXPECT_EQ(detail::cgroup_processors(root_, "4:cpu,cpuacct:/\n0::/\n"), std::nullopt);
  EXPECT_EQ(detail::cgroup_processors(root_ / "absent", "0::/a\n"), std::nullopt);
  EXPECT_EQ(detail::cgroup_processors(root_, ""), std::nullopt);
}

TEST(Processors, AtLeastOne) { EXPECT_GE(available_processors(), 1U); }

}  // namespace
}  // namespace entrospect
