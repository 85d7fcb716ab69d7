#include "entrospect/spectral/gradient.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <numbers>
#include <random>

#include "entrospect/core/errors.hpp"
#include "entrospect/spectral/eigenvectors.hpp"

namespace entrospect {
namespace {

constexpr double kEps = std::numeric_limits<double>::epsilon();

using Entries = std::function<double(std::size_t, std::size_t)>;

SymmetricMatrix<double> matrix(std::size_t n, const Entries& entry) {
  SymmetricMatrix<double> out(n);
  for (std::size_t i = 0; i < n; ++i)
    for (std::size_t j = 0; j < n; ++j) out(i, j) = entry(std::min(i, j), std::max(i, j));
  return out;
}

std::vector<double> normals(std::size_t count, unsigned seed) {
  std::mt19937_64 engine(seed);
  std::normal_distribution<double> normal;
  std::vector<double> out(count);
  for (double& v : out) v = normal(engine);
  return out;
}

// |A u - lam u| and U U^T - I of a backward-stable solver: a modest multiple of n eps, degenerate or not.
TEST(Eigenvectors, ResidualAndOrthogonality) {
  const double pi = std::numbers::pi;
  const std::vector<std::pair<std::string, Entries>> fixtures{
      {"identity", [](auto i, auto j) { return i == j ? 1.0 : 0.0; }},
      {"rank 1", [](auto i, auto j) { return static_cast<double>((i + 1) * (j + 1)); }},
      {"cycle", [pi](auto i, auto j) { return std::cos(2 * pi * static_cast<double>(j - i) / 20); }},
      {"hilbert", [](auto i, auto j) { return 1.0 / static_cast<double>(i + j + 1); }}};
  for (const auto& [what, entry] : fixtures)
    for (const std::size_t n : {1U, 20U, 100U, 300U}) {
      std::vector<Backend> backends{Backend::dense_eigen};
      if (lapack_available()) backends.push_back(Backend::lapack_one_stage);
      const SymmetricMatrix<double> a = matrix(n, entry);
      const double allowed = 64 * static_cast<double>(n) * kEps, scale = std::sqrt(a.frobenius2());
      for (const Backend backend : backends) {
        SCOPED_TRACE(what + " of order " + std::to_string(n) + " by " + std::string(name(backend)));
        const detail::DenseEigenvectors found = detail::dense_eigenvectors(a.copy(), backend, 1, {});
        ASSERT_EQ(found.status, Status::ok);
        EXPECT_TRUE(std::is_sorted(found.values.rbegin(), found.values.rend()));
        double residual = 0, dependence = 0;
        for (std::size_t r = 0; r < n; ++r) {
          const double* const u = found.vectors.data() + r * n;
          for (std::size_t i = 0; i < n; ++i) {
            double au = -found.values[n - 1 - r] * u[i], uu = r == i ? -1.0 : 0.0;
            for (std::size_t j = 0; j < n; ++j) {
              au += a(i, j) * u[j];
              uu += u[j] * found.vectors[i * n + j];
            }
            residual = std::max(residual, std::abs(au));
            dependence = std::max(dependence, std::abs(uu));
          }
        }
        EXPECT_LE(residual, allowed * scale);
        EXPECT_LE(dependence, allowed);
      }
    }
}

TEST(Eigenvectors, TheTwoStageSolverHasNone) {
  EXPECT_NE(detail::select_vector_backend(4000, Backend::automatic), Backend::lapack_two_stage);
  EXPECT_EQ(detail::select_vector_backend(10, Backend::automatic), Backend::dense_eigen);
  EXPECT_EQ(detail::select_vector_backend(4000, Backend::dense_eigen), Backend::dense_eigen);
  EXPECT_THROW((void)detail::select_vector_backend(4000, Backend::lapack_two_stage), InvalidArgument);
}

// F = sum lam^3 and its slopes, for affinities that no estimator asks for.
template <class Affinity>
void expect_exact(const Affinity& affinity, std::vector<double> x, std::size_t n, std::size_t d,
                  const std::function<SampleMatrix(SampleMatrix)>& view) {
  const auto value = [&](Decomposition* wanted) {
    SpectrumOptions options;
    options.decomposition = wanted;
    return spectrum(view(SampleMatrix(x.data(), n, d)), affinity, options);
  };
  const auto cubes = [](const Spectrum& s) {
    double sum = 0;
    for (const double v : s.values) sum += v * v * v;
    return sum;
  };
  Decomposition decomposition;
  const auto s = value(&decomposition);
  Slopes slopes;
  for (const double v : s->values) slopes.each.push_back(3 * v * v);
  const SampleGradient g = gradient(view(SampleMatrix(x.data(), n, d)), affinity, *s, decomposition, slopes);
  ASSERT_EQ(g.values.size(), n * d);
  const double largest =
      std::abs(*std::max_element(g.values.begin(), g.values.end(), [](double a, double b) { return std::abs(a) < std::abs(b); }));
  for (std::size_t i = 0; i < x.size(); ++i) {
    constexpr double step = 1e-5;
    const double at = x[i];
    x[i] = at + step;
    const double above = cubes(*value(nullptr));
    x[i] = at - step;
    const double below = cubes(*value(nullptr));
    x[i] = at;
    EXPECT_NEAR(g.values[i], (above - below) / (2 * step), 1e-7 * std::max(1.0, largest)) << "entry " << i;
  }
}

TEST(SampleGradient, AffinitiesOutsideTheCatalogue) {
  const std::vector<double> x = normals(6 * 3, 1);
  std::vector<double> positive;
  for (const double v : x) positive.push_back(1 + std::abs(v));
  const auto plain = [](const SampleMatrix& v) { return v; };
  expect_exact(Diffusion{{KernelKind::linear}, 0.5}, positive, 6, 3, plain);
  expect_exact(Diffusion{{KernelKind::cosine}, 1.0}, positive, 6, 3, plain);
  expect_exact(Gram{{KernelKind::cosine}, Side::gram, {1, 2, 0, 1, 1, 1}}, x, 6, 3, plain);
  expect_exact(Gram{{KernelKind::cosine}, Side::covariance, {1, 2, 0, 1, 1, 1}}, x, 6, 3, plain);
  // Cosines of standardized rows: two normalizations in a row.
  expect_exact(Gram{{KernelKind::cosine}, Side::automatic, {}}, x, 6, 3,
               [](const SampleMatrix& v) { return v.normalized(Normalize::standardize); });
  expect_exact(Gram{{KernelKind::cosine}, Side::gram, {}}, x, 6, 3, [](const SampleMatrix& v) { return v.centered(); });
  expect_exact(Covariance{5, Side::gram}, x, 6, 3, [](const SampleMatrix& v) { return v.centered().normalized(Normalize::l2); });
  expect_exact(Covariance{0.1, Side::covariance}, x, 6, 3, plain);
}

TEST(SampleGradient, RefusesWhatHasNone) {
  const std::vector<double> k{1, 0.5, 0.5, 1};
  Decomposition decomposition;
  SpectrumOptions options;
  options.decomposition = &decomposition;
  const SampleMatrix x(k.data(), 2, 2);
  const Gram given{{KernelKind::precomputed}, Side::automatic, {}};
  const auto s = spectrum(x, given, options);
  EXPECT_THROW((void)gradient(x, given, *s, decomposition, {{1, 1}}), InvalidArgument);
  options.solver.precision = Precision::single;
  EXPECT_THROW((void)spectrum(x, Covariance{}, options), InvalidArgument);
}

TEST(SampleGradient, IsMissingWithTheEigenvectors) {
  const std::vector<double> x{1, 2, 3, 4};
  Spectrum s;
  s.values = {1, 0};
  s.side = "covariance";
  const SampleGradient g = gradient(SampleMatrix(x.data(), 2, 2), Covariance{}, s, Decomposition{}, {{1, 1}});
  EXPECT_EQ(g.values.size(), 4U);
  EXPECT_TRUE(std::all_of(g.values.begin(), g.values.end(), [](double v) { return std::isnan(v); }));
}

// A memo never answers a request for eigenvectors with a spectrum that has none.
TEST(SampleGradient, IsNotTakenFromAMemo) {
  const std::vector<double> x = normals(12, 3);
  Memo memo;
  Context context;
  context.memo = &memo;
  const SampleMatrix view(x.data(), 4, 3);
  (void)spectrum(view, Covariance{}, {}, context);
  Decomposition decomposition;
  SpectrumOptions options;
  options.decomposition = &decomposition;
  (void)spectrum(view, Covariance{}, options, context);
  EXPECT_EQ(decomposition.vectors.size(), 9U);
}

}  // namespace
}  // namespace entrospect
