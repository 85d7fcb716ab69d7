#include "entrospect/core/registry.hpp"

#include <gtest/gtest.h>

namespace entrospect {
namespace {

struct ScaleOptions {
  double order = 1;
  std::int64_t k = 3;
  std::string convention = "plain", compat;
};

EstimatorCard scale_card() {
  EstimatorCard card;
  card.name = "scale";
  card.labels = Need::optional;
  card.weights = Need::optional;
  card.conventions = {{"plain", false, "x", {}, {}},
                      {"paper", false, "x^2", {{"order", 2.0}}, {}},
                      {"tool", true, "x + eps", {{"order", 2.0}, {"k", std::int64_t{5}}}, {"adds eps"}}};
  return card;
}

const FieldTable<ScaleOptions>& table() {
  static const auto t = FieldTable<ScaleOptions>()
                            .number(
                                "order", [](ScaleOptions & o) -> auto& { return o.order; }, {0, 9, false, false}, "order")
                            .integer(
                                "k", [](ScaleOptions & o) -> auto& { return o.k; }, {1, 9, false, false}, "neighbours")
                            .word(
                                "convention", [](ScaleOptions & o) -> auto& { return o.convention; }, {"plain", "paper"}, "convention")
                            .word(
                                "compat", [](ScaleOptions & o) -> auto& { return o.compat; }, {"", "tool"}, "tool to reproduce");
  return t;
}

EstimatorInfo scale(EstimatorCard card = scale_card()) {
  return make_estimator<ScaleOptions>(card, table(), [](const Inputs&, const ScaleOptions& o, const Context&) {
    Estimate e;
    e.value = o.order * 10 + static_cast<double>(o.k);
    e.options = values(table(), o);
    return e;
  });
}

const std::vector<double> data{1, 2, 3, 4};
Inputs inputs() { return {{SampleMatrix(data.data(), 2, 2)}, std::nullopt, {}}; }

std::string message(const EstimatorInfo& info, const Inputs& in, const OptionMap& options = {}) {
  try {
    (void)info.run(in, options, {});
  } catch (const std::invalid_argument& error) {
    return error.what();
  }
  return "nothing thrown";
}

::testing::AssertionResult contains(const std::string& text, const std::string& part) {
  if (text.find(part) != std::string::npos) return ::testing::AssertionSuccess();
  return ::testing::AssertionFailure() << "'" << text << "' does not contain '" << part << "'";
}

TEST(Registry, PresetsFillWhatWasNotGiven) {
  const EstimatorInfo info = scale();
  EXPECT_EQ(info.run(inputs(), {}, {}).value, 13);
  EXPECT_EQ(info.run(inputs(), {{"convention", std::string("paper")}}, {}).value, 23);
  EXPECT_EQ(info.run(inputs(), {{"compat", std::string("tool")}}, {}).value, 25);
  EXPECT_EQ(info.run(inputs(), {{"compat", std::string("tool")}, {"k", std::int64_t{4}}}, {}).value, 24);
  EXPECT_EQ(info.run(inputs(), {{"compat", std::string("tool")}, {"order", 1.0}}, {}).value, 15) << "a default given explicitly stays";
  EXPECT_EQ(info.run(inputs(), {}, {}).options.size(), 4U);
}

TEST(Registry, WrongOptionsAreNamed) {
  EXPECT_TRUE(
      contains(message(scale(), inputs(), {{"ordre", 1.0}}), "scale: unknown option 'ordre'; did you mean 'order'? Options: 'order'"));
  EXPECT_TRUE(contains(message(scale(), inputs(), {{"zzzzzz", 1.0}}), "scale: unknown option 'zzzzzz'. Options: 'order'"));
  EXPECT_TRUE(contains(message(scale(), inputs(), {{"order", 10.0}}), "order = 10 is not a number in [0, 9]"));
  EXPECT_TRUE(contains(message(scale(), inputs(), {{"compat", std::string("tol")}}), "'tool'"));
}

TEST(Registry, ErrorsFromBelowNameTheEstimator) {
  const auto thrower = [](auto error) {
    return make_estimator<ScaleOptions>(scale_card(), table(),
                                        [error](const Inputs&, const ScaleOptions&, const Context&) -> Estimate { throw error; });
  };
  EXPECT_EQ(message(thrower(InvalidArgument("bandwidth is 0")), inputs()), "scale: bandwidth is 0");
  EXPECT_EQ(message(thrower(InvalidArgument("scale: bandwidth is 0")), inputs()), "scale: bandwidth is 0");
  EXPECT_EQ(message(thrower(std::invalid_argument("plain")), inputs()), "plain");
  EXPECT_THROW((void)thrower(WrongType("text")).run(inputs(), {}, {}), WrongType);
  EXPECT_THROW((void)thrower(Cancelled()).run(inputs(), {}, {}), Cancelled);
}

TEST(Registry, ChosenListsTheValidIds) {
  const EstimatorCard card = scale_card();
  EXPECT_EQ(detail::chosen(card, "plain", "").id, "plain");
  EXPECT_EQ(detail::chosen(card, "plain", "tool").id, "tool");
  EXPECT_THROW((void)detail::chosen(card, "tool", ""), InvalidArgument) << "a compat id is no convention";
  try {
    (void)detail::chosen(card, "papre", "");
    ADD_FAILURE();
  } catch (const InvalidArgument& error) {
    EXPECT_STREQ(error.what(), "scale: convention = 'papre' is not one of 'plain', 'paper'; did you mean 'paper'?");
  }
}

TEST(Registry, InputsAreChecked) {
  const EstimatorInfo info = scale();
  Inputs in = inputs();
  in.samples.clear();
  EXPECT_TRUE(contains(message(info, in), "takes 1 sample matrices ('x'), got 0"));

  in = inputs();
  in.labels = Labels(std::vector<std::int64_t>{1, 2, 3});
  EXPECT_TRUE(contains(message(info, in), "labels has 3 rows where 'x' has 2"));

  in.labels = Labels(std::vector<double>{1.5, std::nan("")});
  EXPECT_TRUE(contains(message(info, in), "labels[1] = nan is not finite"));

  in = inputs();
  in.weights = {1};
  EXPECT_TRUE(contains(message(info, in), "weights has 1 rows where 'x' has 2"));
  in.weights = {1, -1};
  EXPECT_TRUE(contains(message(info, in), "weights[1] = -1"));
  in.weights = {1, std::nan("")};
  EXPECT_TRUE(contains(message(info, in), "weights[1] = nan"));
  in.weights = {0, 0};
  EXPECT_TRUE(contains(message(info, in), "all weights are 0"));
  in.weights = {0, 1};
  EXPECT_EQ(message(info, in), "nothing thrown");

  EstimatorCard strict = scale_card();
  strict.labels = Need::required;
  strict.weights = Need::none;
  strict.sample_names = {"x", "y"};
  Inputs two{{SampleMatrix(data.data(), 2, 2), SampleMatrix(data.data(), 1, 2)}, std::nullopt, {}};
  EXPECT_TRUE(contains(message(scale(strict), two), "needs labels"));
  two.labels = Labels(std::vector<std::int64_t>{1, 2});
  EXPECT_TRUE(contains(message(scale(strict), two), "'y' has 1 rows where 'x' has 2"));
  two.samples[1] = two.samples[0];
  two.weights = {1, 1};
  EXPECT_TRUE(contains(message(scale(strict), two), "takes no weights"));
}

}  // namespace
}  // namespace entrospect
