// Every estimator against the slow formulas of oracles/naive.hpp, over kernels, anisotropies, element types and strides.
#include <bit>

#include "estimators/support.hpp"

namespace entrospect::testing {
namespace {

const std::vector<double> kOrders{0.5, 1, 2, 5, kInf};
const std::vector<std::pair<KernelKind, naive::Kernel>> kKernels{
    {KernelKind::linear, naive::Kernel::linear},
    {KernelKind::cosine, naive::Kernel::cosine},
    {KernelKind::gaussian, naive::Kernel::gaussian},
    {KernelKind::laplacian_l1, naive::Kernel::laplacian_l1},
    {KernelKind::laplacian_l2, naive::Kernel::laplacian_l2},
    {KernelKind::polynomial, naive::Kernel::polynomial},
    {KernelKind::exponential, naive::Kernel::exponential},
};

naive::Row weights_of(const naive::Matrix& k, std::size_t rank) {
  naive::Row p = naive::nonnegative(naive::eigenvalues(k));
  p.resize(std::min(p.size(), rank));  // beyond the rank there is only round-off, which orders below 1 would magnify
  return naive::normalized(p);
}

class Oracle : public ::testing::TestWithParam<std::tuple<std::size_t, std::size_t, double>> {
 protected:
  Data x = random_data(std::get<0>(GetParam()), std::get<1>(GetParam()), 17, std::get<2>(GetParam()));
  naive::Matrix wide = x.naive();
  std::size_t rank = std::min(x.n, x.d);
  // A mean of m makes squared norms m^2 d times the squared deviations: so much accuracy is lost before the entropy.
  double tolerance = 1e-12 * (1 + std::get<2>(GetParam()) * std::get<2>(GetParam()));
};

TEST_P(Oracle, VendiAndMatrixEntropyOverKernels) {
  for (const auto& [kind, slow] : kKernels) {
    const bool features = kind == KernelKind::linear || kind == KernelKind::cosine;
    const double sigma = kind == KernelKind::exponential ? 4 * static_cast<double>(x.d) * (1 + std::pow(std::get<2>(GetParam()), 2)) : 0.9;
    const naive::Matrix k = naive::gram(wide, slow, sigma, 2, 0.5L);
    const Kernel kernel{kind, sigma, 2, 0.5};
    const naive::Row raw = weights_of(k, features ? rank : x.n), unit = weights_of(naive::unit_diagonal(k), features ? rank : x.n);
    for (const double q : kOrders) {
      if (q < 1 && !features) continue;  // kernels with tiny eigenvalues: what counts as zero is decided by each one's own round-off
      EXPECT_TRUE(near(matrix_entropy(x, {.order = q, .kernel = kernel}), static_cast<double>(naive::renyi(raw, q)), tolerance))
          << name(kind) << " order " << q;
      EXPECT_TRUE(near(vendi_score(x, {.order = q, .kernel = kernel, .diagonal = Diagonal::normalize}),
                       static_cast<double>(std::exp(naive::renyi(unit, q))), tolerance))
          << name(kind) << " order " << q;
    }
  }
}

TEST_P(Oracle, BandwidthRules) {
  const double median = static_cast<double>(naive::median_distance(wide)), l1 = static_cast<double>(naive::median_distance(wide, true));
  const std::vector<std::tuple<KernelKind, BandwidthRule, double>> rules{
      {KernelKind::gaussian, BandwidthRule::median, median},
      {KernelKind::gaussian, BandwidthRule::half_median, median / 2},
      {KernelKind::gaussian, BandwidthRule::sqrt_half_d, std::sqrt(static_cast<double>(x.d) / 2)},
      {KernelKind::laplacian_l1, BandwidthRule::median, l1},
      {KernelKind::laplacian_l2, BandwidthRule::median, median}};
  for (const auto& [kind, rule, sigma] : rules) {
    const Estimate e = matrix_entropy(x, {.kernel = {kind, rule}});
    EXPECT_TRUE(near(number(e, "bandwidth"), sigma, 100 * tolerance)) << name(kind);
    EXPECT_TRUE(near(e, matrix_entropy(x, {.kernel = {kind, sigma}}).value, 100 * tolerance)) << name(kind);
  }
}

TEST_P(Oracle, DiffusionOverAnisotropiesTimesAndKernels) {
  for (const auto& [kind, slow] : kKernels) {
    if (kind != KernelKind::gaussian && kind != KernelKind::laplacian_l1 && kind != KernelKind::laplacian_l2) continue;
    const naive::Matrix k = naive::gram(wide, slow, 0.9);
    for (const double a : {0.0, 0.5, 1.0}) {
      const naive::Row lam = naive::eigenvalues(naive::diffusion(k, a));
      for (const double t : {1.0, 2.0, 3.5, 8.0})
        for (const double q : {1.0, 2.0, kInf})
          EXPECT_TRUE(near(diffusion_spectral_entropy(x, {.t = t, .anisotropy = a, .order = q, .kernel = {kind, 0.9}}),
                           static_cast<double>(naive::renyi(naive::normalized(naive::powers(lam, t)), q)), tolerance))
              << name(kind) << " a " << a << " t " << t << " order " << q;
    }
  }
}

TEST_P(Oracle, CovarianceFamilyOverRowTreatments) {
  for (const bool center : {false, true})
    for (const Normalize normalize : {Normalize::none, Normalize::l2, Normalize::standardize}) {
      naive::Matrix z = center ? naive::centered(wide) : wide;
      if (normalize == Normalize::l2) z = naive::unit_rows(z);
      if (normalize == Normalize::standardize) z = naive::standardized(wide);
      const bool removed = center || normalize == Normalize::standardize;
      naive::Row lam = naive::nonnegative(naive::eigenvalues(x.n < x.d ? naive::products(z) : naive::scatter(z)));
      lam.resize(std::min(removed ? x.n - 1 : x.n, x.d));
      const naive::Row p = naive::normalized(lam);
      for (const double q : kOrders)
        EXPECT_TRUE(near(effective_rank(x, {.order = q, .center = center, .normalize = normalize}),
                         static_cast<double>(std::exp(naive::renyi(p, q))), 10 * tolerance))
            << center << " order " << q;
      EXPECT_TRUE(
          near(von_neumann_entropy(x, {.center = center, .normalize = normalize}), static_cast<double>(naive::renyi(p, 1)), tolerance));
      naive::Row s = lam;
      for (naive::Real& v : s) v = std::sqrt(v);
      EXPECT_TRUE(near(rankme(x, {.center = center, .normalize = normalize}),
                       static_cast<double>(std::exp(naive::renyi(naive::normalized(s), 1))), 1e4 * tolerance));
    }
}

INSTANTIATE_TEST_SUITE_P(Data, Oracle,
                         ::testing::Values(std::tuple(15, 4, 0.0), std::tuple(15, 4, 3.0), std::tuple(5, 9, 0.5), std::tuple(70, 6, 0.0)));

// Half, bfloat16 and single precision are read exactly: the oracle sees the rounded values.
template <class T>
SampleMatrix strided(const std::vector<T>& storage, DType type, std::size_t n, std::size_t d, std::ptrdiff_t row, std::ptrdiff_t column,
                     std::ptrdiff_t first = 0) {
  const auto size = static_cast<std::ptrdiff_t>(sizeof(T));
  return {storage.data() + first, type, n, d, row * size, column * size};
}

TEST(OracleTypes, ElementTypesAndStrides) {
  const Data x = random_data(20, 6, 30, 0.2);
  std::vector<float> single(x.values.begin(), x.values.end());
  std::vector<std::uint16_t> brain, half;
  Data from_brain(20, 6), from_single(20, 6), from_half(20, 6);
  for (std::size_t i = 0; i < single.size(); ++i) {
    from_single.values[i] = single[i];
    brain.push_back(static_cast<std::uint16_t>(std::bit_cast<std::uint32_t>(single[i]) >> 16));
    from_brain.values[i] = std::bit_cast<float>(static_cast<std::uint32_t>(brain[i]) << 16);
    // Quarters in [-8, 8) are exact in half precision: sign, exponent and fraction by hand.
    const double quarter = std::clamp(std::round(4 * x.values[i]), -31.0, 31.0) / 4;
    from_half.values[i] = quarter;
    std::uint16_t bits = quarter < 0 ? 0x8000 : 0;
    if (quarter != 0) {
      const int exponent = std::ilogb(quarter);
      bits =
          static_cast<std::uint16_t>(bits | (exponent + 15) << 10 | static_cast<int>((std::abs(quarter) / std::exp2(exponent) - 1) * 1024));
    }
    half.push_back(bits);
  }
  const auto check = [](const SampleMatrix& view, const Data& expected) {
    const naive::Row p = weights_of(naive::unit_diagonal(naive::gram(expected.naive(), naive::Kernel::linear, 1)), 6);
    EXPECT_TRUE(near(vendi_score(view, {.zero_rows = ZeroRows::drop}), static_cast<double>(std::exp(naive::renyi(p, 1))), 1e-12));
    EXPECT_TRUE(near(diffusion_spectral_entropy(view, {.kernel = {KernelKind::gaussian, 1.0}}),
                     static_cast<double>(naive::diffusion_entropy(naive::gram(expected.naive(), naive::Kernel::gaussian, 1), 0.5L, 1)),
                     1e-12));
  };
  check(strided(single, DType::f32, 20, 6, 6, 1), from_single);
  check(strided(brain, DType::bf16, 20, 6, 6, 1), from_brain);
  for (std::size_t i = 0; i < 20; ++i) from_half(i, 0) += 0;  // no zero row in this fixture, or the oracle would divide by 0
  check(strided(half, DType::f16, 20, 6, 6, 1), from_half);
  // Rows backwards, columns backwards, every second row, columns as rows.
  Data backwards(20, 6), mirrored(20, 6), second(10, 6), across(6, 20);
  for (std::size_t i = 0; i < 20; ++i)
    for (std::size_t j = 0; j < 6; ++j) {
      backwards(i, j) = x(19 - i, j);
      mirrored(i, j) = x(i, 5 - j);
      if (i % 2 == 0) second(i / 2, j) = x(i, j);
      across(j, i) = x(i, j);
    }
  check(strided(x.values, DType::f64, 20, 6, -6, 1, 114), backwards);
  check(strided(x.values, DType::f64, 20, 6, 6, -1, 5), mirrored);
  check(strided(x.values, DType::f64, 10, 6, 12, 1), second);
  check(strided(x.values, DType::f64, 6, 20, 1, 6), across);
}

// The oracle's own solver, against matrices with known eigenvalues.
TEST(OracleTypes, JacobiIsRight) {
  naive::Matrix cycle = naive::zeros(20, 20);  // a cycle graph: 2 cos(2 pi k / 20), two-fold but for the ends
  for (std::size_t i = 0; i < 20; ++i) cycle[i][(i + 1) % 20] = cycle[(i + 1) % 20][i] = 1;
  naive::Row expected;
  for (int k = 0; k < 20; ++k) expected.push_back(2 * std::cos(2 * std::acos(-1.0L) * k / 20));
  std::sort(expected.rbegin(), expected.rend());
  const naive::Row found = naive::eigenvalues(cycle);
  for (std::size_t i = 0; i < 20; ++i) EXPECT_NEAR(static_cast<double>(found[i]), static_cast<double>(expected[i]), 1e-17);
}

}  // namespace
}  // namespace entrospect::testing
