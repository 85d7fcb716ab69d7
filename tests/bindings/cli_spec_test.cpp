#include <gtest/gtest.h>

#include <cmath>

#include "entrospect/bindings/io/spec.hpp"
#include "entrospect/core/errors.hpp"
#include "entrospect/estimators/catalogue.hpp"

namespace entrospect::io {
namespace {

std::string message(const std::string& text) {
  try {
    (void)parse_estimators(text);
  } catch (const std::invalid_argument& error) {
    return error.what();
  }
  return "no error";
}

::testing::AssertionResult mentions(const std::string& text, const std::string& part) {
  if (text.find(part) != std::string::npos) return ::testing::AssertionSuccess();
  return ::testing::AssertionFailure() << "'" << text << "' does not mention '" << part << "'";
}

TEST(Spec, SeparatorsAreEqualAndOptionsBelongToTheEstimatorBefore) {
  const auto specs = parse_estimators(" effective-rank:order=2 , center = false,rankme ");
  ASSERT_EQ(specs.size(), 2U);
  EXPECT_EQ(specs[0].estimator, &find_estimator("effective_rank"));
  EXPECT_EQ(spec_text(specs[0]), "effective_rank:order=2,center=false");
  EXPECT_EQ(spec_text(specs[1]), "rankme");
}

TEST(Spec, ValuesTakeTheKindOfTheirField) {
  const auto specs = parse_estimators("effective_rank:order=inf,center=true");
  const OptionMap& options = specs.front().options;
  ASSERT_EQ(options.size(), 2U);
  EXPECT_EQ(options[0].second, OptionValue(INFINITY));
  EXPECT_EQ(options[1].second, OptionValue(true));
}

TEST(Spec, OrderOfOptionsDoesNotMatter) {
  const auto a = parse_estimators("effective_rank:center=false,order=2"), b = parse_estimators("effective_rank:order=2.0,center=false");
  EXPECT_EQ(a.front().options, b.front().options);
}

TEST(Spec, TextReadsBackForEveryEstimatorWithEveryDefault) {
  for (const EstimatorInfo* info : catalogue()) {
    EstimatorSpec spec{info, {}};
    for (const FieldInfo& field : info->fields)
      if (to_text(field.default_value).find_first_of(",:") == std::string::npos) set_option(spec, field.name, field.default_value);
    const auto again = parse_estimators(spec_text(spec));
    ASSERT_EQ(again.size(), 1U) << info->card.name;
    EXPECT_EQ(again.front().estimator, info);
    EXPECT_EQ(again.front().options, spec.options) << info->card.name;
  }
}

TEST(Spec, MistakesNameWhatIsAllowed) {
  EXPECT_TRUE(mentions(message("rankmee"), "did you mean 'rankme'"));
  EXPECT_TRUE(mentions(message("effective_rank:ordre=2"), "did you mean 'order'"));
  EXPECT_TRUE(mentions(message("effective_rank:order=-1"), "[0, inf]"));
  EXPECT_TRUE(mentions(message("effective_rank:order=two"), "[0, inf]"));
  EXPECT_TRUE(mentions(message("rankme:compat=nobody"), "rankme-paper"));
  EXPECT_TRUE(mentions(message("order=2"), "before any estimator"));
  EXPECT_TRUE(mentions(message("rankme,,effective_rank"), "missing"));
  EXPECT_TRUE(mentions(message(""), "missing"));
  EXPECT_TRUE(mentions(message("effective_rank:order=2,order=3"), "given twice"));
  EXPECT_TRUE(mentions(message("rankme,rankme"), "given twice"));
}

TEST(Spec, OneEstimatorMayAppearWithDifferentOptions) { EXPECT_EQ(parse_estimators("effective_rank,effective_rank:order=2").size(), 2U); }

}  // namespace
}  // namespace entrospect::io
