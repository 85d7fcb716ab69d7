#pragma once
// One estimator under test, seen only through its card, its field table and its function.

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <optional>
#include <string>
#include <utility>

#include "contract/fixtures.hpp"
#include "entrospect/core/errors.hpp"

namespace entrospect::test {

inline ::testing::AssertionResult contains(const std::string& text, const std::string& part) {
  if (text.find(part) != std::string::npos) return ::testing::AssertionSuccess();
  return ::testing::AssertionFailure() << "'" << text << "' does not contain '" << part << "'";
}

inline ::testing::AssertionResult close(double found, double expected, double relative) {
  if (std::abs(found - expected) <= relative * std::max(1.0, std::abs(expected))) return ::testing::AssertionSuccess();
  return ::testing::AssertionFailure().operator<<(found) << ", expected " << expected << " to " << relative;
}

inline ::testing::AssertionResult same_bits(double found, double expected) {
  if (std::bit_cast<std::uint64_t>(found) == std::bit_cast<std::uint64_t>(expected)) return ::testing::AssertionSuccess();
  return ::testing::AssertionFailure() << found << " and " << expected << " differ by " << found - expected;
}

// Every number of two estimates.
inline ::testing::AssertionResult same_bits(const Estimate& a, const Estimate& b) {
  const auto number = [](const std::optional<double>& v) { return v.value_or(0); };
  if (a.std_error.has_value() != b.std_error.has_value() || a.interval.has_value() != b.interval.has_value() || a.status != b.status)
    return ::testing::AssertionFailure() << a.text() << " and " << b.text();
  for (const auto& [x, y] :
       {std::pair(a.value, b.value), std::pair(number(a.std_error), number(b.std_error)), std::pair(number(a.cap), number(b.cap)),
        std::pair(a.interval ? a.interval->low : 0, b.interval ? b.interval->low : 0)})
    if (auto result = same_bits(x, y); !result) return result;
  return ::testing::AssertionSuccess();
}

class Subject {
 public:
  explicit Subject(const EstimatorInfo& info) : info_(&info) {}
  [[nodiscard]] const EstimatorInfo& info() const { return *info_; }
  [[nodiscard]] const std::string& name() const { return info().card.name; }
  [[nodiscard]] std::size_t matrices() const { return matrices_of(info().card); }
  // How an error about one sample matrix begins: which one is said where there are several.
  [[nodiscard]] std::string about(std::size_t sample) const {
    return name() + ": " + (matrices() > 1 ? sample_name(info().card, sample) + ": " : "");
  }
  // The diagnostic about one sample matrix: those after the first have their names in front.
  [[nodiscard]] std::string diagnostic(std::size_t sample, const std::string& what) const {
    return sample == 0 ? what : sample_name(info().card, sample) + "_" + what;
  }
  [[nodiscard]] Data data(std::size_t n = 24, std::size_t d = 6, std::uint64_t seed = 1) const { return {info().card, n, d, seed}; }
  [[nodiscard]] Estimate run(const Data& data, const OptionMap& options = {}, const Context& context = {}) const {
    return info().run(data.inputs(), options, context);
  }

  // The message of the InvalidArgument (or its wrong-type sibling) that the call throws.
  template <class Error = InvalidArgument>
  [[nodiscard]] std::string error(const Inputs& inputs, const OptionMap& options = {}) const {
    try {
      return "no error, but " + info().run(inputs, options, {}).text();
    } catch (const Error& e) {
      return e.what();
    }
  }

  // Runs, or says why not: a value that is there is finite or flagged.
  [[nodiscard]] ::testing::AssertionResult sound(const Inputs& inputs, const OptionMap& options) const {
    try {
      const Estimate e = info().run(inputs, options, {});
      if (std::isfinite(e.value) || !e.ok()) return ::testing::AssertionSuccess();
      return ::testing::AssertionFailure() << "not finite, and not flagged: " << e.text();
    } catch (const InvalidArgument& e) {
      if (std::string(e.what()).starts_with(name() + ": ")) return ::testing::AssertionSuccess();
      return ::testing::AssertionFailure() << "the error does not name the estimator: " << e.what();
    }
  }

 private:
  const EstimatorInfo* info_;
};

}  // namespace entrospect::test
