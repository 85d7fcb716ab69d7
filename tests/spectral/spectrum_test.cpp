#include "entrospect/spectral/spectrum.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>

#include "entrospect/core/errors.hpp"
#include "entrospect/spectral/dense.hpp"
#include "entrospect/spectral/products.hpp"
#include "spectral/fixtures.hpp"
#include "spectral/levels.hpp"
#include "spectral/oracle.hpp"

namespace entrospect {
namespace {

using namespace fixtures;

constexpr double kEps = std::numeric_limits<double>::epsilon();

std::vector<Backend> backends() {
  std::vector<Backend> out{Backend::automatic, Backend::dense_eigen};
  if (lapack_available()) out.insert(out.end(), {Backend::lapack_one_stage, Backend::lapack_two_stage});
  return out;
}

SpectrumOptions with(Backend backend, Precision precision = Precision::automatic_double) {
  SpectrumOptions options;
  options.solver.backend = backend;
  options.solver.precision = precision;
  return options;
}

// Weyl: backward-stable solvers move no eigenvalue by more than a modest multiple of sqrt(n) eps of the largest.
void expect_values(const std::vector<double>& found, const std::vector<double>& expected, double eps = kEps) {
  ASSERT_EQ(found.size(), expected.size());
  double scale = 0;
  for (const double value : expected) scale = std::max(scale, std::abs(value));
  const double tolerance = 16 * (std::sqrt(static_cast<double>(expected.size())) + 1) * eps * scale;
  for (std::size_t i = 0; i < expected.size(); ++i) EXPECT_NEAR(found[i], expected[i], tolerance) << "eigenvalue " << i;
}

TEST(Spectrum, DegenerateMatricesThroughEveryBackendAndPrecision) {
  for (const Fixture& f : fixtures::all())
    for (const Backend backend : backends()) {
      SCOPED_TRACE(f.name + " " + std::string(name(backend)));
      const Spectrum s = spectrum(dense(f.matrix), with(backend));
      expect_values(s.values, f.values);
      EXPECT_TRUE(s.complete);
      EXPECT_EQ(s.status, Status::ok);
      EXPECT_EQ(s.backend_requested, name(backend));
      EXPECT_EQ(s.backend_used, name(select_backend(f.values.size(), backend)));
      // Eigen's float32 solver loses up to three digits more than LAPACK's.
      expect_values(spectrum(dense(f.matrix), with(backend, Precision::single)).values, f.values,
                    s.backend_used == "dense-eigen" ? 1e-5 : 1.2e-7);
      expect_values(spectrum(DenseOperator(dense(f.matrix)), with(backend)).values, f.values);
    }
}

TEST(Spectrum, BackendsAgreeOnAMatrixWithNoStructure) {
  for (const std::size_t n : {63, 64, 65, 127, 200, 323}) {
    const auto x = oracle::samples(n, n, 21);
    SymmetricMatrix<double> a(n);
    for (std::size_t i = 0; i < n; ++i)
      for (std::size_t j = 0; j < n; ++j) a(i, j) = static_cast<double>(x[i][j] + x[j][i]);
    const Spectrum reference = spectrum(a.copy(), with(Backend::dense_eigen));
    for (const Backend backend : backends()) {
      SCOPED_TRACE(std::to_string(n) + " " + std::string(name(backend)));
      expect_values(spectrum(a.copy(), with(backend)).values, reference.values);
    }
    double sum = 0, squares = 0;
    for (const double value : reference.values) {
      sum += value;
      squares += value * value;
    }
    EXPECT_NEAR(sum, reference.trace, 1e-13 * std::sqrt(squares * static_cast<double>(n)));
    EXPECT_NEAR(squares, *reference.frobenius2, 1e-13 * squares);
  }
}

TEST(Spectrum, ThreadsDoNotChangeABit) {
  const std::size_t n = 333;
  const auto x = oracle::samples(n, n, 22);
  SymmetricMatrix<double> a(n);
  for (std::size_t i = 0; i < n; ++i)
    for (std::size_t j = 0; j < n; ++j) a(i, j) = static_cast<double>(x[i][j] + x[j][i]);
  Context one, several;
  one.threads = 1;
  several.threads = 5;
  for (const Backend backend : backends())
    EXPECT_EQ(spectrum(a.copy(), with(backend), one).values, spectrum(a.copy(), with(backend), several).values) << name(backend);
}

// ---- samples --------------------------------------------------------------------------------------------------------------------------

struct Data {
  std::size_t n, d;
  std::vector<double> values;
  [[nodiscard]] SampleMatrix view() const { return {values.data(), n, d}; }
};

Data normal(std::size_t n, std::size_t d, unsigned seed, double offset = 0) {
  return {n, d, oracle::packed<double>(oracle::samples(n, d, seed, offset))};
}

std::vector<double> head(const std::vector<double>& values, std::size_t count) {
  return {values.begin(), values.begin() + static_cast<std::ptrdiff_t>(count)};
}

TEST(Covariance, BothSidesHaveTheSameNonzeroEigenvalues) {
  for (const auto& [n, d] : {std::pair<std::size_t, std::size_t>{40, 7}, {7, 40}, {30, 30}, {2, 5}, {5, 1}, {300, 100}})
    for (const bool center : {false, true})
      for (const Normalize normalize : {Normalize::none, Normalize::l2, Normalize::standardize}) {
        if (n == 2 && center && normalize == Normalize::l2) continue;
        SCOPED_TRACE(std::to_string(n) + " x " + std::to_string(d) + (center ? " centered" : ""));
        const Data data = normal(n, d, 23, 1);
        SampleMatrix x = data.view().normalized(normalize);
        if (center) x = x.centered();
        const auto covariance = spectrum(x, Covariance{2.5, Side::covariance}), gram = spectrum(x, Covariance{2.5, Side::gram});
        const auto either = spectrum(x, Covariance{2.5});
        const std::size_t common = std::min(n, d);
        EXPECT_EQ(covariance->side, "covariance");
        EXPECT_EQ(gram->side, "gram");
        EXPECT_EQ(either->side, d <= n ? "covariance" : "gram");
        EXPECT_EQ(covariance->size, d);
        EXPECT_EQ(gram->size, n);
        EXPECT_EQ(covariance->max_rank, gram->max_rank);
        EXPECT_LE(covariance->max_rank, center ? std::min(n - 1, d) : common);
        EXPECT_NEAR(covariance->trace, gram->trace, 64 * kEps * gram->trace);
        expect_values(head(covariance->values, common), head(gram->values, common));
        EXPECT_EQ(covariance->n, n);
        EXPECT_EQ(covariance->d, d);
      }
}

TEST(Covariance, TraceSquaresAndDenominator) {
  const Data data = normal(50, 6, 24);
  const auto one = spectrum(data.view(), Covariance{}), scaled = spectrum(data.view(), Covariance{50});
  EXPECT_NEAR(scaled->trace, one->trace / 50, 8 * kEps * one->trace);
  EXPECT_NEAR(*scaled->frobenius2, *one->frobenius2 / 2500, 8 * kEps * *one->frobenius2);
  for (std::size_t i = 0; i < 6; ++i) EXPECT_NEAR(scaled->values[i], one->values[i] / 50, 8 * kEps * one->values[0]);
  EXPECT_THROW(spectrum(data.view(), Covariance{0}), InvalidArgument);
  EXPECT_THROW(spectrum(data.view(), Covariance{NAN}), InvalidArgument);
}

TEST(Covariance, DuplicatedRowsScaleTheSpectrum) {
  Data once = normal(25, 6, 25), twice{50, 6, once.values};
  twice.values.insert(twice.values.end(), once.values.begin(), once.values.end());
  for (const Side side : {Side::gram, Side::covariance}) {
    const auto a = spectrum(once.view(), Covariance{1, side}), b = spectrum(twice.view(), Covariance{2, side});
    expect_values(head(b->values, 6), head(a->values, 6));
    for (std::size_t i = 6; i < b->values.size(); ++i) EXPECT_LE(std::abs(b->values[i]), b->rank_tolerance * b->values[0]);
  }
}

TEST(Covariance, RankDeficientSamplesHaveTheirRank) {
  // Rank 3 in 10 dimensions.
  const std::size_t n = 60, d = 10, rank = 3;
  const auto left = oracle::samples(n, rank, 26), right = oracle::samples(rank, d, 27);
  std::vector<double> values;
  for (std::size_t i = 0; i < n; ++i)
    for (std::size_t j = 0; j < d; ++j) {
      long double total = 0;
      for (std::size_t k = 0; k < rank; ++k) total += left[i][k] * right[k][j];
      values.push_back(static_cast<double>(total));
    }
  const SampleMatrix x(values.data(), n, d);
  for (const Backend backend : backends())
    for (const Side side : {Side::gram, Side::covariance}) {
      const auto s = spectrum(x, Covariance{1, side}, with(backend));
      const auto counted =
          std::count_if(s->values.begin(), s->values.end(), [&](double value) { return value > s->rank_tolerance * s->values[0]; });
      EXPECT_EQ(counted, 3) << name(backend);
    }
}

TEST(Covariance, SinglePrecisionIsReportedAndClose) {
  const Data data = normal(400, 90, 28, 1e4);
  const SampleMatrix x = data.view().centered();
  const auto exact = spectrum(x, Covariance{}), single = spectrum(x, Covariance{}, with(Backend::automatic, Precision::single));
  EXPECT_EQ(std::get<std::string>(*single->diagnostics.find("precision")), "single");
  EXPECT_EQ(std::get<std::string>(*exact->diagnostics.find("precision")), "double");
  expect_values(single->values, exact->values, 1.2e-7);
  EXPECT_GT(single->rank_tolerance, 1e5 * exact->rank_tolerance);
  EXPECT_GT(single->psd_tolerance, 1e-7);
}

TEST(Covariance, DegenerateAndOverflowingSamples) {
  const std::vector<double> same(12, 0.1), huge{1e200, 1, 2, 3, 4, 5};
  const auto flat = spectrum(SampleMatrix(same.data(), 4, 3).centered(), Covariance{});
  EXPECT_EQ(flat->status, Status::degenerate);
  EXPECT_EQ(flat->trace, 0);
  const auto overflow = spectrum(SampleMatrix(huge.data(), 3, 2), Covariance{});
  EXPECT_EQ(overflow->status, Status::nonfinite);
  EXPECT_TRUE(std::isnan(overflow->values[0]));
  EXPECT_THROW(spectrum(SampleMatrix(same.data(), 0, 3), Covariance{}), InvalidArgument);
}

TEST(GramSpectrum, FeatureSideAgreesWithTheKernelMatrix) {
  const Data data = normal(70, 9, 29, 0.5);
  std::vector<double> weights(70);
  for (std::size_t i = 0; i < 70; ++i) weights[i] = static_cast<double>(i + 1) / 2485;
  for (const KernelKind kind : {KernelKind::linear, KernelKind::cosine})
    for (const bool center : {false, true})
      for (const bool normalize : {false, true})
        for (const bool weighted : {false, true}) {
          const SampleMatrix x = center ? data.view().centered() : data.view();
          Gram gram;
          gram.kernel = {kind, 1.0};
          gram.normalize_diagonal = normalize;
          if (weighted) gram.weights = weights;
          gram.side = Side::gram;
          const auto n_side = spectrum(x, gram);
          gram.side = Side::covariance;
          const auto d_side = spectrum(x, gram);
          gram.side = Side::automatic;
          EXPECT_EQ(spectrum(x, gram)->side, "covariance");
          expect_values(d_side->values, head(n_side->values, 9));
          EXPECT_NEAR(d_side->trace, n_side->trace, 64 * kEps * n_side->trace);
          EXPECT_EQ(d_side->max_rank, n_side->max_rank);
        }
}

TEST(GramSpectrum, DiagonalRules) {
  const std::vector<double> good{1, 0.5, 0.5, 1}, scaled{4, 1, 1, 1};
  Gram gram;
  gram.kernel.kind = KernelKind::precomputed;
  gram.require_unit_diagonal = true;
  expect_values(spectrum(SampleMatrix(good.data(), 2, 2), gram)->values, {1.5, 0.5});
  try {
    (void)spectrum(SampleMatrix(scaled.data(), 2, 2), gram);
    FAIL() << "no error";
  } catch (const InvalidArgument& e) {
    EXPECT_NE(std::string(e.what()).find("[1, 4]"), std::string::npos) << e.what();
  }
  gram.normalize_diagonal = true;
  expect_values(spectrum(SampleMatrix(scaled.data(), 2, 2), gram)->values, {1.5, 0.5});
  const std::vector<double> zero{0, 0, 0, 1}, skew{1, 0.2, 0.3, 1};
  EXPECT_THROW(spectrum(SampleMatrix(zero.data(), 2, 2), gram), InvalidArgument);
  EXPECT_THROW(spectrum(SampleMatrix(skew.data(), 2, 2), gram), InvalidArgument);
  gram.weights = {1, 2, 3};
  EXPECT_THROW(spectrum(SampleMatrix(good.data(), 2, 2), gram), InvalidArgument);
  Gram gaussian;
  gaussian.side = Side::covariance;
  EXPECT_THROW(spectrum(SampleMatrix(good.data(), 2, 2), gaussian), InvalidArgument);
}

TEST(GramSpectrum, ToleranceFollowsTheTypeOfAPrecomputedKernel) {
  const std::vector<float> k{1, 0.5F, 0.5F, 1};
  Gram gram;
  gram.kernel.kind = KernelKind::precomputed;
  const auto narrow = spectrum(SampleMatrix(k.data(), 2, 2), gram);
  const std::vector<double> wide(k.begin(), k.end());
  const auto exact = spectrum(SampleMatrix(wide.data(), 2, 2), gram);
  EXPECT_GT(narrow->psd_tolerance, 1e-7);
  EXPECT_LT(exact->psd_tolerance, 1e-9);
}

TEST(GramSpectrum, ReportsTheBandwidth) {
  const Data data{3, 1, {0, 1, 3}};
  Gram gram;
  const auto s = spectrum(data.view(), gram);
  EXPECT_EQ(std::get<double>(*s->diagnostics.find("bandwidth")), 2);
  EXPECT_EQ(std::get<std::string>(*s->diagnostics.find("bandwidth_rule")), "median");
  EXPECT_EQ(std::get<std::string>(*s->diagnostics.find("side")), "gram");
  EXPECT_EQ(s->max_rank, 3U);
}

TEST(DiffusionSpectrum, ReproducesTheReferenceTable) {
  const Data data{3, 1, {0, 1, 3}};
  const struct {
    double anisotropy;
    std::vector<double> values;
  } rows[] = {{0, {1, .836862, .227682}}, {0.5, {1, .850958, .225209}}, {1, {1, .860867, .222088}}};
  for (const auto& row : rows)
    for (const Precision precision : {Precision::automatic_double, Precision::single}) {
      const auto s = spectrum(data.view(), Diffusion{{KernelKind::gaussian, 1.0}, row.anisotropy}, with(Backend::automatic, precision));
      for (std::size_t i = 0; i < 3; ++i) EXPECT_NEAR(s->values[i], row.values[i], 1e-6);
    }
}

// S from its definition in long double; P = D^-1 K_a has the same eigenvalues.
TEST(DiffusionSpectrum, MatrixAgreesWithTheDefinitionForEveryAnisotropy) {
  const std::size_t n = 70;
  const auto x = oracle::samples(n, 3, 30);
  const Data data{n, 3, oracle::packed<double>(x)};
  for (const double a : {0.0, 0.5, 1.0}) {
    auto k = oracle::gram(x, {KernelKind::gaussian, 1.0}, 1.5);
    std::vector<long double> q(n), degree(n);
    for (std::size_t i = 0; i < n; ++i)
      for (std::size_t j = 0; j < n; ++j) q[i] += k[i][j];
    for (std::size_t i = 0; i < n; ++i)
      for (std::size_t j = 0; j < n; ++j) k[i][j] *= std::pow(q[i] * q[j], static_cast<long double>(-a));
    for (std::size_t i = 0; i < n; ++i)
      for (std::size_t j = 0; j < n; ++j) degree[i] += k[i][j];
    for (std::size_t i = 0; i < n; ++i)
      for (std::size_t j = 0; j < n; ++j) k[i][j] /= std::sqrt(degree[i] * degree[j]);
    const Spectrum expected = spectrum(dense(k), with(Backend::dense_eigen));
    for (const Backend backend : backends()) {
      const auto s = spectrum(data.view(), Diffusion{{KernelKind::gaussian, 1.5}, a}, with(backend));
      expect_values(s->values, expected.values);
      EXPECT_NEAR(s->values[0], 1, 32 * kEps);
      EXPECT_NEAR(s->trace, expected.trace, 256 * kEps);
    }
  }
}

TEST(DiffusionSpectrum, RefusesRowsWithoutPositiveAffinity) {
  const std::vector<double> x{1, -1, -1};
  EXPECT_THROW(spectrum(SampleMatrix(x.data(), 3, 1), Diffusion{{KernelKind::linear, 1.0}, 0.5}), InvalidArgument);
  EXPECT_THROW(spectrum(SampleMatrix(x.data(), 3, 1), Diffusion{{KernelKind::gaussian, 1.0}, -1}), InvalidArgument);
}

// ---- memo, matrices, selection ---------------------------------------------------------------------------------------------------------

TEST(Spectrum, MemoAnswersEqualRequestsOnce) {
  const Data data = normal(30, 5, 31);
  Memo memo;
  Context context;
  context.memo = &memo;
  const auto first = spectrum(data.view(), Covariance{}, {}, context);
  EXPECT_EQ(first, spectrum(data.view(), Covariance{}, {}, context));
  EXPECT_NE(first, spectrum(data.view(), Covariance{2}, {}, context));
  EXPECT_NE(first, spectrum(data.view().centered(), Covariance{}, {}, context));
  EXPECT_NE(first, spectrum(data.view(), Covariance{}, with(Backend::dense_eigen, Precision::single), context));
  Gram a, b;
  a.weights.assign(30, 1.0 / 30);
  b.weights = a.weights;
  b.weights[3] *= 2;
  EXPECT_EQ(spectrum(data.view(), a, {}, context), spectrum(data.view(), a, {}, context));
  EXPECT_NE(spectrum(data.view(), a, {}, context), spectrum(data.view(), b, {}, context));
  EXPECT_NE(spectrum(data.view(), Diffusion{}, {}, context), spectrum(data.view(), Diffusion{{}, 1}, {}, context));
}

TEST(Spectrum, MatricesAreCheckedBeforeTheyAreSolved) {
  SymmetricMatrix<double> a = dense({{1, 2}, {2.5, 1}});
  EXPECT_THROW(spectrum(std::move(a)), InvalidArgument);
  SymmetricMatrix<double> b = dense({{1, NAN}, {NAN, 1}});
  EXPECT_THROW(spectrum(std::move(b)), InvalidArgument);
  EXPECT_THROW(spectrum(SymmetricMatrix<double>(0)), InvalidArgument);
}

class Skew final : public SymmetricOperator {
 public:
  std::size_t size() const override { return 2; }
  void apply(const double* in, double* out, std::size_t columns, const Context&) const override {
    for (std::size_t j = 0; j < columns; ++j) {
      out[j] = in[columns + j];
      out[columns + j] = 0;
    }
  }
};

TEST(Operator, AppliesBlocksAndMustBeSymmetric) {
  const std::size_t n = 300, columns = 7;
  const auto x = oracle::samples(n, n, 32);
  SymmetricMatrix<double> a(n);
  for (std::size_t i = 0; i < n; ++i)
    for (std::size_t j = 0; j < n; ++j) a(i, j) = static_cast<double>(x[i][j] + x[j][i]);
  const DenseOperator op(a.copy());
  const auto in = oracle::packed<double>(oracle::samples(n, columns, 33));
  std::vector<double> out(n * columns);
  op.apply(in.data(), out.data(), columns, {});
  for (std::size_t i = 0; i < n; ++i)
    for (std::size_t c = 0; c < columns; ++c) {
      long double expected = 0;
      for (std::size_t j = 0; j < n; ++j) expected += static_cast<long double>(a(i, j)) * static_cast<long double>(in[j * columns + c]);
      ASSERT_NEAR(out[i * columns + c], static_cast<double>(expected), 1e-12);
    }
  // The default dense() rebuilds the matrix from blocks of unit vectors.
  const auto rebuilt = op.SymmetricOperator::dense({});
  EXPECT_EQ(std::memcmp(rebuilt.data(), a.data(), n * n * sizeof(double)), 0);
  EXPECT_THROW(spectrum(Skew()), InvalidArgument);
}

TEST(SelectBackend, FollowsItsTable) {
  EXPECT_EQ(select_backend(1, Backend::automatic, 0, true), Backend::dense_eigen);
  EXPECT_EQ(select_backend(63, Backend::automatic, 0, true), Backend::dense_eigen);
  EXPECT_EQ(select_backend(64, Backend::automatic, 0, true), Backend::lapack_one_stage);
  EXPECT_EQ(select_backend(767, Backend::automatic, 0, true), Backend::lapack_one_stage);
  EXPECT_EQ(select_backend(768, Backend::automatic, 0, true), Backend::lapack_two_stage);
  EXPECT_EQ(select_backend(5000, Backend::automatic, 0, false), Backend::dense_eigen);
  EXPECT_EQ(select_backend(10, Backend::lapack_two_stage, 0, true), Backend::lapack_two_stage);
  EXPECT_THROW(select_backend(10, Backend::lapack_one_stage, 0, false), InvalidArgument);
}

TEST(Spectrum, CancellingReturnsBeforeTheSolverDoes) {
  const Data data = normal(900, 700, 34);
  CancelToken token;
  token.poll = [] { return true; };
  Context context;
  context.cancel = &token;
  EXPECT_THROW(spectrum(data.view(), Covariance{}, {}, context), Cancelled);
}

}  // namespace
}  // namespace entrospect
