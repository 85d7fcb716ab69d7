// The quantities beside diffusion spectral entropy, and its sparse graphs, against the oracle and known answers.

#include <numeric>

#include "estimators/support.hpp"

namespace entrospect::testing {
namespace {

const Kernel kUnit{KernelKind::gaussian, 1.0};
const Data kThree = column({0, 1, 3});

naive::Matrix gaussian(const Data& x, double sigma) { return naive::gram(x.naive(), naive::Kernel::gaussian, sigma); }

// Every entry of D^-1 K_a / n, the sums taken one by one.
double matrix_entropy_of(const naive::Matrix& k, naive::Real a, naive::Real epsilon = 0) {
  const std::size_t n = k.size();
  naive::Row q(n, 0), sums(n, 0);
  for (std::size_t i = 0; i < n; ++i)
    for (std::size_t j = 0; j < n; ++j) q[i] += k[i][j];
  const auto anisotropic = [&](std::size_t i, std::size_t j) { return k[i][j] * std::pow(q[i], -a) * std::pow(q[j], -a); };
  for (std::size_t i = 0; i < n; ++i)
    for (std::size_t j = 0; j < n; ++j) sums[i] += anisotropic(i, j);
  naive::Real out = 0;
  for (std::size_t i = 0; i < n; ++i)
    for (std::size_t j = 0; j < n; ++j) {
      const naive::Real p = anisotropic(i, j) / sums[i] / static_cast<naive::Real>(n) + epsilon;
      if (p > 0) out -= p * std::log(p);
    }
  return static_cast<double>(out);
}

TEST(DiffusionMatrix, KnownAnswersAndTheOracle) {
  EXPECT_TRUE(near(diffusion_matrix_entropy(kThree, {.kernel = kUnit, .unit = Unit::bits}), 2.538746, kPrinted));
  const Data x = random_data(30, 4, 2);
  for (const double a : {0.0, 0.5, 1.0}) {
    const Estimate e = diffusion_matrix_entropy(x, {.anisotropy = a, .kernel = {KernelKind::gaussian, 1.5}});
    EXPECT_TRUE(near(e, matrix_entropy_of(gaussian(x, 1.5), a), 1e-13));
    EXPECT_GE(e.value, std::log(30.0));
    EXPECT_LE(e.value, *e.cap);
  }
  EXPECT_TRUE(near(diffusion_matrix_entropy(x, {.compat = "dse-dsmi"}), matrix_entropy_of(gaussian(x, 10), 0.5L, kEps) / kLn2, 1e-12));
}

TEST(DiffusionMatrix, ThePrecomputedMatrixIsTheAffinity) {
  const Data x = random_data(12, 2, 5);
  const naive::Matrix k = gaussian(x, 1);
  Data given(12, 12);
  for (std::size_t i = 0; i < 12; ++i)
    for (std::size_t j = 0; j < 12; ++j) given(i, j) = static_cast<double>(k[i][j]);
  const Kernel precomputed{KernelKind::precomputed};
  EXPECT_TRUE(near(diffusion_matrix_entropy(given, {.kernel = precomputed}), diffusion_matrix_entropy(x, {.kernel = kUnit}).value, 1e-13));
  EXPECT_TRUE(
      near(adjacency_spectral_entropy(given, {.kernel = precomputed}), adjacency_spectral_entropy(x, {.kernel = kUnit}).value, 1e-12));
  EXPECT_EQ(eigenvalue_count(given, {.kernel = precomputed}).value, eigenvalue_count(x, {.kernel = kUnit}).value);
  // A cycle of four: lam = 2, 0, 0, -2, all of one magnitude but the zeros.
  const Data cycle({{0, 1, 0, 1}, {1, 0, 1, 0}, {0, 1, 0, 1}, {1, 0, 1, 0}});
  EXPECT_TRUE(near(adjacency_spectral_entropy(cycle, {.kernel = precomputed}), kLn2, 1e-13));
  EXPECT_EQ(eigenvalue_count(cycle, {.kernel = precomputed}).value, 2);
  given(3, 4) = given(4, 3) = -0.25;
  EXPECT_TRUE(mentions(thrown([&] { diffusion_matrix_entropy(given, {.kernel = precomputed}); }), {"rows 3 and 4", "-0.25", "[0, inf)"}));
}

TEST(AdjacencyEntropy, KnownAnswersAndTheOracle) {
  EXPECT_TRUE(near(adjacency_spectral_entropy(kThree, {.kernel = kUnit, .unit = Unit::bits}), 1.385418, kPrinted));
  const Data x = random_data(25, 3, 7);
  const naive::Row lam = naive::eigenvalues(gaussian(x, 0.9));
  for (const double t : {1.0, 2.5})
    for (const double order : {1.0, 2.0}) {
      const naive::Row p = naive::normalized(naive::powers(lam, t));
      EXPECT_TRUE(near(adjacency_spectral_entropy(x, {.t = t, .order = order, .kernel = {KernelKind::gaussian, 0.9}}),
                       static_cast<double>(naive::renyi(p, order)), 1e-12));
    }
  naive::Row p = naive::normalized(naive::powers(naive::eigenvalues(gaussian(x, 10)), 1));
  for (naive::Real& v : p) v += kEps;
  EXPECT_TRUE(near(adjacency_spectral_entropy(x, {.compat = "dse-dsmi"}), static_cast<double>(naive::renyi(p, 1)) / kLn2, 1e-11));
}

TEST(EigenvalueCount, CountsClusters) {
  Data x = random_data(60, 2, 3);
  for (std::size_t i = 0; i < 60; ++i) x(i, 0) += 1e3 * static_cast<double>(i % 4);
  EXPECT_EQ(eigenvalue_count(x, {.kernel = kUnit}).value, 4);
  EXPECT_EQ(eigenvalue_count(x, {.compat = "manylatents"}).value,
            number(diffusion_spectral_entropy(x, {.compat = "manylatents"}), "eigenvalue_count"));
  EXPECT_EQ(eigenvalue_count(x, {.t = 1, .threshold = 0, .anisotropy = 0, .kernel = {KernelKind::gaussian, 0.02}}).value, 60);
}

// Known eigenvalues end the count as soon as one falls below the threshold.
TEST(EigenvalueCount, FewEigenvaluesSuffice) {
  if (!lanczos_available()) GTEST_SKIP() << "built without Spectra: all eigenvalues are computed";
  const std::size_t n = kDenseGraphRows + 50;
  Data x = random_data(n, 2, 3);
  for (std::size_t i = 0; i < n; ++i) x(i, 0) += 1e4 * static_cast<double>(i % 3);
  EigenvalueCountOptions o{.threshold = 0.999, .graph = Graph::knn01, .k = 60, .leading = 3};
  const Estimate open = eigenvalue_count(x, o);
  EXPECT_TRUE(std::isnan(open.value));
  ASSERT_TRUE(open.interval);
  EXPECT_EQ(open.interval->low, 3);
  EXPECT_EQ(open.interval->high, static_cast<double>(n));
  EXPECT_TRUE(has_flag(open, Status::truncated));
  o.leading = 5;
  EXPECT_EQ(eigenvalue_count(x, o).value, 3);
}

TEST(ClassicShannon, CountsWords) {
  const Data x({{0, 5}, {1, 5}, {0.5, 9}, {0.4, 9}, {0.45, 5}});
  // Halves of [0, 1] and [5, 9]: words (0,0), (1,0), (1,1), (0,1), (0,0).
  const double words = std::log(5.0) - 2.0 / 5 * kLn2;
  const Estimate e = classic_shannon_entropy(x);
  EXPECT_TRUE(near(e, words, 1e-14));
  EXPECT_TRUE(near(*e.cap, std::log(4.0), 1e-15));
  EXPECT_EQ(number(e, "words"), 4);
  EXPECT_TRUE(near(classic_shannon_entropy(x, {.compat = "dse-dsmi"}), words / kLn2, 1e-14));
  // Sixths: the first column falls into 0, 5, 3, 2, 2, the second into 0, 0, 5, 5, 0.
  EXPECT_TRUE(near(classic_shannon_entropy(x, {.bins = 6}), std::log(5.0), 1e-14));
  EXPECT_TRUE(mentions(thrown([] { classic_shannon_entropy(Data({{1, 2}, {3, 2}})); }), {"feature 1", "constant"}));
  EXPECT_TRUE(mentions(thrown([&] { classic_shannon_entropy(x, {.bins = 1}); }), {"bins = 1", "[2, 65536]"}));
  EXPECT_EQ(classic_shannon_entropy(x.view().select({0, 1, 2, 3})).value, std::log(4.0));
  const Estimate full = classic_shannon_entropy(random_data(10, 40, 1));
  EXPECT_TRUE(near(full, std::log(10.0), 1e-14));
  EXPECT_TRUE(has_flag(full, Status::out_of_valid_range));
}

// Weights 1 and mutual neighbors, dense and by few eigenvalues.
TEST(SparseDiffusion, GraphsOfOnes) {
  const Data x = random_data(40, 3, 21);
  const auto of_graph = [&](Symmetrize symmetrize) {
    const SparseOperator a(neighbor_graph(nearest_neighbors(x, 6), GraphWeights::ones, symmetrize));
    const SymmetricMatrix<double> dense = a.dense({});
    naive::Matrix k = naive::zeros(40, 40);
    for (std::size_t i = 0; i < 40; ++i)
      for (std::size_t j = 0; j < 40; ++j) k[i][j] = dense(i, j);
    return k;
  };
  for (const Symmetrize symmetrize : {Symmetrize::either, Symmetrize::mutual})
    for (const double a : {0.0, 0.5}) {
      const DiffusionEntropyOptions o{.t = 2, .anisotropy = a, .graph = Graph::knn01, .k = 6, .symmetrize = symmetrize};
      EXPECT_TRUE(near(diffusion_spectral_entropy(x, o), static_cast<double>(naive::diffusion_entropy(of_graph(symmetrize), a, 2)), 1e-12));
    }
}

TEST(SparseDiffusion, AnIncompleteSpectrumIsAnInterval) {
  if (!lanczos_available()) GTEST_SKIP() << "built without Spectra: all eigenvalues are computed";
  const std::size_t n = kDenseGraphRows + 100;
  Data x = random_data(n, 2, 9);
  for (std::size_t i = 0; i < n; ++i) x(i, 0) += 1e5 * static_cast<double>(i % 5);
  DiffusionEntropyOptions o{.t = 1e6, .graph = Graph::knn01, .k = 80, .leading = 8};
  const Estimate late = diffusion_spectral_entropy(x, o);
  ASSERT_TRUE(late.interval);
  EXPECT_EQ(late.interval_method, "bounds");
  EXPECT_LE(late.interval->low, std::log(5.0) + 1e-9);
  EXPECT_GE(late.interval->high, std::log(5.0) - 1e-9);
  o.t = 1;
  const Estimate early = diffusion_spectral_entropy(x, o);
  ASSERT_TRUE(early.interval);
  EXPECT_TRUE(std::isnan(early.value));
  EXPECT_TRUE(has_flag(early, Status::truncated));
  EXPECT_LE(early.interval->low, early.interval->high);
  EXPECT_LE(early.interval->high, *early.cap * (1 + 1e-12));
}

// One spectrum answers every t: the memo is asked once.
TEST(SparseDiffusion, EveryTimeFromOneSpectrum) {
  const Data x = random_data(50, 3, 2);
  Memo memo;
  Context context;
  context.memo = &memo;
  for (const Graph graph : {Graph::dense, Graph::knn, Graph::knn01}) {
    const DiffusionWalk walk{.graph = graph};
    const auto first = diffusion_spectrum(x, walk, {}, context);
    for (const double t : {0.5, 1.0, 7.0}) {
      const DiffusionEntropyOptions o{.t = t, .graph = graph};
      EXPECT_EQ(diffusion_spectral_entropy(x, o, context).value, diffusion_spectral_entropy(x, o).value);
      DiffusionWalk later = walk;
      later.t = t;
      EXPECT_EQ(diffusion_spectrum(x, later, {}, context), first);
    }
  }
}

}  // namespace
}  // namespace entrospect::testing
