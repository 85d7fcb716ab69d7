#include <gtest/gtest.h>

#include "entrospect/bindings/cli/choice.hpp"
#include "entrospect/bindings/cli/plan.hpp"
#include "entrospect/bindings/cli/run.hpp"
#include "entrospect/core/errors.hpp"

namespace entrospect::cli {
namespace {

io::TensorInfo tensor(const std::string& name, const std::string& dtype, std::vector<std::uint64_t> shape,
                      const std::string& problem = "") {
  io::TensorInfo info;
  info.name = name;
  info.dtype = dtype;
  info.shape = std::move(shape);
  info.problem = problem;
  return info;
}

PlannedFile file(const std::string& name, std::vector<io::TensorInfo> tensors, const std::string& problem = "") {
  return {{name, name, problem}, name, problem, std::move(tensors)};
}

TEST(Use, LabelsAndVectorsAreSkippedAndUnreadableSamplesAreBroken) {
  EXPECT_EQ(use_of(tensor("x", "F32", {4, 2})), Use::samples);
  EXPECT_EQ(use_of(tensor("y", "<i8", {4}, "1-d")), Use::skipped);
  EXPECT_EQ(use_of(tensor("ids", "I64", {4, 7}, "whole numbers")), Use::skipped);
  EXPECT_EQ(use_of(tensor("mask", "|b1", {4, 7}, "truth values")), Use::skipped);
  EXPECT_EQ(use_of(tensor("bias", "BF16", {7}, "1-d")), Use::skipped);
  EXPECT_EQ(use_of(tensor("h", "BF16", {2, 4, 7}, "3-d")), Use::broken);
  EXPECT_EQ(use_of(tensor("q", "F8_E4M3", {4, 7}, "float8")), Use::broken);
  EXPECT_EQ(use_of(tensor("e", "", {}, "an encrypted member")), Use::broken);
}

TEST(Plan, FilesWithOneTensorAreLayersOfTheirFolder) {
  const Plan plan = make_plan({file("run/l2.npy", {tensor("l2", "<f4", {4, 2})}), file("run/l10.npy", {tensor("l10", "<f4", {4, 2})})}, {});
  ASSERT_EQ(plan.tensors.size(), 2U);
  EXPECT_EQ(plan.tensors[0].group, "run");
  EXPECT_EQ(plan.tensors[0].label, "l2");
  EXPECT_EQ(plan.tensors[1].layer, 10);
}

TEST(Plan, FilesWithManyTensorsAreGroups) {
  const Plan plan = make_plan(
      {file("a.npz", {tensor("layers.1", "<f4", {4, 2}), tensor("layers.2", "<f4", {4, 2}), tensor("y", "<i8", {4}, "1-d")})}, {});
  ASSERT_EQ(plan.tensors.size(), 2U);
  EXPECT_EQ(plan.tensors[1].group, "a.npz");
  EXPECT_EQ(plan.tensors[1].label, "layers.2");
  EXPECT_EQ(plan.skipped, (std::vector<std::string>{"a.npz:y: 1-d <i8, labels or ids"}));
  EXPECT_EQ(plan.usable(), 2U);
}

TEST(Plan, WhatCannotBeReadIsPlannedWithItsReason) {
  const Plan plan =
      make_plan({file("torn.npz", {}, "no central directory"), file("b.npz", {tensor("h", "F8_E5M2", {4, 2}, "float8")})}, {});
  ASSERT_EQ(plan.tensors.size(), 2U);
  EXPECT_EQ(plan.tensors[0].problem, "no central directory");
  EXPECT_EQ(plan.tensors[0].label, "torn.npz");
  EXPECT_EQ(plan.tensors[1].problem, "float8");
  EXPECT_EQ(plan.usable(), 0U);
}

TEST(Plan, PatternsChooseTensors) {
  const std::vector<PlannedFile> files{
      file("a.npz", {tensor("layers.1", "<f4", {4, 2}), tensor("layers.10", "<f4", {4, 2}), tensor("head", "<f4", {4, 2})})};
  EXPECT_EQ(make_plan(files, {"layers.1*"}).tensors.size(), 2U);
  EXPECT_EQ(make_plan(files, {"layers.1", "head"}).tensors.size(), 2U);
  try {
    (void)make_plan(files, {"heads"});
    FAIL() << "a pattern that matches nothing was accepted";
  } catch (const NoInput& error) {
    EXPECT_NE(std::string(error.what()).find("'head'"), std::string::npos) << error.what();
  }
}

TEST(Plan, NothingToWorkOnIsNoInput) {
  EXPECT_THROW((void)make_plan({}, {}), NoInput);
  EXPECT_THROW((void)make_plan({file("y.npy", {tensor("y", "<i8", {4}, "1-d")})}, {}), NoInput);
  EXPECT_THROW((void)read_headers({"/no/such/path"}, {}), NoInput);
}

TEST(Memory, AmountsOfMemory) {
  EXPECT_EQ(parse_bytes("512M"), 512'000'000U);
  EXPECT_EQ(parse_bytes("2.5GB"), 2'500'000'000U);
  EXPECT_EQ(parse_bytes("1000000"), 1'000'000U);
  for (const char* text : {"", "G", "12Q", "-1G", "nan", "3", "1e30G", "16 G x"})
    EXPECT_THROW((void)parse_bytes(text), InvalidArgument) << text;
}

TEST(Defaults, LabelsAddPairwiseEstimatorsWhileRowsAreFew) {
  EXPECT_EQ(default_estimators(false, 100), default_estimators(true, 5000));
  EXPECT_NE(default_estimators(true, 4096), default_estimators(true, 4097));
}

}  // namespace
}  // namespace entrospect::cli
