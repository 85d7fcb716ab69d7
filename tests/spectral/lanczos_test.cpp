// The leading eigenvalues by Lanczos against dense solvers, on the spectra where a Lanczos run by itself goes wrong.

#include "entrospect/spectral/lanczos.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <limits>
#include <numeric>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "entrospect/core/errors.hpp"
#include "entrospect/spectral/spectrum.hpp"
#include "spectral/fixtures.hpp"
#include "spectral/oracle.hpp"

namespace entrospect {
namespace {

using namespace fixtures;

constexpr double kEps = std::numeric_limits<double>::epsilon();

SpectrumOptions leading(std::size_t count, Precision precision = Precision::automatic_double, std::uint64_t seed = 0) {
  SpectrumOptions options;
  options.solver.backend = Backend::lanczos;
  options.solver.precision = precision;
  options.leading = count;
  options.seed = seed;
  return options;
}

std::int64_t number(const Spectrum& s, const char* diagnostic) {
  const DiagnosticValue* found = s.diagnostics.find(diagnostic);
  return found == nullptr ? 0 : std::get<std::int64_t>(*found);
}

std::vector<double> by_magnitude(std::vector<double> values) {
  std::sort(values.begin(), values.end(), [](double a, double b) { return std::abs(a) > std::abs(b); });
  return values;
}

// The values are the `count` of largest magnitude, with their multiplicities. Which of several of one magnitude but different sign is open,
// so magnitudes are compared with magnitudes, and every value with the nearest true one. Weyl: a value is as far off as its residual at
// most; the dense reference by sqrt(n) eps.
void expect_leading(const Spectrum& s, const std::vector<double>& all, std::size_t count, double eps = kEps) {
  ASSERT_EQ(s.values.size(), count);
  ASSERT_EQ(s.residuals.size(), count);
  EXPECT_TRUE(std::is_sorted(s.values.rbegin(), s.values.rend()));
  EXPECT_FALSE(s.complete);
  EXPECT_TRUE(s.status == Status::ok || s.status == Status::truncated) << s.reason;
  EXPECT_EQ(s.status == Status::truncated, !s.reason.empty());
  const std::vector<double> expected = by_magnitude(all), found = by_magnitude(s.values);
  const double scale = std::abs(expected.front());
  const double rounding = 16 * (std::sqrt(static_cast<double>(all.size())) + 1) * eps * scale;
  const double residual = *std::max_element(s.residuals.begin(), s.residuals.end());
  EXPECT_LE(residual, 1e-11 * scale);
  for (std::size_t i = 0; i < count; ++i) {
    EXPECT_NEAR(std::abs(found[i]), std::abs(expected[i]), residual + rounding) << "magnitude " << i;
    double nearest = std::numeric_limits<double>::infinity();
    for (const double value : all) nearest = std::min(nearest, std::abs(value - found[i]));
    EXPECT_LE(nearest, residual + rounding) << "no eigenvalue is " << found[i];
  }
  // `ok` claims that nothing as large is left.
  if (s.status == Status::ok && count < all.size()) {
    EXPECT_LT(std::abs(expected[count]), std::abs(found.back()) + residual + rounding);
  }
}

class Lanczos : public testing::Test {
 protected:
  void SetUp() override {
    if (!lanczos_available()) GTEST_SKIP() << "built without Spectra";
  }
};

// The cycle graph of 20 is where Spectra alone returns 1.618 in place of the second 1.902.
TEST_F(Lanczos, EveryCopyOfDegenerateEigenvaluesIsFound) {
  for (const Fixture& f : fixtures::all()) {
    const std::size_t n = f.values.size();
    for (const std::size_t count : {std::size_t{1}, std::size_t{2}, std::size_t{3}, std::size_t{5}, std::size_t{10}, n / 2, n - 1}) {
      if (count < 1 || count >= n || (n > 100 && count > 10)) continue;
      for (const std::uint64_t seed : {0, 1}) {
        SCOPED_TRACE(f.name + ", leading " + std::to_string(count) + ", seed " + std::to_string(seed));
        const Spectrum s = spectrum(dense(f.matrix), leading(count, Precision::automatic_double, seed));
        expect_leading(s, f.values, count);
        EXPECT_EQ(s.backend_used, "lanczos");
        expect_leading(spectrum(DenseOperator(dense(f.matrix)), leading(count, Precision::automatic_double, seed)), f.values, count);
      }
      SCOPED_TRACE(f.name + " in single precision");
      expect_leading(spectrum(dense(f.matrix), leading(count, Precision::single)), f.values, count, 1.2e-7);
    }
  }
}

SymmetricMatrix<double> random_symmetric(std::size_t n, unsigned seed) {
  const auto x = oracle::samples(n, n, seed);
  SymmetricMatrix<double> a(n);
  for (std::size_t i = 0; i < n; ++i)
    for (std::size_t j = 0; j < n; ++j) a(i, j) = static_cast<double>(x[i][j] + x[j][i]);
  return a;
}

// Both ends of a semicircle.
TEST_F(Lanczos, AgreesWithTheDenseSolverWhereNothingIsSpecial) {
  for (const std::size_t n : {2, 3, 63, 200, 311}) {
    const SymmetricMatrix<double> a = random_symmetric(n, 41);
    const Spectrum all = spectrum(a.copy());
    for (const std::size_t count : {1, 4, 17}) {
      if (count >= n) continue;
      SCOPED_TRACE(std::to_string(n) + ", leading " + std::to_string(count));
      const Spectrum s = spectrum(a.copy(), leading(count));
      expect_leading(s, all.values, count);
      EXPECT_EQ(s.trace, all.trace);
      EXPECT_EQ(s.frobenius2, all.frobenius2);
    }
  }
}

TEST_F(Lanczos, ThreadsDoNotChangeABit) {
  const SymmetricMatrix<double> a = random_symmetric(600, 42);
  Context one, several;
  one.threads = 1;
  several.threads = 5;
  for (const Precision precision : {Precision::automatic_double, Precision::single}) {
    const Spectrum s = spectrum(a.copy(), leading(6, precision), one), t = spectrum(a.copy(), leading(6, precision), several);
    EXPECT_EQ(s.values, t.values);
    EXPECT_EQ(s.residuals, t.residuals);
  }
}

// ---- what is left ---------------------------------------------------------------------------------------------------------------------

class Diagonal : public SymmetricOperator {
 public:
  explicit Diagonal(std::vector<double> d) : d_(std::move(d)) {}
  [[nodiscard]] std::size_t size() const override { return d_.size(); }
  void apply(const double* in, double* out, std::size_t columns, const Context&) const override {
    for (std::size_t i = 0; i < d_.size(); ++i)
      for (std::size_t j = 0; j < columns; ++j) out[i * columns + j] = d_[i] * in[i * columns + j];
  }

 protected:
  std::vector<double> d_;
};

class NormedDiagonal : public Diagonal {
 public:
  using Diagonal::Diagonal;
  [[nodiscard]] std::optional<double> trace() const override { return std::accumulate(d_.begin(), d_.end(), 0.0); }
  [[nodiscard]] std::optional<double> frobenius2() const override { return std::inner_product(d_.begin(), d_.end(), d_.begin(), 0.0); }
};

std::vector<double> powers(double ratio, std::size_t n) {
  std::vector<double> out{1};
  while (out.size() < n) out.push_back(out.back() * ratio);
  return out;
}

// Of 1, 1/2, 1/4, ... everything below the k-th value has less than its square; of equal values the rest has more.
TEST_F(Lanczos, TheNormProvesThatNothingIsMissingOrTheStatusSaysThatItCannot) {
  const std::vector<double> falling = powers(0.5, 200), flat(200, 1.0);
  const Spectrum proven = spectrum(NormedDiagonal(falling), leading(5));
  EXPECT_EQ(proven.status, Status::ok);
  expect_leading(proven, falling, 5);
  const Spectrum open = spectrum(NormedDiagonal(flat), leading(5));
  EXPECT_EQ(open.status, Status::truncated);
  EXPECT_NE(open.reason.find("could by their norm hide"), std::string::npos) << open.reason;
  expect_leading(open, flat, 5);
  // The same matrix without its norms: right, but not proven.
  const Spectrum unknown = spectrum(Diagonal(falling), leading(5));
  EXPECT_EQ(unknown.status, Status::truncated);
  EXPECT_TRUE(std::isnan(unknown.trace));
  EXPECT_FALSE(unknown.frobenius2);
  expect_leading(unknown, falling, 5);
}

// A matrix whose largest eigenvalue no product shows until the `reveal`-th product with a block: whatever runs before cannot find it.
class Hiding final : public NormedDiagonal {
 public:
  Hiding(std::vector<double> d, int reveal) : NormedDiagonal(std::move(d)), reveal_(reveal) {}
  void apply(const double* in, double* out, std::size_t columns, const Context& context) const override {
    if (columns > 1) ++blocks_;
    NormedDiagonal::apply(in, out, columns, context);
    if (blocks_ < reveal_) std::fill(out, out + columns, 0.0);  // row 0 holds the largest
  }

 private:
  int reveal_;
  mutable std::atomic<int> blocks_{0};
};

TEST_F(Lanczos, AValueThatTheFirstRunMissedIsFoundByTheProbe) {
  const std::vector<double> values = powers(0.9, 300);
  // Two block products measure the norm, the third follows the first run: the fourth is the first probe.
  const Spectrum s = spectrum(Hiding(values, 4), leading(6));
  expect_leading(s, values, 6);
  EXPECT_GE(std::get<std::int64_t>(*s.diagnostics.find("found_by_probe")), 1);
}

TEST_F(Lanczos, AValueThatIsNeverFoundIsNeverSuccess) {
  for (const double ratio : {0.3, 0.5, 0.9}) {
    std::vector<double> values = powers(ratio, 300);
    const Spectrum s = spectrum(Hiding(values, std::numeric_limits<int>::max()), leading(6));
    EXPECT_LT(s.values.front(), 1 - 0.05);
    EXPECT_EQ(s.status, Status::truncated) << ratio;
    EXPECT_FALSE(s.reason.empty());
  }
}

// Where nothing stands out a search is bounded: asked for by name it reports what it has, chosen automatically it leaves the field to a
// dense solver, and says so either way.
TEST_F(Lanczos, ABoundedSearchSaysThatItGaveUp) {
  std::vector<double> flat;
  for (int i = 0; i < 600; ++i) flat.push_back(1 + i / 600.0);
  SpectrumOptions options = leading(20);
  options.most_products = 90;
  const Spectrum s = spectrum(Diagonal(flat), options);
  EXPECT_EQ(s.status, Status::not_converged);
  EXPECT_NE(s.reason.find("90 products"), std::string::npos) << s.reason;
  EXPECT_LE(number(s, "products"), 90 + 70 + 60);
  EXPECT_EQ(spectrum(Diagonal(powers(0.5, 600)), leading(3)).diagnostics.find("lanczos_gave_up_after"), nullptr);
}

TEST_F(Lanczos, AnAutomaticChoiceThatGivesUpIsDense) {
  SymmetricMatrix<double> flat(2000);
  std::fill(flat.data(), flat.data() + 2000 * 2000, 0.0);
  for (std::size_t i = 0; i < 2000; ++i) flat(i, i) = 1 + static_cast<double>(i) / 2000;
  SpectrumOptions options;
  options.leading = 8;
  options.most_products = 60;
  const Spectrum s = spectrum(std::move(flat), options);
  EXPECT_TRUE(s.complete);
  EXPECT_EQ(s.status, Status::ok);
  EXPECT_EQ(s.backend_requested, "auto");
  EXPECT_EQ(s.backend_used, name(select_backend(2000, Backend::automatic)));
  EXPECT_GT(number(s, "lanczos_gave_up_after"), 0);
  ASSERT_EQ(s.values.size(), 2000U);
  EXPECT_NEAR(s.values.front(), 1 + 1999.0 / 2000, 1e-12);
  EXPECT_TRUE(s.residuals.empty());
}

TEST_F(Lanczos, NegativeEigenvaluesCountByMagnitude) {
  std::vector<double> values = powers(0.8, 100);
  for (std::size_t i = 0; i < values.size(); i += 3) values[i] = -values[i];
  for (const std::size_t count : {1, 2, 7}) expect_leading(spectrum(NormedDiagonal(values), leading(count)), values, count);
  for (double& value : values) value = -std::abs(value);
  expect_leading(spectrum(NormedDiagonal(values), leading(4)), values, 4);
}

TEST_F(Lanczos, NoScaleOverflowsUnderflowsOrChangesTheAnswer) {
  const std::vector<double> values = powers(0.7, 150);
  const Spectrum plain = spectrum(Diagonal(values), leading(5));
  for (const double scale : {0x1p-900, 0x1p-60, 0x1p60, 0x1p900}) {
    std::vector<double> scaled = values;
    for (double& value : scaled) value *= scale;
    const Spectrum s = spectrum(Diagonal(scaled), leading(5));
    for (std::size_t i = 0; i < 5; ++i) EXPECT_EQ(s.values[i], plain.values[i] * scale) << scale;
  }
  const Spectrum zero = spectrum(Diagonal(std::vector<double>(50, 0.0)), leading(3));
  EXPECT_EQ(zero.values, std::vector<double>(3, 0.0));
  const Spectrum overflow = spectrum(Diagonal(std::vector<double>(50, std::numeric_limits<double>::max())), leading(3));
  EXPECT_EQ(overflow.status, Status::nonfinite);
}

// ---- samples --------------------------------------------------------------------------------------------------------------------------

struct Data {
  std::size_t n, d;
  std::vector<double> values;
  [[nodiscard]] SampleMatrix view() const { return {values.data(), n, d}; }
};

TEST_F(Lanczos, EveryAffinityOfDuplicatedAndRankDeficientRows) {
  Data data{120, 40, {}};
  const auto left = oracle::samples(60, 5, 43), right = oracle::samples(5, 40, 44);
  for (std::size_t r = 0; r < 120; ++r)
    for (std::size_t j = 0; j < 40; ++j) {
      long double total = 0;
      for (std::size_t k = 0; k < 5; ++k) total += left[r % 60][k] * right[k][j];
      data.values.push_back(static_cast<double>(total));
    }
  for (const std::size_t count : {2, 5, 9})
    for (const Side side : {Side::gram, Side::covariance}) {
      SCOPED_TRACE(std::to_string(count));
      const auto covariance = spectrum(data.view(), Covariance{3, side}), some = spectrum(data.view(), Covariance{3, side}, leading(count));
      expect_leading(*some, covariance->values, count);
      EXPECT_EQ(some->trace, covariance->trace);
      EXPECT_EQ(some->max_rank, covariance->max_rank);
    }
  expect_leading(*spectrum(data.view(), Gram{}, leading(7)), spectrum(data.view(), Gram{})->values, 7);
  const auto walk = spectrum(data.view(), Diffusion{}, leading(7));
  expect_leading(*walk, spectrum(data.view(), Diffusion{})->values, 7);
  EXPECT_TRUE(walk->semidefinite);
  EXPECT_TRUE(std::isinf(walk->psd_tolerance));
}

TEST_F(Lanczos, TheMemoKeepsCountsApart) {
  const Data data{40, 6, oracle::packed<double>(oracle::samples(40, 6, 45))};
  Memo memo;
  Context context;
  context.memo = &memo;
  EXPECT_EQ(spectrum(data.view(), Gram{}, leading(2), context), spectrum(data.view(), Gram{}, leading(2), context));
  EXPECT_NE(spectrum(data.view(), Gram{}, leading(2), context), spectrum(data.view(), Gram{}, leading(3), context));
  EXPECT_TRUE(spectrum(data.view(), Gram{}, {}, context)->complete);
}

// ---- misuse and stopping ---------------------------------------------------------------------------------------------------------------

TEST_F(Lanczos, RefusesCountsThatAreNotFew) {
  for (const std::size_t count : {0, 20, 21}) {
    try {
      (void)spectrum(dense(cycle_graph(20).matrix), leading(count));
      FAIL() << "leading = " << count;
    } catch (const InvalidArgument& e) {
      EXPECT_NE(std::string(e.what()).find("leading = " + std::to_string(count) + " is not in [1, n - 1]"), std::string::npos) << e.what();
    }
  }
}

class Skew final : public SymmetricOperator {
 public:
  [[nodiscard]] std::size_t size() const override { return 30; }
  void apply(const double* in, double* out, std::size_t columns, const Context&) const override {
    for (std::size_t i = 0; i < 30 * columns; ++i) out[i] = i < 29 * columns ? in[i + columns] : 0;
  }
};

class Broken final : public SymmetricOperator {
 public:
  [[nodiscard]] std::size_t size() const override { return 30; }
  void apply(const double*, double* out, std::size_t columns, const Context&) const override {
    std::fill_n(out, 30 * columns, std::numeric_limits<double>::quiet_NaN());
  }
};

TEST_F(Lanczos, OperatorsMustBeSymmetricAndFinite) {
  EXPECT_THROW((void)spectrum(Skew(), leading(2)), InvalidArgument);
  EXPECT_EQ(spectrum(Broken(), leading(2)).status, Status::nonfinite);
  EXPECT_THROW((void)spectrum(Diagonal(powers(0.5, 9)), leading(2, Precision::single)), InvalidArgument);
}

// Requests a stop in the middle of a run; no product may follow but the one that was under way.
class Stopping final : public SymmetricOperator {
 public:
  Stopping(CancelToken& token, int after) : token_(token), after_(after) {}
  [[nodiscard]] std::size_t size() const override { return 400; }
  void apply(const double* in, double* out, std::size_t columns, const Context&) const override {
    if (++calls_ == after_) token_.request();
    for (std::size_t i = 0; i < 400; ++i)
      for (std::size_t j = 0; j < columns; ++j) out[i * columns + j] = static_cast<double>(i) * in[i * columns + j];
  }
  [[nodiscard]] int calls() const { return calls_; }

 private:
  CancelToken& token_;
  int after_;
  mutable std::atomic<int> calls_{0};
};

TEST_F(Lanczos, StopsBetweenProducts) {
  for (const int after : {1, 3, 25}) {
    CancelToken token;
    Context context;
    context.cancel = &token;
    const Stopping a(token, after);
    EXPECT_THROW((void)spectrum(a, leading(4), context), Cancelled);
    EXPECT_EQ(a.calls(), after);
  }
}

TEST(SelectLanczos, OnlyWhereFewValuesAreAskedOfALargeMatrix) {
  const auto chosen = [](std::size_t n, std::size_t count, bool built_in) {
    return select_backend(n, Backend::automatic, count, true, built_in);
  };
  EXPECT_EQ(chosen(2000, 10, true), Backend::lanczos);
  EXPECT_EQ(chosen(2000, 11, true), Backend::lapack_two_stage);
  EXPECT_EQ(chosen(1999, 1, true), Backend::lapack_two_stage);
  EXPECT_EQ(chosen(2000, 0, true), Backend::lapack_two_stage);
  EXPECT_EQ(chosen(2000, 10, false), Backend::lapack_two_stage);
  EXPECT_EQ(select_backend(10, Backend::lanczos, 3, true, true), Backend::lanczos);
  EXPECT_EQ(select_backend(10, Backend::dense_eigen, 3, true, true), Backend::dense_eigen);
  EXPECT_THROW(select_backend(10, Backend::lanczos, 3, true, false), InvalidArgument);
  EXPECT_THROW(select_backend(10, Backend::lanczos, 0, true, true), InvalidArgument);
  for (const auto& [word, backend] : complete_backend_choices()) EXPECT_NE(backend, Backend::lanczos) << word;
  EXPECT_EQ(complete_backend_choices().size() + 1, backend_choices().size());
}

// A dense solver gives every value, which is at least as many as were asked.
TEST(SelectLanczos, DenseSolversIgnoreTheCount) {
  SpectrumOptions options;
  options.leading = 3;
  const Spectrum s = spectrum(dense(cycle_graph(20).matrix), options);
  EXPECT_TRUE(s.complete);
  EXPECT_EQ(s.values.size(), 20U);
}

}  // namespace
}  // namespace entrospect
