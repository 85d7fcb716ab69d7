#include "entrospect/core/row_loader.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "core/samples.hpp"
#include "entrospect/core/errors.hpp"

namespace entrospect {
namespace {

constexpr double eps = std::numeric_limits<double>::epsilon();

std::vector<double> loaded(const SampleMatrix& x, const Context& context = {}) {
  std::vector<double> out(x.n() * x.d());
  RowLoader(x, context).load(0, x.n(), out.data(), x.d());
  return out;
}

// The same by the definitions, one value at a time, in long double.
std::vector<double> by_definition(std::vector<double> x, std::size_t n, std::size_t d, bool center, Normalize normalize) {
  std::vector<long double> y(x.begin(), x.end());
  for (std::size_t j = 0; j < d; ++j) {
    long double mean = 0, squares = 0;
    for (std::size_t i = 0; i < n; ++i) mean += y[i * d + j];
    mean /= static_cast<long double>(n);
    for (std::size_t i = 0; i < n; ++i) squares += (y[i * d + j] - mean) * (y[i * d + j] - mean);
    const long double deviation = std::sqrt(squares / static_cast<long double>(n - 1));
    for (std::size_t i = 0; i < n; ++i) {
      if (center || normalize == Normalize::standardize) y[i * d + j] -= mean;
      if (normalize == Normalize::standardize) y[i * d + j] /= deviation;
    }
  }
  for (std::size_t i = 0; i < n && normalize == Normalize::l2; ++i) {
    long double squares = 0;
    for (std::size_t j = 0; j < d; ++j) squares += y[i * d + j] * y[i * d + j];
    for (std::size_t j = 0; j < d; ++j) y[i * d + j] /= std::sqrt(squares);
  }
  std::transform(y.begin(), y.end(), x.begin(), [](long double v) { return static_cast<double>(v); });
  return x;
}

::testing::AssertionResult close(const std::vector<double>& found, const std::vector<double>& expected, double tolerance) {
  if (found.size() != expected.size()) return ::testing::AssertionFailure() << found.size() << " values, expected " << expected.size();
  for (std::size_t i = 0; i < found.size(); ++i)
    if (!(std::abs(found[i] - expected[i]) <= tolerance))
      return ::testing::AssertionFailure() << "value " << i << ": " << found[i] << ", expected " << expected[i];
  return ::testing::AssertionSuccess();
}

TEST(RowLoader, EveryLayoutGivesTheSameRows) {
  const std::size_t n = 37, d = 11;
  const std::vector<double> x = test::normals(n * d, 1);
  const auto stride = static_cast<std::ptrdiff_t>(d * 8), size = static_cast<std::ptrdiff_t>(sizeof(double));
  EXPECT_EQ(loaded(SampleMatrix(x.data(), n, d)), x);
  EXPECT_EQ(loaded(test::streamed(x, n, d)), x);

  std::vector<double> transposed(n * d), reversed(x.rbegin(), x.rend()), sparse(2 * n * d);
  for (std::size_t i = 0; i < n; ++i)
    for (std::size_t j = 0; j < d; ++j) transposed[j * n + i] = x[i * d + j];
  for (std::size_t i = 0; i < n * d; ++i) sparse[2 * i] = x[i];
  EXPECT_EQ(loaded(SampleMatrix(transposed.data(), DType::f64, n, d, size, size * static_cast<std::ptrdiff_t>(n))), x);
  EXPECT_EQ(loaded(SampleMatrix(&reversed.back(), DType::f64, n, d, -stride, -size)), x);
  EXPECT_EQ(loaded(SampleMatrix(sparse.data(), DType::f64, n, d, 2 * stride, 2 * size)), x);

  std::vector<double> transposed_reversed(transposed.rbegin(), transposed.rend());
  EXPECT_EQ(loaded(SampleMatrix(&transposed_reversed.back(), DType::f64, n, d, -size, -size * static_cast<std::ptrdiff_t>(n))), x);

  std::vector<std::byte> shifted(n * d * 8 + 3);
  std::memcpy(shifted.data() + 3, x.data(), n * d * 8);
  EXPECT_EQ(loaded(SampleMatrix(shifted.data() + 3, DType::f64, n, d, stride, size)), x) << "unaligned";
}

TEST(RowLoader, ZeroStridesRepeat) {
  const std::vector<double> x{1, 2, 3};
  EXPECT_EQ(loaded(SampleMatrix(x.data(), DType::f64, 2, 3, 0, 8)), (std::vector<double>{1, 2, 3, 1, 2, 3}));
  EXPECT_EQ(loaded(SampleMatrix(x.data(), DType::f64, 3, 2, 8, 0)), (std::vector<double>{1, 1, 2, 2, 3, 3}));
}

TEST(RowLoader, HalfPrecisionIsExact) {
  const std::size_t n = 64, d = 1024;  // every bit pattern once
  std::vector<std::uint16_t> bits(n * d);
  for (std::size_t i = 0; i < bits.size(); ++i) bits[i] = static_cast<std::uint16_t>(i);
  const std::vector<double> f16 = loaded(SampleMatrix(bits.data(), DType::f16, n, d, d * 2, 2));
  const std::vector<double> bf16 = loaded(SampleMatrix(bits.data(), DType::bf16, n, d, d * 2, 2));
  for (std::size_t i = 0; i < bits.size(); ++i) {
    const float a = widen_f16(bits[i]), b = widen_bf16(bits[i]);
    ASSERT_TRUE(f16[i] == a || (std::isnan(f16[i]) && std::isnan(a))) << i;
    ASSERT_TRUE(bf16[i] == b || (std::isnan(bf16[i]) && std::isnan(b))) << i;
  }
}

TEST(RowLoader, SelectionsAndMasks) {
  const std::size_t n = 20, d = 3;
  const std::vector<double> x = test::normals(n * d, 2);
  const std::vector<std::size_t> rows{4, 5, 6, 0, 19, 19, 7};
  std::vector<double> expected;
  for (const std::size_t row : rows)
    expected.insert(expected.end(), x.begin() + static_cast<std::ptrdiff_t>(row * d),
                    x.begin() + static_cast<std::ptrdiff_t>((row + 1) * d));
  EXPECT_EQ(loaded(SampleMatrix(x.data(), n, d).select(rows)), expected);
  EXPECT_EQ(loaded(test::streamed(x, n, d).select(rows)), expected);
  std::vector<double> part(2 * d);
  RowLoader(SampleMatrix(x.data(), n, d).select(rows)).load(3, 2, part.data(), d);
  EXPECT_EQ(part, std::vector<double>(expected.begin() + 3 * d, expected.begin() + 5 * d));
}

TEST(RowLoader, LeadingDimensionLeavesTheGapAlone) {
  const std::vector<double> x{1, 2, 3, 4};
  for (const SampleMatrix& m : {SampleMatrix(x.data(), 2, 2), test::streamed(x, 2, 2)}) {
    std::vector<double> out(6, -1);
    RowLoader(m).load(0, 2, out.data(), 3);
    EXPECT_EQ(out, (std::vector<double>{1, 2, -1, 3, 4, -1}));
    std::vector<float> single(6, -1);
    RowLoader(m.centered()).load(0, 2, single.data(), 3);
    EXPECT_EQ(single, (std::vector<float>{-1, -1, -1, 1, 1, -1}));
  }
}

TEST(RowLoader, DeferredOperationsByDefinition) {
  const std::size_t n = 50, d = 7;
  const std::vector<double> x = test::normals(n * d, 3);
  const SampleMatrix m(x.data(), n, d);
  for (const bool center : {false, true})
    for (const Normalize normalize : {Normalize::none, Normalize::l2, Normalize::standardize}) {
      const SampleMatrix view = (center ? m.centered() : m).normalized(normalize);
      // A handful of roundings of values up to 5; the norm sums d squares.
      EXPECT_TRUE(close(loaded(view), by_definition(x, n, d, center, normalize), 5 * (d + 4) * eps))
          << center << static_cast<int>(normalize);
      std::vector<float> single(n * d);
      RowLoader(view).load(0, n, single.data(), d);
      const std::vector<double> full = loaded(view);
      for (std::size_t i = 0; i < single.size(); ++i) ASSERT_EQ(single[i], static_cast<float>(full[i])) << "rounded once, at the end";
    }
}

TEST(RowLoader, CenteringUsesTheSelectedRows) {
  const std::vector<double> x{100, 1, 3, -100};
  EXPECT_EQ(loaded(SampleMatrix(x.data(), 4, 1).select({1, 2}).centered()), (std::vector<double>{-1, 1}));
  EXPECT_EQ(loaded(SampleMatrix(x.data(), 4, 1).centered().select({1, 2})), (std::vector<double>{-1, 1}));
}

TEST(RowLoader, AConstantColumnBecomesZeroWhenStandardized) {
  const double third = 1.0 / 3;
  std::vector<double> x;
  for (int i = 0; i < 1000; ++i) x.insert(x.end(), {third, static_cast<double>(i)});
  const std::vector<double> y = loaded(SampleMatrix(x.data(), 1000, 2).normalized(Normalize::standardize));
  for (std::size_t i = 0; i < 1000; ++i) ASSERT_EQ(y[2 * i], 0);
}

TEST(RowLoader, RowsOfExtremeLengthAreNormalized) {
  const double tiny = std::numeric_limits<double>::denorm_min(), large = std::numeric_limits<double>::max();
  const std::vector<double> x{3e200, 4e200, large, large, 3e-200, 4e-200, tiny, 0, 0, 0};
  const std::vector<double> y = loaded(SampleMatrix(x.data(), 5, 2).normalized(Normalize::l2));
  const double half = std::sqrt(0.5);
  EXPECT_TRUE(close(y, {0.6, 0.8, half, half, 0.6, 0.8, 1, 0, 0, 0}, 4 * eps));
}

TEST(ColumnMeans, AreCompensated) {
  const std::size_t n = 100000;
  std::vector<double> x(2 * n);
  for (std::size_t i = 0; i < n; ++i) {
    x[2 * i] = 1e16 + (i % 2 == 0 ? 2 : -2);  // neighbours of 1e16 are 2 apart
    x[2 * i + 1] = i % 2 == 0 ? 1e100 : (i % 4 == 1 ? -1e100 : -1e100 + 0.0);
  }
  x[0] += 1000;
  const std::vector<double> mean = column_means(SampleMatrix(x.data(), n, 2));
  EXPECT_EQ(mean[0], 1e16 + 0.0);  // exact mean 1e16 + 0.01
  EXPECT_EQ(mean[1], 0);
}

TEST(ColumnMeans, OfAConstantColumnIsTheConstant) {
  const double tenth = 0.1;
  EXPECT_EQ(column_means(SampleMatrix(&tenth, DType::f64, 12345, 1, 0, 8))[0], tenth);
}

TEST(ColumnMeans, HaveTheSameBitsForAnyNumberOfThreads) {
  const std::size_t n = 30000, d = 50;  // several blocks
  const std::vector<double> x = test::normals(n * d, 4);
  Context context;
  context.threads = 1;
  const std::vector<double> one = column_means(SampleMatrix(x.data(), n, d), context);
  for (const unsigned threads : {2U, 3U, 7U}) {
    context.threads = threads;
    EXPECT_EQ(column_means(SampleMatrix(x.data(), n, d), context), one);
    EXPECT_EQ(column_means(test::streamed(x, n, d), context), one);
  }
}

TEST(RowLoader, DirectAccessOnlyWhereMemoryIsTheTile) {
  const std::vector<double> x = test::normals(12, 5);
  const SampleMatrix m(x.data(), 4, 3);
  EXPECT_EQ(RowLoader(m).direct(DType::f64).data, x.data());
  EXPECT_EQ(RowLoader(m).direct(DType::f64).ld, 3U);
  EXPECT_EQ(RowLoader(m).direct(DType::f32).data, nullptr);
  EXPECT_EQ(RowLoader(SampleMatrix(x.data(), DType::f64, 4, 2, 24, 8)).direct(DType::f64).ld, 3U);
  const std::vector<SampleMatrix> others{m.centered(),
                                         m.normalized(Normalize::l2),
                                         m.select({0}),
                                         test::streamed(x, 4, 3),
                                         SampleMatrix(x.data(), DType::f64, 4, 3, 0, 8),
                                         SampleMatrix(x.data() + 11, DType::f64, 4, 3, -24, -8),
                                         SampleMatrix(x.data(), DType::f64, 3, 4, 8, 24),
                                         SampleMatrix(reinterpret_cast<const char*>(x.data()) + 4, DType::f64, 2, 3, 24, 8),
                                         SampleMatrix(x.data(), DType::f64, 2, 3, 28, 8)};
  for (std::size_t i = 0; i < others.size(); ++i) EXPECT_EQ(RowLoader(others[i]).direct(DType::f64).data, nullptr) << i;
}

TEST(RowLoader, CancelStopsThePass) {
  const std::vector<double> x(400000, 1.0);
  CancelToken token;
  token.request();
  Context context;
  context.cancel = &token;
  EXPECT_THROW(RowLoader(SampleMatrix(x.data(), 4000, 100).centered(), context), Cancelled);
}

}  // namespace
}  // namespace entrospect
