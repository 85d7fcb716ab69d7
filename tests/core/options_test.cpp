#include "entrospect/core/options.hpp"

#include <gtest/gtest.h>

#include <limits>

namespace entrospect {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

enum class Color { red, green };
struct Nested {
  double order = 1;
};
struct ExampleOptions {
  Nested nested;
  std::variant<double, Color> width = Color::red;
  std::int64_t k = 3;
  bool center = false;
  Color color = Color::red;
  std::string convention = "plain";
};

const FieldTable<ExampleOptions>& table() {
  static const Choices<Color> colors{{"red", Color::red}, {"green", Color::green}};
  static const auto t =
      FieldTable<ExampleOptions>()
          .number(
              "order", [](ExampleOptions & o) -> auto& { return o.nested.order; }, {0, infinity, false, false}, "of Renyi")
          .number_or_choice(
              "width", [](ExampleOptions & o) -> auto& { return o.width; }, {0, infinity, true, true}, colors, "width")
          .integer(
              "k", [](ExampleOptions & o) -> auto& { return o.k; }, {1, 10, false, false}, "neighbours")
          .flag(
              "center", [](ExampleOptions & o) -> auto& { return o.center; }, "subtract the mean")
          .choice(
              "color", [](ExampleOptions & o) -> auto& { return o.color; }, colors, "color")
          .word(
              "convention", [](ExampleOptions & o) -> auto& { return o.convention; }, {"plain", "paper"}, "convention");
  return t;
}

OptionValue check(const std::string& field, const OptionValue& value) { return checked(table().find(field)->info, value, "example"); }

template <class Error>
std::string message(const std::string& field, const OptionValue& value) {
  try {
    (void)check(field, value);
  } catch (const Error& error) {
    return error.what();
  }
  return "nothing thrown";
}

::testing::AssertionResult contains(const std::string& text, const std::string& part) {
  if (text.find(part) != std::string::npos) return ::testing::AssertionSuccess();
  return ::testing::AssertionFailure() << "'" << text << "' does not contain '" << part << "'";
}

TEST(Options, ValuesTakeTheKindOfTheirField) {
  EXPECT_EQ(std::get<double>(check("order", std::string("2"))), 2);
  EXPECT_EQ(std::get<double>(check("order", std::int64_t{2})), 2);
  EXPECT_EQ(std::get<double>(check("order", std::string("inf"))), infinity);
  EXPECT_EQ(std::get<double>(check("order", std::string("+1e-3"))), 1e-3);
  EXPECT_EQ(std::get<std::int64_t>(check("k", std::string("10"))), 10);
  EXPECT_EQ(std::get<bool>(check("center", std::string("true"))), true);
  EXPECT_EQ(std::get<double>(check("width", std::string("2.5"))), 2.5);
  EXPECT_EQ(std::get<double>(check("width", std::int64_t{4})), 4);
  EXPECT_EQ(std::get<std::string>(check("width", std::string("green"))), "green");
}

TEST(Options, OutOfRangeNamesValueAndRange) {
  EXPECT_TRUE(contains(message<InvalidArgument>("order", -1.0), "example: order = -1 is not a number in [0, inf]"));
  EXPECT_TRUE(contains(message<InvalidArgument>("order", std::nan("")), "order = nan"));
  EXPECT_TRUE(contains(message<InvalidArgument>("k", std::int64_t{11}), "k = 11 is not a whole number in [1, 10]"));
  EXPECT_TRUE(contains(message<InvalidArgument>("width", 0.0), "width = 0 is not a number in (0, inf) or one of 'red', 'green'"));
  EXPECT_TRUE(contains(message<InvalidArgument>("width", infinity), "width = inf"));
  EXPECT_EQ(std::get<double>(check("order", infinity)), infinity) << "a closed infinite end holds infinity";
}

TEST(Options, WholeNumbersAreComparedExactly) {
  const double largest = 0x1p53;
  const FieldInfo field{"seed", FieldKind::integer, std::int64_t{0}, {0, largest, false, false}, {}, {}};
  const std::int64_t last = std::int64_t{1} << 53;
  EXPECT_EQ(std::get<std::int64_t>(checked(field, last, "x")), last);
  EXPECT_THROW((void)checked(field, last + 1, "x"), InvalidArgument) << "as a float64 it would be the end itself";
  const FieldInfo any{"seed", FieldKind::integer, std::int64_t{0}, {-0x1p63, 0x1p63, false, false}, {}, {}};
  for (const std::int64_t end : {std::numeric_limits<std::int64_t>::min(), std::numeric_limits<std::int64_t>::max()})
    EXPECT_EQ(std::get<std::int64_t>(checked(any, end, "x")), end);
}

TEST(Options, WrongKindIsAWrongType) {
  EXPECT_TRUE(contains(message<WrongType>("order", std::string("abc")), "order = 'abc'"));
  EXPECT_TRUE(contains(message<WrongType>("order", true), "order = true"));
  EXPECT_TRUE(contains(message<WrongType>("k", 2.5), "whole number"));
  EXPECT_TRUE(contains(message<WrongType>("k", std::string("2.5")), "whole number"));
  EXPECT_TRUE(contains(message<WrongType>("k", true), "whole number"));
  EXPECT_TRUE(contains(message<WrongType>("center", std::int64_t{1}), "true or false"));
  EXPECT_TRUE(contains(message<WrongType>("color", 1.0), "one of 'red', 'green'"));
}

TEST(Options, WrongChoiceListsAndSuggests) {
  EXPECT_TRUE(contains(message<InvalidArgument>("color", std::string("gren")), "one of 'red', 'green'; did you mean 'green'?"));
  EXPECT_TRUE(contains(message<InvalidArgument>("width", std::string("rde")), "did you mean 'red'?"));
  EXPECT_TRUE(contains(message<InvalidArgument>("convention", std::string("papr")), "did you mean 'paper'?"));
}

TEST(Options, TableReadsAndWritesMembers) {
  ExampleOptions o;
  const auto set = [&](const std::string& field, const OptionValue& value) { table().set(*table().find(field), o, check(field, value)); };
  set("order", 2.0);
  set("width", std::string("green"));
  set("k", std::int64_t{5});
  set("center", true);
  set("color", std::string("green"));
  set("convention", std::string("paper"));
  EXPECT_EQ(o.nested.order, 2);
  EXPECT_EQ(std::get<Color>(o.width), Color::green);
  EXPECT_EQ(o.k, 5);
  EXPECT_TRUE(o.center);
  EXPECT_EQ(o.color, Color::green);
  EXPECT_EQ(o.convention, "paper");
  for (const auto& entry : table().entries())
    EXPECT_EQ(checked(entry.info, table().get(entry, o), "example"), table().get(entry, o)) << entry.info.name;
  set("width", 0.5);
  EXPECT_EQ(std::get<double>(table().get(*table().find("width"), o)), 0.5);
  EXPECT_EQ(table().find("absent"), nullptr);
}

TEST(Options, TextIsShortestAndReadsBack) {
  EXPECT_EQ(to_text(OptionValue(0.1)), "0.1");
  EXPECT_EQ(to_text(OptionValue(2.0)), "2");
  EXPECT_EQ(to_text(OptionValue(infinity)), "inf");
  EXPECT_EQ(to_text(OptionValue(std::int64_t{-7})), "-7");
  EXPECT_EQ(to_text(OptionValue(false)), "false");
  const double third = 1.0 / 3;
  EXPECT_EQ(std::get<double>(check("order", to_text(OptionValue(third)))), third);
}

TEST(Options, RangesInWords) {
  EXPECT_EQ(to_text(Range{0, infinity, false, false}), "[0, inf]");
  EXPECT_EQ(to_text(Range{0, 1, true, true}), "(0, 1)");
  EXPECT_EQ(to_text(Range{}), "(-inf, inf)");
}

TEST(Options, NearestName) {
  const std::vector<std::string> names{"vendi_score", "dse", "dsmi", "effective_rank"};
  EXPECT_EQ(nearest("vendi-scor", names), "vendi_score");
  EXPECT_EQ(nearest("Vendi_Score", names), "vendi_score");
  EXPECT_EQ(nearest("vnedi_score", names), "vendi_score") << "a swap counts as one edit";
  EXPECT_EQ(nearest("dmsi", names), "dsmi");
  EXPECT_EQ(nearest("temperature", names), "");
  EXPECT_EQ(nearest("vendi", names), "vendi_score") << "a beginning";
  EXPECT_EQ(nearest("eff", names), "effective_rank");
  EXPECT_EQ(nearest("dsm", names), "dsmi");
  EXPECT_EQ(nearest("ds", names), "dse") << "too short for a beginning, one letter from a name";
  EXPECT_EQ(nearest("e", names), "") << "as far from everything as it is long";
  EXPECT_EQ(nearest("", names), "");
  EXPECT_EQ(did_you_mean("vendi", names), "; did you mean 'vendi_score'?");
  EXPECT_EQ(did_you_mean("temperature", names, "."), ".");
}

}  // namespace
}  // namespace entrospect
