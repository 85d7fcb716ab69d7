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
  Inputs inputs;
  if (samples.d > 0) inputs.samples.emplace_back(samples.values.data(), samples.n, samples.d);
  if (!samples.y.empty()) inputs.samples.emplace_back(samples.y.data(), samples.n_y, samples.d_y);
  for (const Samples& z : samples.more) inputs.samples.emplace_back(z.values.data(), z.n, z.d);
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

// An estimator that is wrong in one way, for the estimators where that way exists.
struct Planted {
  std::string name;
  std::function<bool(const EstimatorInfo&)> applies;
  std::function<std::optional<double>(const Truth&)> value;  // none where the wrong estimator refuses the row or does not touch it
};

const OptionValue* given(const OptionMap& options, std::string_view name) {
  const auto found = std::find_if(options.begin(), options.end(), [&](const auto& option) { return option.first == name; });
  return found == options.end() ? nullptr : &found->second;
}

bool has_field(const EstimatorInfo& info, std::string_view name) {
  return std::any_of(info.fields.begin(), info.fields.end(), [&](const FieldInfo& f) { return f.name == name; });
}

// What the row uses for an option: given, or the default.
OptionValue used(const Truth& row, std::string_view name) {
  if (const OptionValue* value = given(row.options, name)) return *value;
  for (const FieldInfo& field : find_estimator(row.estimator).fields)
    if (field.name == name) return field.default_value;
  return {};
}

double with(const Truth& row, const std::string& name, const OptionValue& value) {
  OptionMap options{{name, value}};
  for (const auto& option : row.options)
    if (option.first != name) options.push_back(option);
  return estimate(row, row.samples, options).value;
}

Planted off_by_one(const std::string& option) {
  return {option + " off by one", [option](const EstimatorInfo& info) { return has_field(info, option); },
          [option](const Truth& row) -> std::optional<double> {
            if (!has_field(find_estimator(row.estimator), option)) return std::nullopt;
            if (option == "k" && given(row.options, "k") == nullptr) return std::nullopt;  // no neighbors in this row
            const OptionValue value = used(row, option);
            if (const auto* whole = std::get_if<std::int64_t>(&value)) return with(row, option, *whole + 1);
            const double real = std::get<double>(value);
            if (std::isinf(real)) return std::nullopt;
            return with(row, option, real + 1);
          }};
}

const std::vector<Planted>& planted() {
  const auto every = [](const EstimatorInfo&) { return true; };
  // Kernels of distances do not see the mean.
  const auto sees_the_mean = [](const EstimatorInfo& info) { return has_field(info, "center") && !has_field(info, "graph"); };
  static const std::vector<Planted> list{
      {"always 0", every, [](const Truth&) { return 0.0; }},
      {"of the other sign", every, [](const Truth& row) { return -estimate(row).value; }},
      {"twice the value", every, [](const Truth& row) { return 2 * estimate(row).value; }},
      {"bits for nats, the entropy for its exponential", every,
       [](const Truth& row) {
         const Estimate e = estimate(row);
         if (e.unit == Unit::count) return std::log(e.value);
         return e.unit == Unit::nats ? e.value / std::numbers::ln2 : e.value * std::numbers::ln2;
       }},
      off_by_one("order"),
      off_by_one("t"),
      off_by_one("k"),
      {"centered where it is not, and the reverse", sees_the_mean,
       [=](const Truth& row) -> std::optional<double> {
         if (!sees_the_mean(find_estimator(row.estimator)) || given(row.options, "convention") != nullptr) return std::nullopt;
         return with(row, "center", !std::get<bool>(used(row, "center")));
       }},
      {"last row forgotten", every, [](const Truth& row) -> std::optional<double> {
         Samples fewer = row.samples;
         --fewer.n;
         fewer.values.resize(fewer.n * fewer.d);
         if (!fewer.labels.empty()) fewer.labels.pop_back();
         if (fewer.n_y > 0 && find_estimator(row.estimator).card.paired) fewer.y.resize(--fewer.n_y * fewer.d_y);
         for (Samples& z : fewer.more)
           if (find_estimator(row.estimator).card.paired) z.values.resize(--z.n * z.d);
         try {
           return estimate(row, fewer, row.options).value;
         } catch (const InvalidArgument&) {  // refused outright: a class of one row
           return std::nullopt;
         }
       }}};
  return list;
}

// Rows on which a planted estimator is right for a reason.
struct Blind {
  std::string estimator, what, reason;
  std::vector<std::string> planted;
};
const std::vector<Blind>& blind() {
  const std::string order = "order off by one", t = "t off by one", centered = "centered where it is not, and the reverse";
  static const std::vector<Blind> list{
      {"von_neumann_entropy", "uniform", "equal weights have one entropy for every order", {order}},
      {"matrix_entropy", "circle, Gaussian kernel", "distances do not see the mean", {centered}},
      {"effective_rank", "orthogonal columns", "the mean is 0", {centered}},
      {"effective_rank", "participation ratio", "the mean is 0", {centered}},
      {"effective_rank", "stable rank", "the mean is 0", {centered}},
      {"rankme", "orthogonal columns", "the mean is 0", {centered}},
      {"diffusion_spectral_entropy",
       "sites that do not meet",
       "weights 0 and 1, and sites are counted, not rows",
       {order, t, "last row forgotten"}},
      {"eigenvalue_count", "sites that do not meet", "eigenvalues 0 and 1", {t}},
      {"eigenvalue_count", "circle, neighbors of weight 1", "a circle of 11 has five eigenvalues above 1/2 too", {"last row forgotten"}},
      {"diffusion_spectral_mutual_information", "two sites of two", "weights 0 and 1", {order, t}},
      {"diffusion_spectral_mutual_information", "in bits", "weights 0 and 1", {order, t}},
      {"diffusion_spectral_mutual_information", "two and three", "weights 0 and 1", {order, t}},
  };
  return list;
}

bool is_blind(const std::string& planted_name, const Truth& row) {
  return std::any_of(blind().begin(), blind().end(), [&](const Blind& b) {
    return b.estimator == row.estimator && b.what == row.what &&
           std::find(b.planted.begin(), b.planted.end(), planted_name) != b.planted.end();
  });
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

TEST(PlantedEstimators, EachIsRefusedByARowOfEveryEstimatorItAppliesTo) {
  for (const Planted& wrong : planted())
    for (const EstimatorInfo* info : catalogue()) {
      if (!wrong.applies(*info)) continue;
      const bool refused = std::any_of(truths().begin(), truths().end(), [&](const Truth& row) {
        if (row.estimator != info->card.name) return false;
        const std::optional<double> value = wrong.value(row);
        return value && !accepted(row, *value);
      });
      EXPECT_TRUE(refused) << wrong.name << ", " << info->card.name;
    }
}

TEST(PlantedEstimators, EveryExcuseNamesARow) {
  for (const Blind& b : blind()) {
    EXPECT_FALSE(b.reason.empty());
    for (const std::string& name : b.planted) {
      EXPECT_TRUE(std::any_of(planted().begin(), planted().end(), [&](const Planted& wrong) { return wrong.name == name; })) << name;
    }
    EXPECT_TRUE(
        std::any_of(truths().begin(), truths().end(), [&](const Truth& row) { return row.estimator == b.estimator && row.what == b.what; }))
        << b.estimator << ", " << b.what;
  }
}

}  // namespace
}  // namespace entrospect
