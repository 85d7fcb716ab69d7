#include <boost/math/distributions/students_t.hpp>
#include <numeric>

#include "entrospect/core/random.hpp"
#include "estimators/support.hpp"

namespace entrospect::testing {
namespace {

using Options = DiffusionMutualOptions;
using Rows = std::vector<std::size_t>;

const Data kPairs = column({0, 0, 100, 100});
Labels whole(const std::vector<std::int64_t>& values) { return Labels(values); }

struct Blobs {
  Data x;
  std::vector<std::int64_t> labels;
};

Blobs blobs(std::size_t per_class, std::size_t classes, std::size_t d, double distance, unsigned seed) {
  Blobs out{random_data(per_class * classes, d, seed), {}};
  for (std::size_t i = 0; i < out.x.n; ++i) {
    out.labels.push_back(static_cast<std::int64_t>(i % classes));
    out.x(i, i % classes % d) += distance * static_cast<double>(1 + i % classes);
  }
  return out;
}

double naive_entropy(const Data& x, const Rows& which, double sigma, double a, double t) {
  return static_cast<double>(naive::diffusion_entropy(naive::gram(naive::rows(x.naive(), which), naive::Kernel::gaussian, sigma), a, t));
}

TEST(DiffusionMutual, KnownAnswerOverAllSubsets) {
  const Options o{.kernel = {KernelKind::gaussian, 1.0}, .repeats = AllSubsets::all, .unit = Unit::bits};
  const Estimate e = diffusion_spectral_mutual_information(kPairs, whole({0, 0, 1, 1}), o);
  EXPECT_TRUE(near(e, 2.0 / 3, 1e-14));
  EXPECT_TRUE(near(*e.cap, 1, 1e-15));
  EXPECT_EQ(number(e, "entropies"), 2 + 2 * 6);
  EXPECT_FALSE(e.std_error);  // nothing was drawn
  EXPECT_FALSE(e.seed);
}

// The same sum with the oracle's entropies over the subsets that the streams name.
TEST(DiffusionMutual, AgreesWithTheOracle) {
  const Blobs b = blobs(7, 3, 4, 2, 5);
  const std::uint64_t seed = 42;
  Options o{.t = 2, .anisotropy = 1, .kernel = {KernelKind::gaussian, 1.3}, .repeats = 4.0, .seed = seed};
  double value = 0, variance = 0;
  for (std::uint64_t c = 0; c < 3; ++c) {
    Rows members;
    for (std::size_t i = 0; i < b.x.n; ++i)
      if (b.labels[i] == static_cast<std::int64_t>(c)) members.push_back(i);
    std::vector<double> reference;
    for (std::uint64_t r = 0; r < 4; ++r)
      reference.push_back(naive_entropy(b.x, RandomStream(seed, (c << 32) + r).subset(b.x.n, members.size()), 1.3, 1, 2));
    const double mean = std::accumulate(reference.begin(), reference.end(), 0.0) / 4;
    value += (mean - naive_entropy(b.x, members, 1.3, 1, 2)) / 3;
    for (const double v : reference) variance += (v - mean) * (v - mean) / 3 / 4 / 9;
  }
  const Estimate e = diffusion_spectral_mutual_information(b.x, whole(b.labels), o);
  EXPECT_TRUE(near(e, value, 1e-12));
  ASSERT_TRUE(e.std_error && e.interval);
  EXPECT_TRUE(near(*e.std_error, std::sqrt(variance), 1e-11));
  EXPECT_EQ(e.interval_method, "repeats-student");
  const double freedom = number(e, "degrees_of_freedom");
  EXPECT_GE(freedom, 3);
  EXPECT_LE(freedom, 9 + 1e-9);
  const double quantile = boost::math::quantile(boost::math::students_t(freedom), 0.975);
  EXPECT_TRUE(near(e.interval->high - e.value, quantile * *e.std_error, 1e-12));
  EXPECT_TRUE(near(e.value - e.interval->low, quantile * *e.std_error, 1e-12));
  o.unit = Unit::bits;
  const Estimate bits = diffusion_spectral_mutual_information(b.x, whole(b.labels), o);
  EXPECT_TRUE(near(bits, value / kLn2, 1e-12));
  EXPECT_TRUE(near(*bits.std_error, std::sqrt(variance) / kLn2, 1e-11));
  EXPECT_TRUE(near(*bits.cap, std::log2(3.0), 1e-14));
}

// The standard error is the spread of the value over seeds: 200 seeds fix it to 5 %, within 4 of its own standard errors.
TEST(DiffusionMutual, TheStandardErrorIsTheSpreadOverSeeds) {
  const Blobs b = blobs(5, 2, 2, 1, 8);
  std::vector<double> values, squares;
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    const Estimate e = diffusion_spectral_mutual_information(b.x, whole(b.labels), {.repeats = 6.0, .seed = seed});
    values.push_back(e.value);
    squares.push_back(*e.std_error * *e.std_error);
  }
  const double mean = std::accumulate(values.begin(), values.end(), 0.0) / 200;
  double spread = 0;
  for (const double v : values) spread += (v - mean) * (v - mean) / 199;
  const double predicted = std::accumulate(squares.begin(), squares.end(), 0.0) / 200;
  EXPECT_NEAR(spread / predicted, 1, 4 * std::sqrt(2.0 / 199 + 2.0 / (200 * 10)));
  // And the mean over seeds is the value over all subsets.
  const Estimate exact = diffusion_spectral_mutual_information(b.x, whole(b.labels), {.repeats = AllSubsets::all});
  EXPECT_NEAR(mean, exact.value, 4.5 * std::sqrt(spread / 200));
}

TEST(DiffusionMutual, SeedsNameTheResult) {
  const Blobs b = blobs(6, 3, 3, 2, 1);
  const auto with = [&](std::uint64_t seed, unsigned threads) {
    Context context;
    context.threads = threads;
    return diffusion_spectral_mutual_information(b.x, whole(b.labels), {.null = PermutationNull::permutation, .n_null = 9, .seed = seed},
                                                 context);
  };
  const Estimate one = with(3, 1);
  EXPECT_EQ(one.seed, 3U);
  for (const unsigned threads : {1U, 2U, 7U}) {
    const Estimate again = with(3, threads);
    EXPECT_EQ(again.value, one.value);
    EXPECT_EQ(*again.std_error, *one.std_error);
    EXPECT_EQ(number(again, "null_mean"), number(one, "null_mean"));
  }
  EXPECT_NE(with(4, 1).value, one.value);
}

TEST(DiffusionMutual, TheBandwidthIsSetOnceOnAllRows) {
  const Blobs b = blobs(8, 2, 3, 30, 2);
  const double median = static_cast<double>(naive::median_distance(b.x.naive()));
  const Estimate e = diffusion_spectral_mutual_information(b.x, whole(b.labels));
  EXPECT_TRUE(near(number(e, "bandwidth"), median, 1e-13));
  EXPECT_TRUE(
      near(e, diffusion_spectral_mutual_information(b.x, whole(b.labels), {.kernel = {KernelKind::gaussian, median}}).value, 1e-12));
}

TEST(DiffusionMutual, NegativeValuesAreReportedAsTheyAre) {
  // Classes that each hold one near and one far point: as spread as possible, random pairs are not.
  const Options o{.kernel = {KernelKind::gaussian, 1.0}, .repeats = AllSubsets::all};
  const Estimate e = diffusion_spectral_mutual_information(kPairs, whole({0, 1, 0, 1}), o);
  EXPECT_TRUE(near(e, -kLn2 / 3, 1e-14));
  EXPECT_TRUE(e.ok());
}

// Separated blobs at t = 2: a class is one cluster (entropy near 0); random subsets see three of unequal size.
TEST(DiffusionMutual, ValuesAboveTheLabelEntropyAreFlagged) {
  const Blobs b = blobs(40, 3, 20, 60, 3);
  bool seen = false;
  for (const double t : {1.0, 2.0, 3.0, 5.0, 8.0}) {
    const Estimate e = diffusion_spectral_mutual_information(b.x, whole(b.labels), {.t = t, .kernel = {KernelKind::gaussian, 0.9}});
    EXPECT_EQ(has_flag(e, Status::above_entropy), e.value > *e.cap * (1 + 1e-12)) << "t " << t;
    seen = seen || has_flag(e, Status::above_entropy);
  }
  EXPECT_TRUE(seen) << "the fixture no longer exceeds the label entropy";
}

TEST(DiffusionMutual, PermutationNull) {
  const Blobs b = blobs(10, 2, 3, 6, 4);
  const Options o{.null = PermutationNull::permutation, .n_null = 99};
  const Estimate strong = diffusion_spectral_mutual_information(b.x, whole(b.labels), o);
  EXPECT_EQ(number(strong, "p_value"), 0.01);  // none of 99 reaches it
  EXPECT_LT(number(strong, "null_mean") + 3 * number(strong, "null_sd"), strong.value);
  // Under the null the p-value is uniform on 1/20 .. 20/20. Mean 10.5 / 20, sd sqrt((20^2 - 1) / 12) / 20 = .288 per data set.
  double total = 0;
  int below = 0;
  constexpr int sets = 60;
  for (unsigned seed = 0; seed < sets; ++seed) {
    const Blobs noise = blobs(6, 2, 2, 0, 100 + seed);
    const Estimate e = diffusion_spectral_mutual_information(noise.x, whole(noise.labels),
                                                             {.null = PermutationNull::permutation, .n_null = 19, .seed = seed});
    total += number(e, "p_value");
    EXPECT_EQ(has_flag(e, Status::below_null), e.value < number(e, "null_mean"));
    below += has_flag(e, Status::below_null) ? 1 : 0;
  }
  EXPECT_NEAR(total / sets, 10.5 / 20, 4 * 0.288 / std::sqrt(sets));
  EXPECT_GT(below, 0);
  // Four points, labels 0 0 1 1: two of six partitions tie with the observed one and must count.
  const Estimate tied = diffusion_spectral_mutual_information(
      kPairs, whole({0, 0, 1, 1}), {.kernel = {KernelKind::gaussian, 1.0}, .null = PermutationNull::permutation, .n_null = 600});
  EXPECT_NEAR(number(tied, "p_value"), 1.0 / 3, 4 * std::sqrt(1.0 / 3 * 2.0 / 3 / 600));
}

TEST(DiffusionMutual, CompatDseDsmi) {
  const Blobs b = blobs(6, 2, 3, 15, 6);
  const Estimate e = diffusion_spectral_mutual_information(b.x, whole(b.labels), {.seed = 5, .compat = "dse-dsmi"});
  EXPECT_EQ(e.unit, Unit::bits);
  EXPECT_EQ(option(e, "repeats") + " " + option(e, "bandwidth") + " " + option(e, "anisotropy"), "5 10 0");
  // Both classes have 6 rows: the same seed gives them the same subsets.
  double reference = 0, inside = 0;
  for (std::uint64_t r = 0; r < 5; ++r) reference += naive_entropy(b.x, RandomStream(5, r).subset(12, 6), 10, 0, 1) / 5;
  for (std::int64_t c = 0; c < 2; ++c) {
    Rows members;
    for (std::size_t i = 0; i < 12; ++i)
      if (b.labels[i] == c) members.push_back(i);
    inside += naive_entropy(b.x, members, 10, 0, 1) / 2;
  }
  EXPECT_TRUE(near(e, (reference - inside) / kLn2, 1e-12));  // 2.2e-16 per p is below this tolerance
  EXPECT_GE(e.compat_faults.size(), 5U);
}

TEST(DiffusionMutual, CompatDseDsmiBinsRealLabels) {
  Data x = random_data(20, 2, 3);
  std::vector<double> real;
  std::vector<std::int64_t> bin;
  for (int i = 0; i < 20; ++i) {
    real.push_back(i / 19.0 * 4 - 1);  // [-1, 3]
    bin.push_back(std::min<std::int64_t>(9, static_cast<std::int64_t>(std::floor(i / 19.0 * 10))));
  }
  const Options o{.seed = 1, .compat = "dse-dsmi"};
  EXPECT_EQ(diffusion_spectral_mutual_information(x, Labels(real), o).value, diffusion_spectral_mutual_information(x, whole(bin), o).value);
  EXPECT_EQ(number(diffusion_spectral_mutual_information(x, Labels(real), o), "classes"), 10);
  EXPECT_TRUE(mentions(thrown([&] { diffusion_spectral_mutual_information(x, Labels(real)); }), {"real"}));
  EXPECT_TRUE(mentions(thrown([&] { diffusion_spectral_mutual_information(x, Labels(std::vector<double>(20, 1.5)), o); }), {"equal"}));
  // A class of one row contributes nothing: 19 rows of class 0 and one of class 1.
  std::vector<std::int64_t> lonely(20, 0);
  lonely[7] = 1;
  Rows members;
  for (std::size_t i = 0; i < 20; ++i)
    if (i != 7) members.push_back(i);
  double reference = 0;
  for (std::uint64_t r = 0; r < 5; ++r) reference += naive_entropy(x, RandomStream(1, r).subset(20, 19), 10, 0, 1) / 5;
  EXPECT_TRUE(near(diffusion_spectral_mutual_information(x, whole(lonely), o),
                   0.95 * (reference - naive_entropy(x, members, 10, 0, 1)) / kLn2, 1e-12));
}

TEST(DiffusionMutual, AContinuousTargetIsBinned) {
  const Data x = random_data(20, 2, 3);
  std::vector<double> real;
  std::vector<std::int64_t> bin;
  for (int i = 0; i < 20; ++i) {
    real.push_back(i * i / 361.0);
    bin.push_back(std::min<std::int64_t>(3, static_cast<std::int64_t>(std::floor(4 * (i * i / 361.0)))));
  }
  const Estimate e = diffusion_spectral_mutual_information(x, Labels(real), {.target = Target::bins, .bins = 4});
  EXPECT_EQ(e.value, diffusion_spectral_mutual_information(x, whole(bin)).value);
  EXPECT_EQ(number(e, "classes"), 4);
  const auto refused = [&](const Labels& labels) {
    return thrown([&] { diffusion_spectral_mutual_information(x, labels, {.target = Target::bins}); });
  };
  EXPECT_TRUE(mentions(refused(whole(bin)), {"target = 'bins'", "real-valued", "'classes'"}));
  EXPECT_TRUE(mentions(refused(Labels(std::vector<double>(20, 1.5))), {"equal"}));
  real[7] = kInf;
  EXPECT_TRUE(mentions(refused(Labels(real)), {"labels[7]", "inf", "finite"}));
}

TEST(DiffusionMutual, SmallClasses) {
  Blobs b = blobs(5, 2, 2, 3, 7);
  b.labels[4] = 77;
  EXPECT_TRUE(mentions(thrown([&] { diffusion_spectral_mutual_information(b.x, whole(b.labels)); }), {"class '77'", "at least 2", "drop"}));
  const Options drop{.small_classes = SmallClasses::drop};
  const Estimate e = diffusion_spectral_mutual_information(b.x, whole(b.labels), drop);
  EXPECT_EQ(e.n, 9U);
  EXPECT_EQ(number(e, "classes_dropped"), 1);
  EXPECT_EQ(number(e, "rows_dropped"), 1);
  Data rest(9, 2);
  std::vector<std::int64_t> labels;
  for (std::size_t i = 0, row = 0; i < 10; ++i) {
    if (i == 4) continue;
    rest(row, 0) = b.x(i, 0);
    rest(row, 1) = b.x(i, 1);
    labels.push_back(b.labels[i]);
    ++row;
  }
  EXPECT_TRUE(near(diffusion_spectral_mutual_information(rest, whole(labels)), e.value, 1e-13));
  EXPECT_TRUE(mentions(thrown([&] {
                         diffusion_spectral_mutual_information(column({1, 2, 3}), whole({1, 2, 3}), drop);
                       }),
                       {"no class has 2 rows"}));
}

TEST(DiffusionMutual, ZeroRowsTakeTheirLabelsWithThem) {
  Blobs b = blobs(5, 2, 2, 3, 9);
  Data with(11, 2);
  std::copy(b.x.values.begin(), b.x.values.end(), with.values.begin() + 2);  // row 0 is zero
  std::vector<std::int64_t> labels{1};
  labels.insert(labels.end(), b.labels.begin(), b.labels.end());
  const Options o{.normalize = Normalize::l2, .zero_rows = ZeroRows::drop};
  EXPECT_TRUE(near(diffusion_spectral_mutual_information(with, whole(labels), o),
                   diffusion_spectral_mutual_information(b.x, whole(b.labels), o).value, 1e-13));
}

TEST(DiffusionMutual, LabelsOfEveryKind) {
  const Blobs b = blobs(5, 3, 3, 4, 11);
  std::vector<std::string> text;
  std::vector<std::int64_t> shifted;
  for (const std::int64_t label : b.labels) {
    text.push_back(std::string(1, static_cast<char>('a' + label)));
    shifted.push_back(10 * label - 7);
  }
  const double value = diffusion_spectral_mutual_information(b.x, whole(b.labels)).value;
  EXPECT_EQ(diffusion_spectral_mutual_information(b.x, Labels(text)).value, value);
  EXPECT_EQ(diffusion_spectral_mutual_information(b.x, whole(shifted)).value, value);
  // One class: random subsets of n rows are the class itself.
  const Estimate one = diffusion_spectral_mutual_information(b.x, whole(std::vector<std::int64_t>(15, 3)));
  EXPECT_TRUE(near(one.value, 0, 1e-13));
  EXPECT_EQ(*one.cap, 0);
  EXPECT_EQ(one.status, Status::degenerate);
}

TEST(DiffusionMutual, Errors) {
  const Blobs b = blobs(20, 2, 2, 1, 1);
  const auto with = [&](Options o) { return thrown([&] { diffusion_spectral_mutual_information(b.x, whole(b.labels), o); }); };
  EXPECT_TRUE(mentions(with({.repeats = 2.5}), {"repeats = 2.5", "whole number"}));
  EXPECT_TRUE(mentions(with({.repeats = 0.0}), {"repeats = 0", "'all'"}));
  EXPECT_TRUE(mentions(with({.repeats = AllSubsets::all}), {"'all'", "subsets of 20 out of 40", "100000"}));
  EXPECT_TRUE(mentions(with({.confidence = 1}), {"confidence = 1", "(0, 1)"}));
  EXPECT_TRUE(mentions(with({.kernel = {KernelKind::precomputed}}), {"precomputed", "subsets"}));
  EXPECT_TRUE(mentions(with({.graph = Graph::knn, .k = 25}), {"k = 25", "n = 20"}));
  EXPECT_TRUE(mentions(with({.compat = "dse"}), {"'dse'", "'dse-dsmi'"}));
  EXPECT_TRUE(mentions(thrown([&] { diffusion_spectral_mutual_information(b.x, whole({1, 2})); }), {"labels", "2 rows", "40"}));
  EXPECT_TRUE(mentions(thrown([&] { run("dsmi", {{b.x}, {}, {}}); }), {"diffusion_spectral_mutual_information", "labels"}));
  EXPECT_FALSE(diffusion_spectral_mutual_information(b.x, whole(b.labels), {.repeats = 1.0}).std_error);
}

// Far blobs are found whatever the seed is; a target of several dimensions becomes labels that way.
TEST(SpectralClusters, FindBlobs) {
  const Blobs b = blobs(12, 4, 3, 40, 13);
  for (const std::uint64_t seed : {0U, 1U, 2U}) {
    Context three;
    three.threads = 3;
    const SpectralClusterOptions o{.clusters = 4, .kernel = {KernelKind::gaussian, 5.0}, .seed = seed};
    const Labels found = spectral_clusters(b.x, o);
    EXPECT_EQ(found.values(), whole(b.labels).values());  // row i is in blob i mod 4, and classes are numbered by their first row
    EXPECT_EQ(found.values(), spectral_clusters(b.x, o, three).values());
    EXPECT_EQ(diffusion_spectral_mutual_information(b.x, found).value, diffusion_spectral_mutual_information(b.x, whole(b.labels)).value);
  }
  EXPECT_TRUE(mentions(thrown([&] { spectral_clusters(b.x, {.clusters = 1}); }), {"clusters = 1", "[2, n]", "n = 48"}));
  EXPECT_TRUE(mentions(thrown([&] { spectral_clusters(b.x, {.clusters = 49}); }), {"clusters = 49"}));
  EXPECT_TRUE(mentions(thrown([&] { spectral_clusters(b.x, {.restarts = 0}); }), {"restarts = 0"}));
  Data bad = b.x;
  bad(3, 1) = std::numeric_limits<double>::quiet_NaN();
  EXPECT_TRUE(mentions(thrown([&] { spectral_clusters(bad); }), {"spectral_clusters", "row 3", "column 1"}));
}

}  // namespace
}  // namespace entrospect::testing
