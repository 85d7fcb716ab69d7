#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <vector>

#include "entrospect/core/errors.hpp"
#include "entrospect/spectral/aligned_buffer.hpp"
#include "entrospect/spectral/pair_tiles.hpp"
#include "entrospect/spectral/products.hpp"
#include "entrospect/spectral/tile_kernels.hpp"
#include "spectral/levels.hpp"
#include "spectral/oracle.hpp"

namespace entrospect {
namespace {

constexpr double kEps = std::numeric_limits<double>::epsilon();

const Kernel kKernels[] = {{KernelKind::linear, 1.0},           {KernelKind::cosine, 1.0},       {KernelKind::gaussian, 1.0},
                           {KernelKind::laplacian_l1, 1.0},     {KernelKind::laplacian_l2, 1.0}, {KernelKind::polynomial, 1.0, 1, 0},
                           {KernelKind::polynomial, 1.0, 3, 1}, {KernelKind::exponential, 1.0}};

bool unit_diagonal(KernelKind kind) {
  return kind == KernelKind::cosine || kind == KernelKind::gaussian || kind == KernelKind::laplacian_l1 || kind == KernelKind::laplacian_l2;
}

TEST(Gram, AgreesWithTheFormulaForEveryKernelShapeAndLevel) {
  const std::size_t shapes[][2] = {{1, 1}, {2, 1}, {2, 5}, {5, 3}, {50, 600}, {200, 33}, {401, 7}};
  for (const auto& shape : shapes)
    for (const Kernel& kernel : kKernels) {
      const std::size_t n = shape[0], d = shape[1];
      SCOPED_TRACE(std::to_string(n) + " x " + std::to_string(d) + " " + std::string(name(kernel.kind)));
      const auto x = oracle::samples(n, d, 11);
      const auto data = oracle::packed<double>(x);
      const double width = static_cast<double>(d);
      const double sigma = kernel.kind == KernelKind::laplacian_l1 ? width : 1.5 * std::sqrt(width);
      const auto expected = oracle::gram(x, kernel, sigma);
      const SampleMatrix view(data.data(), n, d);
      // Relative to the largest value: rounding of a sum of d products, times the condition of exp (|a.b| / sigma) or of a cube.
      const double terms = 4 * std::sqrt(width) + 16;
      const double condition = unit_diagonal(kernel.kind) ? 1 : kernel.kind == KernelKind::exponential ? 4 * std::sqrt(width) : 3;
      at_every_level([&] {
        const auto k = gram_matrix<double>(view, kernel, sigma);
        EXPECT_LE(oracle::largest_error(k, expected), terms * condition * kEps * oracle::largest(expected));
        const auto narrow = gram_matrix<float>(view, kernel, sigma);
        EXPECT_LE(oracle::largest_error(narrow, expected), terms * condition * 1.2e-7 * oracle::largest(expected));
        for (std::size_t i = 0; i < n; ++i) {
          if (unit_diagonal(kernel.kind)) {
            ASSERT_EQ(k(i, i), 1);
          }
          for (std::size_t j = 0; j < i; ++j) ASSERT_EQ(k(i, j), k(j, i));
        }
      });
    }
}

// Large enough to be written past the caches; rows that start at a cache line, and rows that do not.
TEST(Gram, LargeMatricesAreWrittenWhole) {
  for (const std::size_t n : {2049, 2064}) {
    std::vector<double> x(n);
    for (std::size_t i = 0; i < n; ++i) x[i] = 1 + std::sqrt(static_cast<double>(i));
    at_every_level([&] {
      const auto k = gram_matrix<double>(SampleMatrix(x.data(), n, 1), {KernelKind::linear, 1.0}, 1);
      std::size_t wrong = 0;
      for (std::size_t i = 0; i < n; ++i)
        for (std::size_t j = 0; j < n; ++j) wrong += k(i, j) != x[i] * x[j];
      EXPECT_EQ(wrong, 0U) << n;
    });
  }
}

TEST(TileCopies, EveryShapeAndAlignment) {
  at_every_level([] {
    const detail::TileKernels<float>& kernels = detail::tile_kernels<float>();
    const std::size_t ld_in = 50, ld_out = 80;
    std::vector<float> in(40 * ld_in);
    for (std::size_t i = 0; i < in.size(); ++i) in[i] = static_cast<float>(i + 1);
    for (const std::size_t rows : {0, 1, 15, 16, 33})
      for (const std::size_t columns : {0, 1, 7, 16, 40})
        for (const std::size_t offset : {0, 3})
          for (const bool past_cache : {false, true}) {
            const detail::AlignedBuffer<float> copied(50 * ld_out), turned(50 * ld_out);
            std::fill_n(copied.data(), 50 * ld_out, 0.0F);
            std::fill_n(turned.data(), 50 * ld_out, 0.0F);
            kernels.copy(in.data(), ld_in, rows, columns, copied.data() + offset, ld_out, past_cache);
            kernels.transpose(in.data(), ld_in, rows, columns, turned.data() + offset, ld_out, past_cache);
            std::size_t wrong = 0;
            for (std::size_t i = 0; i < 48; ++i)
              for (std::size_t j = 0; j < 48; ++j) {
                const bool inside = i < rows && j < columns;
                wrong += copied.data()[i * ld_out + j + offset] != (inside ? in[i * ld_in + j] : 0);
                wrong += turned.data()[j * ld_out + i + offset] != (inside ? in[i * ld_in + j] : 0);
              }
            EXPECT_EQ(wrong, 0U) << rows << " x " << columns << " at " << offset;
          }
  });
}

TEST(Gram, GaussianInSinglePrecisionIsAccurateAtALargeMean) {
  const std::size_t n = 600, d = 64;
  const auto x = oracle::rounded<float>(oracle::samples(n, d, 12, 100));
  const auto data = oracle::packed<float>(x);
  const Kernel kernel{KernelKind::gaussian, 1.0};
  const double sigma = 11.3;
  const auto expected = oracle::gram(x, kernel, sigma);
  at_every_level(
      [&] { EXPECT_LE(oracle::largest_error(gram_matrix<float>(SampleMatrix(data.data(), n, d), kernel, sigma), expected), 5e-7); });
}

TEST(Gram, NearbyPointsFarFromTheRestKeepTheirDistances) {
  // Clusters 1e4 bandwidths from the center: |a|^2 + |b|^2 - 2 a.b alone would lose every digit of the distances inside them.
  const std::size_t n = 90, d = 3;
  auto x = oracle::samples(n, d, 13);
  for (std::size_t i = 0; i < n; ++i) x[i][i % 3] += 1e4L * (i % 2 == 0 ? 1 : -1);
  const auto data = oracle::packed<double>(x);
  x = oracle::rounded<double>(x);
  const SampleMatrix view(data.data(), n, d);
  for (const KernelKind kind : {KernelKind::gaussian, KernelKind::laplacian_l2, KernelKind::laplacian_l1}) {
    SCOPED_TRACE(name(kind));
    const Kernel kernel{kind, 1.0};
    const auto expected = oracle::gram(x, kernel, 1);
    // Subtracting the common point rounds coordinates of size 1e4.
    at_every_level([&] { EXPECT_LE(oracle::largest_error(gram_matrix<double>(view, kernel, 1), expected), 1e4 * 8 * kEps); });
  }
}

TEST(Gram, DuplicatesHaveAffinityOneExactly) {
  const std::size_t n = 40, d = 9;
  auto x = oracle::samples(n, d, 14, 1e3);
  for (std::size_t i = 1; i < n; i += 2) x[i] = x[i - 1];
  const auto data = oracle::packed<double>(x);
  for (const KernelKind kind : {KernelKind::gaussian, KernelKind::laplacian_l2, KernelKind::laplacian_l1}) {
    const auto k = gram_matrix<double>(SampleMatrix(data.data(), n, d), {kind, 1.0}, 0.01);
    for (std::size_t i = 1; i < n; i += 2) EXPECT_EQ(k(i, i - 1), 1) << name(kind);
  }
}

TEST(Gram, ThreadsDoNotChangeABit) {
  const std::size_t n = 500, d = 20;
  const auto data = oracle::packed<double>(oracle::samples(n, d, 15));
  Context one, several;
  one.threads = 1;
  several.threads = 5;
  for (const Kernel& kernel : kKernels) {
    const auto a = gram_matrix<double>(SampleMatrix(data.data(), n, d), kernel, 9, one);
    const auto b = gram_matrix<double>(SampleMatrix(data.data(), n, d), kernel, 9, several);
    EXPECT_EQ(std::memcmp(a.data(), b.data(), n * n * sizeof(double)), 0) << name(kernel.kind);
  }
}

TEST(Gram, StripsThatDoNotFitTogetherMeetEachOther) {
  const std::size_t n = 900, d = 13;
  const auto x = oracle::samples(n, d, 17);
  const auto data = oracle::packed<double>(x);
  detail::PairFunction<double> f;
  f.strip_bytes = 200 * d * sizeof(double);  // one tile a strip: five strips
  std::vector<int> visits(n * n);
  std::vector<double> k(n * n);
  detail::for_each_pair_tile<double>(SampleMatrix(data.data(), n, d), f, {}, [&](const detail::PairTile<double>& t) {
    for (std::size_t i = 0; i < t.rows; ++i)
      for (std::size_t j = 0; j < t.columns; ++j) {
        ++visits[(t.row + i) * n + t.column + j];
        k[(t.row + i) * n + t.column + j] = t.values[i * t.ld + j];
      }
  });
  for (std::size_t i = 0; i < n; ++i)
    for (std::size_t j = i; j < n; ++j) {
      ASSERT_EQ(visits[i * n + j], 1) << i << ", " << j;
      long double expected = 0;
      for (std::size_t c = 0; c < d; ++c) expected += x[i][c] * x[j][c];
      ASSERT_NEAR(k[i * n + j], static_cast<double>(expected), 64 * kEps * 13);
    }
}

TEST(Gram, CenteredAndNormalizedViews) {
  const std::size_t n = 60, d = 8;
  const auto x = oracle::samples(n, d, 16, 3);
  const auto data = oracle::packed<double>(x);
  const SampleMatrix view = SampleMatrix(data.data(), n, d).centered().normalized(Normalize::l2);
  const Kernel linear{KernelKind::linear, 1.0};
  const auto expected = oracle::gram(oracle::row_normalized(oracle::centered(x)), linear, 1);
  EXPECT_LE(oracle::largest_error(gram_matrix<double>(view, linear, 1), expected), 64 * kEps);
}

template <class Call>
std::string message(Call call) {
  try {
    call();
  } catch (const InvalidArgument& e) {
    return e.what();
  }
  return "no error";
}

TEST(Gram, RefusesWhatIsNotDefined) {
  const std::vector<double> zero_row{1, 2, 0, 0, 3, 4}, huge{1e3, 1e3, 2e3, 1e3, 0, 1};
  const SampleMatrix with_zero(zero_row.data(), 3, 2), large(huge.data(), 3, 2);
  EXPECT_NE(message([&] { gram_matrix<double>(with_zero, {KernelKind::cosine, 1.0}, 1); }).find("row 1"), std::string::npos);
  const std::string overflow = message([&] { gram_matrix<double>(large, {KernelKind::exponential, 1.0}, 1); });
  EXPECT_NE(overflow.find("rows 0 and 0 is inf"), std::string::npos) << overflow;
  EXPECT_NE(message([&] { gram_matrix<double>(large, {KernelKind::gaussian, 1.0}, 0); }).find("(0, inf)"), std::string::npos);
  EXPECT_NE(message([&] { gram_matrix<double>(large, {KernelKind::polynomial, 1.0, 2.5}, 1); }).find("whole number"), std::string::npos);
  EXPECT_NE(message([&] { gram_matrix<double>(large, {KernelKind::polynomial, 1.0, 2, -1}, 1); }).find("[0, inf)"), std::string::npos);
  EXPECT_NE(message([&] { gram_matrix<double>(large, {KernelKind::precomputed, 1.0}, 1); }).find("precomputed"), std::string::npos);
}

TEST(SymmetricMatrix, RefusesAnOrderWhoseSquareOverflows) {
  EXPECT_THROW(SymmetricMatrix<double>(std::numeric_limits<std::size_t>::max() / 4), InvalidArgument);
  EXPECT_THROW(SymmetricMatrix<float>(std::size_t{1} << 33), InvalidArgument);
  const std::string text = message([] { SymmetricMatrix<double>(1'000'000); });  // 8e12 bytes: refused before they are asked for
  EXPECT_NE(text.find("needs 8000 GB of memory"), std::string::npos) << text;
}

TEST(SymmetricMatrix, TraceAndSquaresAreCompensated) {
  SymmetricMatrix<double> a(3);
  const double values[] = {1e16, 1, 0, 1, 1, 2, 0, 2, -1e16};
  std::memcpy(a.data(), values, sizeof values);
  EXPECT_EQ(a.trace(), 1);
  EXPECT_EQ(a.copy().trace(), 1);
  EXPECT_NEAR(a.copy().frobenius2(), 2e32, 1e17);
}

TEST(Precomputed, NamesWhatIsWrong) {
  const std::vector<double> good{2, 1, 1, 3}, skew{2, 1, 1.5, 3}, bad{1, 0, NAN, 1}, wide(6, 1.0);
  const auto k = precomputed_matrix(SampleMatrix(good.data(), 2, 2));
  EXPECT_EQ(k(0, 1), 1);
  EXPECT_EQ(k(1, 1), 3);
  const std::string asymmetric = message([&] { precomputed_matrix(SampleMatrix(skew.data(), 2, 2)); });
  EXPECT_NE(asymmetric.find("(1, 0)"), std::string::npos) << asymmetric;
  EXPECT_NE(asymmetric.find("0.5"), std::string::npos) << asymmetric;
  EXPECT_NE(message([&] { precomputed_matrix(SampleMatrix(bad.data(), 2, 2)); }).find("(1, 0)"), std::string::npos);
  EXPECT_NE(message([&] { precomputed_matrix(SampleMatrix(wide.data(), 2, 3)); }).find("2 x 3"), std::string::npos);
  EXPECT_THROW(precomputed_matrix(SampleMatrix(good.data(), 2, 2).centered()), InvalidArgument);
}

// A function of two rows is asked once per pair, on rows as centering and normalizing leave them.
TEST(GramMatrix, KernelsOfYourOwn) {
  const auto data = oracle::packed<double>(oracle::samples(20, 3, 77));
  const SampleMatrix x = SampleMatrix(data.data(), 20, 3).centered().normalized(Normalize::l2);
  std::size_t calls = 0;
  const SampleMatrix k = kernel_samples(x, [&](std::span<const double> a, std::span<const double> b) {
    ++calls;
    double out = 0;
    for (std::size_t j = 0; j < a.size(); ++j) out += a[j] * b[j];
    return out;
  });
  EXPECT_EQ(calls, 20U * 21 / 2);
  const SymmetricMatrix<double> found = precomputed_matrix(k), expected = gram_matrix<double>(x, {KernelKind::linear}, 1);
  for (std::size_t i = 0; i < 20; ++i)
    for (std::size_t j = 0; j < 20; ++j) EXPECT_NEAR(found(i, j), expected(i, j), 1e-15);
  EXPECT_THROW(kernel_samples(x, [](auto, auto) { return std::nan(""); }), InvalidArgument);
  EXPECT_THROW(kernel_samples(x, {}), InvalidArgument);
}

}  // namespace
}  // namespace entrospect
