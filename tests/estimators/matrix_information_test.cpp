#include <cmath>

#include "estimators/support.hpp"

namespace entrospect::testing {
namespace {

using Samples = std::vector<SampleMatrix>;

const Data kX = column({0, 1, 3}), kY = column({0, 2, 2.5});
const Kernel kGaussian{KernelKind::gaussian, 1.0}, kGiven{KernelKind::precomputed};

// 2 x 2 with unit diagonal.
Data pair_matrix(double k) { return Data({{1, k}, {k, 1}}); }

MatrixInformationOptions given(double order) { return {.order = order, .kernel = kGiven}; }

TEST(MatrixInformation, KnownAnswersOfTwoByTwoMatrices) {
  struct Row {
    double order, h, joint, mutual, conditional;
  };
  const Data k = pair_matrix(0.5);
  for (const Row& row : {Row{1, 0.562335, 0.661563, 0.463107, 0.099228}, Row{1.01, 0.561206, 0.661258, 0.461154, 0.100052},
                         Row{2, 0.470004, 0.632523, 0.307485, 0.162519}, Row{5, 0.358576, 0.568783, 0.148368, 0.210207}}) {
    SCOPED_TRACE(row.order);
    EXPECT_NEAR(matrix_entropy(k, {.order = row.order, .kernel = kGiven}).value, row.h, kPrinted);
    EXPECT_NEAR(matrix_joint_entropy({k, k}, given(row.order)).value, row.joint, kPrinted);
    EXPECT_NEAR(matrix_mutual_information(k, k, {.order = row.order, .kernel = kGiven}).value, row.mutual, kPrinted);
    EXPECT_NEAR(matrix_conditional_entropy(k, k, given(row.order)).value, row.conditional, kPrinted);
  }
  EXPECT_TRUE(near(matrix_joint_entropy({k, k}, given(2)), -std::log((1 + 0.0625) / 2), 8 * kEps));
}

TEST(MatrixInformation, KnownAnswersOfThreePoints) {
  for (const auto& [order, mutual, conditional, joint] :
       {std::tuple(1.0, 0.646979, 0.313320, 1.091588), std::tuple(2.0, 0.456325, 0.413125, 1.084708)}) {
    const MatrixInformationOptions o{.order = order, .kernel = kGaussian};
    EXPECT_NEAR(matrix_joint_entropy({kX, kY}, o).value, joint, kPrinted);
    EXPECT_NEAR(matrix_conditional_entropy(kX, kY, o).value, conditional, kPrinted);
    const Estimate e = matrix_mutual_information(kX, kY, {.order = order, .kernel = kGaussian});
    EXPECT_NEAR(e.value, mutual, kPrinted);
    EXPECT_NEAR(*e.cap, matrix_entropy(kY, {.order = order, .kernel = kGaussian}).value, 1e-12);
  }
}

// H of the joint kernel of x and y is H of the kernel of [x y] when both have one bandwidth.
TEST(MatrixInformation, GaussianKernelsOfJointSamplesAreProducts) {
  const Data x = random_data(40, 3, 1), y = random_data(40, 2, 2);
  Data both(40, 5);
  for (std::size_t i = 0; i < 40; ++i)
    for (std::size_t j = 0; j < 5; ++j) both(i, j) = j < 3 ? x(i, j) : y(i, j - 3);
  for (const double order : {0.5, 1.0, 2.0, 3.0, 4.0})
    EXPECT_TRUE(near(matrix_joint_entropy({x, y}, {.order = order, .kernel = kGaussian}),
                     matrix_entropy(both, {.order = order, .kernel = kGaussian}).value, 1e-11))
        << order;
}

// Orders 2 and 4 come from norms: orders beside them come from eigenvalues.
TEST(MatrixInformation, OrdersWithoutEigenvalues) {
  const Data x = random_data(300, 3, 1), y = random_data(300, 2, 2);
  for (const double order : {2.0, 4.0}) {
    const auto at = [&](double q) { return matrix_joint_entropy({x, y}, {.order = q, .kernel = kGaussian}); };
    const Estimate norms = at(order);
    EXPECT_EQ(norms.backend_used, "norms");
    const double step = 1e-4, beside = (at(order - step).value + at(order + step).value) / 2;
    EXPECT_NE(at(order - step).backend_used, "norms");
    EXPECT_NEAR(norms.value, beside, step * step) << "the second difference of H_q is below 1 there";
  }
}

TEST(MatrixInformation, IdentitiesBetweenTheQuantities) {
  const Data x = random_data(30, 3, 1), y = random_data(30, 2, 2), z = random_data(30, 4, 3);
  for (const double order : {1.0, 2.0, 0.7}) {
    const MatrixInformationOptions o{.order = order};
    const MatrixTotalCorrelationOptions t{.order = order};
    const double mutual = matrix_mutual_information(x, y, {.order = order}).value;
    const auto h = [&](const Samples& s) { return matrix_joint_entropy(s, o).value; };
    const double h_x = matrix_entropy(x, {.order = order}).value, h_y = matrix_entropy(y, {.order = order}).value,
                 h_z = matrix_entropy(z, {.order = order}).value;
    EXPECT_TRUE(near(matrix_total_correlation({x, y}, t), mutual, 1e-12));
    EXPECT_TRUE(near(matrix_dual_total_correlation({x, y}, o), mutual, 1e-12));
    EXPECT_TRUE(near(mutual, h_x - matrix_conditional_entropy(x, y, o).value, 1e-12));
    EXPECT_TRUE(near(matrix_mutual_information(y, x, {.order = order}), mutual, 1e-12));
    EXPECT_TRUE(near(matrix_conditional_mutual_information(x, y, z, o), h({x, z}) + h({y, z}) - h({x, y, z}) - h_z, 1e-12));
    const double total = matrix_total_correlation({x, y, z}, t).value, dual = matrix_dual_total_correlation({x, y, z}, o).value;
    EXPECT_TRUE(near(total, h_x + h_y + h_z - h({x, y, z}), 1e-12));
    EXPECT_TRUE(near(dual, h({x, y}) + h({x, z}) + h({y, z}) - 2 * h({x, y, z}), 1e-12));
    EXPECT_TRUE(near(o_information({x, y, z}, o), total - dual, 1e-12));
    EXPECT_TRUE(near(s_information({x, y, z}, o), total + dual, 1e-12));
    EXPECT_TRUE(near(matrix_total_correlation({x, y, z}, {.order = order, .normalized = true}),
                     total / (h_x + h_y + h_z - std::max({h_x, h_y, h_z})), 1e-12));
    // The order of the matrices is of no importance, and the O-information of pairs is that of triples with a constant.
    EXPECT_TRUE(near(o_information({z, x, y}, o), total - dual, 1e-12));
  }
  const Data constant(30, 2);
  const MatrixInformationOptions o{.kernel = kGaussian};
  EXPECT_TRUE(near(o_information({x, y, constant}, o), 0, 1e-12));
  EXPECT_TRUE(near(matrix_joint_entropy({x, constant}, o), matrix_entropy(x, {.kernel = kGaussian}).value, 1e-12));
}

// The table of spectral.md section 5: what unit diagonals guarantee, and what order 1 does.
TEST(MatrixInformation, Inequalities) {
  constexpr double round_off = 1e-12;
  for (const unsigned seed : {1U, 2U, 3U, 4U})
    for (const double order : {0.3, 1.0, 1.01, 2.0, 4.0, 7.0, kInf})
      for (const KernelKind kind : {KernelKind::gaussian, KernelKind::cosine, KernelKind::laplacian_l1}) {
        SCOPED_TRACE(order);
        const Data x = random_data(14, 3, seed), y = random_data(14, 2, seed + 10), z = random_data(14, 1, seed + 20, 0.2);
        const MatrixInformationOptions o{.order = order, .kernel = {kind}};
        const double h_x = matrix_entropy(x, {.order = order, .kernel = {kind}}).value,
                     h_y = matrix_entropy(y, {.order = order, .kernel = {kind}}).value;
        const Estimate joint = matrix_joint_entropy({x, y}, o), conditional = matrix_conditional_entropy(x, y, o),
                       mutual = matrix_mutual_information(x, y, {.order = order, .kernel = {kind}}),
                       beyond = matrix_conditional_mutual_information(x, y, z, o),
                       total = matrix_total_correlation({x, y, z}, {.order = order, .kernel = {kind}}),
                       dual = matrix_dual_total_correlation({x, y, z}, o), balance = o_information({x, y, z}, o),
                       all = s_information({x, y, z}, o);
        EXPECT_GE(joint.value, std::max(h_x, h_y) - round_off);
        EXPECT_GE(conditional.value, -round_off);
        for (const Estimate& e : {joint, conditional, mutual, beyond, total, dual, balance, all})
          EXPECT_LE(e.value, *e.cap + round_off) << e.text();
        if (order != 1) continue;
        EXPECT_LE(joint.value, h_x + h_y + round_off);
        for (const Estimate& e : {mutual, beyond, total, dual, all}) EXPECT_GE(e.value, -round_off) << e.text();
      }
}

TEST(MatrixInformation, OrderTwoMayBeNegative) {
  double least = 0;
  for (unsigned seed = 1; seed < 200; ++seed) {
    const Data x = random_data(4, 1, seed), y = random_data(4, 1, seed + 1000), z = random_data(4, 1, seed + 2000);
    least = std::min(least, matrix_conditional_mutual_information(x, y, z, {.order = 2, .kernel = kGaussian}).value);
  }
  EXPECT_LT(least, -1e-6) << "strong subadditivity is guaranteed at order 1 only, and nothing is clipped";
}

TEST(MatrixInformation, NormalizersOfMutualInformation) {
  const double x = 0.960299, y = 0.778269, mutual = 0.646979;
  const auto value = [](InformationNormalizer normalizer) {
    return matrix_mutual_information(kX, kY, {.kernel = kGaussian, .normalizer = normalizer});
  };
  using N = InformationNormalizer;
  EXPECT_NEAR(value(N::min).value, mutual / y, 2e-6);
  EXPECT_NEAR(value(N::max).value, mutual / x, 2e-6);
  EXPECT_NEAR(value(N::sqrt).value, mutual / std::sqrt(x * y), 2e-6);
  EXPECT_NEAR(value(N::mean).value, 2 * mutual / (x + y), 2e-6);
  EXPECT_EQ(value(N::min).unit, Unit::none);
  EXPECT_EQ(*value(N::min).cap, 1);
  const Data constant(3, 1);
  const Estimate e = matrix_mutual_information(kX, constant, {.kernel = kGaussian, .normalizer = N::min});
  EXPECT_EQ(e.status, Status::degenerate);
  EXPECT_TRUE(std::isnan(e.value));
}

TEST(MatrixInformation, ToolsWithTheirUnits) {
  const double bits = 1 / std::log(2.0);
  // yu: exp(-d^2 / s), s = 2 sigma^2 = 2; order 1.01; over the larger entropy.
  const Kernel two{KernelKind::gaussian, 2.0};
  const double x = matrix_entropy(kX, {.order = 1.01, .kernel = kGaussian}).value,
               y = matrix_entropy(kY, {.order = 1.01, .kernel = kGaussian}).value,
               joint = matrix_joint_entropy({kX, kY}, {.order = 1.01, .kernel = kGaussian}).value;
  EXPECT_TRUE(near(matrix_joint_entropy({kX, kY}, {.kernel = two, .compat = "yu"}), joint * bits, 1e-13));
  EXPECT_TRUE(near(matrix_mutual_information(kX, kY, {.kernel = two, .compat = "yu"}), (x + y - joint) / std::max(x, y), 1e-12));
  EXPECT_TRUE(near(matrix_total_correlation({kX, kY}, {.kernel = two, .compat = "yu"}), (x + y - joint) * bits, 1e-12));
  const Inputs inputs{{kX, kY}, {}, {}};  // an option that is given wins over the id, also where it is the default
  EXPECT_THROW((void)run("matrix_joint_entropy", inputs, {{"order", 1.0}, {"compat", std::string("yu")}}), InvalidArgument);
  // repitl: order 2 divides by n^2 whatever the trace is: 2.079442 for diag(.5, .5) where ln 2 is right.
  const Data half = diagonal({0.5, 0.5}), one = pair_matrix(1);
  EXPECT_NEAR(matrix_joint_entropy({half, one}, {.order = 2, .kernel = kGiven, .compat = "repitl"}).value, 2.079442, kPrinted);
  EXPECT_NEAR(matrix_joint_entropy({half, one}, {.order = 2.0001, .kernel = kGiven, .compat = "repitl"}).value, std::log(2.0), kPrinted);
}

TEST(MatrixInformation, FaultsOfTheInputAreNamed) {
  const Data x = random_data(6, 3, 1), y = random_data(6, 2, 2);
  EXPECT_TRUE(mentions(thrown([&] {
                         (void)matrix_joint_entropy({x, y, random_data(5, 2, 3)});
                       }),
                       {"matrix_joint_entropy: 'x3' has 5 rows where 'x' has 6"}));
  EXPECT_TRUE(mentions(thrown([&] { (void)matrix_joint_entropy({x}); }), {"takes 2 or more sample matrices ('x', 'y', ...), got 1"}));
  EXPECT_TRUE(mentions(thrown([&] { (void)matrix_mutual_information(x, y, {.side = Side::covariance}); }),
                       {"side = 'cov' is refused", "only n x n kernel matrices over the same rows may be multiplied"}));
  EXPECT_TRUE(mentions(thrown([&] { (void)matrix_mutual_information(x, y, {.kernel = {KernelKind::linear}}); }),
                       {"matrix_mutual_information: x: the kernel's diagonal must be 1", "ranges over [", "normalize"}));
  const Data wrong({{1, 2}, {2, 1}}), crooked({{1, 0.5}, {0.4, 1}});
  EXPECT_TRUE(mentions(thrown([&] { (void)matrix_joint_entropy({wrong, pair_matrix(1)}, given(2)); }), {"not positive semi-definite"}));
  EXPECT_TRUE(mentions(thrown([&] {
                         (void)matrix_joint_entropy({pair_matrix(0.5), crooked}, given(1));
                       }),
                       {"matrix_joint_entropy: y: ", "symmetric"}));
  EXPECT_TRUE(mentions(thrown([&] { (void)matrix_mutual_information(x, y, {.order = 0.5, .solver = {.precision = Precision::single}}); }),
                       {"precision = 'single' is refused"}));
  // Normalized, a linear kernel is the cosine kernel.
  EXPECT_TRUE(near(matrix_mutual_information(x, y, {.kernel = {KernelKind::linear}, .diagonal = Diagonal::normalize}),
                   matrix_mutual_information(x, y, {.kernel = {KernelKind::cosine}}).value, 1e-12));
}

// Each permuted value is the value of samples whose rows of y are permuted; order 2 goes another way than order 1.
TEST(MatrixInformation, TheNullPermutesRowsOfY) {
  const std::size_t n = 12, count = 40;
  const Data x = random_data(n, 2, 1);
  Data y = random_data(n, 2, 2);
  for (std::size_t i = 0; i < n; ++i) y(i, 0) += 2 * x(i, 0);
  for (const double order : {1.0, 2.0, 3.0}) {
    MatrixMutualInformationOptions o{.order = order, .null = PermutationNull::permutation, .n_null = count, .seed = 5};
    const Estimate e = matrix_mutual_information(x, y, o);
    o.null = PermutationNull::none;
    double mean = 0, exceeding = 0;
    for (std::size_t m = 0; m < count; ++m) {
      const std::vector<std::size_t> p = null_stream(5, m).permutation(n);
      const double value = matrix_mutual_information(x, y.view().select(p), o).value;
      mean += value / count;
      exceeding += value >= e.value ? 1 : 0;
    }
    EXPECT_NEAR(number(e, "null_mean"), mean, 1e-12);
    EXPECT_DOUBLE_EQ(number(e, "p_value"), (1 + exceeding) / (1 + count));
    EXPECT_EQ(e.value, matrix_mutual_information(x, y, o).value);
  }
}

TEST(MatrixInformation, AMemoSharesMatricesAndSpectra) {
  const Data x = random_data(20, 2, 1), y = random_data(20, 2, 2), z = random_data(20, 2, 3);
  Memo memo;
  Context shared;
  shared.memo = &memo;
  for (const double order : {1.0, 2.0, 4.0, 0.5}) {
    const MatrixInformationOptions o{.order = order};
    EXPECT_EQ(matrix_joint_entropy({x, y, z}, o, shared).value, matrix_joint_entropy({x, y, z}, o).value);
    EXPECT_EQ(o_information({x, y, z}, o, shared).value, o_information({x, y, z}, o).value);
    EXPECT_EQ(matrix_dual_total_correlation({x, y}, o, shared).value, matrix_dual_total_correlation({x, y}, o).value);
  }
}

// ---- differences over permutations

TEST(DifferenceOfEntropies, KnownAnswersOverAllSixPermutations) {
  for (const auto& [order, value] : {std::pair(1.0, -0.029009), std::pair(2.0, -0.049257)}) {
    const Estimate e = difference_of_entropies(kX, kY, {.order = order, .kernel = kGaussian, .repeats = AllPermutations::all});
    EXPECT_NEAR(e.value, value, kPrinted);
    EXPECT_EQ(number(e, "permutations"), 6);
    EXPECT_FALSE(e.std_error.has_value()) << "a mean over all permutations is exact";
    EXPECT_FALSE(e.seed.has_value());
  }
}

// The standard error is that of a mean of `repeats` random permutations around the mean over all of them.
TEST(DifferenceOfEntropies, StandardErrorOverPermutations) {
  const Data x = random_data(7, 2, 1), y = random_data(7, 2, 2);
  const double exact = difference_of_entropies(x, y, {.repeats = AllPermutations::all}).value;
  double squares = 0, error = 0;
  constexpr int seeds = 200;
  for (std::uint64_t seed = 0; seed < seeds; ++seed) {
    const Estimate e = difference_of_entropies(x, y, {.repeats = 16.0, .seed = seed});
    squares += std::pow(e.value - exact, 2) / seeds;
    error += std::pow(*e.std_error, 2) / seeds;
    EXPECT_EQ(e.interval_method, "repeats");
  }
  // A variance over 200 seeds has a relative standard error of 10 %.
  EXPECT_NEAR(squares / error, 1, 0.4);
}

TEST(DifferenceOfEntropies, DependenceHasItsSign) {
  const Data x = random_data(40, 1, 1), z = random_data(40, 1, 2);
  EXPECT_GT(difference_of_entropies(x, x).value, 0.2);
  EXPECT_LT(difference_of_powers(x, x).value, -0.01) << "powers fall as entropy grows";
  const Estimate unrelated = difference_of_entropies(x, z, {.repeats = 100.0});
  EXPECT_LT(std::abs(unrelated.value), 0.1 * difference_of_entropies(x, x).value);
}

TEST(DifferenceOfPowers, TheExactMeanIsTheMeanOverAllPermutations) {
  const Data x = random_data(6, 2, 1), y = random_data(6, 2, 2);
  const Estimate exact = difference_of_powers(x, y);
  EXPECT_EQ(std::get<std::string>(*exact.diagnostics.find("permutations")), "all");
  EXPECT_FALSE(exact.seed.has_value());
  // Beside order 2 the mean is one over permutations, counted out.
  const auto at = [&](double order) { return difference_of_powers(x, y, {.order = order, .repeats = AllPermutations::all}).value; };
  EXPECT_NEAR(exact.value, (at(2 - 1e-5) + at(2 + 1e-5)) / 2, 1e-9);
  for (const double order : {1.0, kInf})
    EXPECT_TRUE(mentions(thrown([&] { (void)difference_of_powers(x, y, {.order = order}); }), {"difference_of_powers: order = "}));
}

TEST(DifferenceOfEntropies, FaultsAreNamed) {
  const Data x = random_data(9, 2, 1), y = random_data(9, 2, 2);
  EXPECT_TRUE(mentions(thrown([&] { (void)difference_of_entropies(x, y, {.repeats = AllPermutations::all}); }),
                       {"repeats = 'all' needs every permutation of n = 9 rows", "50000", "n = 8 is the largest"}));
  EXPECT_TRUE(mentions(thrown([&] { (void)difference_of_entropies(x, y, {.repeats = 2.5}); }), {"repeats = 2.5 is not a whole number"}));
  EXPECT_TRUE(mentions(thrown([&] { (void)difference_of_entropies(x, random_data(9, 12, 3), {.compat = "skean"}); }),
                       {"multiplies an n x n matrix where n <= d and a d x d matrix where n > d", "order 2 and 9"}));
}

// ---- classes

TEST(JensenRenyi, IsTheMutualInformationWithTheLabels) {
  const Data x = random_data(20, 3, 1);
  std::vector<std::int64_t> labels(20);
  for (std::size_t i = 0; i < labels.size(); ++i) labels[i] = static_cast<std::int64_t>(i % 3);
  Data kernel(20, 20), k(20, 20);
  for (std::size_t i = 0; i < 20; ++i)
    for (std::size_t j = 0; j < 20; ++j) {
      double distance = 0;
      for (std::size_t c = 0; c < 3; ++c) distance += std::pow(x(i, c) - x(j, c), 2);
      k(i, j) = std::exp(-distance / 2);
      kernel(i, j) = labels[i] == labels[j] ? 1 : 0;
    }
  for (const double order : {0.5, 1.0, 2.0, 3.0}) {
    const Estimate e = jensen_renyi(x, Labels(labels), {.order = order, .kernel = kGaussian});
    EXPECT_TRUE(near(e, matrix_mutual_information(k, kernel, {.order = order, .kernel = kGiven}).value, 1e-11));
    EXPECT_LE(e.value, *e.cap);
  }
  // At order 1: entropy of all less the mean within classes, and the quantum divergence of the classes in the kernel's feature space.
  Samples classes;
  for (std::int64_t c = 0; c < 3; ++c) {
    std::vector<std::size_t> rows;
    for (std::size_t i = 0; i < labels.size(); ++i)
      if (labels[i] == c) rows.push_back(i);
    classes.push_back(x.view().select(rows));
  }
  const double value = jensen_renyi(x, Labels(labels), {.kernel = kGaussian}).value;
  double within = 0;
  for (const SampleMatrix& part : classes) within += static_cast<double>(part.n()) / 20 * matrix_entropy(part, {.kernel = kGaussian}).value;
  EXPECT_TRUE(near(value, matrix_entropy(x, {.kernel = kGaussian}).value - within, 1e-12));
  EXPECT_TRUE(near(quantum_jsd(classes, {.kernel = kGaussian, .weights = MixtureWeights::rows}), value, 1e-12));
}

TEST(JensenRenyi, OneClassAndSingletons) {
  const Data x = random_data(5, 3, 1);
  EXPECT_TRUE(mentions(thrown([&] {
                         (void)jensen_renyi(x, Labels(std::vector<std::int64_t>{4, 4, 4, 4, 4}));
                       }),
                       {"jensen_renyi: labels have one class, '4'", "at least 2"}));
  const Estimate some = jensen_renyi(x, Labels(std::vector<std::int64_t>{0, 0, 1, 2, 2}));
  EXPECT_TRUE(some.ok());
  EXPECT_EQ(number(some, "classes_of_one_row"), 1);
  EXPECT_EQ(jensen_renyi(x, Labels(std::vector<std::int64_t>{0, 1, 2, 3, 4})).status, Status::out_of_valid_range);
}

// ---- density matrices

TEST(QuantumDivergence, DiagonalDensitiesAreDistributions) {
  const Data x = diagonal({1, 1}), first({{1, 0}, {2, 0}}), leaning = diagonal({std::sqrt(3.0), 1});
  // diag(1/2, 1/2) and diag(1, 0): H(3/4, 1/4) - ln 2 / 2.
  const double mixed = -0.75 * std::log(0.75) - 0.25 * std::log(0.25);
  EXPECT_TRUE(near(quantum_jsd({x, first}), mixed - kLn2 / 2, 1e-14));
  EXPECT_TRUE(near(quantum_kl(x, leaning), 0.5 * std::log(0.5 / 0.75) + 0.5 * std::log(0.5 / 0.25), 1e-14));
  EXPECT_TRUE(near(quantum_kl(first, x), kLn2, 1e-14));
  const Estimate e = quantum_kl(x, first);
  EXPECT_EQ(e.value, kInf);
  EXPECT_EQ(e.status, Status::nonfinite);
  EXPECT_NEAR(number(e, "mass_outside_support"), 0.5, 1e-15);
  // The tool floors at 1e-10: ln(1e10) / 2 - ln 2.
  EXPECT_NEAR(quantum_kl(x, first, {.compat = "repitl"}).value, 10.82, 5e-3);
  // Far apart: ln 2, the cap.
  const Estimate apart = quantum_jsd({first, Data({{0, 1}, {0, 3}})});
  EXPECT_TRUE(near(apart, kLn2, 1e-14));
  EXPECT_TRUE(near(*apart.cap, kLn2, 1e-15));
  EXPECT_TRUE(near(quantum_jsd({x, x, x}), 0, 1e-14));
}

TEST(QuantumDivergence, Inequalities) {
  for (const unsigned seed : {1U, 2U, 3U}) {
    const Data x = random_data(12, 4, seed, 0.3), y = random_data(9, 4, seed + 10), z = random_data(15, 4, seed + 20, -0.2);
    for (const bool center : {false, true})
      for (const Normalize normalize : {Normalize::none, Normalize::l2, Normalize::standardize}) {
        const QuantumJsdOptions o{.center = center, .normalize = normalize};
        const Estimate three = quantum_jsd({x, y, z}, o), two = quantum_jsd({x, y}, o);
        EXPECT_GE(two.value, -1e-13);
        EXPECT_LE(two.value, *two.cap);
        EXPECT_LE(three.value, *three.cap);
        const QuantumKlOptions k{.center = center, .normalize = normalize};
        EXPECT_GE(quantum_kl(x, y, k).value, 0);
        EXPECT_TRUE(near(quantum_kl(x, x, k), 0, 1e-12));
        // The mean relative entropy to the mixture, which is convex: at most half of that to the other matrix.
        EXPECT_LE(two.value, (quantum_kl(x, y, k).value + quantum_kl(y, x, k).value) / 4 + 1e-12);
      }
    // The side is of no importance.
    EXPECT_TRUE(near(quantum_jsd({x, y}, {.side = Side::gram}), quantum_jsd({x, y}, {.side = Side::covariance}).value, 1e-12));
  }
  EXPECT_TRUE(mentions(thrown([] { (void)quantum_kl(random_data(5, 3, 1), random_data(5, 2, 1)); }),
                       {"quantum_kl: y has 2 features where 'x' has 3"}));
}

}  // namespace
}  // namespace entrospect::testing
