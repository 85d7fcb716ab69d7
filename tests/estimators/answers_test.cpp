// Disagreement of answers: known answers, limits, and what is refused.
#include "estimators/support.hpp"

namespace entrospect::testing {
namespace {

const Kernel kGiven{KernelKind::precomputed};

Data two(double s) { return Data({{1, s}, {s, 1}}); }

double binary_entropy(double p) { return -p * std::log(p) - (1 - p) * std::log1p(-p); }

TEST(Snne, KnownAnswers) {
  EXPECT_NEAR(snne(two(0), {.kernel = kGiven}).value, -1.313262, 5e-7);
  EXPECT_NEAR(snne(two(1), {.kernel = kGiven}).value, -1.693147, 5e-7);
  // Row 0 of {{1, .5}, {.5, 1}} with all of the weight.
  EXPECT_NEAR(weighted_snne(two(0.5), {7, 0}, {.kernel = kGiven}).value, -std::log(std::exp(1) + std::exp(0.5)), 4 * kEps);
  const Data s({{1, 0.2, -0.4}, {0.2, 1, 0.9}, {-0.4, 0.9, 1}});
  const double a = std::log(std::exp(10.0) + std::exp(2.0) + std::exp(-4.0)), b = std::log(std::exp(2.0) + std::exp(10.0) + std::exp(9.0)),
               c = std::log(std::exp(-4.0) + std::exp(9.0) + std::exp(10.0));
  EXPECT_NEAR(snne(s, {.tau = 0.1, .kernel = kGiven}).value, -(a + b + c) / 3, 64 * kEps);
  EXPECT_NEAR(weighted_snne(s, {1, 2, 5}, {.tau = 0.1, .kernel = kGiven}).value, -(a + 2 * b + 5 * c) / 8, 64 * kEps);
  EXPECT_NEAR(weighted_snne(s, {1e300, 2e300, 5e300}, {.kernel = kGiven}).value, weighted_snne(s, {1, 2, 5}, {.kernel = kGiven}).value,
              8 * kEps);
  // The weight of a zero row goes with it.
  const Data rows({{1, 0}, {0, 0}, {1, 2}}), left({{1, 0}, {1, 2}});
  EXPECT_NEAR(weighted_snne(rows, {1, 7, 3}, {.zero_rows = ZeroRows::drop}).value, weighted_snne(left, {1, 3}).value, 8 * kEps);
}

TEST(Snne, CosinesOfEmbeddingsAreTheGivenMatrix) {
  const Data x = random_data(9, 4, 3, 0.2);
  Data s(9, 9);
  for (std::size_t i = 0; i < 9; ++i)
    for (std::size_t j = 0; j < 9; ++j) {
      double dot = 0, left = 0, right = 0;
      for (std::size_t k = 0; k < 4; ++k) {
        dot += x(i, k) * x(j, k);
        left += x(i, k) * x(i, k);
        right += x(j, k) * x(j, k);
      }
      s(i, j) = s(j, i) = i == j ? 1 : dot / std::sqrt(left * right);
    }
  EXPECT_NEAR(snne(x).value, snne(s, {.kernel = kGiven}).value, 64 * kEps);
  // Similarities taken for embeddings: said, not silent.
  ASSERT_EQ(snne(s).warnings.size(), 1U);
  EXPECT_TRUE(mentions(snne(s).warnings.front(), {"kernel = 'precomputed'"}));
  EXPECT_TRUE(snne(x).warnings.empty());
}

TEST(KernelLanguageEntropy, TwoAnswers) {
  // Eigenvalues of the Laplacian 0 and 2 s; of the scaled heat kernel 1 +- tanh(s t).
  for (const double s : {0.0, 0.3, 1.0, 2.5})
    for (const double t : {0.1, 0.4, 3.0}) {
      const double expected = s == 0 ? kLn2 : binary_entropy((1 + std::tanh(s * t)) / 2);
      EXPECT_NEAR(kernel_language_entropy(two(s), {.t = t, .kernel = kGiven}).value, expected, 32 * kEps) << s << " " << t;
    }
  const Estimate share = kernel_language_entropy(two(0.3), {.kernel = kGiven, .normalizer = LanguageNormalizer::log_n});
  EXPECT_NEAR(share.value, binary_entropy((1 + std::tanh(0.12)) / 2) / kLn2, 32 * kEps);
  EXPECT_EQ(share.unit, Unit::none);
  EXPECT_EQ(share.cap, 1.0);
}

TEST(KernelLanguageEntropy, LimitsOfTime) {
  const Data x = random_data(12, 3, 5);
  EXPECT_NEAR(kernel_language_entropy(x, {.t = 1e-12}).value, std::log(12.0), 1e-9);
  EXPECT_NEAR(kernel_language_entropy(x, {.t = 1e300}).value, 0, 12 * 12 * kEps);  // one graph: heat is everywhere
  // Three groups that do not meet: each becomes one answer of its size, however long one waits.
  Data groups(9, 9);
  for (std::size_t i = 0; i < 9; ++i)
    for (std::size_t j = 0; j < 9; ++j) groups(i, j) = (i < 4) == (j < 4) && (i < 6) == (j < 6) ? 1 : 0;
  const double shares = -(4 * std::log(4.0 / 9) + 2 * std::log(2.0 / 9) + 3 * std::log(3.0 / 9)) / 9;
  for (const double t : {1e3, 1e300})
    EXPECT_NEAR(kernel_language_entropy(groups, {.t = t, .kernel = kGiven}).value, shares, 9 * 9 * 4 * kEps) << t;
  // What an answer shares with itself does not matter.
  Data bare = groups;
  for (std::size_t i = 0; i < 9; ++i) bare(i, i) = 0;
  EXPECT_NEAR(kernel_language_entropy(bare, {.kernel = kGiven}).value, kernel_language_entropy(groups, {.kernel = kGiven}).value, 1e-14);
}

TEST(UEigv, CountsGroups) {
  Data groups(9, 9);
  for (std::size_t i = 0; i < 9; ++i)
    for (std::size_t j = 0; j < 9; ++j) groups(i, j) = (i < 4) == (j < 4) && (i < 6) == (j < 6) ? 0.7 : 0;
  EXPECT_NEAR(u_eigv(groups, {.kernel = kGiven}).value, 3, 9 * 9 * kEps);
  Data apart(5, 5);
  for (std::size_t i = 0; i < 5; ++i) apart(i, i) = 1;
  EXPECT_NEAR(u_eigv(apart, {.kernel = kGiven}).value, 5, 25 * kEps);
  // {{1, s}, {s, 1}}: 1 - lam = 1 and (1 - s) / (1 + s), which is negative, and left out, for s > 1.
  EXPECT_NEAR(u_eigv(two(0.25), {.kernel = kGiven}).value, 1.6, 16 * kEps);
  const Estimate indefinite = u_eigv(two(3), {.kernel = kGiven});
  EXPECT_NEAR(indefinite.value, 1, 16 * kEps);
  EXPECT_EQ(std::get<std::int64_t>(*indefinite.diagnostics.find("negative_eigenvalues")), 1);
}

TEST(Answers, MatricesThatAreNoSimilaritiesAreRefusedWithTheRemedy) {
  const Data wide({{1, 0, 0}, {0, 1, 0}}), skew({{1, 0.5}, {0.4, 1}}), negative({{1, -0.5}, {-0.5, 1}}), alone = diagonal({1});
  for (const char* name : {"snne", "kernel_language_entropy", "u_eigv"}) {
    const auto message = [&](const Data& s) { return thrown([&] { run(name, {{s}, {}, {}}, {{"kernel", word("precomputed")}}); }); };
    EXPECT_TRUE(mentions(message(wide), {name, "must be square, not 2 x 3"}));
    EXPECT_TRUE(mentions(message(skew), {name, "not symmetric", "(1, 0)", "average it with its transpose"}));
    EXPECT_TRUE(mentions(message(alone), {name, "n = 1 rows; at least 2"}));
    if (std::string(name) != "snne") {
      EXPECT_TRUE(mentions(message(negative), {name, "(0, 1) = -0.5", "[0, inf)", "(1 + S) / 2"}));
    }
  }
  EXPECT_TRUE(std::isfinite(snne(negative, {.kernel = kGiven}).value));
  EXPECT_TRUE(mentions(thrown([] { u_eigv(Data({{0, 0}, {0, 1}}), {.kernel = kGiven}); }), {"row 0 sum to 0"}));
  EXPECT_TRUE(mentions(thrown([] { snne(Data({{0, 0}, {0, 1}})); }), {"snne", "row 0"}));
  EXPECT_TRUE(mentions(thrown([] { weighted_snne(two(0), {1, -1}, {.kernel = kGiven}); }), {"snne", "weights[1] = -1"}));
  EXPECT_TRUE(mentions(thrown([] { weighted_snne(two(0), {0, 0}, {.kernel = kGiven}); }), {"snne", "all weights are 0"}));
  EXPECT_TRUE(mentions(thrown([] { kernel_language_entropy(two(0), {.kernel = kGiven, .solver = {.precision = Precision::single}}); }),
                       {"kernel_language_entropy", "precision"}));
}

TEST(Answers, EqualAnswersAgree) {
  const Data equal({{1, 2}, {1, 2}, {1, 2}});
  const Estimate e = snne(equal);
  EXPECT_EQ(e.status, Status::degenerate);
  EXPECT_NEAR(e.value, -std::log(3.0) - 1, 8 * kEps);
  EXPECT_EQ(u_eigv(equal, {.kernel = {KernelKind::gaussian, 1.0}}).status, Status::degenerate);
  EXPECT_EQ(kernel_language_entropy(equal, {.kernel = {KernelKind::gaussian, 1.0}}).status, Status::degenerate);
}

}  // namespace
}  // namespace entrospect::testing
