// What data without structure give beside a value.

#include "entrospect/estimators/baseline.hpp"

#include "estimators/support.hpp"

namespace entrospect::testing {
namespace {

double number(const Estimate& e, const std::string& name) {
  const DiagnosticValue* found = e.diagnostics.find(name);
  return found == nullptr ? std::nan("") : std::get<double>(*found);
}

Estimate with_baseline(const std::string& name, const Data& x, const char* word, std::int64_t draws, OptionMap options = {}) {
  options.insert(options.end(), {{"baseline", std::string(word)}, {"baseline_draws", draws}});
  return run(name, {{x}, {}, {}}, options);
}

// ln m - m / (2 M), and the simulation of row-normalized Gaussian rows: four shapes, to the printed digits.
struct Known {
  std::size_t n, d;
  double simulated, formula;
};
class Page : public ::testing::TestWithParam<Known> {};
INSTANTIATE_TEST_SUITE_P(Shapes, Page,
                         ::testing::Values(Known{200, 50, 3.7896, 3.7870}, Known{2000, 50, 3.8998, 3.8995}, Known{200, 200, 4.8002, 4.7983},
                                           Known{1000, 256, 5.4173, 5.4172}));

TEST_P(Page, IsTheKnownAnswer) {
  const Known& known = GetParam();
  EXPECT_NEAR(page_entropy(known.n, known.d), known.formula, 5e-5);
  EXPECT_EQ(page_entropy(known.n, known.d), page_entropy(known.d, known.n));
  if (known.n * known.d > 100000) return;  // the larger simulations take seconds
  const Estimate e = with_baseline("von_neumann_entropy", random_data(known.n, known.d, 1), "gaussian", 40);
  EXPECT_NEAR(number(e, "baseline_mean"), known.simulated, 5e-5 + 4 * number(e, "baseline_std_error"));
  EXPECT_LT(number(e, "baseline_std_error"), 1e-3);
  EXPECT_NEAR(number(e, "baseline_page"), page_entropy(known.n, known.d), 1e-15);
}

TEST(Baseline, NoiseIsItsOwnBaseline) {
  Data x(80, 10);
  std::mt19937_64 engine(3);
  std::normal_distribution<double> normal;
  for (double& v : x.values) v = 3 * normal(engine);
  for (const char* word : {"gaussian", "shuffled"}) {
    const Estimate e = with_baseline("von_neumann_entropy", x, word, 40);
    const double spread = number(e, "baseline_std_error") * std::sqrt(40.0);
    EXPECT_NEAR(e.value, number(e, "baseline_mean"), 5 * spread) << word;
  }
}

// Columns that are copies of each other have one direction; shuffled on their own they have all.
TEST(Baseline, ShufflingBreaksWhatColumnsShare) {
  Data x(200, 5);
  std::mt19937_64 engine(3);
  std::normal_distribution<double> normal;
  for (std::size_t i = 0; i < 200; ++i) {
    const double v = normal(engine);
    for (std::size_t j = 0; j < 5; ++j) x(i, j) = v;
  }
  const Estimate e = with_baseline("effective_rank", x, "shuffled", 10);
  EXPECT_NEAR(e.value, 1, 1e-9);
  EXPECT_NEAR(number(e, "baseline_mean"), 5, 0.2);  // five variances known to 10 %
  EXPECT_LT(number(e, "baseline_score"), -10);
}

// Shuffling keeps every column's values, so a quantity of the marginals alone is its own baseline to round-off.
TEST(Baseline, ShufflingKeepsTheMarginals) {
  const Estimate norm = with_baseline("nuclear_norm", Data(std::vector<std::vector<double>>{{1}, {2}, {2}}), "shuffled", 5);
  EXPECT_NEAR(number(norm, "baseline_mean"), 3, 1e-12);  // one column: its length
  EXPECT_NEAR(number(norm, "baseline_std_error"), 0, 1e-12);
}

TEST(Baseline, TheScaleIsThatOfTheSamples) {
  Data x = random_data(60, 4, 2);
  for (double& v : x.values) v = 1000 * v + 1e5;  // a mean that the baseline does not have
  const Estimate e = with_baseline("nuclear_norm", x, "gaussian", 30, {{"center", true}});
  Data unit(60, 4);
  double squares = 0;
  for (std::size_t j = 0; j < 4; ++j) {
    double mean = 0;
    for (std::size_t i = 0; i < 60; ++i) mean += x(i, j) / 60;
    for (std::size_t i = 0; i < 60; ++i) squares += (x(i, j) - mean) * (x(i, j) - mean);
  }
  const double scale = std::sqrt(squares / 59 / 4);
  std::mt19937_64 engine(9);
  std::normal_distribution<double> normal;
  for (double& v : unit.values) v = scale * normal(engine);
  const Estimate fresh = run("nuclear_norm", {{unit}, {}, {}}, {{"center", true}});
  EXPECT_NEAR(fresh.value, number(e, "baseline_mean"), 5 * number(e, "baseline_std_error") * std::sqrt(30.0));
}

TEST(Baseline, UnitsAndScoresAgree) {
  const Data x = random_data(40, 5, 2);
  const OptionMap in_bits{{"unit", std::string("bits")}};
  const Estimate nats = with_baseline("von_neumann_entropy", x, "gaussian", 5),
                 bits = with_baseline("von_neumann_entropy", x, "gaussian", 5, in_bits);
  for (const char* key : {"baseline_mean", "baseline_std_error", "baseline_excess", "baseline_room", "baseline_page"})
    EXPECT_NEAR(number(bits, key) * kLn2, number(nats, key), 1e-13) << key;
  EXPECT_NEAR(number(bits, "baseline_score"), number(nats, "baseline_score"), 1e-12);
  EXPECT_NEAR(number(nats, "baseline_score"), (nats.value - number(nats, "baseline_mean")) / (*nats.cap - number(nats, "baseline_mean")),
              1e-14);
}

TEST(Baseline, PageIsOnlyGivenWhereItApplies) {
  const Data x = random_data(40, 5, 2);
  const auto given = [&](const std::string& name, const OptionMap& options) {
    return with_baseline(name, x, "gaussian", 2, options).diagnostics.find("baseline_page") != nullptr;
  };
  EXPECT_TRUE(given("von_neumann_entropy", {}));
  EXPECT_FALSE(given("von_neumann_entropy", {{"center", true}}));
  EXPECT_FALSE(given("matrix_entropy", {}));  // Gaussian kernel
  EXPECT_TRUE(given("matrix_entropy", {{"kernel", std::string("linear")}}));
  EXPECT_FALSE(given("matrix_entropy", {{"kernel", std::string("linear")}, {"order", 2.0}}));
  EXPECT_FALSE(given("diffusion_spectral_entropy", {}));
}

TEST(Baseline, KernelMatricesHaveNone) {
  Data k(4, 4);
  for (std::size_t i = 0; i < 4; ++i) k(i, i) = 1;
  const std::string text = thrown([&] {
    (void)with_baseline("matrix_entropy", k, "gaussian", 2, {{"kernel", std::string("precomputed")}});
  });
  EXPECT_TRUE(mentions(text, {"matrix_entropy: baseline = 'gaussian'", "kernel matrix"}));
}

}  // namespace
}  // namespace entrospect::testing
