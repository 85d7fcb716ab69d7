#include "entrospect/core/estimate.hpp"

#include <gtest/gtest.h>

namespace entrospect {
namespace {

Estimate example() {
  Estimate e;
  e.estimator = "vendi_score";
  e.value = 3.25;
  e.unit = Unit::count;
  e.convention = "default";
  e.n = 10;
  e.d = 4;
  e.cap = 10;
  e.formula = "exp(H_q)";
  e.substituted = "exp(1.17865)";
  e.citation = "Friedman & Dieng 2023";
  e.backend_requested = "auto";
  e.backend_used = "dense-eigen";
  e.options = {{"order", 1.0}};
  e.diagnostics.set("side", std::string("gram"));
  return e;
}

::testing::AssertionResult contains(const std::string& text, const std::string& part) {
  if (text.find(part) != std::string::npos) return ::testing::AssertionSuccess();
  return ::testing::AssertionFailure() << "'" << text << "' does not contain '" << part << "'";
}

TEST(Estimate, IsANumberWithAText) {
  Estimate e = example();
  EXPECT_EQ(static_cast<double>(e), 3.25);
  EXPECT_EQ(e.text(), "vendi_score = 3.25 (default)");
  e.unit = Unit::bits;
  e.std_error = 0.125;
  e.compat = "vendi-score";
  EXPECT_EQ(e.text(), "vendi_score = 3.25 bits +- 0.125 (compat vendi-score)");
  e.std_error.reset();
  e.interval = Interval{3, 3.5};
  e.flag(Status::truncated, "64 of 900 eigenvalues");
  EXPECT_EQ(e.text(), "vendi_score = 3.25 bits in [3, 3.5] (compat vendi-score; truncated: 64 of 900 eigenvalues)");
}

TEST(Estimate, NormalizedNeedsACap) {
  Estimate e = example();
  EXPECT_EQ(e.normalized(), 0.325);
  e.cap = 0;  // one sample: ln 1
  EXPECT_EQ(e.normalized(), std::nullopt);
  e.cap.reset();
  EXPECT_EQ(e.normalized(), std::nullopt);
}

TEST(Estimate, TheFirstTroubleIsTheStatus) {
  Estimate e;
  EXPECT_TRUE(e.ok());
  e.flag(Status::ok, "nothing");
  EXPECT_TRUE(e.ok());
  e.flag(Status::out_of_valid_range, "n = 3");
  e.flag(Status::degenerate, "later");
  EXPECT_EQ(e.status, Status::out_of_valid_range);
  EXPECT_EQ(e.reason, "n = 3");
  EXPECT_EQ(e.flags, (std::vector<Status>{Status::ok, Status::out_of_valid_range, Status::degenerate}));
}

TEST(Estimate, ExplainHoldsEverythingThatWasUsed) {
  Estimate e = example();
  e.compat = "tool";
  e.compat_faults = {"adds 2e-16"};
  e.seed = 7;
  e.residual = 1e-9;
  e.warnings = {"two rows were dropped"};
  e.flag(Status::degenerate, "all rows equal");
  e.flag(Status::nonfinite, "later");
  const std::string text = e.explain();
  for (const char* part :
       {"exp(H_q)", "exp(1.17865)", "adds 2e-16", "n = 10, d = 4", "32.5 % of it", "dense-eigen (asked for: auto)", "1e-09", "7",
        "degenerate: all rows equal", "nonfinite", "no variation", "two rows were dropped", "order = 1", "side = gram", "Friedman"})
    EXPECT_TRUE(contains(text, part));
}

}  // namespace
}  // namespace entrospect
