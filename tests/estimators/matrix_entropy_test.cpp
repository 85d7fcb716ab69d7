#include "estimators/support.hpp"

namespace entrospect::testing {
namespace {

MatrixEntropyOptions given(double order = 1) { return {.order = order, .kernel = {KernelKind::precomputed}}; }
MatrixEntropyOptions gaussian(double sigma, double order = 1) { return {.order = order, .kernel = {KernelKind::gaussian, sigma}}; }

TEST(MatrixEntropy, KnownAnswers) {
  const Data half({{1, 0.5}, {0.5, 1}});
  const std::vector<std::pair<double, double>> table{{1, 0.562335}, {1.01, 0.561206}, {2, 0.470004}, {5, 0.358576}};
  for (const auto& [order, expected] : table) EXPECT_TRUE(near(matrix_entropy(half, given(order)), expected, kPrinted)) << order;
  for (const double k : {0.0, 0.3, 0.99})  // closed form of order 2
    EXPECT_TRUE(near(matrix_entropy(Data({{1, k}, {k, 1}}), given(2)), -std::log((1 + k * k) / 2), 1e-14)) << k;
  EXPECT_TRUE(near(matrix_entropy(column({0, 1, 3}), gaussian(1)), 0.960299, kPrinted));
  EXPECT_TRUE(near(matrix_entropy(column({0, 2, 2.5}), gaussian(1)), 0.778269, kPrinted));
  EXPECT_TRUE(near(matrix_entropy(column({0, 1, 3}), gaussian(1, 2)), 0.869450, kPrinted));
  EXPECT_TRUE(near(matrix_entropy(column({0, 2, 2.5}), gaussian(1, 2)), 0.671583, kPrinted));
}

// Orders 2 and 4 are sums that need no eigenvalues; the eigenvalues agree.
TEST(MatrixEntropy, OrdersTwoAndFourFromNorms) {
  const Data x = random_data(70, 5, 6);
  const auto by_norms = [](const Estimate& e, const std::vector<double>& lam, double order) {
    const double expected = renyi_entropy(lam, order);
    EXPECT_EQ(e.backend_used, "norms") << e.estimator;
    EXPECT_TRUE(near(e.unit == Unit::count ? std::log(e.value) : e.value, expected, roundoff(70))) << e.explain();
  };
  for (const double order : {2.0, 4.0}) {
    Gram wide;
    wide.kernel.bandwidth = 1.5;
    by_norms(matrix_entropy(x, gaussian(1.5, order)), spectrum(x.view(), wide)->values, order);
    by_norms(vendi_score(x, {.order = order, .kernel = wide.kernel}), spectrum(x.view(), wide)->values, order);
    const auto covariance = spectrum(x.view().centered(), Covariance{69});
    by_norms(effective_rank(x, {.order = order}), psd_weights(*covariance, "test"), order);
    EXPECT_NE(matrix_entropy(diagonal({1, 2, 3}), given(order)).backend_used, "norms") << "a given matrix may not be semi-definite";
  }
  // float32 cannot hold the product; fourth powers that leave float64 say nothing.
  const MatrixEntropyOptions single{.order = 4, .kernel = {KernelKind::linear}, .solver = {.precision = Precision::single}};
  EXPECT_TRUE(near(matrix_entropy(x, single), matrix_entropy(x, {.order = 4, .kernel = {KernelKind::linear}}).value, 1e-5));
  Data huge = x;
  for (double& v : huge.values) v *= 1e60;
  const Estimate far = matrix_entropy(huge, {.order = 4, .kernel = {KernelKind::linear}});
  EXPECT_NE(far.backend_used, "norms");
  EXPECT_TRUE(near(far, matrix_entropy(x, {.order = 4, .kernel = {KernelKind::linear}}).value, roundoff(70)));
  // A memo shares eigenvalues with other calls but does not change bits.
  Memo memo;
  Context sharing;
  sharing.memo = &memo;
  for (const double order : {2.0, 4.0})
    EXPECT_EQ(matrix_entropy(x, gaussian(1.5, order), sharing).value, matrix_entropy(x, gaussian(1.5, order)).value) << order;
}

TEST(MatrixEntropy, BoundsAreLabelled) {
  const Data p = diagonal({0.5, 0.3, 0.2}), sharp = diagonal({0.97, 0.02, 0.01});
  const auto with = [](EntropyMethod method) {
    MatrixEntropyOptions o = given();
    o.method = method;
    return o;
  };
  EXPECT_TRUE(near(matrix_entropy(p, with(EntropyMethod::exact)), 1.029653, kPrinted));
  EXPECT_TRUE(near(matrix_entropy(p, with(EntropyMethod::radial)), 1.032797, kPrinted));
  EXPECT_TRUE(near(matrix_entropy(p, with(EntropyMethod::finger)), 0.429751, kPrinted));
  EXPECT_TRUE(near(matrix_entropy(p, with(EntropyMethod::quadratic)), 0.62, 1e-14));
  EXPECT_TRUE(near(matrix_entropy(sharp, with(EntropyMethod::exact)), 0.153838, kPrinted));
  EXPECT_TRUE(near(matrix_entropy(sharp, with(EntropyMethod::radial)), 0.155427, kPrinted));
  EXPECT_TRUE(near(matrix_entropy(sharp, with(EntropyMethod::finger)), 0.001785, kPrinted));
  for (const EntropyMethod method : {EntropyMethod::radial, EntropyMethod::finger, EntropyMethod::quadratic}) {
    const Estimate e = matrix_entropy(p, with(method));
    ASSERT_TRUE(e.interval);
    EXPECT_EQ(e.interval_method, "bounds");
    EXPECT_LE(e.interval->low, 1.029653);
    EXPECT_GE(e.interval->high, 1.029653);
    EXPECT_EQ(std::get<std::string>(*e.diagnostics.find("bound")), method == EntropyMethod::radial ? "upper" : "lower");
    EXPECT_FALSE(e.warnings.empty());
    EXPECT_TRUE(near(matrix_entropy(diagonal({1, 0, 0}), with(method)).value, 0, 1e-15)) << "a pure state";
    MatrixEntropyOptions bits = with(method);
    bits.unit = Unit::bits;
    const Estimate in_bits = matrix_entropy(p, bits);
    EXPECT_TRUE(near(in_bits, e.value / kLn2, 1e-14));
    EXPECT_TRUE(near(in_bits.interval->high, e.interval->high / kLn2, 1e-14));
  }
  const Data two = diagonal({0.8, 0.2});
  EXPECT_TRUE(near(matrix_entropy(two, with(EntropyMethod::radial)), matrix_entropy(two, with(EntropyMethod::exact)).value, 1e-14));
  MatrixEntropyOptions second = with(EntropyMethod::radial);
  second.order = 2;
  EXPECT_TRUE(mentions(thrown([&] { matrix_entropy(p, second); }), {"order = 1", "order = 2"}));
}

TEST(MatrixEntropy, CompatRepitl) {
  const auto repitl = [](double order, KernelKind kind = KernelKind::precomputed) {
    return MatrixEntropyOptions{.order = order, .kernel = {kind}, .compat = "repitl"};
  };
  EXPECT_TRUE(near(matrix_entropy(diagonal({0.5, 0.5}), repitl(2)), 2.079442, kPrinted));
  EXPECT_TRUE(near(matrix_entropy(diagonal({0.5, 0.5}), repitl(2.0001)), 0.693147, kPrinted));
  const Data thirds({{2.0 / 3, 1.0 / 3}, {1.0 / 3, 2.0 / 3}});
  EXPECT_TRUE(near(matrix_entropy(thirds, repitl(2)), 1.280934, kPrinted));
  EXPECT_TRUE(near(matrix_entropy(thirds, given(2)), 0.470004, kPrinted));
  // The tool's bandwidth: sqrt(d / 2).
  const Data x = random_data(8, 6, 3);
  EXPECT_TRUE(near(matrix_entropy(x, repitl(1, KernelKind::gaussian)), matrix_entropy(x, gaussian(std::sqrt(3.0))).value, 1e-14));
  // Its Laplacian kernels have an extra 1 / sqrt 2.
  const MatrixEntropyOptions wider{.kernel = {KernelKind::laplacian_l2, std::sqrt(3.0) * std::sqrt(2.0)}};
  EXPECT_TRUE(near(matrix_entropy(x, repitl(1, KernelKind::laplacian_l2)), matrix_entropy(x, wider).value, 1e-14));
  // Negative eigenvalues (here 1 - .9 - .9 < 0) are dropped and the rest renormalized: two equal ones.
  const Data indefinite({{1, .9, -.9}, {.9, 1, .9}, {-.9, .9, 1}});
  EXPECT_TRUE(near(matrix_entropy(indefinite, repitl(1)), kLn2, 1e-14));
  EXPECT_TRUE(mentions(thrown([&] { matrix_entropy(indefinite, given()); }), {"not positive semi-definite", "-0.8"}));
}

TEST(MatrixEntropy, CompatYu) {
  const Data x = column({0, 1, 3});
  const naive::Matrix k = naive::gram(x.naive(), naive::Kernel::gaussian, std::sqrt(2.5L));  // exp(-d^2 / 5)
  const naive::Row p = naive::normalized(naive::eigenvalues(k));
  const auto yu = [](double order) { return MatrixEntropyOptions{.order = order, .kernel = {KernelKind::gaussian, 5.0}, .compat = "yu"}; };
  for (const double q : {0.6, 1.01, 2.0, 3.0})
    EXPECT_TRUE(near(matrix_entropy(x, yu(q)), static_cast<double>(naive::renyi(p, q)) / kLn2, 1e-12)) << q;
  EXPECT_EQ(matrix_entropy(x, yu(2)).unit, Unit::bits);
  // |lam| = (.8, 1.9, 1.9) over the trace 3, not renormalized.
  const Data indefinite({{1, .9, -.9}, {.9, 1, .9}, {-.9, .9, 1}});
  const double sum = (0.64 + 2 * 3.61) / 9;
  EXPECT_TRUE(near(matrix_entropy(indefinite, {.order = 2, .kernel = {KernelKind::precomputed}, .compat = "yu"}), -std::log2(sum), 1e-13));
  // 1.01 is the order when none is given; an explicit 1 divides by zero in the tool.
  const Inputs inputs{{x}, {}, {}};
  EXPECT_EQ(std::get<double>(matrix_entropy_info().run(inputs, {{"compat", word("yu")}}, {}).options.front().second), 1.01);
  EXPECT_TRUE(mentions(thrown([&] {
                         matrix_entropy_info().run(inputs, {{"compat", word("yu")}, {"order", 1.0}}, {});
                       }),
                       {"divides by zero"}));
}

TEST(MatrixEntropy, CompatSkeanClampsEntries) {
  const auto skean = [](EntropyNormalizer normalizer = EntropyNormalizer::none) {
    return MatrixEntropyOptions{.kernel = {KernelKind::linear}, .normalizer = normalizer, .compat = "skean"};
  };
  const MatrixEntropyOptions unclamped{.kernel = {KernelKind::linear}, .center = true, .normalize = Normalize::l2};
  // Rows of the Gram side (n <= d): e1, -e1, e2, -e2 and three directions at 120 degrees.
  const Data opposite({{1, 0, 0, 0}, {-1, 0, 0, 0}, {0, 1, 0, 0}, {0, -1, 0, 0}});
  const double h = std::sqrt(0.75);
  const Data star({{1, 0, 0}, {-0.5, h, 0}, {-0.5, -h, 0}});
  const Inputs four{{opposite}, {}, {}}, three{{star}, {}, {}};
  const OptionMap raw{{"compat", word("skean")}, {"normalizer", word("none")}};
  EXPECT_TRUE(near(matrix_entropy(opposite, unclamped), 0.693147, kPrinted));
  EXPECT_TRUE(near(matrix_entropy_info().run(four, raw, {}), 1.386294, kPrinted));
  EXPECT_TRUE(near(matrix_entropy(star, unclamped), 0.693147, kPrinted));
  EXPECT_TRUE(near(matrix_entropy_info().run(three, raw, {}), 1.098612, kPrinted));
  // More rows than columns: the covariance is clamped instead, here without effect.
  const Data tall({{1, 0}, {-1, 0}, {0, 1}, {0, -1}});
  const Inputs flat{{tall}, {}, {}};
  EXPECT_TRUE(near(matrix_entropy_info().run(flat, raw, {}), 0.693147, kPrinted));
  // Normalizers, and that the default one of the tool never reaches 1 after centering.
  const Estimate standard = matrix_entropy(tall, skean());
  EXPECT_TRUE(near(standard, kLn2 / std::min(std::log(4.0), std::log(2.0)), 1e-13));
  EXPECT_EQ(standard.unit, Unit::none);
  const std::vector<std::pair<const char*, double>> normalizers{
      {"max-entropy", kLn2}, {"log-n", 2 * kLn2}, {"log-d", kLn2}, {"log-n-log-d", 2 * kLn2 * kLn2}};
  for (const auto& [id, divisor] : normalizers)
    EXPECT_TRUE(near(matrix_entropy_info().run(flat, {{"compat", word("skean")}, {"normalizer", word(id)}}, {}), kLn2 / divisor, 1e-13))
        << id;
}

TEST(MatrixEntropy, CompatDjaniak) {
  const Data x = random_data(7, 5, 8, 0.2);
  naive::Matrix w = naive::unit_rows(naive::centered(x.naive()));
  for (naive::Row& row : w) {
    naive::Real mean = 0;
    for (const naive::Real v : row) mean += v / 5;
    for (naive::Real& v : row) v -= mean;
  }
  const naive::Row p = naive::normalized(naive::nonnegative(naive::eigenvalues(naive::products(w))));
  EXPECT_TRUE(near(matrix_entropy(x, {.compat = "djaniak"}), static_cast<double>(naive::renyi(p, 1)), 1e-12));
  EXPECT_TRUE(
      near(matrix_entropy(x, {.order = 2, .compat = "djaniak"}), static_cast<double>(naive::renyi(p, 2)) + 2 * std::log(7.0), 1e-12));
}

TEST(MatrixEntropy, PrecomputedMatricesAreChecked) {
  EXPECT_TRUE(mentions(thrown([] { matrix_entropy(Data({{1, 0.5}, {0.4, 1}}), given()); }), {"not symmetric", "0.0999"}));
  EXPECT_TRUE(mentions(thrown([] { matrix_entropy(Data({{1, 0.5, 0}, {0.5, 1, 0}}), given()); }), {"square", "2 x 3"}));
  Data k({{1, 0}, {0, 1}});
  k(1, 0) = k(0, 1) = kInf;
  EXPECT_TRUE(mentions(thrown([&] { matrix_entropy(k, given()); }), {"NaN or Inf", "row 0, column 1"}));
  MatrixEntropyOptions centered = given();
  centered.center = true;
  EXPECT_TRUE(mentions(thrown([&] { matrix_entropy(diagonal({1, 1}), centered); }), {"precomputed", "center"}));
  EXPECT_EQ(matrix_entropy(Data(2, 2), given()).status, Status::degenerate);
}

TEST(MatrixEntropy, Errors) {
  const Data same({{1, 2}, {1, 2}, {1, 2}});
  EXPECT_TRUE(mentions(thrown([&] { matrix_entropy(same); }), {"bandwidth"}));  // the median distance is 0
  EXPECT_TRUE(near(matrix_entropy(same, gaussian(1)).value, 0, 1e-14));
  EXPECT_EQ(matrix_entropy(same, gaussian(1)).status, Status::degenerate);
  const Data x = random_data(5, 2, 1);
  EXPECT_TRUE(mentions(thrown([&] { matrix_entropy(x, gaussian(0)); }), {"bandwidth = 0", "(0, inf)"}));
  EXPECT_TRUE(mentions(thrown([&] { matrix_entropy(x, gaussian(-1)); }), {"bandwidth = -1"}));
  EXPECT_TRUE(mentions(thrown([&] { matrix_entropy(x, {.side = Side::covariance}); }), {"gaussian", "side"}));
  EXPECT_TRUE(
      mentions(thrown([&] { matrix_entropy(x, {.order = 0.5, .solver = {.precision = Precision::single}}); }), {"single", "refused"}));
}

}  // namespace
}  // namespace entrospect::testing
