// Closed forms (truths.hpp), and the proof that the checker would notice: wrong estimators planted on every row must be refused.

#include "statistical/truths.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <numbers>
#include <optional>
#include <set>

#include "entrospect/estimators/catalogue.hpp"

namespace entrospect {
namespace {

using test::Samples;
using test::Truth;
using test::truths;

Estimate estimate(const Truth& row, const Samples& samples, const OptionMap& options) {
  Inputs inputs{{SampleMatrix(samples.values.data(), samples.n, samples.d)}, std::nullopt, {}};
  if (find_estimator(row.estimator).card.labels == Need::required) inputs.labels = Labels(samples.labels);
  return run(row.estimator, inputs, options);
}
Estimate estimate(const Truth& row) { return estimate(row, row.samples, row.options); }

::testing::AssertionResult accepted(const Truth& row, double value) {
  if (std::abs(value - row.value) <= row.tolerance()) return ::testing::AssertionSuccess();
  return ::testing::AssertionFailure() << row.estimator << ", " << row.what << ": " << value << ", truth " << row.value << " to "
                                       << row.tolerance();
}

TEST(Truths, EveryEstimatorHasARow) {
  std::set<std::string> covered;
  for (const Truth& row : truths()) covered.insert(row.estimator);
  for (const EstimatorInfo* info : catalogue())
    EXPECT_EQ(covered.count(info->card.name), 1U) << info->card.name << " has no row in truths.hpp";
  EXPECT_EQ(covered.size(), catalogue().size()) << "a row names no estimator of the catalogue";
}

TEST(Truths, EstimatesAreTheClosedForms) {
  for (const Truth& row : truths()) {
    const Estimate e = estimate(row);
    EXPECT_TRUE(accepted(row, e.value)) << e.explain();
  }
}

TEST(Truths, TolerancesAreFarBelowTheSignal) {
  for (const Truth& row : truths()) EXPECT_LT(1e6 * row.tolerance(), std::abs(row.value)) << row.estimator << ", " << row.what;
}

// An estimator that is wrong in one way. It has no value where the way does not apply.
struct Planted {
  std::string name;
  std::function<std::optional<double>(const Truth&)> value;
};

std::optional<OptionMap> with_order(const Truth& row, double step) {
  OptionMap options = row.options;
  for (auto& [name, value] : options) {
    if (name != "order") continue;
    if (std::isinf(std::get<double>(value))) return std::nullopt;
    value = std::get<double>(value) + step;
    return options;
  }
  options.emplace_back("order", 1 + step);
  return options;
}

const std::vector<Planted>& planted() {
  static const std::vector<Planted> list{
      {"always 0", [](const Truth&) { return 0.0; }},
      {"bits for nats, the entropy for its exponential",
       [](const Truth& row) {
         const Estimate e = estimate(row);
         if (e.unit == Unit::count) return std::log(e.value);
         return e.unit == Unit::nats ? e.value / std::numbers::ln2 : e.value * std::numbers::ln2;
       }},
      {"order off by one",
       [](const Truth& row) -> std::optional<double> {
         const auto& fields = find_estimator(row.estimator).fields;
         if (std::none_of(fields.begin(), fields.end(), [](const FieldInfo& f) { return f.name == "order"; })) return std::nullopt;
         const auto options = with_order(row, 1);
         if (!options) return std::nullopt;
         return estimate(row, row.samples, *options).value;
       }},
      {"last row forgotten",
       [](const Truth& row) -> std::optional<double> {
         Samples fewer = row.samples;
         --fewer.n;
         fewer.values.resize(fewer.n * fewer.d);
         if (!fewer.labels.empty()) fewer.labels.pop_back();
         try {
           return estimate(row, fewer, row.options).value;
         } catch (const InvalidArgument&) {  // refused outright: a class of one row
           return std::nullopt;
         }
       }},
      {"eigenvalues squared", [](const Truth& row) -> std::optional<double> {
         const auto& fields = find_estimator(row.estimator).fields;
         if (std::none_of(fields.begin(), fields.end(), [](const FieldInfo& f) { return f.name == "t"; })) return std::nullopt;
         OptionMap options{{"t", 2.0}};
         for (const auto& option : row.options)
           if (option.first != "t") options.push_back(option);
         return estimate(row, row.samples, options).value;
       }}};
  return list;
}

// Rows on which a planted estimator happens to be right, each with its reason.
struct Blind {
  std::string planted, estimator, what, reason;
};
const std::vector<Blind>& blind() {
  static const std::vector<Blind> list{};
  return list;
}

bool is_blind(const std::string& planted_name, const Truth& row) {
  return std::any_of(blind().begin(), blind().end(),
                     [&](const Blind& b) { return b.planted == planted_name && b.estimator == row.estimator && b.what == row.what; });
}

TEST(PlantedEstimators, AreRefused) {
  for (const Planted& wrong : planted())
    for (const Truth& row : truths()) {
      const std::optional<double> value = wrong.value(row);
      if (!value) continue;
      EXPECT_EQ(static_cast<bool>(accepted(row, *value)), is_blind(wrong.name, row))
          << wrong.name << " gives " << *value << " on " << row.estimator << ", " << row.what << ", where the truth is " << row.value;
    }
}

TEST(PlantedEstimators, EachMeetsARowOfEveryEstimatorItAppliesTo) {
  for (const Planted& wrong : planted())
    for (const EstimatorInfo* info : catalogue()) {
      bool applies = false, refused = false;
      for (const Truth& row : truths()) {
        if (row.estimator != info->card.name) continue;
        const std::optional<double> value = wrong.value(row);
        applies = applies || value.has_value();
        refused = refused || (value && !accepted(row, *value));
      }
      EXPECT_EQ(applies, refused) << wrong.name << ", " << info->card.name;
    }
}

}  // namespace
}  // namespace entrospect
