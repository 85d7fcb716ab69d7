#pragma once
// Small data sets that own their memory, and checks that say what went wrong.

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "entrospect/entrospect.hpp"
#include "oracles/naive.hpp"

namespace entrospect::testing {

inline constexpr double kInf = std::numeric_limits<double>::infinity();
inline constexpr double kEps = std::numeric_limits<double>::epsilon();
inline const double kLn2 = std::log(2.0);

struct Data {
  std::size_t n = 0, d = 0;
  std::vector<double> values;

  Data(std::size_t rows, std::size_t columns) : n(rows), d(columns), values(rows * columns) {}
  explicit Data(const std::vector<std::vector<double>>& rows) : n(rows.size()), d(rows.front().size()) {
    for (const auto& row : rows) values.insert(values.end(), row.begin(), row.end());
  }
  double& operator()(std::size_t i, std::size_t j) { return values[i * d + j]; }
  double operator()(std::size_t i, std::size_t j) const { return values[i * d + j]; }
  [[nodiscard]] SampleMatrix view() const { return {values.data(), n, d}; }
  operator SampleMatrix() const { return view(); }  // NOLINT(google-explicit-constructor)
  [[nodiscard]] naive::Matrix naive() const {
    naive::Matrix out = naive::zeros(n, d);
    for (std::size_t i = 0; i < n; ++i)
      for (std::size_t j = 0; j < d; ++j) out[i][j] = (*this)(i, j);
    return out;
  }
};

// The softmax of every row.
inline SampleMatrix probabilities(const Data& x) {
  const auto p = std::make_shared<std::vector<double>>(x.values);
  for (std::size_t i = 0; i < x.n; ++i) {
    double total = 0;
    for (std::size_t j = 0; j < x.d; ++j) total += (*p)[i * x.d + j] = std::exp(x(i, j));
    for (std::size_t j = 0; j < x.d; ++j) (*p)[i * x.d + j] /= total;
  }
  const auto stride = static_cast<std::ptrdiff_t>(sizeof(double));
  return {p->data(), DType::f64, x.n, x.d, stride * static_cast<std::ptrdiff_t>(x.d), stride, p};
}

// The inputs of one call of any estimator: x, further samples of the same shape, labels in turn.
inline Inputs inputs_for(const EstimatorInfo& info, const Data& x, std::int64_t classes = 2) {
  Inputs in;
  if (!info.card.sample_names.empty())
    in.samples.push_back(info.card.sample_names.front() == "probabilities" ? probabilities(x) : x.view());
  for (std::size_t s = 1; s < info.card.sample_names.size(); ++s) {
    const auto moved = std::make_shared<std::vector<double>>(x.values);
    std::rotate(moved->begin(), moved->begin() + static_cast<std::ptrdiff_t>(x.values.size() / 3), moved->end());
    const auto stride = static_cast<std::ptrdiff_t>(sizeof(double));
    in.samples.emplace_back(moved->data(), DType::f64, x.n, x.d, stride * static_cast<std::ptrdiff_t>(x.d), stride, moved);
  }
  if (info.card.labels == Need::required) {
    std::vector<std::int64_t> labels;
    for (std::size_t i = 0; i < x.n; ++i) labels.push_back(static_cast<std::int64_t>(i) % classes);
    in.labels = Labels(labels);
  }
  return in;
}

inline Data column(const std::vector<double>& values) {
  Data x(values.size(), 1);
  x.values = values;
  return x;
}

inline Data diagonal(const std::vector<double>& values) {
  Data x(values.size(), values.size());
  for (std::size_t i = 0; i < values.size(); ++i) x(i, i) = values[i];
  return x;
}

// Normal numbers with standard deviations 1, 1/2, 1/3, ... per column around `offset`.
inline Data random_data(std::size_t n, std::size_t d, unsigned seed, double offset = 0) {
  std::mt19937_64 engine(seed);
  std::normal_distribution<double> normal;
  Data x(n, d);
  for (std::size_t i = 0; i < n; ++i)
    for (std::size_t j = 0; j < d; ++j) x(i, j) = offset + normal(engine) / static_cast<double>(j + 1);
  return x;
}

// |value - expected| <= tolerance * max(1, |expected|).
inline ::testing::AssertionResult near(double value, double expected, double tolerance) {
  if (std::abs(value - expected) <= tolerance * std::max(1.0, std::abs(expected))) return ::testing::AssertionSuccess();
  return ::testing::AssertionFailure() << ::testing::PrintToString(value) << " is not " << ::testing::PrintToString(expected)
                                       << " (difference " << value - expected << ", allowed " << tolerance << " relative)";
}
inline ::testing::AssertionResult near(const Estimate& e, double expected, double tolerance) {
  auto result = near(e.value, expected, tolerance);
  if (!result) result << "\n" << e.explain();
  return result;
}

// Known answers are printed with six digits after the point or more.
inline constexpr double kPrinted = 6e-7;

// Round-off of an entropy from eigenvalues of order n: a few n eps, times ln of the condition that the entropy's slope at small weights
// brings.
inline double roundoff(std::size_t n) { return 64 * static_cast<double>(n) * kEps; }

template <class Call>
std::string thrown(Call call) {
  try {
    call();
  } catch (const InvalidArgument& error) {
    return error.what();
  } catch (const WrongType& error) {
    return std::string("WrongType: ") + error.what();
  }
  return "nothing was thrown";
}

inline ::testing::AssertionResult mentions(const std::string& text, const std::vector<std::string>& words) {
  for (const std::string& word : words)
    if (text.find(word) == std::string::npos) return ::testing::AssertionFailure() << "'" << word << "' is not in: " << text;
  return ::testing::AssertionSuccess();
}

inline bool has_flag(const Estimate& e, Status s) { return std::find(e.flags.begin(), e.flags.end(), s) != e.flags.end(); }

inline double number(const Estimate& e, const std::string& diagnostic) {
  const DiagnosticValue* value = e.diagnostics.find(diagnostic);
  if (value == nullptr) return std::numeric_limits<double>::quiet_NaN();
  if (const auto* whole = std::get_if<std::int64_t>(value)) return static_cast<double>(*whole);
  if (const auto* real = std::get_if<double>(value)) return *real;
  return std::numeric_limits<double>::quiet_NaN();
}

// The value of an option as the result reports it.
inline std::string option(const Estimate& e, const std::string& name) {
  for (const auto& [key, value] : e.options)
    if (key == name) return to_text(value);
  return "no option " + name;
}

inline OptionValue word(const char* text) { return std::string(text); }

}  // namespace entrospect::testing
