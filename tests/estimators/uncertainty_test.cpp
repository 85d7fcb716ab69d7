// Intervals of any estimate: the formula against textbook cases, which rows a replicate leaves out, and what is refused.

#include "entrospect/estimators/uncertainty.hpp"

#include <bit>
#include <numeric>
#include <set>

#include "core/samples.hpp"
#include "entrospect/estimators/resampling.hpp"
#include "estimators/support.hpp"

namespace entrospect::testing {
namespace {

using Numbers = std::vector<double>;

double mean(const Numbers& v) { return std::accumulate(v.begin(), v.end(), 0.0) / static_cast<double>(v.size()); }
double squares(const Numbers& v) {
  double out = 0;
  for (const double x : v) out += (x - mean(v)) * (x - mean(v));
  return out;
}
Numbers without(const Numbers& v, std::size_t i) {
  Numbers out = v;
  out.erase(out.begin() + static_cast<std::ptrdiff_t>(i));
  return out;
}

IntervalOptions jackknife() {
  IntervalOptions o;
  o.interval = IntervalMethod::jackknife;
  return o;
}

const Numbers kSample{2.5, -1, 0.25, 4, 3, 7.5, -2};

TEST(Jackknife, OfAMeanIsTheTextbookStandardError) {
  Numbers values;
  for (std::size_t i = 0; i < kSample.size(); ++i) values.push_back(mean(without(kSample, i)));
  const Numbers kept(kSample.size(), 6.0 / 7);
  const Uncertainty u = uncertainty(mean(kSample), values, kept, jackknife());
  const double expected = std::sqrt(squares(kSample) / 6 / 7);
  EXPECT_NEAR(u.std_error, expected, 64 * kEps);
  EXPECT_NEAR(u.bias, 0, 64 * kEps);
  const double t6 = 2.446911851144969;  // 97.5 % point of Student's t with 6 degrees of freedom
  EXPECT_NEAR(u.interval.low, mean(kSample) - t6 * expected, 1e-13);
  EXPECT_NEAR(u.interval.high, mean(kSample) + t6 * expected, 1e-13);
}

// E of sum (x - mean)^2 / n falls short of the variance s^2 by s^2 / n, and the jackknife finds exactly that.
TEST(Jackknife, FindsTheBiasOfTheVariance) {
  const auto biased = [](const Numbers& v) { return squares(v) / static_cast<double>(v.size()); };
  Numbers values;
  for (std::size_t i = 0; i < kSample.size(); ++i) values.push_back(biased(without(kSample, i)));
  const Uncertainty u = uncertainty(biased(kSample), values, Numbers(kSample.size(), 6.0 / 7), jackknife());
  EXPECT_NEAR(u.bias, -squares(kSample) / 6 / 7, 256 * kEps);
}

// Busing, Meijer, van der Leeden (1999), eq. 8, for blocks of 3, 2 and 2 rows; a mean has no bias however uneven the blocks.
TEST(Jackknife, WeightsUnequalBlocks) {
  const std::vector<std::vector<std::size_t>> blocks{{0, 1, 2}, {3, 4}, {5, 6}};
  Numbers values, kept;
  double expected = 0, n = 7, theta = mean(kSample), center = 3 * theta;
  for (const auto& block : blocks) {
    Numbers rest;
    for (std::size_t i = 0; i < kSample.size(); ++i)
      if (std::find(block.begin(), block.end(), i) == block.end()) rest.push_back(kSample[i]);
    values.push_back(mean(rest));
    kept.push_back(static_cast<double>(rest.size()) / n);
    center -= kept.back() * values.back();
  }
  for (std::size_t j = 0; j < 3; ++j) {
    const double h = 1 / (1 - kept[j]), tau = h * theta - (h - 1) * values[j];
    expected += (tau - center) * (tau - center) / (h - 1) / 3;
  }
  const Uncertainty u = uncertainty(theta, values, kept, jackknife());
  EXPECT_NEAR(u.std_error, std::sqrt(expected), 256 * kEps);
  EXPECT_NEAR(u.bias, 0, 64 * kEps);
}

// All subsets of 3 of 7 rows: the rate and the correction for drawing without replacement give the textbook standard error of a mean.
TEST(Subsampling, OfAMeanOverAllSubsetsIsExact) {
  Numbers values;
  for (unsigned mask = 0; mask < 128; ++mask) {
    if (std::popcount(mask) != 3) continue;
    double total = 0;
    for (unsigned i = 0; i < 7; ++i)
      if ((mask >> i & 1U) != 0) total += kSample[i];
    values.push_back(total / 3);
  }
  IntervalOptions o;
  o.interval = IntervalMethod::subsample;
  const Uncertainty u = uncertainty(mean(kSample), values, Numbers(values.size(), 3.0 / 7), o);
  EXPECT_NEAR(u.std_error, std::sqrt(squares(kSample) / 6 / 7), 256 * kEps);
  EXPECT_NEAR(u.bias, 0, 256 * kEps);
  // Ends: quantiles of the replicates about their mean, turned around, times sqrt(3 / 4).
  std::sort(values.begin(), values.end());
  const auto at = [&](double p) {
    const double position = p * 34;
    const auto i = static_cast<std::size_t>(position);
    return values[i] + (position - static_cast<double>(i)) * (values[std::min<std::size_t>(i + 1, 34)] - values[i]);
  };
  const double scale = std::sqrt(3.0 / 4), center = mean(kSample);
  EXPECT_NEAR(u.interval.low, center - scale * (at(0.975) - center), 1e-13);
  EXPECT_NEAR(u.interval.high, center - scale * (at(0.025) - center), 1e-13);
}

std::vector<std::size_t> rows_of(const SampleMatrix& x) { return *x.selection(); }

TEST(Resampling, BlocksPartitionTheRows) {
  const Data x = random_data(23, 2, 1);
  const Resampler resampler(von_neumann_entropy_info().card, {{x}, {}, {}}, false, 3);
  const auto replicate = resampler.without_blocks(5);
  std::vector<int> left_out(23);
  for (std::size_t b = 0; b < 5; ++b) {
    const Replicate r = replicate(b);
    const auto rows = rows_of(r.inputs.samples[0]);
    EXPECT_TRUE(rows.size() == 18 || rows.size() == 19);
    EXPECT_TRUE(std::is_sorted(rows.begin(), rows.end()));
    EXPECT_EQ(r.kept, static_cast<double>(rows.size()) / 23);
    const std::set<std::size_t> kept(rows.begin(), rows.end());
    for (std::size_t i = 0; i < 23; ++i) left_out[i] += kept.count(i) == 0 ? 1 : 0;
  }
  EXPECT_EQ(left_out, std::vector<int>(23, 1));
}

TEST(Resampling, LabelsAndWeightsFollowAndClassesShrinkAlike) {
  const Data x = random_data(40, 2, 1);
  Inputs in{{x}, {}, {}};
  std::vector<std::int64_t> labels;
  for (std::int64_t i = 0; i < 40; ++i) labels.push_back(i < 10 ? 0 : 1);
  in.labels = Labels(labels);
  for (int i = 0; i < 40; ++i) in.weights.push_back(i);
  const EstimatorCard& card = diffusion_spectral_mutual_information_info().card;
  const auto check = [&](const Replicate& r, std::size_t least, std::size_t most) {
    const auto rows = rows_of(r.inputs.samples[0]);
    const auto classes = r.inputs.labels->classes();
    ASSERT_EQ(classes.rows.size(), 2U);
    EXPECT_GE(classes.rows[0].size(), least);
    EXPECT_LE(classes.rows[0].size(), most);
    for (std::size_t i = 0; i < rows.size(); ++i) EXPECT_EQ(r.inputs.weights[i], static_cast<double>(rows[i]));
    for (const std::size_t i : classes.rows[0]) EXPECT_LT(rows[i], 10U);
  };
  const Resampler resampler(card, in, false, 3);
  for (std::size_t b = 0; b < 5; ++b) check(resampler.without_blocks(5)(b), 8, 8);
  for (std::size_t b = 0; b < 4; ++b) check(resampler.without_blocks(4)(b), 7, 8);
  for (std::size_t r = 0; r < 9; ++r) check(resampler.subsamples(0.5)(r), 5, 5);
}

TEST(Resampling, GroupsStayWhole) {
  const Data x = random_data(30, 2, 1);
  std::vector<std::int64_t> labels;
  for (std::int64_t i = 0; i < 30; ++i) labels.push_back(i % 10);
  EstimatorCard card = diffusion_spectral_mutual_information_info().card;
  card.resampling = Resampling::groups;
  const Resampler resampler(card, {{x}, Labels(labels), {}}, false, 3);
  for (std::size_t b = 0; b < 5; ++b) {
    const Replicate r = resampler.without_blocks(5)(b);
    EXPECT_EQ(r.kept, 0.8);
    const auto classes = r.inputs.labels->classes();
    EXPECT_EQ(classes.rows.size(), 8U);
    for (const auto& rows : classes.rows) EXPECT_EQ(rows.size(), 3U);
  }
}

TEST(Resampling, SampleMatricesThatAreNotPairedLoseABlockEach) {
  const Data x = random_data(20, 2, 1), y = random_data(31, 2, 2);
  const Resampler resampler(mmd2_info().card, {{x, y}, {}, {}}, false, 3);
  for (std::size_t b = 0; b < 10; ++b) {
    const Replicate r = resampler.without_blocks(10)(b);
    EXPECT_EQ(r.inputs.samples[0].n(), 18U);
    EXPECT_TRUE(r.inputs.samples[1].n() == 27 || r.inputs.samples[1].n() == 28);
  }
}

// A kernel matrix loses rows and columns together, so it says what the samples say when the bandwidth is the same.
TEST(Resampling, KernelMatricesLoseRowsAndColumns) {
  const Data x = random_data(24, 3, 1);
  Data k(24, 24);
  for (std::size_t i = 0; i < 24; ++i)
    for (std::size_t j = 0; j < 24; ++j) {
      double squared = 0;
      for (std::size_t c = 0; c < 3; ++c) squared += (x(i, c) - x(j, c)) * (x(i, c) - x(j, c));
      k(i, j) = std::exp(-squared / 2);
    }
  const OptionMap asked{{"interval", std::string("jackknife")}, {"blocks", std::int64_t{6}}};
  OptionMap by_samples = asked, by_matrix = asked;
  by_samples.emplace_back("bandwidth", 1.0);
  by_matrix.emplace_back("kernel", std::string("precomputed"));
  const Estimate a = run("matrix_entropy", {{x}, {}, {}}, by_samples), b = run("matrix_entropy", {{k}, {}, {}}, by_matrix);
  EXPECT_NEAR(*a.std_error, *b.std_error, 1e-12);
  EXPECT_NEAR(a.interval->low, b.interval->low, 1e-12);

  // Other layouts and rows on demand are the same matrix.
  const std::ptrdiff_t step = sizeof(double), row = 24 * step;
  const SampleMatrix transposed(k.values.data(), DType::f64, 24, 24, step, row);  // K is symmetric
  for (const SampleMatrix& view : {transposed, test::streamed(k.values, 24, 24)}) {
    const Estimate same = run("matrix_entropy", {{view}, {}, {}}, by_matrix);
    EXPECT_EQ(*same.std_error, *b.std_error);
  }
}

std::string refused(const std::string& name, const Inputs& inputs, const OptionMap& options) {
  return thrown([&] { (void)run(name, inputs, options); });
}

TEST(Intervals, MisuseIsNamed) {
  const Data x = random_data(12, 3, 1);
  const OptionValue knife = std::string("jackknife"), half = std::string("subsample");
  EXPECT_TRUE(mentions(refused("rankme", {{x}, {}, {}}, {{"interval", knife}}),
                       {"rankme: interval = 'jackknife'", "blocks = 20 is more than the 12 rows", "2 to 12"}));
  EXPECT_TRUE(mentions(refused("rankme", {{x}, {}, {}}, {{"interval", half}, {"fraction", 0.05}}),
                       {"rankme: interval = 'subsample'", "fraction = 0.05 of the 12 rows is fewer than 2"}));
  EXPECT_TRUE(mentions(refused("rankme", {{x}, {}, {}}, {{"interval", half}, {"fraction", 0.99}}), {"leaves no row out"}));
  const Inputs labelled{{x}, Labels(std::vector<std::int64_t>{0, 0, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1}), {}};
  EXPECT_TRUE(mentions(refused("dsmi", labelled, {{"interval", knife}, {"blocks", std::int64_t{6}}}),
                       {"interval = 'jackknife'", "fewer than 2 of the 2 rows of class '0'"}));
  // What a replicate refuses says which replicate, and the estimator's name once.
  Data lonely = random_data(12, 3, 1);
  for (std::size_t i = 1; i < 12; ++i)
    for (std::size_t j = 0; j < 3; ++j) lonely(i, j) = 1;
  const std::string text = refused("matrix_entropy", {{lonely}, {}, {}},
                                   {{"bandwidth", std::string("sqrt_half_d")},
                                    {"center", true},
                                    {"normalize", std::string("l2")},
                                    {"interval", knife},
                                    {"blocks", std::int64_t{12}}});
  EXPECT_TRUE(mentions(text, {"matrix_entropy: interval = 'jackknife', without block", "of 12"}));
  EXPECT_EQ(text.find("matrix_entropy"), text.rfind("matrix_entropy"));
}

TEST(Intervals, ANameOfEveryEstimatorIsNotAnEstimatorsOwn) {
  for (const EstimatorInfo* info : catalogue()) {
    std::set<std::string> names;
    for (const FieldInfo& field : info->fields) EXPECT_TRUE(names.insert(field.name).second) << info->card.name << " " << field.name;
    for (const char* name : {"interval", "blocks", "replicates", "fraction", "confidence", "baseline", "baseline_draws", "seed"})
      EXPECT_EQ(names.count(name), 1U) << info->card.name << " " << name;
  }
}

TEST(Intervals, ReplaceWhatTheEstimatorSaysOnlyWhenAsked) {
  const Data x = random_data(40, 3, 1);
  const EstimatorInfo& dsmi = find_estimator("dsmi");
  const Inputs in = inputs_for(dsmi, x);
  const Estimate own = dsmi.run(in, {{"repeats", 5.0}}, {}),
                 asked = dsmi.run(in, {{"repeats", 5.0}, {"interval", std::string("jackknife")}}, {});
  EXPECT_EQ(own.interval_method, "repeats-student");
  EXPECT_EQ(asked.interval_method, "jackknife");
  EXPECT_NE(*own.std_error, *asked.std_error);
  EXPECT_NE(own.diagnostics.find("degrees_of_freedom"), nullptr);
  EXPECT_EQ(asked.diagnostics.find("degrees_of_freedom"), nullptr);
}

TEST(Intervals, WidthsFollowTheConfidenceAndTheNumberOfRows) {
  const Data small = random_data(60, 4, 1), large = random_data(960, 4, 1);
  const auto at = [](const Data& x, double confidence) {
    return run("von_neumann_entropy", {{x}, {}, {}}, {{"interval", std::string("jackknife")}, {"confidence", confidence}});
  };
  const Estimate narrow = at(small, 0.5), wide = at(small, 0.99);
  EXPECT_EQ(*narrow.std_error, *wide.std_error);
  const double t50 = 0.6876214603, t99 = 2.8609346065;  // 75 % and 99.5 % points of Student's t with 19 degrees of freedom
  EXPECT_NEAR((wide.interval->high - wide.value) / (narrow.interval->high - narrow.value), t99 / t50, 1e-7);
  const double ratio = *narrow.std_error / *at(large, 0.5).std_error;  // 4 but for the errors of two standard errors, each about 16 %
  EXPECT_GT(ratio, 2);
  EXPECT_LT(ratio, 8);
}

// The two methods estimate one standard error, as does the spread over fresh samples.
TEST(Intervals, MethodsAgreeWithFreshSamples) {
  Numbers fresh, knife, half;
  const OptionValue jack = std::string("jackknife"), sub = std::string("subsample");
  for (unsigned seed = 0; seed < 60; ++seed) {
    const Data x = random_data(120, 3, 100 + seed);
    const Estimate e = run("von_neumann_entropy", {{x}, {}, {}}, {{"interval", jack}});
    fresh.push_back(e.value);
    knife.push_back(*e.std_error);
    if (seed < 10) half.push_back(*run("von_neumann_entropy", {{x}, {}, {}}, {{"interval", sub}}).std_error);
  }
  const double truth = std::sqrt(squares(fresh) / 59);  // known to 9 %; the means of the others are better known
  EXPECT_NEAR(mean(knife) / truth, 1, 0.4);
  EXPECT_NEAR(mean(half) / truth, 1, 0.4);
}

TEST(Intervals, StopAndShowProgress) {
  const Data x = random_data(200, 6, 1);
  CancelToken token;
  Context context;
  context.cancel = &token;
  std::vector<std::string> stages;
  double last = 0;
  context.progress = [&](std::string_view stage, double done) {
    stages.emplace_back(stage);
    EXPECT_GE(done, last);
    last = done;
    if (stages.size() == 1) token.request();
  };
  EXPECT_THROW((void)run("rankme", {{x}, {}, {}}, {{"interval", std::string("subsample")}, {"replicates", std::int64_t{100000}}}, context),
               Cancelled);
  ASSERT_EQ(stages.size(), 1U);
  EXPECT_EQ(stages.front(), "interval");
}

TEST(Intervals, NullsAreNotComputedAgain) {
  const Data x = random_data(40, 3, 1);
  const Inputs in = inputs_for(find_estimator("hsic"), x);
  const OptionMap options{{"null", std::string("permutation")}, {"n_null", std::int64_t{19}}, {"interval", std::string("jackknife")}};
  const Estimate e = run("hsic", in, options);
  EXPECT_NE(e.diagnostics.find("p_value"), nullptr);
  EXPECT_EQ(*e.std_error, *run("hsic", in, {{"interval", std::string("jackknife")}}).std_error);
}

TEST(Intervals, GradientsComeWithThemToo) {
  const Data x = random_data(40, 3, 1);
  const OptionMap options{{"interval", std::string("jackknife")}};
  const ValueAndGradient found = value_and_gradient("von_neumann_entropy", {{x}, {}, {}}, options);
  EXPECT_EQ(*found.estimate.std_error, *run("von_neumann_entropy", {{x}, {}, {}}, options).std_error);
  EXPECT_EQ(found.gradient, value_and_gradient("von_neumann_entropy", {{x}, {}, {}}).gradient);
}

}  // namespace
}  // namespace entrospect::testing
