#include "entrospect/spectral/band_chase.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "entrospect/core/parallel.hpp"
#include "entrospect/core/random.hpp"
#include "entrospect/spectral/dense.hpp"
#include "spectral/levels.hpp"

namespace entrospect::detail {
namespace {

template <class T>
struct Tridiagonal {
  bool ok = false;
  std::vector<T> diagonal, off_diagonal;
  bool operator==(const Tridiagonal&) const = default;
};

template <class T>
Tridiagonal<T> reduce(BandMatrix<T> band, unsigned threads = 1) {
  Context context;
  context.threads = threads;
  Tridiagonal<T> out{false, std::vector<T>(band.n), std::vector<T>(band.n)};
  out.ok = reduce_to_tridiagonal(band, out.diagonal.data(), out.off_diagonal.data(), context);
  return out;
}

template <class T>
BandMatrix<T> random_band(std::size_t n, std::size_t width, double scale = 1) {
  RandomStream random(5, n);
  BandMatrix<T> band(n);
  for (std::size_t j = 0; j < n; ++j)
    for (std::size_t i = 0; i <= width && j + i < n; ++i) band.column(j)[i] = static_cast<T>(scale * random.normal());
  return band;
}

// Of the matrix whose entry (j + i, j), 0 <= i <= width, is entry(i, j).
template <class T, class Entry>
std::vector<double> eigenvalues(std::size_t n, std::size_t width, Entry entry) {
  std::vector<double> a(n * n), values(n);
  for (std::size_t j = 0; j < n; ++j)
    for (std::size_t i = 0; i <= width && j + i < n; ++i) a[j * n + j + i] = a[(j + i) * n + j] = static_cast<double>(entry(i, j));
  EXPECT_TRUE(eigen_eigenvalues(a.data(), n, values.data()));
  return values;
}

template <class T>
void expect_similar(std::size_t n, std::size_t width) {
  BandMatrix<T> band = random_band<T>(n, width);
  const Tridiagonal<T> t = reduce(band);
  ASSERT_TRUE(t.ok);
  EXPECT_EQ(t.off_diagonal.back(), 0);
  const auto truth = eigenvalues<T>(n, width, [&](std::size_t i, std::size_t j) { return band.column(j)[i]; });
  const auto got = eigenvalues<T>(n, 1, [&](std::size_t i, std::size_t j) { return i == 0 ? t.diagonal[j] : t.off_diagonal[j]; });
  const double largest = std::max(std::abs(truth.front()), std::abs(truth.back()));
  // Backward stability: |error| <= c n eps |A|.
  const double bound = 8 * static_cast<double>(n) * std::numeric_limits<T>::epsilon() * largest;
  for (std::size_t i = 0; i < n; ++i) EXPECT_NEAR(got[i], truth[i], bound) << "eigenvalue " << i << " of " << n;
}

TEST(BandChase, KeepsTheEigenvaluesAtEveryOrderAndLevel) {
  at_every_level([] {
    // One block, a block of one row, partial and whole blocks, more than one item of sweeps.
    for (const std::size_t n : {1, 2, 3, 9, 10, 11, 64, 65, 66, 128, 129, 130, 200, 257}) {
      expect_similar<double>(n, kBandWidth);
      expect_similar<float>(n, kBandWidth);
    }
    expect_similar<double>(150, 5);
  });
}

TEST(BandChase, LeavesATridiagonalMatrixAlone) {
  at_every_level([] {
    BandMatrix<double> band = random_band<double>(140, 1);
    const Tridiagonal<double> t = reduce(band);
    ASSERT_TRUE(t.ok);
    for (std::size_t j = 0; j < band.n; ++j) {
      EXPECT_EQ(t.diagonal[j], band.column(j)[0]);
      EXPECT_EQ(t.off_diagonal[j], band.column(j)[1]);
    }
  });
}

TEST(BandChase, ScalesWithTheMatrixToTheEndsOfTheRange) {
  const Tridiagonal<double> middle = reduce(random_band<double>(150, kBandWidth));
  for (const int exponent : {-900, 900}) {  // a power of two: nothing is rounded
    const Tridiagonal<double> t = reduce(random_band<double>(150, kBandWidth, std::ldexp(1.0, exponent)));
    ASSERT_TRUE(t.ok);
    for (std::size_t j = 0; j < 150; ++j) {
      EXPECT_EQ(t.diagonal[j], std::ldexp(middle.diagonal[j], exponent));
      EXPECT_EQ(t.off_diagonal[j], std::ldexp(middle.off_diagonal[j], exponent));
    }
  }
}

// Columns so small beside the largest entry that their squares underflow.
TEST(BandChase, SurvivesNegligibleEntries) {
  for (const double small : {1e-300, 1e-160, 1e-150, 1e-140, 1e-130}) {
    const std::size_t n = 150;
    BandMatrix<double> band = random_band<double>(n, kBandWidth, small);
    for (std::size_t j = 0; j < n; ++j) band.column(j)[0] = 1 + static_cast<double>(j);
    const Tridiagonal<double> t = reduce(band);
    ASSERT_TRUE(t.ok);
    const auto got = eigenvalues<double>(n, 1, [&](std::size_t i, std::size_t j) { return i == 0 ? t.diagonal[j] : t.off_diagonal[j]; });
    const double bound = 8 * static_cast<double>(n * n) * std::numeric_limits<double>::epsilon();  // the largest eigenvalue is n
    for (std::size_t i = 0; i < n; ++i) EXPECT_NEAR(got[i], 1 + static_cast<double>(i), bound) << small;
  }
}

TEST(BandChase, GivesTheSameBitsForAnyNumberOfThreads) {
  const BandMatrix<double> band = random_band<double>(700, kBandWidth);
  const Tridiagonal<double> one = reduce(band);
  for (const unsigned threads : {2U, 3U, 7U, 16U}) EXPECT_EQ(reduce(band, threads), one) << threads << " threads";
}

TEST(BandChase, RefusesWhatIsNotFinite) {
  for (const double bad : {std::numeric_limits<double>::infinity(), std::numeric_limits<double>::quiet_NaN()}) {
    BandMatrix<double> band = random_band<double>(70, kBandWidth);
    band.column(30)[7] = bad;
    EXPECT_FALSE(reduce(band).ok);
  }
}

TEST(BandChase, StopsWhenAskedWhileThreadsWaitForEachOther) {
  CancelToken token;
  int polls = 0;
  token.poll = [&] { return ++polls > 1; };  // asked at most every 50 ms: in the middle of the work
  Context context;
  context.cancel = &token;
  context.threads = 4;
  BandMatrix<double> band = random_band<double>(12000, kBandWidth);
  std::vector<double> diagonal(band.n), off_diagonal(band.n);
  EXPECT_THROW(reduce_to_tridiagonal(band, diagonal.data(), off_diagonal.data(), context), Cancelled);
}

}  // namespace
}  // namespace entrospect::detail
