// Neighbors, their graphs and sparse operators against double loops.

#include "entrospect/spectral/neighbors.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "entrospect/core/errors.hpp"
#include "entrospect/spectral/spectrum.hpp"
#include "spectral/oracle.hpp"

namespace entrospect {
namespace {

constexpr double kEps = std::numeric_limits<double>::epsilon();

struct Packed {
  std::size_t n, d;
  std::vector<double> values;
  [[nodiscard]] SampleMatrix view() const { return {values.data(), n, d}; }
};

Packed normal(std::size_t n, std::size_t d, unsigned seed, double offset = 0) {
  return {n, d, oracle::packed<double>(oracle::samples(n, d, seed, offset))};
}

// Values 0, 1, 2: most distances are shared by many pairs, and many rows are equal.
Packed coarse(std::size_t n, std::size_t d) {
  Packed out = normal(n, d, 5);
  for (double& v : out.values) v = std::round(std::clamp(v, -1.0, 1.0)) + 1;
  return out;
}

// The whole order of the other rows, by distances summed as they are written down.
std::vector<std::pair<double, std::size_t>> ranking(const Packed& x, std::size_t i, Metric metric) {
  std::vector<std::pair<double, std::size_t>> out;
  for (std::size_t j = 0; j < x.n; ++j) {
    if (j == i) continue;
    double total = 0;
    for (std::size_t k = 0; k < x.d; ++k) {
      const double difference = x.values[i * x.d + k] - x.values[j * x.d + k];
      total += metric == Metric::l1 ? std::abs(difference) : difference * difference;
    }
    out.emplace_back(metric == Metric::l1 ? total : std::sqrt(total), j);
  }
  std::sort(out.begin(), out.end());
  return out;
}

TEST(Neighbors, AreThoseOfADoubleLoop) {
  for (const Packed& x : {normal(50, 3, 1), normal(230, 20, 2), normal(200, 4, 3, 1e6), coarse(200, 4), normal(5, 1, 4)})
    for (const Metric metric : {Metric::l2, Metric::l1})
      for (const std::size_t k : {std::size_t{1}, std::min(x.n - 1, std::size_t{40})}) {
        const NearestNeighbors near = nearest_neighbors(x.view(), k, metric);
        for (std::size_t i = 0; i < x.n; ++i) {
          const auto expected = ranking(x, i, metric);
          for (std::size_t m = 0; m < k; ++m) {
            ASSERT_NEAR(near.distance[i * k + m], expected[m].first, 4 * kEps * expected[m].first) << "row " << i << " neighbor " << m;
            // Sums in another order may swap two rows at the same distance up to rounding.
            if (expected[m].second != near.index[i * k + m]) {
              const auto tied =
                  std::find_if(expected.begin(), expected.end(), [&](const auto& c) { return c.second == near.index[i * k + m]; });
              EXPECT_NEAR(tied->first, expected[m].first, 4 * static_cast<double>(x.d) * kEps * expected[m].first);
            }
          }
        }
      }
}

TEST(Neighbors, DoNotDependOnThreads) {
  const Packed x = coarse(700, 3);
  Context one, three;
  one.threads = 1;
  three.threads = 3;
  const NearestNeighbors a = nearest_neighbors(x.view(), 6, Metric::l2, one), b = nearest_neighbors(x.view(), 6, Metric::l2, three);
  EXPECT_EQ(a.index, b.index);
  EXPECT_EQ(a.distance, b.distance);
}

TEST(Neighbors, OfEqualRowsAreTheFirst) {
  const std::vector<double> values(600, 2.5);
  const NearestNeighbors near = nearest_neighbors(SampleMatrix(values.data(), 300, 2), 3);
  EXPECT_EQ(near.searched_again, 0U);
  for (std::size_t i = 0; i < 300; ++i)
    for (std::size_t m = 0; m < 3; ++m) EXPECT_EQ(near.index[i * 3 + m], m < i ? m : m + 1) << i;
}

TEST(Neighbors, NeedAsManyRows) {
  const Packed x = normal(6, 2, 1);
  for (const std::size_t k : {std::size_t{0}, std::size_t{6}, std::size_t{100}})
    EXPECT_THROW(nearest_neighbors(x.view(), k), InvalidArgument);
}

oracle::Matrix dense_graph(const Packed& x, std::size_t k, GraphWeights weights, Symmetrize symmetrize) {
  oracle::Matrix out(x.n, std::vector<long double>(x.n, 0)), directed = out;
  std::vector<double> scale(x.n);
  for (std::size_t i = 0; i < x.n; ++i) scale[i] = ranking(x, i, Metric::l2)[k - 1].first;
  for (std::size_t i = 0; i < x.n; ++i) {
    const auto near = ranking(x, i, Metric::l2);
    for (std::size_t m = 0; m < k; ++m)
      directed[i][near[m].second] =
          weights == GraphWeights::ones ? 1 : std::exp(-near[m].first * near[m].first / (scale[i] * scale[near[m].second]));
  }
  for (std::size_t i = 0; i < x.n; ++i)
    for (std::size_t j = 0; j < x.n; ++j)
      out[i][j] =
          i == j ? 1
                 : (symmetrize == Symmetrize::either ? std::max(directed[i][j], directed[j][i]) : std::min(directed[i][j], directed[j][i]));
  return out;
}

TEST(NeighborGraph, UnionAndMutual) {
  const Packed x = normal(60, 3, 9);
  for (const GraphWeights weights : {GraphWeights::local_scale, GraphWeights::ones})
    for (const Symmetrize symmetrize : {Symmetrize::either, Symmetrize::mutual}) {
      const SparseOperator a(neighbor_graph(nearest_neighbors(x.view(), 5), weights, symmetrize));
      const oracle::Matrix expected = dense_graph(x, 5, weights, symmetrize);
      const SymmetricMatrix<double> found = a.dense({});
      long double trace = 0, squares = 0;
      for (std::size_t i = 0; i < x.n; ++i)
        for (std::size_t j = 0; j < x.n; ++j) {
          EXPECT_NEAR(found(i, j), static_cast<double>(expected[i][j]), 32 * kEps);
          squares += expected[i][j] * expected[i][j];
          trace += i == j ? expected[i][j] : 0;
        }
      EXPECT_NEAR(*a.trace(), static_cast<double>(trace), 1e-12);
      EXPECT_NEAR(*a.frobenius2(), static_cast<double>(squares), 1e-11);
      std::vector<double> in(x.n * 3), out(x.n * 3);
      for (std::size_t i = 0; i < in.size(); ++i) in[i] = std::sin(static_cast<double>(i));
      a.apply(in.data(), out.data(), 3, {});
      for (std::size_t i = 0; i < x.n; ++i)
        for (std::size_t c = 0; c < 3; ++c) {
          double total = 0;
          for (std::size_t j = 0; j < x.n; ++j) total += found(i, j) * in[j * 3 + c];
          EXPECT_NEAR(out[i * 3 + c], total, 1e-14 * static_cast<double>(x.n));
        }
    }
}

TEST(NeighborGraph, LeadingValuesAreThoseOfTheDenseMatrix) {
  if (!lanczos_available()) GTEST_SKIP() << "built without Spectra";
  const Packed x = normal(300, 5, 11);
  const NeighborGraph graph{.k = 8};
  const auto all = spectrum(x.view(), graph);
  ASSERT_TRUE(all->complete);
  EXPECT_NEAR(all->values.front(), 1, 1e-13);
  SpectrumOptions few;
  few.solver.backend = Backend::lanczos;
  few.leading = 12;
  const auto some = spectrum(x.view(), graph, few);
  EXPECT_FALSE(some->complete);
  EXPECT_EQ(some->backend_used, "lanczos");
  ASSERT_EQ(some->values.size(), 12U);
  std::vector<double> magnitudes;
  for (const double v : all->values) magnitudes.push_back(std::abs(v));
  std::sort(magnitudes.rbegin(), magnitudes.rend());
  for (std::size_t i = 0; i < 12; ++i) EXPECT_NEAR(std::abs(some->values[i]), magnitudes[i], 1e-10);
  EXPECT_NEAR(some->trace, all->trace, 1e-12 * all->trace);
  EXPECT_NEAR(*some->frobenius2, *all->frobenius2, 1e-12 * *all->frobenius2);
}

// More rows than a dense spectrum is taken of: nothing of order n^2 is kept, and six far clusters keep six eigenvalues of 1.
TEST(NeighborGraph, ManyRows) {
  if (!lanczos_available()) GTEST_SKIP() << "built without Spectra: all eigenvalues are computed";
  Packed x = normal(kDenseGraphRows + 200, 2, 3);
  for (std::size_t i = 0; i < x.n; ++i) x.values[i * 2] += 1e4 * static_cast<double>(i % 6);
  SpectrumOptions options;
  options.leading = 6;
  const auto s = spectrum(x.view(), NeighborGraph{.k = 30, .weights = GraphWeights::ones}, options);
  EXPECT_FALSE(s->complete);
  EXPECT_EQ(s->backend_requested, "auto");
  EXPECT_EQ(s->backend_used, "lanczos");
  ASSERT_EQ(s->values.size(), 6U) << s->reason;
  for (const double v : s->values) EXPECT_NEAR(v, 1, 1e-10);
}

TEST(SparseOperator, RefusesWhatIsNoSymmetricMatrix) {
  const auto refused = [](SparseMatrix a) { EXPECT_THROW(SparseOperator{std::move(a)}, InvalidArgument); };
  refused({2, {0, 1, 2}, {1, 1}, {1, 1}});         // (0, 1) without (1, 0)
  refused({2, {0, 1, 2}, {1, 0}, {1, 2}});         // 1 and 2
  refused({2, {0, 2, 2}, {1, 0}, {1, 1}});         // columns fall
  refused({2, {0, 1, 2}, {2, 0}, {1, 1}});         // no such column
  refused({2, {0, 2}, {0, 1}, {1, 1}});            // too few rows
  refused({2, {0, 1, 3}, {0, 1}, {1, 1}});         // too few entries
  refused({3, {0, 2, 1, 2}, {0, 1}, {1.0, 1.0}});  // rows that end before they begin
  EXPECT_NO_THROW(SparseOperator({2, {0, 1, 2}, {1, 0}, {3, 3}}));
}

}  // namespace
}  // namespace entrospect
