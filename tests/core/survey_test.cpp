#include "entrospect/core/survey.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "core/samples.hpp"
#include "entrospect/core/errors.hpp"

namespace entrospect {
namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN(), infinity = std::numeric_limits<double>::infinity();

template <class F>
std::string message(F&& f) {
  try {
    f();
  } catch (const InvalidArgument& error) {
    return error.what();
  }
  return "nothing thrown";
}

::testing::AssertionResult contains(const std::string& text, const std::string& part) {
  if (text.find(part) != std::string::npos) return ::testing::AssertionSuccess();
  return ::testing::AssertionFailure() << "'" << text << "' does not contain '" << part << "'";
}

TEST(Survey, CountsNonfiniteValuesAndFindsTheFirst) {
  const std::size_t n = 9000, d = 67;  // several blocks, and a tail that is no multiple of the vector width
  std::vector<double> x = test::normals(n * d, 1);
  x[8000 * d + 3] = nan;
  x[7000 * d + 66] = infinity;
  x[7000 * d + 65] = -infinity;
  for (const unsigned threads : {1U, 3U}) {
    Context context;
    context.threads = threads;
    const Survey s = survey(SampleMatrix(x.data(), n, d), context);
    EXPECT_EQ(s.nonfinite, 3U);
    EXPECT_EQ(s.first_row, 7000U);
    EXPECT_EQ(s.first_column, 65U);
    EXPECT_TRUE(contains(message([&] { require_finite(s, "vendi_score"); }), "vendi_score: 3 of 9000 x 67 values are NaN or Inf"));
    EXPECT_TRUE(contains(message([&] { require_finite(s, "vendi_score"); }), "row 7000, column 65"));
  }
  EXPECT_NO_THROW(require_finite(survey(SampleMatrix(x.data(), 7000, d)), "x"));
}

TEST(Survey, FindsNonfiniteValuesInEveryColumn) {
  for (std::size_t column = 0; column < 19; ++column) {
    std::vector<double> x(19, 1.0);
    x[column] = column % 2 == 0 ? nan : infinity;
    const Survey s = survey(SampleMatrix(x.data(), 1, 19));
    EXPECT_EQ(s.nonfinite, 1U);
    EXPECT_EQ(s.first_column, column);
  }
  const double largest = std::numeric_limits<double>::max();
  EXPECT_EQ(survey(SampleMatrix(&largest, DType::f64, 3, 5, 0, 0)).nonfinite, 0U) << "large is finite";
}

TEST(Survey, HalfPrecisionInfinitiesAreFound) {
  const std::vector<std::uint16_t> x{0x3c00, 0x7c00, 0x7e00, 0x0001};
  const Survey s = survey(SampleMatrix(x.data(), DType::f16, 2, 2, 4, 2));
  EXPECT_EQ(s.nonfinite, 2U);
  EXPECT_EQ(s.first_column, 1U);
}

TEST(Survey, CountsConstantColumns) {
  const std::vector<double> x{1, 0.0, 5, 1, -0.0, 6, 1, 0.0, 5};
  const Survey s = survey(SampleMatrix(x.data(), 3, 3));
  EXPECT_EQ(s.constant_columns, 2U) << "-0 is 0";
  EXPECT_FALSE(s.all_rows_equal);
}

TEST(Survey, CountsDuplicatesExactly) {
  const std::size_t n = 20000, d = 30;
  std::vector<double> x = test::normals(n * d, 2);
  const auto copy = [&](std::size_t from, std::size_t to) {
    std::copy_n(x.begin() + static_cast<std::ptrdiff_t>(from * d), d, x.begin() + static_cast<std::ptrdiff_t>(to * d));
  };
  copy(3, 19999);
  copy(3, 500);
  copy(700, 701);
  x[900 * d] = 0.0;
  copy(900, 901);
  x[901 * d] = -0.0;
  copy(1000, 1001);
  x[1001 * d + 29] = std::nextafter(x[1001 * d + 29], infinity);  // one bit in the last column
  for (const SampleMatrix& m : {SampleMatrix(x.data(), n, d), test::streamed(x, n, d)}) {
    EXPECT_EQ(survey(m).duplicate_rows, 4U);
    EXPECT_EQ(survey(m.centered()).duplicate_rows, 4U);
    EXPECT_EQ(survey(m.select({3, 500, 19999, 3, 1})).duplicate_rows, 3U);
  }
}

TEST(Survey, EqualRows) {
  const std::vector<double> row{1, 2, 3};
  const Survey s = survey(SampleMatrix(row.data(), DType::f64, 1000, 3, 0, 8));
  EXPECT_TRUE(s.all_rows_equal);
  EXPECT_EQ(s.duplicate_rows, 999U);
  EXPECT_EQ(s.constant_columns, 3U);
}

TEST(Survey, ZeroRows) {
  const std::vector<double> x{1, 2, 0, -0.0, 3, 4, 0, 1e-320, 0, 0};
  const SampleMatrix m(x.data(), 5, 2);
  EXPECT_EQ(survey(m).zero_rows, (std::vector<std::size_t>{1, 4}));
  EXPECT_TRUE(survey(m.centered()).zero_rows.empty()) << "nothing divides by the length of a row that is only centred";
}

TEST(Survey, RowsEqualToTheMean) {
  // Rows come in pairs m + v, m - v around a mean that no binary fraction holds, and two rows equal to it.
  const double m = 1.0 / 3 + 1e3;
  std::vector<double> x{m, -m};
  for (int i = 1; i <= 400; ++i)
    for (const double sign : {1.0, -1.0}) x.insert(x.end(), {m + sign * i / 64.0, -m + sign * i / 32.0});
  x.insert(x.end(), {m, -m});
  const SampleMatrix view = SampleMatrix(x.data(), x.size() / 2, 2).centered().normalized(Normalize::l2);
  EXPECT_EQ(survey(view).zero_rows, (std::vector<std::size_t>{0, 801}));
  EXPECT_TRUE(contains(message([&] { (void)resolve_zero_rows(view, survey(view), ZeroRows::error, "en"); }), "rows 0, 801"));
  const SampleMatrix left = resolve_zero_rows(view, survey(view), ZeroRows::drop, "en");
  EXPECT_EQ(left.n(), 800U);
  EXPECT_TRUE(survey(left).zero_rows.empty());
}

TEST(Survey, ZeroRowsAreAnErrorOrDropped) {
  std::vector<double> x(40, 0.0);
  x[0] = x[39] = 1;
  const SampleMatrix m = SampleMatrix(x.data(), 20, 2).normalized(Normalize::l2);
  const std::string text = message([&] { (void)resolve_zero_rows(m, survey(m), ZeroRows::error, "vendi_score"); });
  EXPECT_TRUE(contains(text, "vendi_score: 18 rows"));
  EXPECT_TRUE(contains(text, "rows 1, 2, 3, 4, 5, 6, 7, 8, 9, 10 and 8 more"));
  EXPECT_TRUE(contains(text, "zero_rows=drop"));
  EXPECT_EQ(*resolve_zero_rows(m, survey(m), ZeroRows::drop, "vendi_score").selection(), (std::vector<std::size_t>{0, 19}));
  const SampleMatrix fine(x.data(), 1, 2);
  EXPECT_EQ(resolve_zero_rows(fine, survey(fine), ZeroRows::error, "x").identity(), fine.identity());
}

TEST(Survey, EmptyMatrices) {
  const double* none = nullptr;
  EXPECT_EQ(survey(SampleMatrix(none, 0, 5)).nonfinite, 0U);
  EXPECT_EQ(survey(SampleMatrix(none, 5, 0)).duplicate_rows, 0U);
  EXPECT_TRUE(contains(message([] { require_rows(1, 2, "dse", "a variance needs two"); }),
                       "dse: n = 1 rows; at least 2 are needed (a variance needs two)"));
  EXPECT_TRUE(contains(message([] { require_features(0, "dse"); }), "dse: d = 0 features; at least 1 is needed"));
  EXPECT_NO_THROW(require_rows(2, 2, "dse"));
  EXPECT_NO_THROW(require_features(1, "dse"));
}

}  // namespace
}  // namespace entrospect
