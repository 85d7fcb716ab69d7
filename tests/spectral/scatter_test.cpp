#include <gtest/gtest.h>

#include <cstring>
#include <memory>

#include "entrospect/core/errors.hpp"
#include "entrospect/spectral/products.hpp"
#include "spectral/levels.hpp"
#include "spectral/oracle.hpp"

namespace entrospect {
namespace {

constexpr double kEps = 2.220446049250313e-16;

// n sums of products, each rounded: error at most about n eps times the largest sum of |x_i x_j|, in practice far less.
double bound(std::size_t n, const oracle::Matrix& c, double eps = kEps) {
  return 2 * std::sqrt(static_cast<double>(n) + 8) * eps * oracle::largest(c);
}

struct Shape {
  std::size_t n, d;
};

TEST(Scatter, AgreesWithTheFormulaForEveryShapeAndLevel) {
  for (const Shape shape :
       {Shape{1, 1}, Shape{2, 1}, Shape{1, 5}, Shape{3, 2}, Shape{7, 50}, Shape{130, 23}, Shape{385, 49}, Shape{900, 193}}) {
    SCOPED_TRACE(std::to_string(shape.n) + " x " + std::to_string(shape.d));
    const auto x = oracle::samples(shape.n, shape.d, 1);
    const auto data = oracle::packed<double>(x);
    const SampleMatrix view(data.data(), shape.n, shape.d);
    const auto plain = oracle::scatter(x), centered = oracle::scatter(oracle::centered(x));
    at_every_level([&] {
      EXPECT_LE(oracle::largest_error(scatter_matrix<double>(view), plain), bound(shape.n, plain));
      EXPECT_LE(oracle::largest_error(scatter_matrix<double>(view.centered()), centered), bound(shape.n, plain));
    });
  }
}

TEST(Scatter, ManyGroupsOfRows) {
  // n large enough for side-by-side accumulation, d small enough for the long-double oracle.
  const std::size_t n = 9000, d = 5;
  const auto x = oracle::samples(n, d, 2, 3);
  const auto data = oracle::packed<double>(x);
  const SampleMatrix view(data.data(), n, d);
  const auto plain = oracle::scatter(x), centered = oracle::scatter(oracle::centered(x));
  EXPECT_LE(oracle::largest_error(scatter_matrix<double>(view), plain), bound(n, plain));
  EXPECT_LE(oracle::largest_error(scatter_matrix<double>(view.centered()), centered), bound(n, centered));
}

TEST(Scatter, CenteringSurvivesAnyMean) {
  const std::size_t n = 5000, d = 7;
  for (const double offset : {0.0, 1e4, 1e6, 1e8}) {
    SCOPED_TRACE(offset);
    const auto x = oracle::samples(n, d, 3, offset);
    const auto data = oracle::packed<double>(x);
    const auto expected = oracle::scatter(oracle::centered(x));
    const SampleMatrix view = SampleMatrix(data.data(), n, d).centered();
    EXPECT_LE(oracle::largest_error(scatter_matrix<double>(view), expected), bound(n, expected));
    // float32 products are summed over at most 384 rows before they join the float64 total, whatever the mean was.
    EXPECT_LE(oracle::largest_error(scatter_matrix<float>(view), expected), std::sqrt(384) * 6e-8 * oracle::largest(expected));
  }
}

TEST(Scatter, CenteringSurvivesADriftingMean) {
  const std::size_t n = 6000, d = 4;
  auto x = oracle::samples(n, d, 4);
  for (std::size_t i = 0; i < n; ++i)
    for (auto& value : x[i]) value = static_cast<double>(value + 1e3L * static_cast<long double>(i));
  const auto data = oracle::packed<double>(x);
  const auto expected = oracle::scatter(oracle::centered(x));
  EXPECT_LE(oracle::largest_error(scatter_matrix<double>(SampleMatrix(data.data(), n, d).centered()), expected), bound(n, expected));
}

TEST(Scatter, ConstantColumnsAndEqualRowsGiveExactZeros) {
  std::vector<double> data;
  for (int i = 0; i < 3000; ++i)
    for (const double value : {0.1, 1e8 + 0.3, -7.7}) data.push_back(value);
  const auto c = scatter_matrix<double>(SampleMatrix(data.data(), 3000, 3).centered());
  for (std::size_t i = 0; i < 9; ++i) EXPECT_EQ(c.data()[i], 0);
}

TEST(Scatter, WeightsNormalizingAndStandardizing) {
  const std::size_t n = 500, d = 11;
  const auto x = oracle::samples(n, d, 5, 2);
  const auto data = oracle::packed<double>(x);
  const SampleMatrix view(data.data(), n, d);
  std::vector<double> weights(n);
  for (std::size_t i = 0; i < n; ++i) weights[i] = static_cast<double>(i % 7) / 3;
  const auto weighted = oracle::scatter(x, weights);
  EXPECT_LE(oracle::largest_error(scatter_matrix<double>(view, weights), weighted), bound(n, weighted));
  const auto weighted_centered = oracle::scatter(oracle::centered(x), weights);
  EXPECT_LE(oracle::largest_error(scatter_matrix<double>(view.centered(), weights), weighted_centered), bound(n, weighted));
  const auto unit = oracle::scatter(oracle::row_normalized(x));
  EXPECT_LE(oracle::largest_error(scatter_matrix<double>(view.normalized(Normalize::l2)), unit), bound(n, unit));
  const auto both = oracle::scatter(oracle::row_normalized(oracle::centered(x)));
  EXPECT_LE(oracle::largest_error(scatter_matrix<double>(view.centered().normalized(Normalize::l2)), both), bound(n, both));
  const auto correlation = scatter_matrix<double>(view.normalized(Normalize::standardize));
  for (std::size_t j = 0; j < d; ++j) EXPECT_NEAR(correlation(j, j), static_cast<double>(n - 1), 100 * kEps * static_cast<double>(n));
}

TEST(Scatter, RefusesBadWeights) {
  const std::vector<double> data(6, 1.0);
  const SampleMatrix view(data.data(), 3, 2);
  EXPECT_THROW(scatter_matrix<double>(view, std::vector<double>{1, 1}), InvalidArgument);
  EXPECT_THROW(scatter_matrix<double>(view, std::vector<double>{1, -1, 1}), InvalidArgument);
  EXPECT_THROW(scatter_matrix<double>(view, std::vector<double>{1, NAN, 1}), InvalidArgument);
  EXPECT_THROW(scatter_matrix<double>(view, std::vector<double>{0, 0, 0}), InvalidArgument);
}

TEST(Scatter, ReadsEveryTypeAndLayout) {
  const std::size_t n = 200, d = 17;
  const auto x = oracle::rounded<float>(oracle::samples(n, d, 6));
  const auto expected = oracle::scatter(x);
  const auto f32 = oracle::packed<float>(x);
  EXPECT_LE(oracle::largest_error(scatter_matrix<double>(SampleMatrix(f32.data(), n, d)), expected), bound(n, expected));
  // bf16: the upper half of a float32.
  std::vector<std::uint16_t> bf16;
  oracle::Matrix cut = x;
  for (auto& row : cut)
    for (auto& value : row) {
      std::uint32_t bits = 0;
      const auto narrow = static_cast<float>(value);
      std::memcpy(&bits, &narrow, 4);
      bf16.push_back(static_cast<std::uint16_t>(bits >> 16));
      bits &= 0xffff0000U;
      float back = 0;
      std::memcpy(&back, &bits, 4);
      value = back;
    }
  const auto expected_cut = oracle::scatter(cut);
  const SampleMatrix half(bf16.data(), DType::bf16, n, d, static_cast<std::ptrdiff_t>(2 * d), 2);
  EXPECT_LE(oracle::largest_error(scatter_matrix<double>(half), expected_cut), bound(n, expected_cut));
  // Column-major, reversed rows and padded rows.
  std::vector<double> columns(n * d), padded(n * (d + 3), NAN);
  for (std::size_t i = 0; i < n; ++i)
    for (std::size_t j = 0; j < d; ++j) columns[j * n + i] = padded[i * (d + 3) + j] = static_cast<double>(x[i][j]);
  const auto stride = static_cast<std::ptrdiff_t>(sizeof(double));
  const SampleMatrix fortran(columns.data(), DType::f64, n, d, stride, stride * static_cast<std::ptrdiff_t>(n));
  const SampleMatrix wide(padded.data(), DType::f64, n, d, stride * static_cast<std::ptrdiff_t>(d + 3), stride);
  const SampleMatrix backwards(padded.data() + (n - 1) * (d + 3), DType::f64, n, d, -stride * static_cast<std::ptrdiff_t>(d + 3), stride);
  for (const SampleMatrix& view : {fortran, wide, backwards})
    EXPECT_LE(oracle::largest_error(scatter_matrix<double>(view), expected), bound(n, expected));
}

class Rows final : public RowReader {
 public:
  Rows(std::vector<double> data, std::size_t d) : data_(std::move(data)), d_(d) {}
  void read(std::size_t first, std::size_t count, std::byte* out) const override {
    std::memcpy(out, data_.data() + first * d_, count * d_ * sizeof(double));
  }

 private:
  std::vector<double> data_;
  std::size_t d_;
};

template <class T>
bool same_bits(const SymmetricMatrix<T>& a, const SymmetricMatrix<T>& b) {
  return a.n() == b.n() && std::memcmp(a.data(), b.data(), a.n() * a.n() * sizeof(T)) == 0;
}

TEST(Scatter, StreamedRowsGiveTheSameBits) {
  const std::size_t n = 7000, d = 33;
  const auto data = oracle::packed<double>(oracle::samples(n, d, 7, 5));
  const SampleMatrix memory(data.data(), n, d), streamed(std::make_shared<Rows>(data, d), DType::f64, n, d);
  EXPECT_TRUE(same_bits(scatter_matrix<double>(memory), scatter_matrix<double>(streamed)));
  EXPECT_TRUE(same_bits(scatter_matrix<double>(memory.centered()), scatter_matrix<double>(streamed.centered())));
}

TEST(Scatter, ThreadsDoNotChangeABit) {
  for (const Shape shape : {Shape{6000, 40}, Shape{700, 400}}) {
    const auto data = oracle::packed<double>(oracle::samples(shape.n, shape.d, 8, 1));
    const SampleMatrix view = SampleMatrix(data.data(), shape.n, shape.d).centered();
    Context one, several;
    one.threads = 1;
    several.threads = 5;
    EXPECT_TRUE(same_bits(scatter_matrix<double>(view, {}, one), scatter_matrix<double>(view, {}, several)));
    EXPECT_TRUE(same_bits(scatter_matrix<float>(view, {}, one), scatter_matrix<float>(view, {}, several)));
  }
}

TEST(Scatter, IsExactlySymmetric) {
  const std::size_t n = 300, d = 205;
  const auto data = oracle::packed<double>(oracle::samples(n, d, 9));
  const auto c = scatter_matrix<double>(SampleMatrix(data.data(), n, d));
  for (std::size_t i = 0; i < d; ++i)
    for (std::size_t j = 0; j < i; ++j) ASSERT_EQ(c(i, j), c(j, i));
}

}  // namespace
}  // namespace entrospect
