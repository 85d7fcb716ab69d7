// Exact gradients against known answers and central differences, at ordinary points and where a difference of eigenvectors would divide by
// zero: repeated eigenvalues, zero eigenvalues, equal rows.

#include "entrospect/estimators/gradient.hpp"

#include <algorithm>
#include <numeric>

#include "entrospect/estimators/catalogue.hpp"
#include "estimators/support.hpp"

namespace entrospect::testing {
namespace {

// Of a central difference with step h: h^2 / 6 times a third derivative, and the round-off of the value over h.
constexpr double kStep = 1e-5, kAllowed = 1e-6;

struct Case {
  std::string estimator;
  OptionMap options;
  std::vector<double> weights{};
  std::vector<SampleMatrix> others{};  // samples besides x

  [[nodiscard]] Inputs inputs(const SampleMatrix& x) const {
    Inputs out{{x}, std::nullopt, weights};
    out.samples.insert(out.samples.end(), others.begin(), others.end());
    return out;
  }
  [[nodiscard]] double value(const Data& x) const { return run(estimator, inputs(x), options).value; }
  [[nodiscard]] ValueAndGradient exact(const SampleMatrix& x) const { return value_and_gradient(estimator, inputs(x), options); }
  [[nodiscard]] std::string text() const {
    std::string out = estimator;
    for (const auto& [key, v] : options) out += " " + key + "=" + to_text(v);
    return out + (weights.empty() ? "" : " weighted");
  }
};

std::vector<double> central_differences(const Case& c, Data x) {
  std::vector<double> out;
  for (double& entry : x.values) {
    const double at = entry;
    entry = at + kStep;
    const double above = c.value(x);
    entry = at - kStep;
    const double below = c.value(x);
    entry = at;
    out.push_back((above - below) / (2 * kStep));
  }
  return out;
}

double largest(const std::vector<double>& values) {
  double out = 0;
  for (const double v : values) out = std::max(out, std::abs(v));
  return out;
}

// Relative to the largest entry; gradients below 1e-3 of the data's unit scale count as that small.
::testing::AssertionResult agree(const std::vector<double>& gradient, const std::vector<double>& expected, double allowed = kAllowed) {
  if (gradient.size() != expected.size())
    return ::testing::AssertionFailure() << gradient.size() << " entries where " << expected.size() << " are expected";
  const double scale = std::max(largest(expected), 1e-3);
  for (std::size_t i = 0; i < gradient.size(); ++i)
    if (!(std::abs(gradient[i] - expected[i]) <= allowed * scale))
      return ::testing::AssertionFailure() << "entry " << i << " is " << gradient[i] << ", expected " << expected[i] << " (largest "
                                           << scale << ")";
  return ::testing::AssertionSuccess();
}

// As printed: six digits after the point.
::testing::AssertionResult printed(const std::vector<double>& gradient, const std::vector<double>& expected) {
  if (gradient.size() != expected.size()) return ::testing::AssertionFailure() << gradient.size() << " entries";
  for (std::size_t i = 0; i < gradient.size(); ++i)
    if (!near(gradient[i], expected[i], kPrinted)) return near(gradient[i], expected[i], kPrinted) << " entry " << i;
  return ::testing::AssertionSuccess();
}

OptionMap with(OptionMap options, const OptionMap& more) {
  options.insert(options.end(), more.begin(), more.end());
  return options;
}

// ---- known answers

TEST(Gradient, VonNeumannKnownAnswers) {
  const Data x({{1, 0}, {1, 1}});
  EXPECT_TRUE(printed(Case{"von_neumann_entropy", {}}.exact(x).gradient, {0, -.623225, -.311613, .311613}));
  // Two unit rows with cosine c: dS/dc = -artanh c. Turning the second row by an angle changes c by -sin, and the first does not move.
  for (const double c : {-0.9, 0.0, 0.3, 0.999}) {
    const double s = std::sqrt(1 - c * c);
    const std::vector<double> g = Case{"von_neumann_entropy", {}}.exact(Data({{1, 0}, {c, s}})).gradient;
    EXPECT_TRUE(near(-s * g[2] + c * g[3], s * std::atanh(c), 1e-12)) << "cosine " << c;
  }
}

TEST(Gradient, DiffusionKnownAnswers) {
  const Data x = column({0, 1, 3});
  const OptionMap walk{{"bandwidth", 1.0}, {"anisotropy", 0.0}, {"unit", word("bits")}};
  EXPECT_TRUE(printed(Case{"dse", walk}.exact(x).gradient, {-.378425, .349552, .028873}));
  EXPECT_TRUE(printed(Case{"dse", with(walk, {{"t", 2.0}})}.exact(x).gradient, {-.452695, .355290, .097406}));
}

TEST(Gradient, MatrixEntropyKnownAnswers) {
  const Data x = column({0, 1, 3});
  EXPECT_TRUE(printed(Case{"matrix_entropy", {{"bandwidth", 1.0}}}.exact(x).gradient, {-.285611, .258678, .026934}));
  EXPECT_TRUE(printed(Case{"matrix_entropy", {{"bandwidth", 1.0}, {"order", 2.0}}}.exact(x).gradient, {-.390443, .351211, .039231}));
}

// ---- the catalogue of cases

std::vector<Case> feature_cases() {
  const std::string linear = "linear";
  std::vector<Case> out;
  for (const char* side : {"gram", "cov"})
    for (const char* normalize : {"l2", "none", "standardize"})
      for (const bool center : {false, true})
        out.push_back({"von_neumann_entropy", {{"side", word(side)}, {"normalize", word(normalize)}, {"center", center}}});
  for (const double order : {0.7, 0.999999, 1.0, 1.000001, 2.0, 4.0, 7.5}) {
    out.push_back({"effective_rank", {{"order", order}}});
    out.push_back({"effective_rank", {{"order", order}, {"normalize", word("l2")}, {"side", word("gram")}}});
    out.push_back({"matrix_entropy", {{"order", order}, {"kernel", word("cosine")}, {"unit", word("bits")}}});
    out.push_back({"matrix_entropy", {{"order", order}, {"kernel", linear}, {"normalizer", word("log-n")}, {"center", true}}});
    out.push_back({"vendi_score", {{"order", order}}});
    out.push_back({"vendi_score", {{"order", order}, {"side", word("gram")}}});
    out.push_back({"vendi_score", {{"order", order}, {"kernel", linear}, {"diagonal", word("normalize")}}});
  }
  return out;
}

std::vector<Case> kernel_cases() {
  std::vector<Case> out;
  const OptionMap wide{{"bandwidth", 1.3}}, polynomial{{"kernel", word("polynomial")}, {"degree", 2.0}, {"offset", 0.5}};
  for (const double order : {0.7, 1.0, 1.01, 2.0, 4.0, 6.0}) {
    out.push_back({"matrix_entropy", with(wide, {{"order", order}})});
    out.push_back({"vendi_score", with(wide, {{"order", order}, {"kernel", word("gaussian")}})});
    out.push_back({"matrix_entropy", with(polynomial, {{"order", order}})});
    out.push_back({"vendi_score", with(polynomial, {{"order", order}, {"diagonal", word("normalize")}})});
  }
  out.push_back({"matrix_entropy", {{"kernel", word("polynomial")}, {"degree", 1.0}}});
  out.push_back({"matrix_entropy", with(wide, {{"kernel", word("exponential")}})});
  out.push_back({"vendi_score", with(wide, {{"kernel", word("exponential")}, {"diagonal", word("normalize")}})});
  for (const char* normalize : {"l2", "standardize"})
    for (const bool center : {false, true})
      out.push_back({"matrix_entropy", with(wide, {{"normalize", word(normalize)}, {"center", center}})});
  for (const double anisotropy : {0.0, 0.5, 0.8, 1.0})
    for (const double t : {0.8, 1.0, 2.0, 5.0}) out.push_back({"dse", with(wide, {{"anisotropy", anisotropy}, {"t", t}})});
  for (const double order : {0.7, 2.0, 3.5}) out.push_back({"dse", with(wide, {{"order", order}, {"t", 2.0}, {"unit", word("bits")}})});
  out.push_back({"dse", with(wide, {{"kernel", word("exponential")}})});
  out.push_back({"dse", with(wide, {{"normalize", word("l2")}, {"center", true}})});
  return out;
}

std::vector<Case> weighted_cases(const std::vector<double>& weights) {
  const OptionMap linear{{"kernel", word("linear")}, {"diagonal", word("normalize")}};
  return {{"vendi_score", {}, weights},
          {"vendi_score", {{"side", word("gram")}}, weights},
          {"vendi_score", with(linear, {{"order", 2.0}}), weights},
          {"vendi_score", with(linear, {{"order", 4.0}}), weights},
          {"vendi_score", {{"kernel", word("gaussian")}, {"bandwidth", 1.3}}, weights},
          {"vendi_score", {{"kernel", word("exponential")}, {"bandwidth", 2.0}, {"diagonal", word("normalize")}}, weights}};
}

// `tall`: more rows than features, without which a determinant is 0.
std::vector<Case> index_cases(bool tall) {
  const OptionMap centered{{"center", true}}, unit{{"normalize", word("l2")}, {"side", word("gram")}}, bits{{"unit", word("bits")}};
  std::vector<Case> out;
  for (const char* name : {"participation_ratio", "stable_rank", "anisotropy"})
    for (const OptionMap& options : {OptionMap{}, centered, unit, {{"center", false}, {"normalize", word("standardize")}}})
      out.push_back({name, options});
  for (const char* name : {"top_share", "spectral_gap"})
    for (const std::int64_t rank : {1, 2}) {
      out.push_back({name, {{"rank", rank}}});
      out.push_back({name, with(unit, {{"rank", rank}, {"center", false}})});
    }
  for (const double order : {0.7, 1.0, 1.000001, 2.0, 3.5}) {
    out.push_back({"tsallis_entropy", {{"order", order}}});
    out.push_back({"tsallis_entropy", with(centered, {{"order", order}, {"normalize", word("none")}})});
  }
  out.push_back({"nuclear_norm", {}});
  out.push_back({"nuclear_norm", with(unit, {{"per_row", true}, {"center", true}})});
  for (const OptionMap& options : {OptionMap{}, {{"normalize", word("none")}, {"center", true}}, with(bits, {{"half", false}})})
    out.push_back({"coding_rate", with(options, {{"eps_squared", 0.1}})});
  for (const OptionMap& options : {OptionMap{}, with(bits, {{"ridge", 0.5}, {"side", word("gram")}}), {{"side", word("cov")}}})
    out.push_back({"eigenscore", options});
  if (tall) out.push_back({"alpha_req", {{"first_rank", 1.0}, {"last_rank", 3.0}}});
  if (tall) out.push_back({"alpha_req", with(unit, {{"first_rank", 1.0}, {"fit_weights", word("uniform")}, {"center", false}})});
  for (const char* normalize : {"none", "l2", "standardize"})
    for (const bool center : {false, true})
      if (tall) out.push_back({"log_det", with(bits, {{"normalize", word(normalize)}, {"center", center}})});
  return out;
}

void expect_exact(const std::vector<Case>& cases, const Data& x, const std::string& what) {
  for (const Case& c : cases) {
    SCOPED_TRACE(what + ": " + c.text());
    const ValueAndGradient found = c.exact(x);
    EXPECT_TRUE(near(found.estimate.value, c.value(x), 1e-12));
    EXPECT_FALSE(has_flag(found.estimate, Status::nonsmooth)) << found.estimate.reason;
    EXPECT_TRUE(agree(found.gradient, central_differences(c, x)));
  }
}

TEST(Gradient, OrdinaryPoints) {
  for (const auto& [n, d] : {std::pair<std::size_t, std::size_t>{8, 4}, {4, 7}}) {
    const Data x = random_data(n, d, 11, 0.3);
    const std::string what = std::to_string(n) + " x " + std::to_string(d);
    expect_exact(feature_cases(), x, what);
    expect_exact(kernel_cases(), x, what);
    expect_exact(index_cases(n > d), x, what);
    std::vector<double> weights{1, 2, 0.5, 0};
    weights.resize(n, 1.5);
    expect_exact(weighted_cases(weights), x, what);
  }
}

TEST(Gradient, LaplacianKernels) {
  const Data x = random_data(7, 3, 5, 2);
  for (const char* kernel : {"laplacian_l1", "laplacian_l2"})
    expect_exact({{"matrix_entropy", {{"kernel", word(kernel)}, {"bandwidth", 0.9}}},
                  {"vendi_score", {{"kernel", word(kernel)}, {"bandwidth", 0.9}, {"order", 2.0}}},
                  {"dse", {{"kernel", word(kernel)}, {"bandwidth", 0.9}, {"t", 2.0}}}},
                 x, kernel);
}

TEST(Gradient, SingularValues) {
  expect_exact({{"rankme", {}}, {"rankme", {{"center", true}}}, {"effective_rank", {{"convention", word("singular-values")}}}},
               random_data(9, 4, 3), "full rank");
}

TEST(Gradient, TwoSampleMatrices) {
  const Data x = random_data(8, 3, 15, 0.3), y = random_data(8, 5, 16, -0.4), other = random_data(5, 3, 17, 0.5);
  std::vector<OptionMap> kernels{
      {{"kernel", word("linear")}}, {{"kernel", word("cosine")}}, {{"kernel", word("polynomial")}, {"degree", 2.0}, {"offset", 0.5}}};
  for (const char* kernel : {"gaussian", "laplacian_l1", "laplacian_l2", "exponential"})
    kernels.push_back({{"kernel", word(kernel)}, {"bandwidth", 1.3}});
  std::vector<Case> cases;
  for (std::size_t k = 0; k < kernels.size(); ++k) {
    for (const char* statistic : {"biased", "unbiased"}) {
      const OptionMap options = with(kernels[k], {{"statistic", word(statistic)}});
      for (const char* name : {"hsic", "cka"}) cases.push_back({name, options, {}, {y}});
      cases.push_back({"mmd2", options, {}, {other}});
    }
    if (k >= 3) cases.push_back({"cs_divergence", with(kernels[k], {{"unit", word("bits")}}), {}, {other}});
  }
  cases.push_back({"hsic", with(kernels.back(), {{"statistic", word("v-statistic")}}), {}, {y}});
  for (const char* side : {"gram", "cov"}) cases.push_back({"cka", with(kernels.front(), {{"side", word(side)}}), {}, {y}});
  expect_exact(cases, x, "two sample matrices");
  // Equal samples are at a minimum of every difference.
  for (const char* name : {"mmd2", "cs_divergence"})
    EXPECT_TRUE(agree(Case{name, {{"bandwidth", 1.0}}, {}, {x}}.exact(x).gradient, std::vector<double>(24, 0.0), 1e-9)) << name;
  // Only ties that x takes part in count.
  const Data twice({{1, 2, 3}, {1, 2, 3}, {0, 1, 0}});
  const OptionMap laplacian{{"kernel", word("laplacian_l2")}, {"bandwidth", 1.0}};
  EXPECT_EQ((Case{"mmd2", laplacian, {}, {twice}}.exact(x).estimate.status), Status::ok);
  EXPECT_EQ((Case{"mmd2", laplacian, {}, {x}}.exact(twice).estimate.status), Status::nonsmooth);
  const Data k = diagonal({1, 2, 3, 4});
  EXPECT_TRUE(mentions(thrown([&] {
                         (void)Case{"hsic", {{"kernel", word("precomputed")}}, {}, {k}}.exact(k);
                       }),
                       {"hsic: kernel = 'precomputed' has no gradient"}));
}

// Signed sums of entropies of entrywise products, with respect to the first factor.
TEST(Gradient, MatrixInformation) {
  const Data x = random_data(7, 3, 41), y = random_data(7, 2, 42), z = random_data(7, 4, 43);
  const OptionMap wide{{"bandwidth", 1.4}}, linear{{"kernel", word("linear")}, {"diagonal", word("normalize")}};
  const std::vector<SampleMatrix> pair{y}, triple{y, z};
  for (const double order : {0.8, 1.0, 2.0, 3.0, 4.0}) {
    const OptionMap o = with(wide, {{"order", order}});
    std::vector<Case> cases{{"matrix_joint_entropy", o, {}, triple},
                            {"matrix_conditional_entropy", o, {}, pair},
                            {"matrix_mutual_information", with(o, {{"unit", word("bits")}}), {}, pair},
                            {"matrix_conditional_mutual_information", o, {}, triple}};
    expect_exact(cases, x, "matrix information");
  }
  for (const char* normalizer : {"min", "max", "sqrt", "mean"})
    expect_exact({{"matrix_mutual_information", with(wide, {{"normalizer", word(normalizer)}}), {}, pair}}, x, normalizer);
  for (const bool normalized : {false, true})
    expect_exact({{"matrix_total_correlation", with(wide, {{"normalized", normalized}}), {}, triple}}, x, "TC");
  expect_exact(
      {{"matrix_dual_total_correlation", wide, {}, triple}, {"o_information", wide, {}, triple}, {"s_information", wide, {}, triple}}, x,
      "of three");
  for (const OptionMap& kernel : std::vector<OptionMap>{linear,
                                                        {{"kernel", word("cosine")}},
                                                        with(wide, {{"kernel", word("exponential")}, {"diagonal", word("normalize")}}),
                                                        with(wide, {{"kernel", word("laplacian_l2")}})})
    expect_exact({{"matrix_mutual_information", kernel, {}, pair}, {"matrix_joint_entropy", kernel, {}, pair}}, x, "kernels");
}

TEST(Gradient, OfLabelledRows) {
  const Data x = random_data(8, 3, 44, 0.4);
  const Labels labels(std::vector<std::int64_t>{0, 1, 0, 2, 1, 2, 0, 1});
  const auto expect = [&](const std::string& name, const OptionMap& options) {
    SCOPED_TRACE(name);
    const auto value = [&](const Data& at) { return run(name, {{at}, labels, {}}, options).value; };
    Data moved = x;
    std::vector<double> differences;
    for (double& entry : moved.values) {
      const double at = entry;
      entry = at + kStep;
      const double above = value(moved);
      entry = at - kStep;
      differences.push_back((above - value(moved)) / (2 * kStep));
      entry = at;
    }
    const ValueAndGradient found = value_and_gradient(name, {{x}, labels, {}}, options);
    EXPECT_TRUE(near(found.estimate.value, value(x), 1e-12));
    EXPECT_TRUE(agree(found.gradient, differences));
  };
  for (const double order : {1.0, 2.0, 3.5}) expect("jensen_renyi", {{"bandwidth", 1.2}, {"order", order}, {"unit", word("bits")}});
  for (const OptionMap& options :
       {OptionMap{}, OptionMap{{"weighted", false}, {"half", false}, {"unit", word("bits")}}, OptionMap{{"normalize", word("none")}}})
    for (const char* side : {"cov", "gram"}) expect("coding_rate_reduction", with(options, {{"side", word(side)}, {"eps_squared", 0.3}}));
}

TEST(Gradient, MatrixInformationRefusesWhatHasNone) {
  const Data x = random_data(6, 2, 1);
  const auto refused = [&](const Data& at, const OptionMap& options) {
    return thrown([&] { (void)value_and_gradient("matrix_mutual_information", {{at, at}, std::nullopt, {}}, options); });
  };
  EXPECT_TRUE(mentions(refused(diagonal({1, 1, 1}), {{"kernel", word("precomputed")}}), {"precomputed", "has no gradient"}));
  EXPECT_TRUE(mentions(refused(x, {{"precision", word("single")}}), {"precision = 'single'", "has no gradient"}));
  EXPECT_TRUE(mentions(refused(x, {{"compat", word("repitl")}}), {"compat = 'repitl'", "has no gradient"}));
}

TEST(Gradient, LargestEigenvalue) {
  const OptionMap inf{{"order", kInf}};
  expect_exact({{"effective_rank", inf},
                {"vendi_score", inf},
                {"matrix_entropy", with(inf, {{"bandwidth", 1.0}})},
                {"dse", with(inf, {{"bandwidth", 1.0}})}},
               random_data(7, 4, 8), "simple largest eigenvalue");
}

// Equal rows, opposite rows, rank 2 of 4, eigenvalues in pairs: zero and repeated eigenvalues on either side.
Data low_rank(std::size_t n, std::size_t d) {
  const Data a = random_data(n, 2, 21), b = random_data(2, d, 22);
  Data x(n, d);
  for (std::size_t i = 0; i < n; ++i)
    for (std::size_t j = 0; j < d; ++j) x(i, j) = 1.5 * (a(i, 0) * b(0, j) + a(i, 1) * b(1, j));
  return x;
}

std::vector<std::pair<std::string, Data>> degenerate_data() {
  Data equal = random_data(7, 4, 9, 0.5);
  for (std::size_t j = 0; j < 4; ++j) equal(1, j) = equal(2, j) = equal(5, j) = equal(0, j);
  std::vector<std::vector<double>> circle, pairs;
  for (int i = 0; i < 6; ++i) circle.push_back({std::cos(i * M_PI / 3), std::sin(i * M_PI / 3)});
  for (int i = 0; i < 4; ++i) {  // +- every axis: the covariance is a multiple of the identity
    std::vector<double> row(4, 0.0);
    row[static_cast<std::size_t>(i)] = 1;
    pairs.push_back(row);
    row[static_cast<std::size_t>(i)] = -1;
    pairs.push_back(row);
  }
  return {{"equal rows", equal},    {"rank 2", low_rank(8, 4)},     {"rank 2, wide", low_rank(4, 8)},
          {"circle", Data(circle)}, {"opposite axes", Data(pairs)}, {"orthogonal", diagonal({1, 2, 3, 4})}};
}

TEST(Gradient, DegeneratePoints) {
  // At order 0.7 the value varies with the 0.4th power of a singular value, which differences cannot follow.
  const auto smooth = [](std::vector<Case> cases) {
    std::erase_if(cases, [](const Case& c) {
      return std::any_of(c.options.begin(), c.options.end(),
                         [](const auto& o) { return (o.first == "order" || o.first == "t") && std::get<double>(o.second) < 0.9; });
    });
    return cases;
  };
  // Singular values, the largest eigenvalue and determinants have their own tests.
  const auto of_all_eigenvalues = [](std::vector<Case> cases) {
    std::erase_if(cases, [](const Case& c) {
      return c.estimator != "participation_ratio" && c.estimator != "tsallis_entropy" && c.estimator != "coding_rate" &&
             c.estimator != "eigenscore";
    });
    return cases;
  };
  for (const auto& [what, x] : degenerate_data()) {
    expect_exact(smooth(feature_cases()), x, what);
    expect_exact(smooth(kernel_cases()), x, what);
    expect_exact(smooth(of_all_eigenvalues(index_cases(false))), x, what);
  }
}

TEST(Gradient, ACollapsedRepresentationIsAtAMinimum) {
  const Data x({{1, 2, 3}, {1, 2, 3}, {1, 2, 3}, {1, 2, 3}});
  const ValueAndGradient found = Case{"von_neumann_entropy", {}}.exact(x);
  EXPECT_TRUE(agree(found.gradient, std::vector<double>(12, 0.0), 1e-9));
  // No value, no gradient: the centered covariance is 0.
  const ValueAndGradient none = Case{"effective_rank", {}}.exact(x);
  EXPECT_EQ(none.estimate.status, Status::degenerate);
  EXPECT_EQ(none.gradient.size(), 12U);
  EXPECT_TRUE(std::all_of(none.gradient.begin(), none.gradient.end(), [](double g) { return std::isnan(g); }));
}

// ---- where no derivative exists

TEST(Gradient, NonsmoothPointsSaySoAndGiveTheSupport) {
  const Data x = low_rank(6, 4);
  const ValueAndGradient ranks = Case{"rankme", {}}.exact(x);
  EXPECT_EQ(ranks.estimate.status, Status::nonsmooth);
  EXPECT_TRUE(mentions(ranks.estimate.reason, {"2 zero eigenvalues"}));
  EXPECT_TRUE(std::isfinite(largest(ranks.gradient)));
  // Along the support the value is smooth: a direction inside the row space keeps rank 2.
  Data direction(6, 4), above = x, below = x;
  const Data mix = random_data(6, 6, 4);
  double slope = 0;
  for (std::size_t i = 0; i < 6; ++i)
    for (std::size_t j = 0; j < 4; ++j) {
      for (std::size_t k = 0; k < 6; ++k) direction(i, j) += mix(i, k) * x(k, j);
      above(i, j) += kStep * direction(i, j);
      below(i, j) -= kStep * direction(i, j);
      slope += ranks.gradient[i * 4 + j] * direction(i, j);
    }
  EXPECT_TRUE(near(slope, (rankme(above).value - rankme(below).value) / (2 * kStep), kAllowed));

  EXPECT_EQ((Case{"effective_rank", {{"order", 0.5}, {"center", false}}}.exact(x).estimate.status), Status::nonsmooth);
  EXPECT_EQ((Case{"effective_rank", {{"order", 0.6}, {"center", false}}}.exact(x).estimate.status), Status::ok);
  EXPECT_EQ((Case{"effective_rank", {{"order", 0.0}}}.exact(x).estimate.status), Status::nonsmooth);
  const ValueAndGradient count = Case{"effective_rank", {{"order", 0.0}}}.exact(random_data(6, 4, 1));
  EXPECT_EQ(count.estimate.status, Status::ok);
  EXPECT_EQ(largest(count.gradient), 0);

  const ValueAndGradient tied = Case{"vendi_score", {{"order", kInf}}}.exact(diagonal({1, 1, 1}));
  EXPECT_EQ(tied.estimate.status, Status::nonsmooth);
  EXPECT_TRUE(mentions(tied.estimate.reason, {"3 eigenvalues tie"}));
  EXPECT_TRUE(agree(tied.gradient, std::vector<double>(9, 0.0), 1e-9));  // shared by all of them: the maximum is a stationary point

  const Data equal({{1, 2}, {1, 2}, {0, 1}});
  const ValueAndGradient kink = Case{"matrix_entropy", {{"kernel", word("laplacian_l2")}, {"bandwidth", 1.0}}}.exact(equal);
  EXPECT_EQ(kink.estimate.status, Status::nonsmooth);
  EXPECT_TRUE(mentions(kink.estimate.reason, {"1 pairs of rows are equal"}));
  const ValueAndGradient ties = Case{"matrix_entropy", {{"kernel", word("laplacian_l1")}, {"bandwidth", 1.0}}}.exact(equal);
  EXPECT_TRUE(mentions(ties.estimate.reason, {"2 coordinates"}));
  const ValueAndGradient constant = Case{"von_neumann_entropy", {{"normalize", word("standardize")}}}.exact(Data({{1, 2}, {1, 3}, {1, 5}}));
  EXPECT_TRUE(mentions(constant.estimate.reason, {"1 constant columns"}));
  EXPECT_EQ(constant.gradient[0], 0);
}

// A direction inside the row space keeps the rank.
TEST(Gradient, SingularValuesAlongTheSupport) {
  const Data x = low_rank(6, 4), mix = random_data(6, 6, 4);
  for (const Case& c : std::vector<Case>{{"nuclear_norm", {}}, {"anisotropy", {{"center", false}}}}) {
    SCOPED_TRACE(c.text());
    const ValueAndGradient found = c.exact(x);
    EXPECT_EQ(found.estimate.status, Status::nonsmooth);
    EXPECT_TRUE(mentions(found.estimate.reason, {"2 zero eigenvalues"}));
    Data above = x, below = x;
    double slope = 0;
    for (std::size_t i = 0; i < 6; ++i)
      for (std::size_t j = 0; j < 4; ++j) {
        double direction = 0;
        for (std::size_t k = 0; k < 6; ++k) direction += mix(i, k) * x(k, j);
        above(i, j) += kStep * direction;
        below(i, j) -= kStep * direction;
        slope += found.gradient[i * 4 + j] * direction;
      }
    EXPECT_TRUE(near(slope, (c.value(above) - c.value(below)) / (2 * kStep), kAllowed));
  }
  // Polar factor: of orthogonal rows each over its length.
  EXPECT_TRUE(agree(Case{"nuclear_norm", {}}.exact(diagonal({1, 2, 5})).gradient, {1, 0, 0, 0, 1, 0, 0, 0, 1}, 1e-12));
}

TEST(Gradient, TiesOfLeadingEigenvalues) {
  const OptionMap raw{{"center", false}};
  const auto top = [&](const Data& x, std::int64_t rank) { return Case{"top_share", with(raw, {{"rank", rank}})}.exact(x); };
  // lam = 9, 4, 4, 1: the sum of the first two or of all but two of them has no derivative.
  const Data x = diagonal({3, 2, 2, 1});
  for (const std::int64_t rank : {1, 3, 4}) EXPECT_EQ(top(x, rank).estimate.status, Status::ok) << rank;
  const ValueAndGradient tied = top(x, 2);
  EXPECT_EQ(tied.estimate.status, Status::nonsmooth);
  EXPECT_TRUE(mentions(tied.estimate.reason, {"2 eigenvalues tie for eigenvalue 2"}));
  // (9 + 4) / 18, each of the tied counting half: d = 2 x_ii (share_i - 13/18) / 18.
  for (const auto& [i, share] : std::vector<std::pair<std::size_t, double>>{{0, 1}, {1, .5}, {2, .5}, {3, 0}})
    EXPECT_TRUE(near(tied.gradient[5 * i], 2 * x(i, i) * (share - 13. / 18) / 18, 1e-12)) << i;
  expect_exact(
      {{"top_share", with(raw, {{"rank", std::int64_t{1}}})}, {"top_share", with(raw, {{"rank", std::int64_t{3}}})}, {"stable_rank", {}}},
      diagonal({3, 1, 1, 0.5}), "a pair below");
  // Zeros that tie grow with the square of a change: the whole is a maximum of the share.
  const Data flat = low_rank(6, 4);
  for (const std::int64_t rank : {2, 3}) {
    const ValueAndGradient whole = top(flat, rank);
    EXPECT_EQ(whole.estimate.status, Status::ok) << whole.estimate.reason;
    EXPECT_TRUE(agree(whole.gradient, std::vector<double>(24, 0.0), 1e-9));
  }
  for (const Case& c :
       std::vector<Case>{{"stable_rank", {}}, {"spectral_gap", with(raw, {{"rank", std::int64_t{2}}})}, {"anisotropy", raw}})
    EXPECT_EQ(c.exact(diagonal({2, 2, 1})).estimate.status, Status::nonsmooth) << c.text();
  EXPECT_EQ((Case{"spectral_gap", raw}.exact(diagonal({3, 1, 1})).estimate.status), Status::nonsmooth);
  EXPECT_EQ((Case{"tsallis_entropy", {{"order", kInf}}}.exact(diagonal({1, 1})).estimate.status), Status::ok);
  EXPECT_EQ((Case{"tsallis_entropy", {{"order", 0.5}}}.exact(flat).estimate.status), Status::nonsmooth);
}

TEST(Gradient, DeterminantsKeepTheirDigitsAtAnyScaleOfTheColumns) {
  const Data x = random_data(9, 4, 14, 0.2);
  const std::vector<double> scales{1, 1e-5, 1e5, 1e-10};
  Data stretched = x;
  for (std::size_t i = 0; i < x.values.size(); ++i) stretched.values[i] *= scales[i % 4];
  const Case c{"log_det", {{"center", true}}};
  const std::vector<double> expected = c.exact(x).gradient;
  std::vector<double> found = c.exact(stretched).gradient;
  for (std::size_t i = 0; i < found.size(); ++i) found[i] *= scales[i % 4];
  EXPECT_TRUE(agree(found, expected, 1e-11));
  // Volume 0: no value, no gradient.
  const ValueAndGradient none = Case{"log_det", {}}.exact(low_rank(6, 4));
  EXPECT_EQ(none.estimate.value, -kInf);
  EXPECT_TRUE(std::all_of(none.gradient.begin(), none.gradient.end(), [](double g) { return std::isnan(g); }));
}

// ---- the checks catch wrong gradients

TEST(Gradient, PlantedMistakesAreCaught) {
  const Data x = random_data(6, 3, 2, 0.4);
  for (const Case& c : std::vector<Case>{{"von_neumann_entropy", {}},
                                         {"matrix_entropy", {{"bandwidth", 1.0}}},
                                         {"vendi_score", {{"order", 2.0}}},
                                         {"effective_rank", {}},
                                         {"rankme", {}},
                                         {"dse", {{"bandwidth", 1.0}, {"t", 2.0}}}}) {
    SCOPED_TRACE(c.text());
    const std::vector<double> expected = central_differences(c, x);
    std::vector<double> sign = expected, twice = expected, shifted = expected;
    for (double& g : sign) g = -g;
    for (double& g : twice) g *= 2;
    for (double& g : shifted) g += 2 * kAllowed * largest(expected);
    EXPECT_TRUE(agree(expected, expected));
    EXPECT_FALSE(agree(sign, expected));
    EXPECT_FALSE(agree(twice, expected));
    EXPECT_FALSE(agree(shifted, expected));
  }
  // A chain rule left out: what comes before it, at the same point.
  Data unit = x, centered = x;
  for (std::size_t j = 0; j < 3; ++j) {
    double mean = 0;
    for (std::size_t i = 0; i < 6; ++i) mean += x(i, j) / 6;
    for (std::size_t i = 0; i < 6; ++i) centered(i, j) -= mean;
  }
  for (std::size_t i = 0; i < 6; ++i) {
    const double length = std::hypot(x(i, 0), x(i, 1), x(i, 2));
    for (std::size_t j = 0; j < 3; ++j) unit(i, j) /= length;
  }
  const OptionMap raw{{"normalize", word("none")}};
  EXPECT_FALSE(agree(Case{"von_neumann_entropy", raw}.exact(unit).gradient, central_differences({"von_neumann_entropy", {}}, x)));
  EXPECT_FALSE(
      agree(Case{"matrix_entropy", {{"kernel", word("linear")}}}.exact(centered).gradient,
            central_differences({"matrix_entropy", {{"kernel", word("linear")}, {"center", true}, {"normalize", word("l2")}}}, x)));
  // Degrees taken as constants: the diffusion chain without the terms that one more half of anisotropy adds.
  const OptionMap walk{{"bandwidth", 1.0}, {"anisotropy", 0.5}}, plain{{"bandwidth", 1.0}, {"anisotropy", 0.0}};
  EXPECT_FALSE(agree(Case{"dse", plain}.exact(x).gradient, central_differences({"dse", walk}, x)));
}

// ---- every way of running it

TEST(Gradient, LargerMatricesOfEveryBackendAndThreadCount) {
  const Data x = random_data(150, 70, 6), direction = random_data(150, 70, 7);
  for (const Case& base : std::vector<Case>{{"von_neumann_entropy", {}},
                                            {"von_neumann_entropy", {{"side", word("gram")}}},
                                            {"matrix_entropy", {{"bandwidth", 2.0}}},
                                            {"dse", {{"bandwidth", 2.0}, {"t", 2.0}}}}) {
    SCOPED_TRACE(base.text());
    Data above = x, below = x;
    for (std::size_t i = 0; i < x.values.size(); ++i) {
      above.values[i] += kStep * direction.values[i];
      below.values[i] -= kStep * direction.values[i];
    }
    const double expected = (base.value(above) - base.value(below)) / (2 * kStep);
    std::vector<const char*> backends{"auto", "dense-eigen"};
    if (lapack_available()) backends.push_back("lapack-one-stage");
    for (const char* backend : backends) {
      const Case c{base.estimator, with(base.options, {{"backend", word(backend)}})};
      const std::vector<double> g = c.exact(x).gradient;
      const double slope = std::inner_product(g.begin(), g.end(), direction.values.begin(), 0.0);
      EXPECT_TRUE(near(slope, expected, kAllowed * std::abs(expected))) << backend;
      Context three;
      three.threads = 3;
      EXPECT_EQ(value_and_gradient(c.estimator, c.inputs(x), c.options, three).gradient, g) << backend << ": bits depend on threads";
    }
    if (lapack_available()) {
      const Case two_stage{base.estimator, with(base.options, {{"backend", word("lapack-two-stage")}})};
      EXPECT_TRUE(mentions(thrown([&] { (void)two_stage.exact(x); }), {"lapack-two-stage", "eigenvectors"}));
    }
  }
}

TEST(Gradient, BelongsToTheRowsAsTheyAreGiven) {
  const Data x = random_data(6, 3, 12);
  std::vector<float> narrow(x.values.begin(), x.values.end());
  const std::vector<double> wide(narrow.begin(), narrow.end());
  const Case c{"von_neumann_entropy", {}};
  EXPECT_EQ(c.exact(SampleMatrix(narrow.data(), 6, 3)).gradient, c.exact(SampleMatrix(wide.data(), 6, 3)).gradient);
  // A deferred operation on the view is differentiated like the option.
  EXPECT_TRUE(agree(c.exact(x.view().centered()).gradient, Case{"von_neumann_entropy", {{"center", true}}}.exact(x).gradient, 1e-14));
  // Also by an estimator that copies the rows: rows less their own means, after the view's centering and normalizing.
  const SampleMatrix deferred = x.view().centered().normalized(Normalize::l2);
  Data treated(6, 3);
  for (std::size_t i = 0; i < 6; ++i) {
    for (std::size_t j = 0; j < 3; ++j) {
      double mean = 0;
      for (std::size_t k = 0; k < 6; ++k) mean += x(k, j) / 6;
      treated(i, j) = x(i, j) - mean;
    }
    const double length = std::hypot(treated(i, 0), treated(i, 1), treated(i, 2));
    for (std::size_t j = 0; j < 3; ++j) treated(i, j) /= length;
  }
  const Case score{"eigenscore", {}};
  EXPECT_TRUE(near(score.exact(deferred).estimate.value, score.value(treated), 1e-12));
  std::vector<double> differences;
  for (std::size_t i = 0; i < x.values.size(); ++i) {
    const auto moved = [&](double step) {
      Data y = x;
      y.values[i] += step;
      return run("eigenscore", score.inputs(y.view().centered().normalized(Normalize::l2)), {}).value;
    };
    differences.push_back((moved(kStep) - moved(-kStep)) / (2 * kStep));
  }
  EXPECT_TRUE(agree(score.exact(deferred).gradient, differences));
  // Dropped rows do not move the value.
  const Data zero({{1, 0.5}, {0, 0}, {0.3, 2}});
  const std::vector<double> g = Case{"von_neumann_entropy", {{"zero_rows", word("drop")}}}.exact(zero).gradient;
  EXPECT_EQ(g[2], 0);
  EXPECT_EQ(g[3], 0);
  const std::vector<double> kept = c.exact(Data({{1, 0.5}, {0.3, 2}})).gradient;
  EXPECT_EQ(std::vector<double>({g[0], g[1], g[4], g[5]}), kept);
  // A common shift does not cost the Gaussian kernel its digits.
  Data far = x;
  for (double& v : far.values) v += 4096;
  for (std::size_t i = 0; i < far.values.size(); ++i) far.values[i] = std::round(far.values[i] * 1024) / 1024;
  Data close = far;
  for (double& v : close.values) v -= 4096;
  const Case gaussian{"matrix_entropy", {{"bandwidth", 1.0}}};
  EXPECT_TRUE(agree(gaussian.exact(far).gradient, gaussian.exact(close).gradient, 1e-12));
}

TEST(Gradient, RefusalsNameTheReason) {
  const Data x = random_data(6, 6, 13);
  const auto refusal = [&](const std::string& name, const OptionMap& options) {
    return thrown([&] { (void)Case{name, options}.exact(x); });
  };
  EXPECT_TRUE(mentions(refusal("dsmi", {}), {"diffusion_spectral_mutual_information: has no gradient", "'vendi_score'"}));
  for (const EstimatorInfo* info : catalogue()) {
    EXPECT_EQ(info->card.differentiable, static_cast<bool>(info->gradient)) << info->card.name;
    if (!info->gradient) continue;
    for (const ConventionInfo& id : info->card.conventions)
      if (id.compat) {
        const std::string said = thrown([&] { (void)value_and_gradient(info->card.name, inputs_for(*info, x), {{"compat", id.id}}); });
        EXPECT_TRUE(mentions(said, {info->card.name + ": compat = '" + id.id + "' has no gradient"}));
      }
  }
  EXPECT_TRUE(mentions(refusal("matrix_entropy", {{"method", word("finger")}}), {"no gradient", "method = 'exact'"}));
  EXPECT_TRUE(mentions(refusal("matrix_entropy", {{"kernel", word("precomputed")}}), {"symmetric"}));
  EXPECT_TRUE(mentions(refusal("vendi_score", {{"method", word("truncated")}}), {"no gradient"}));
  EXPECT_TRUE(mentions(refusal("nuclear_norm", {{"norm", word("l12")}}), {"norm = 'l12' has no gradient", "norm = 'nuclear'"}));
  EXPECT_TRUE(mentions(refusal("rankme", {{"epsilon", 1e-7}}), {"epsilon = 1e-07", "no gradient"}));
  EXPECT_TRUE(mentions(refusal("dse", {{"graph", word("knn")}, {"k", std::int64_t{3}}}), {"graph = 'knn' has no gradient"}));
  EXPECT_TRUE(mentions(refusal("von_neumann_entropy", {{"precision", word("single")}}), {"precision = 'single' has no gradient"}));
  EXPECT_TRUE(mentions(thrown([&] {
                         (void)Case{"matrix_entropy", {{"kernel", word("precomputed")}}}.exact(Data({{1, 0.5}, {0.5, 1}}));
                       }),
                       {"matrix_entropy: kernel = 'precomputed' has no gradient"}));
}

TEST(Gradient, AnAutomaticBandwidthIsAConstant) {
  const Data x = random_data(7, 3, 14);
  const ValueAndGradient automatic = Case{"matrix_entropy", {}}.exact(x);
  const ValueAndGradient given = Case{"matrix_entropy", {{"bandwidth", number(automatic.estimate, "bandwidth")}}}.exact(x);
  EXPECT_EQ(automatic.gradient, given.gradient);
  EXPECT_NE(automatic.estimate.diagnostics.find("bandwidth_gradient"), nullptr);
  EXPECT_EQ(given.estimate.diagnostics.find("bandwidth_gradient"), nullptr);
}

// Order 2 needs no eigenvectors; with a memo, which shares eigenvalues, they are computed all the same.
TEST(Gradient, OrderTwoFromTheMatrixItself) {
  const Data x = random_data(20, 9, 16, 0.5);
  const OptionMap two{{"order", 2.0}};
  for (const Case& c : std::vector<Case>{{"vendi_score", two},
                                         {"vendi_score", two, std::vector<double>(20, 3.0)},
                                         {"effective_rank", with(two, {{"side", word("gram")}})},
                                         {"matrix_entropy", with(two, {{"bandwidth", 1.0}, {"unit", word("bits")}})}}) {
    SCOPED_TRACE(c.text());
    Memo memo;
    Context sharing;
    sharing.memo = &memo;
    const ValueAndGradient norms = c.exact(x), eigen = value_and_gradient(c.estimator, c.inputs(x), c.options, sharing);
    EXPECT_EQ(norms.estimate.backend_used, "norms");
    EXPECT_NE(eigen.estimate.backend_used, "norms");
    EXPECT_TRUE(agree(norms.gradient, eigen.gradient, 1e-12));
  }
}

// Order 4 by A^3 and by eigenvectors, which a gradient of an order nearby takes.
TEST(Gradient, OrderFourFromTheMatrixItself) {
  const Data x = random_data(20, 9, 16, 0.5);
  const auto of_order = [&](double order) { return Case{"matrix_entropy", {{"order", order}, {"bandwidth", 1.0}}}.exact(x); };
  const ValueAndGradient norms = of_order(4);
  EXPECT_EQ(norms.estimate.backend_used, "norms");
  constexpr double kAside = 1e-9;
  EXPECT_NE(of_order(4 + kAside).estimate.backend_used, "norms");
  EXPECT_TRUE(agree(norms.gradient, of_order(4 + kAside).gradient, 1e-8));
}

TEST(Gradient, AlphaReqOfTiedEigenvalues) {
  const Case c{"alpha_req", {{"first_rank", 1.0}, {"last_rank", 3.0}, {"center", false}}};
  const ValueAndGradient tied = c.exact(diagonal({3, 3, 1, 0.5}));
  EXPECT_EQ(tied.estimate.status, Status::nonsmooth);
  for (const double v : tied.gradient) EXPECT_TRUE(std::isfinite(v));
  EXPECT_NEAR(tied.gradient[0], tied.gradient[5], 1e-13) << "what ties shares";
  EXPECT_EQ(c.exact(diagonal({3, 2, 1, 0.5})).estimate.status, Status::ok);
}

TEST(Gradient, StopsWhenAskedTo) {
  const Data x = random_data(300, 300, 15);
  CancelToken token;
  token.request();
  Context context;
  context.cancel = &token;
  EXPECT_THROW((void)value_and_gradient("dse", {{x}, std::nullopt, {}}, {{"bandwidth", 1.0}}, context), Cancelled);
}

// ---- the slopes themselves

TEST(RenyiSlopes, ScaleSumAndLimits) {
  const std::vector<double> w{0.1, 2, 0.7, 0, 1.3};
  for (const double q : {0.5, 1 - 1e-9, 1.0, 1 + 1e-9, 2.0, 40.0, kInf}) {
    const std::vector<double> slopes = renyi_slopes(w, q, 1e-12);
    EXPECT_NEAR(std::inner_product(w.begin(), w.end(), slopes.begin(), 0.0), 0, 1e-13) << "H does not depend on the scale, order " << q;
    EXPECT_EQ(slopes[3], 0);
    for (std::size_t i : {0U, 1U, 2U, 4U}) {
      constexpr double step = 1e-6;
      std::vector<double> above = w, below = w;
      above[i] += step;
      below[i] -= step;
      EXPECT_NEAR(slopes[i], (renyi_entropy(above, q, 1e-12) - renyi_entropy(below, q, 1e-12)) / (2 * step), 1e-8) << "order " << q;
    }
  }
  EXPECT_EQ(renyi_slopes(w, 0), std::vector<double>(5, 0.0));
  EXPECT_EQ(renyi_slopes(std::vector<double>{0, 0}, 1), std::vector<double>(2, 0.0));
  // Scales at the ends of float64.
  for (const double scale : {1e-150, 1e150}) {
    const std::vector<double> slopes = renyi_slopes(std::vector<double>{scale, 3 * scale}, 2);
    EXPECT_TRUE(near(slopes[0] * scale, renyi_slopes(std::vector<double>{1, 3}, 2)[0], 1e-14));
  }
}

}  // namespace
}  // namespace entrospect::testing
