#include <gtest/gtest.h>

#include <cmath>
#include <stdexcept>

#include "entrospect/bindings/cli/exit_code.hpp"
#include "entrospect/bindings/cli/selftest.hpp"

namespace entrospect::cli {
namespace {

TEST(Selftest, EveryKnownAnswerIsFound) {
  for (const KnownAnswer& answer : known_answers())
    EXPECT_LE(std::abs(answer.compute() - answer.expected), answer.tolerance) << answer.name;
}

TEST(Selftest, AWrongAnswerAMissingOneAndAnErrorFail) {
  const auto check = [](std::function<double()> compute) {
    const std::vector<KnownAnswer> answers{{"planted", 1, 1e-6, std::move(compute)}};
    return selftest(answers, false);
  };
  EXPECT_EQ(check([] { return 1.0000005; }), exit_code::ok);
  EXPECT_EQ(check([] { return 1.000002; }), exit_code::selftest_failed);
  EXPECT_EQ(check([] { return std::nan(""); }), exit_code::selftest_failed);
  EXPECT_EQ(check([]() -> double { throw std::runtime_error("broken"); }), exit_code::selftest_failed);
}

}  // namespace
}  // namespace entrospect::cli
