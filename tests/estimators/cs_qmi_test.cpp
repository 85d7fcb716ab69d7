// Cauchy-Schwarz mutual information and conditional divergence.

#include "estimators/support.hpp"

namespace entrospect::testing {
namespace {

const Kernel kGaussian{KernelKind::gaussian, 1.0};

// Two equal 2 x 2 kernel matrices with `k` off the diagonal.
Data two_by_two(double k) { return Data({{1, k}, {k, 1}}); }

TEST(CsQmi, KnownAnswers) {
  const Kernel given{KernelKind::precomputed};
  for (const auto& [k, bits] : {std::pair(0.0, 1.0), std::pair(0.25, 0.443607), std::pair(0.5, 0.152003), std::pair(1.0, 0.0)})
    EXPECT_NEAR(cs_qmi(two_by_two(k), two_by_two(k), {.kernel = given, .unit = Unit::bits}).value, bits, kPrinted);
  const Data x = column({0, 1, 3}), y = column({0, 2, 2.5});
  EXPECT_NEAR(cs_qmi(x, y, {.kernel = kGaussian, .unit = Unit::bits}).value, 0.432471, kPrinted);
  const Estimate ratio = cs_qmi(x, y, {.kernel = kGaussian, .normalizer = QmiNormalizer::self, .unit = Unit::bits});
  EXPECT_NEAR(ratio.value, 0.738557, kPrinted);
  EXPECT_EQ(ratio.unit, Unit::none);
  EXPECT_TRUE(near(cs_qmi(x, x, {.kernel = kGaussian, .normalizer = QmiNormalizer::self}), 1, 8 * kEps));
}

double slow_information(const naive::Matrix& k, const naive::Matrix& l) {
  const std::size_t n = k.size();
  naive::Real joint = 0, x = 0, y = 0, cross = 0;
  for (std::size_t i = 0; i < n; ++i) {
    naive::Real row_k = 0, row_l = 0;
    for (std::size_t j = 0; j < n; ++j) {
      joint += k[i][j] * l[i][j] / (n * n);
      row_k += k[i][j] / n;
      row_l += l[i][j] / n;
    }
    x += row_k / n;
    y += row_l / n;
    cross += row_k * row_l / n;
  }
  return static_cast<double>(std::log(joint * x * y / (cross * cross)));
}

TEST(CsQmi, SlowFormulaOverKernelsAndNull) {
  const std::size_t n = 31, count = 25;
  const Data x = random_data(n, 3, 1), y = random_data(n, 2, 2, 1);
  for (const auto& [kind, slow] :
       {std::pair(KernelKind::gaussian, naive::Kernel::gaussian), std::pair(KernelKind::laplacian_l1, naive::Kernel::laplacian_l1),
        std::pair(KernelKind::exponential, naive::Kernel::exponential)}) {
    const naive::Matrix k = naive::gram(x.naive(), slow, 2), l = naive::gram(y.naive(), slow, 2);
    CsQmiOptions o{.kernel = {kind, 2.0}};
    const double value = slow_information(k, l);
    EXPECT_TRUE(near(cs_qmi(x, y, o), value, 64 * kEps)) << name(kind);
    double mean = 0, exceeding = 0;
    for (std::size_t m = 0; m < count; ++m) {
      const std::vector<std::size_t> p = null_stream(4, m).permutation(n);
      naive::Matrix moved = l;
      for (std::size_t i = 0; i < n; ++i)
        for (std::size_t j = 0; j < n; ++j) moved[i][j] = l[p[i]][p[j]];
      const double permuted = slow_information(k, moved);
      mean += permuted / count;
      exceeding += permuted >= value ? 1 : 0;
    }
    o.null = PermutationNull::permutation;
    o.n_null = count;
    o.seed = 4;
    for (const unsigned threads : {1U, 2U, 7U}) {
      Context context;
      context.threads = threads;
      const Estimate e = cs_qmi(x, y, o, context);
      ASSERT_TRUE(e.null);
      EXPECT_NEAR(e.null->mean, mean, 64 * kEps);
      EXPECT_EQ(e.null->p_value, (1 + exceeding) / (1 + count));
      EXPECT_EQ(e.null->method, "permutation");
    }
  }
}

TEST(CsQmi, CompatReproducesTheToolsBandwidth) {
  // Squared distances 1, 4, 9 of three points; listed twice, 12 values from pairs and 3 zeros: the median is 4.
  const Data x = column({0, 1, 3}), far = column({0, 100, 300});
  const Estimate e = cs_qmi(x, far, {.compat = "cs-ib"});
  EXPECT_EQ(number(e, "bandwidth"), 40);
  EXPECT_EQ(number(e, "y_bandwidth"), 40e4);
  EXPECT_EQ(e.unit, Unit::bits);
  EXPECT_EQ(number(cs_qmi(x, column({0, 1e-3, 2e-3}), {.compat = "cs-ib"}), "y_bandwidth"), 0.1);
  // 4 zeros of pairs and 3 of copies among 15: the median of 0 and 25 is 25, that of (0, 0, 0, 5) with 12 + 4 zeros of 28 is 0 and the
  // tool takes the mean.
  EXPECT_EQ(number(cs_qmi(x, column({0, 0, 5}), {.compat = "cs-ib"}), "y_bandwidth"), 250);
  EXPECT_TRUE(near(number(cs_qmi(column({0, 1, 3, 7}), column({0, 0, 0, 5}), {.compat = "cs-ib"}), "y_bandwidth"), 250 * 12.0 / 28, 1e-14));
  EXPECT_EQ(number(cs_qmi(x, x, {.kernel = {KernelKind::gaussian, 3.0}, .compat = "cs-ib"}), "bandwidth"), 3);
}

TEST(CsQmi, FaultsAreNamed) {
  const Data x = random_data(6, 2, 1), y = random_data(5, 2, 2), same(Data({{1, 2}, {1, 2}, {1, 2}, {1, 2}, {1, 2}, {1, 2}}));
  EXPECT_TRUE(mentions(thrown([&] { cs_qmi(x, y); }), {"cs_qmi", "'y' has 5 rows", "'x' has 6"}));
  EXPECT_TRUE(mentions(thrown([&] { cs_qmi(x, same); }), {"cs_qmi: y: bandwidth 'median' is 0"}));
  EXPECT_EQ(cs_qmi(x, same, {.kernel = kGaussian}).status, Status::degenerate);
  EXPECT_TRUE(mentions(thrown([&] { cs_qmi(x, same, {.kernel = kGaussian, .normalizer = QmiNormalizer::self}); }),
                       {"cs_qmi: I_CS(y, y)", "round-off", "normalizer = 'self'"}));
  const Kernel given{KernelKind::precomputed};
  EXPECT_TRUE(
      mentions(thrown([&] { cs_qmi(two_by_two(0.5), two_by_two(-0.5), {.kernel = given}); }), {"cs_qmi: y: ", "-0.5", "row 0, column 1"}));
  EXPECT_TRUE(mentions(thrown([&] { run("cs_qmi", {{x, x}, {}, {}}, {{"kernel", word("linear")}}); }), {"cs_qmi", "kernel = 'linear'"}));
}

TEST(ConditionalCs, SlowFormula) {
  const std::size_t n = 23;
  const Data x = random_data(n, 3, 1), y = random_data(n, 2, 2), z = random_data(n, 2, 3, 0.3);
  const naive::Matrix k = naive::gram(x.naive(), naive::Kernel::gaussian, 1);
  const auto kernel = [](const naive::Matrix& a, std::size_t i, const naive::Matrix& b, std::size_t j) {
    return naive::kernel(naive::Kernel::gaussian, a[i], b[j], 1, 2, 1);
  };
  const naive::Matrix a = y.naive(), b = z.naive();
  for (const bool squares : {false, true}) {
    naive::Real yy = 0, zz = 0, zy = 0;
    for (std::size_t j = 0; j < n; ++j) {
      naive::Real weight = 0, row_yy = 0, row_zz = 0, row_zy = 0;
      for (std::size_t i = 0; i < n; ++i) {
        weight += squares ? k[j][i] * k[j][i] : k[j][i];
        row_yy += k[j][i] * kernel(a, j, a, i);
        row_zz += k[j][i] * kernel(b, j, b, i);
        row_zy += k[j][i] * kernel(b, j, a, i);
      }
      if (!squares) weight *= weight;
      yy += row_yy / weight;
      zz += row_zz / weight;
      zy += row_zy / weight;
    }
    const double nats = static_cast<double>(std::log(yy * zz / (zy * zy)));
    const Estimate e = conditional_cs_divergence(x, y, z, {.kernel = kGaussian, .compat = squares ? "cs-ib-conditional" : ""});
    EXPECT_TRUE(near(e, squares ? nats / kLn2 : nats, 64 * kEps));
  }
  EXPECT_TRUE(near(conditional_cs_divergence(x, y, y, {.kernel = kGaussian}), 0, 16 * kEps));
}

TEST(ConditionalCs, FaultsAreNamed) {
  const Data x = random_data(6, 2, 1), y = random_data(6, 3, 2), short_z = random_data(5, 2, 3);
  EXPECT_TRUE(mentions(thrown([&] { conditional_cs_divergence(x, x, y); }), {"'z' has d = 3", "'y' has 2"}));
  EXPECT_TRUE(mentions(thrown([&] { conditional_cs_divergence(x, x, short_z); }), {"'z' has 5 rows", "'x' has 6"}));
  Data bad = random_data(6, 2, 4);
  bad(3, 1) = std::numeric_limits<double>::infinity();
  EXPECT_TRUE(
      mentions(thrown([&] { conditional_cs_divergence(x, x, bad); }), {"conditional_cs_divergence: z: 1 of 6 x 2", "row 3, column 1"}));
}

}  // namespace
}  // namespace entrospect::testing
