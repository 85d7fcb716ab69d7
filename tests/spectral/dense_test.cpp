#include "entrospect/spectral/dense.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <vector>

#include "entrospect/core/errors.hpp"
#include "entrospect/core/random.hpp"

#if defined(ENTROSPECT_HAVE_LAPACK)

namespace entrospect::detail {
namespace {

// H D H with a random reflector H = I - 2 v v^T: a dense matrix whose eigenvalues are exactly those of D, up to round-off of the product.
template <class T>
SymmetricMatrix<T> reflected(const std::vector<double>& eigenvalues) {
  const std::size_t n = eigenvalues.size();
  RandomStream random(11, n);
  std::vector<double> v(n);
  double norm2 = 0, vdv = 0;
  for (double& x : v) {
    x = random.normal();
    norm2 += x * x;
  }
  for (double& x : v) x /= std::sqrt(norm2);
  for (std::size_t i = 0; i < n; ++i) vdv += v[i] * v[i] * eigenvalues[i];
  SymmetricMatrix<T> a(n);
  for (std::size_t i = 0; i < n; ++i)
    for (std::size_t j = 0; j < n; ++j)
      a.data()[i * n + j] = static_cast<T>((i == j ? eigenvalues[i] : 0) - 2 * v[i] * v[j] * (eigenvalues[i] + eigenvalues[j] - 2 * vdv));
  return a;
}

template <class T>
DenseEigenvalues two_stage(const std::vector<double>& eigenvalues, const Context& context = {}) {
  return dense_eigenvalues(reflected<T>(eigenvalues), Backend::lapack_two_stage, 1, context);
}

std::vector<double> descending(std::vector<double> values) {
  std::sort(values.begin(), values.end(), std::greater<>());
  return values;
}

template <class T>
void expect_eigenvalues(const std::vector<double>& eigenvalues) {
  const std::size_t n = eigenvalues.size();
  const DenseEigenvalues got = two_stage<T>(eigenvalues);
  ASSERT_EQ(got.status, Status::ok) << got.reason;
  const std::vector<double> truth = descending(eigenvalues);
  double largest = 0;
  for (const double x : truth) largest = std::max(largest, std::abs(x));
  // Backward stability: |error| <= c n eps |A|; the entries themselves are rounded to T.
  const double bound = 8 * static_cast<double>(n) * std::numeric_limits<T>::epsilon() * largest;
  for (std::size_t i = 0; i < n; ++i) EXPECT_NEAR(got.values[i], truth[i], bound) << "eigenvalue " << i << " of " << n;
}

// Orders on both sides of every edge: no panel, a panel of one row, partial panels, whole panels, several tiles.
constexpr std::size_t kOrders[] = {1, 2, 3, 63, 64, 65, 66, 67, 127, 128, 129, 130, 193, 300, 850};

TEST(TwoStage, FindsAKnownDecayingSpectrum) {
  for (const std::size_t n : kOrders) {
    std::vector<double> eigenvalues(n);
    for (std::size_t i = 0; i < n; ++i) eigenvalues[i] = 1 / static_cast<double>(i + 1);
    expect_eigenvalues<double>(eigenvalues);
    expect_eigenvalues<float>(eigenvalues);
  }
}

TEST(TwoStage, KeepsMultiplicitiesZerosAndSigns) {
  for (const std::size_t n : kOrders) {
    std::vector<double> eigenvalues(n);
    for (std::size_t i = 0; i < n; ++i) eigenvalues[i] = static_cast<double>(i % 3) - 1;  // about n/3 each of -1, 0, 1
    expect_eigenvalues<double>(eigenvalues);
  }
}

TEST(TwoStage, GivesTheSameBitsForAnyNumberOfThreads) {
  std::vector<double> eigenvalues(900);
  for (std::size_t i = 0; i < eigenvalues.size(); ++i) eigenvalues[i] = std::exp(-0.01 * static_cast<double>(i));
  std::vector<double> first;
  for (const unsigned threads : {1U, 2U, 3U, 7U}) {
    Context context;
    context.threads = threads;
    const std::vector<double> got = two_stage<double>(eigenvalues, context).values;
    if (first.empty()) first = got;
    EXPECT_EQ(got, first) << threads << " threads";
  }
}

TEST(TwoStage, StopsWhenAsked) {
  CancelToken token;
  token.request();
  Context context;
  context.cancel = &token;
  EXPECT_THROW(two_stage<double>(std::vector<double>(300, 1.0), context), Cancelled);
}

}  // namespace
}  // namespace entrospect::detail

#endif
