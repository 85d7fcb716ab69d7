// Laws that hold whatever the numbers are. Tolerances are round-off: eigenvalues to about n eps of the largest, entropies a small factor
// more.
#include <numeric>

#include "estimators/support.hpp"

namespace entrospect::testing {
namespace {

const std::vector<double> kOrders{0.5, 1, 1.5, 2, 4, kInf};

// x times a random orthogonal matrix (product of Householder reflections).
Data rotated(const Data& x, unsigned seed) {
  std::mt19937_64 engine(seed);
  std::normal_distribution<double> normal;
  Data out = x;
  for (int reflection = 0; reflection < 4; ++reflection) {
    std::vector<double> v(x.d);
    double squares = 0;
    for (double& c : v) c = normal(engine), squares += c * c;
    for (std::size_t i = 0; i < x.n; ++i) {
      double dot = 0;
      for (std::size_t j = 0; j < x.d; ++j) dot += out(i, j) * v[j];
      for (std::size_t j = 0; j < x.d; ++j) out(i, j) -= 2 * dot / squares * v[j];
    }
  }
  return out;
}

Data repeated(const Data& x, std::size_t copies) {
  Data out(x.n * copies, x.d);
  for (std::size_t i = 0; i < out.n; ++i)
    for (std::size_t j = 0; j < x.d; ++j) out(i, j) = x(i % x.n, j);
  return out;
}

Data permuted(const Data& x) {
  Data out = x;
  for (std::size_t i = 0; i < x.n; ++i)
    for (std::size_t j = 0; j < x.d; ++j) out(i, j) = x((7 * i + 3) % x.n, j);
  return out;
}

class Shapes : public ::testing::TestWithParam<std::pair<std::size_t, std::size_t>> {
 protected:
  Data x = random_data(GetParam().first, GetParam().second, 21, 0.3);
  double tolerance = roundoff(std::max(x.n, x.d));
};

TEST_P(Shapes, GramAndCovarianceSidesAgree) {
  for (const bool center : {false, true})
    for (const Normalize normalize : {Normalize::none, Normalize::l2, Normalize::standardize}) {
      const auto rank = [&](Side side, double order) {
        return effective_rank(x, {.order = order, .center = center, .normalize = normalize, .side = side}).value;
      };
      for (const double q : kOrders)
        EXPECT_TRUE(near(rank(Side::gram, q), rank(Side::covariance, q), 10 * tolerance)) << center << " " << q;
      EXPECT_TRUE(near(von_neumann_entropy(x, {.center = center, .normalize = normalize, .side = Side::gram}),
                       von_neumann_entropy(x, {.center = center, .normalize = normalize, .side = Side::covariance}).value, tolerance));
      // Singular values are roots: round-off eps of an eigenvalue is sqrt(eps) of a singular value, cut at the rank tolerance.
      EXPECT_TRUE(near(rankme(x, {.center = center, .normalize = normalize, .side = Side::gram}),
                       rankme(x, {.center = center, .normalize = normalize, .side = Side::covariance}).value, 1e-6));
    }
  for (const KernelKind kind : {KernelKind::cosine, KernelKind::linear})
    for (const double q : kOrders) {
      const auto score = [&](Side side) {
        return vendi_score(x, {.order = q, .kernel = {kind}, .diagonal = Diagonal::normalize, .side = side}).value;
      };
      EXPECT_TRUE(near(score(Side::gram), score(Side::covariance), 10 * tolerance)) << name(kind) << " order " << q;
    }
}

TEST_P(Shapes, OneSpectrumManyNames) {
  const double entropy = von_neumann_entropy(x).value;
  EXPECT_TRUE(near(std::log(vendi_score(x).value), entropy, tolerance));
  EXPECT_TRUE(near(std::log(effective_rank(x, {.center = false, .normalize = Normalize::l2}).value), entropy, tolerance));
  EXPECT_TRUE(near(matrix_entropy(x, {.kernel = {KernelKind::cosine}}), entropy, tolerance));
  EXPECT_TRUE(near(effective_rank(x, {.convention = "singular-values"}), rankme(x).value, tolerance));
}

TEST_P(Shapes, RotationPermutationAndDuplicationChangeNothing) {
  const std::vector<Data> images{rotated(x, 5), permuted(x), repeated(x, 3)};
  for (std::size_t which = 0; which < images.size(); ++which) {
    const Data& y = images[which];
    SCOPED_TRACE(which == 0 ? "rotated" : which == 1 ? "permuted" : "three copies");
    for (const double q : kOrders) {
      EXPECT_TRUE(near(effective_rank(y, {.order = q}), effective_rank(x, {.order = q}).value, 30 * tolerance)) << q;
      EXPECT_TRUE(near(vendi_score(y, {.order = q}), vendi_score(x, {.order = q}).value, 30 * tolerance)) << q;
      const VendiOptions gaussian{.order = q, .kernel = {KernelKind::gaussian, 0.8}};
      EXPECT_TRUE(near(vendi_score(y, gaussian), vendi_score(x, gaussian).value, 1e3 * tolerance)) << q;
      const MatrixEntropyOptions laplacian{.order = q, .kernel = {KernelKind::laplacian_l2, 0.8}};
      EXPECT_TRUE(near(matrix_entropy(y, laplacian), matrix_entropy(x, laplacian).value, 1e3 * tolerance)) << q;
    }
    const DiffusionEntropyOptions walk{.t = 2, .kernel = {KernelKind::gaussian, 0.8}};
    EXPECT_TRUE(near(diffusion_spectral_entropy(y, walk), diffusion_spectral_entropy(x, walk).value, 1e3 * tolerance));
  }
}

TEST_P(Shapes, ScaleAndUnits) {
  Data scaled = x;
  for (double& v : scaled.values) v *= -1e-5;
  for (const double q : kOrders)
    EXPECT_TRUE(near(effective_rank(scaled, {.order = q}), effective_rank(x, {.order = q}).value, 10 * tolerance));
  EXPECT_TRUE(near(rankme(scaled), rankme(x).value, 1e-9));
  for (const EstimatorInfo* info : catalogue()) {
    if (info->card.unit != "entropy") continue;
    const Inputs in = inputs_for(*info, x);
    const Estimate nats = info->run(in, {}, {}), bits = info->run(in, {{"unit", word("bits")}}, {});
    if (std::isinf(nats.value))
      EXPECT_EQ(bits.value, nats.value) << info->card.name;
    else
      EXPECT_TRUE(near(bits.value * kLn2, nats.value, 8 * kEps)) << info->card.name;
    ASSERT_EQ(bits.cap.has_value(), nats.cap.has_value()) << info->card.name;
    if (nats.cap) {
      EXPECT_TRUE(near(*bits.cap * kLn2, *nats.cap, 8 * kEps)) << info->card.name;
    }
    if (nats.interval) {
      EXPECT_TRUE(near(bits.interval->low * kLn2, nats.interval->low, 8 * kEps));
    }
  }
}

TEST_P(Shapes, FallingInTheOrderAndUnderTheCap) {
  const std::vector<double> sweep{0, 0.2, 0.5, 0.9, 0.99, 1 - 1e-12, 1, 1 + 1e-12, 1.01, 2, 3, 10, 1000, kInf};
  for (const KernelKind kind : {KernelKind::cosine, KernelKind::gaussian, KernelKind::polynomial}) {
    double previous = kInf;
    for (const double q : sweep) {
      const Estimate e = vendi_score(x, {.order = q, .kernel = {kind}, .diagonal = Diagonal::normalize});
      EXPECT_LE(e.value, previous * (1 + tolerance)) << name(kind) << " order " << q;
      EXPECT_LE(e.value, *e.cap * (1 + tolerance)) << name(kind) << " order " << q;
      EXPECT_GE(e.value, 1 - tolerance);
      previous = e.value;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(All, Shapes, ::testing::Values(std::pair(12, 5), std::pair(5, 12), std::pair(80, 70), std::pair(8, 8)));

// Entropy of a block-diagonal kernel: H = H(shares) + sum of shares times the blocks' entropies.
TEST(Identities, BlocksAdd) {
  const Data a = random_data(6, 2, 1), b = random_data(9, 2, 2);
  Data both(15, 4);
  for (std::size_t i = 0; i < 15; ++i)
    for (std::size_t j = 0; j < 2; ++j) (i < 6 ? both(i, j) : both(i, j + 2)) = i < 6 ? a(i, j) : b(i - 6, j);
  const double shares = renyi_entropy(std::vector<double>{6, 9}, 1);
  EXPECT_TRUE(near(von_neumann_entropy(both), shares + 0.4 * von_neumann_entropy(a).value + 0.6 * von_neumann_entropy(b).value, 1e-13));
}

// Orders 2 with and without a memo take different ways to the same bits.
TEST(Identities, OrderTwoHasTheSameBitsWithAndWithoutAMemo) {
  for (const auto& [n, d] : std::vector<std::pair<std::size_t, std::size_t>>{{30, 6}, {6, 30}, {100, 80}}) {
    const Data x = random_data(n, d, 3);
    Memo memo;
    Context context;
    context.memo = &memo;
    const VendiOptions gaussian{.order = 2, .kernel = {KernelKind::gaussian}};
    EXPECT_EQ(vendi_score(x, gaussian, context).value, vendi_score(x, gaussian).value);
    EXPECT_EQ(vendi_score(x, {.order = 2}, context).value, vendi_score(x, {.order = 2}).value);
    EXPECT_EQ(matrix_entropy(x, {.order = 2}, context).value, matrix_entropy(x, {.order = 2}).value);
    EXPECT_EQ(effective_rank(x, {.order = 2}, context).value, effective_rank(x, {.order = 2}).value);
    EXPECT_EQ(vendi_score(x, gaussian).backend_used, "norms");
    EXPECT_NE(vendi_score(x, gaussian, context).backend_used, "norms");
    // And the eigenvalues agree with the norms.
    const auto s = spectrum(x, Gram{.kernel = {KernelKind::gaussian}, .weights = {}}, {}, {});
    EXPECT_TRUE(near(vendi_score(x, gaussian), std::exp(renyi_entropy(s->values, 2.0)), roundoff(n)));
  }
}

// A backend that counts would be needed to see the solver; the memo's keys are as good: 50 orders and 20 times compute nothing new.
TEST(Identities, FiftyOrdersAndTwentyTimesShareOneSpectrum) {
  const Data x = random_data(300, 40, 8);
  const auto seconds = [](const auto& call) {
    const auto start = std::chrono::steady_clock::now();
    call();
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  };
  Memo memo;
  Context context;
  context.memo = &memo;
  const VendiOptions first{.kernel = {KernelKind::gaussian}};
  const auto before = spectrum(x, Gram{first.kernel, Side::automatic, {}, false, true}, {}, context);
  for (int i = 0; i < 50; ++i) {
    VendiOptions o = first;
    o.order = 0.1 * i;
    const Estimate e = vendi_score(x, o, context);
    const bool by_norms = o.order == 2 || o.order == 4;  // another sum of the same n x n products
    EXPECT_TRUE(near(e, std::exp(renyi_entropy(*before, o.order, "test")), by_norms ? roundoff(x.n) : 4 * kEps)) << o.order;
  }
  EXPECT_EQ(spectrum(x, Gram{first.kernel, Side::automatic, {}, false, true}, {}, context), before);  // the same object still
  const double one = seconds([&] { (void)diffusion_spectral_entropy(x, {}, context); });
  const double twenty = seconds([&] {
    for (int t = 1; t <= 20; ++t) (void)diffusion_spectral_entropy(x, {.t = static_cast<double>(t)}, context);
  });
  RecordProperty("first_ms", static_cast<int>(1e3 * one));
  RecordProperty("twenty_more_ms", static_cast<int>(1e3 * twenty));
}

TEST(Identities, ResultsDoNotDependOnThreads) {
  const Data x = random_data(200, 30, 4);
  for (const EstimatorInfo* info : catalogue()) {
    const Inputs in = inputs_for(*info, x, 3);
    Context one, seven;
    one.threads = 1;
    seven.threads = 7;
    EXPECT_EQ(info->run(in, {}, one).value, info->run(in, {}, seven).value) << info->card.name;
  }
}

}  // namespace
}  // namespace entrospect::testing
