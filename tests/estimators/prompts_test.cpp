// Means over prompts against the textbook formulas.

#include "entrospect/estimators/prompts.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <vector>

namespace entrospect {
namespace {

Estimate of(double value, double cap, std::size_t n) {
  Estimate e;
  e.estimator = "entropy";
  e.value = value;
  e.cap = cap;
  e.n = n;
  e.d = 3;
  return e;
}

TEST(MeanOverPrompts, StandardErrorAndStudentInterval) {
  const std::vector<Estimate> prompts{of(1, 2, 4), of(2, 2, 5), of(4, 2, 6)};
  const Estimate e = mean_over_prompts(prompts);
  EXPECT_DOUBLE_EQ(e.value, 7.0 / 3);
  const double sd = std::sqrt(7.0 / 3);  // squares of -4/3, -1/3, 5/3 sum to 42/9
  EXPECT_NEAR(e.std_error.value(), sd / std::sqrt(3.0), 1e-15);
  const double t = 4.302652729749462;  // 97.5 % point, 2 degrees of freedom
  EXPECT_NEAR(e.interval.value().low, 7.0 / 3 - t * sd / std::sqrt(3.0), 1e-13);
  EXPECT_NEAR(e.interval.value().high, 7.0 / 3 + t * sd / std::sqrt(3.0), 1e-13);
  EXPECT_EQ(e.interval_method, "prompts");
  EXPECT_EQ(e.n, 15U);
  EXPECT_EQ(e.cap, 2);  // the same for all
  EXPECT_EQ(e.status, Status::ok);
}

TEST(MeanOverPrompts, DifferentCapsLeaveTheMeanOfShares) {
  const std::vector<Estimate> prompts{of(1, 2, 4), of(3, 4, 5)};
  const Estimate e = mean_over_prompts(prompts);
  EXPECT_FALSE(e.cap.has_value());
  EXPECT_DOUBLE_EQ(e.normalized().value(), (0.5 + 0.75) / 2);
  EXPECT_NE(e.text().find("entropy = 0.625 of the cap, 2 nats"), std::string::npos) << e.text();
}

TEST(MeanOverPrompts, ShortPromptsAreAStatusNotANumber) {
  const std::vector<Estimate> prompts{of(1, 2, 4), too_short(of(1, 2, 4), 1, 1), of(2, 2, 4)};
  EXPECT_TRUE(std::isnan(prompts[1].value));
  const Estimate e = mean_over_prompts(prompts);
  EXPECT_DOUBLE_EQ(e.value, 1.5);
  EXPECT_EQ(e.status, Status::out_of_valid_range);
  EXPECT_EQ(e.reason, "1 of 3 prompts: prompt 1 has 1 kept tokens; at least 2 are needed");
  EXPECT_EQ(e.n, 8U);

  const std::vector<Estimate> none{too_short(of(1, 2, 4), 0, 0)};
  EXPECT_TRUE(std::isnan(mean_over_prompts(none).value));
  EXPECT_FALSE(mean_over_prompts(none).std_error.has_value());
}

TEST(MeanOverPrompts, OnePromptHasNoErrorAndInfinityNoInterval) {
  const std::vector<Estimate> one{of(1, 2, 4)};
  EXPECT_FALSE(mean_over_prompts(one).std_error.has_value());
  const double infinity = std::numeric_limits<double>::infinity();
  std::vector<Estimate> endless{of(infinity, 2, 4), of(1, 2, 4)};
  for (Estimate& e : endless) e.cap.reset();
  const Estimate e = mean_over_prompts(endless);
  EXPECT_EQ(e.value, infinity);
  EXPECT_FALSE(e.interval.has_value());
}

}  // namespace
}  // namespace entrospect
