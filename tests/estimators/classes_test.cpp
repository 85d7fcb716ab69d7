// Quantities of rows with labels: known answers, laws, and labels that do not do.
#include "estimators/support.hpp"

namespace entrospect::testing {
namespace {

struct Labelled {
  Data x;
  Labels labels;
  Labelled(Data rows, std::vector<std::int64_t> of) : x(std::move(rows)), labels(std::move(of)) {}
};

// Four rows around each mean, +-`along_x` and +-`along_y` from it.
Labelled crosses(const std::vector<std::vector<double>>& means, double along_x = 0.1, double along_y = 0.1) {
  std::vector<std::vector<double>> rows;
  std::vector<std::int64_t> labels;
  for (std::size_t c = 0; c < means.size(); ++c)
    for (const double sign : {1.0, -1.0}) {
      rows.push_back({means[c][0] + sign * along_x, means[c][1]});
      rows.push_back({means[c][0], means[c][1] + sign * along_y});
      labels.insert(labels.end(), 2, static_cast<std::int64_t>(c));
    }
  return {Data(rows), labels};
}
const std::vector<std::vector<double>> kTriangle{{1, 0}, {0, 1}, {-1, -1}};

// Normal rows about means that are normal too, labels in turn.
Labelled random_groups(std::size_t groups, std::size_t each, std::size_t d, unsigned seed, double offset = 0) {
  Data x = random_data(groups * each, d, seed, offset);
  const Data means = random_data(groups, d, seed + 1);
  std::vector<std::int64_t> labels;
  for (std::size_t i = 0; i < x.n; ++i) {
    labels.push_back(static_cast<std::int64_t>(i % groups));
    for (std::size_t j = 0; j < d; ++j) x(i, j) += 2 * means(i % groups, j);
  }
  return {x, labels};
}

TEST(Lidar, KnownAnswers) {
  const Labelled even = crosses(kTriangle), wide = crosses(kTriangle, 0.2);
  const Estimate e = lidar(even.x, even.labels);
  EXPECT_TRUE(near(e, 1.754765, kPrinted));
  EXPECT_TRUE(near(*e.cap, 2, kEps));
  EXPECT_TRUE(near(number(e, "relative_delta"), 1e-4 / 0.005, 1e-12));
  const Estimate stretched = lidar(wide.x, wide.labels);
  EXPECT_TRUE(near(stretched, 1.501770, kPrinted));
  EXPECT_TRUE(near(number(stretched, "trace"), 23.0962 + 140.7903, 1e-6));
  EXPECT_TRUE(near(lidar(even.x, even.labels, {.compat = "skean"}), std::log(1.754765), kPrinted));
  EXPECT_EQ(lidar(even.x, even.labels, {.compat = "skean"}).unit, Unit::nats);
}

TEST(Lidar, DoesNotSeeAnInvertibleMapWithoutDelta) {
  const Labelled g = random_groups(7, 5, 4, 3, 10);
  const double value = lidar(g.x, g.labels, {.delta = 1e-13}).value;
  Data mapped = g.x;
  for (std::size_t i = 0; i < mapped.n; ++i) {
    mapped(i, 0) = 3 * g.x(i, 0) + g.x(i, 1);
    mapped(i, 1) = g.x(i, 1) - 2 * g.x(i, 3);
  }
  EXPECT_TRUE(near(lidar(mapped, g.labels, {.delta = 1e-13}), value, 1e-9));
  EXPECT_LT(value, 4);
  EXPECT_GT(value, 1);
}

TEST(Lidar, ASingularWithinCovarianceIsSaid) {
  Labelled g = random_groups(4, 3, 3, 5);
  for (std::size_t i = 0; i < g.x.n; ++i) g.x(i, 2) = g.x(i, 0);
  const Estimate e = lidar(g.x, g.labels, {.delta = 1e-300});
  EXPECT_EQ(e.status, Status::degenerate);
  EXPECT_TRUE(mentions(e.reason, {"singular", "raise delta"}));
  EXPECT_TRUE(std::isfinite(lidar(g.x, g.labels).value));
  // Equal means: nothing but round-off is left between the groups.
  Data same(8, 2);
  for (std::size_t i = 0; i < 8; ++i) same(i, 0) = 1e6 + (i % 4 < 2 ? 0.1 : -0.1), same(i, 1) = i < 4 ? 0.3 : -0.3;
  const Estimate none = lidar(same, Labels(std::vector<std::int64_t>{0, 1, 0, 1, 0, 1, 0, 1}));
  EXPECT_EQ(none.status, Status::degenerate);
  EXPECT_TRUE(mentions(none.reason, {"means", "equal"}));
}

TEST(CodingRateReduction, KnownAnswers) {
  const Data unit = diagonal({1, 1});
  const Labels labels(std::vector<std::int64_t>{0, 1});
  const Estimate e = coding_rate_reduction(unit, labels);
  EXPECT_TRUE(near(e, 0.293893, kPrinted));
  EXPECT_TRUE(near(number(e, "rate"), 1.098612, kPrinted));
  EXPECT_TRUE(near(number(e, "class_rate"), 0.804719, kPrinted));
  EXPECT_TRUE(near(*e.cap, 0.293893, kPrinted)) << "classes on lines, rows over all directions: the most there is";
  EXPECT_TRUE(near(coding_rate_reduction(unit, labels, {.eps_squared = 0.01}), 1.963468, kPrinted));
  EXPECT_TRUE(near(coding_rate_reduction(unit, labels, {.unit = Unit::bits}), 0.293893 / kLn2, 1e-5));
  EXPECT_TRUE(near(coding_rate_reduction(unit, labels, {.compat = "mcr2-final"}), 1.963468, 1e-6));
  EXPECT_EQ(find_estimator("mcr2").card.name, "coding_rate_reduction");
}

TEST(CodingRateReduction, IsNotNegativeAndItsFirstTermIsTheCodingRate) {
  for (unsigned seed = 1; seed < 6; ++seed) {
    const Labelled g = random_groups(3, 6, seed % 2 == 0 ? 4 : 30, seed);
    for (const Normalize normalize : {Normalize::none, Normalize::l2}) {
      const Estimate e = coding_rate_reduction(g.x, g.labels, {.normalize = normalize});
      EXPECT_GT(e.value, 0);
      EXPECT_LT(e.value, *e.cap);
      EXPECT_TRUE(near(number(e, "rate"), coding_rate(g.x, {.normalize = normalize}).value, roundoff(30)));
    }
  }
  // Every class has the same rows: knowing it saves nothing.
  const Data x = random_data(9, 4, 7);
  Data twice(18, 4);
  for (std::size_t i = 0; i < 72; ++i) twice.values[i] = x.values[i % 36];
  std::vector<std::int64_t> halves(9, 0);
  halves.insert(halves.end(), 9, 1);
  EXPECT_TRUE(near(coding_rate_reduction(twice, Labels(halves)), 0, roundoff(18)));
}

TEST(Mmcr, KnownAnswers) {
  const Data views({{1, 0}, {1, 0}, {0, 1}, {0, 5}});
  const Labels labels(std::vector<std::string>{"a", "a", "b", "b"});
  EXPECT_TRUE(near(mmcr(views, labels), -2, 4 * kEps));
  EXPECT_EQ(*mmcr(views, labels).cap, 0);
  // Two equal unit rows have one singular value sqrt 2.
  const Estimate local = mmcr(views, labels, {.local_weight = 0.5});
  EXPECT_TRUE(near(local, 0.5 * std::sqrt(2.0) - 2, 64 * kEps));
  EXPECT_TRUE(near(*local.cap, 0.5 * 2, 8 * kEps));
  // Opposite views cancel.
  EXPECT_TRUE(near(mmcr(Data({{1, 0}, {-1, 0}, {0, 1}, {0, 1}}), labels), -1, 4 * kEps));
  for (unsigned seed = 1; seed < 5; ++seed) {
    const Labelled g = random_groups(5, 3, seed % 2 == 0 ? 3 : 9, seed);
    const double value = mmcr(g.x, g.labels).value, least = -std::sqrt(5.0 * std::min<double>(5, static_cast<double>(g.x.d)));
    EXPECT_LT(value, 0);
    EXPECT_GT(value, least);
  }
}

TEST(NeuralCollapse, KnownAnswers) {
  const Labelled g = crosses(kTriangle);
  const auto value = [&](const Labelled& data, CollapseMeasure measure) { return neural_collapse(data.x, data.labels, {measure}); };
  // S_w = 0.005 I, S_b has eigenvalues 1 and 1/3.
  EXPECT_TRUE(near(value(g, CollapseMeasure::nc1), 0.005 * 4 / 3, 1e-14));
  // Squared distances 2, 5, 5 and variances 0.01.
  EXPECT_TRUE(near(value(g, CollapseMeasure::cdnv), 0.01 * (1 / 2.0 + 2 / 5.0) / 3, 1e-14));
  // Norms 1, 1, sqrt 2.
  const double mean = (2 + std::sqrt(2.0)) / 3;
  EXPECT_TRUE(near(value(g, CollapseMeasure::nc2_norms), std::sqrt(4.0 / 3 - mean * mean) / mean, 1e-14));
  // Cosines 0, -sqrt 1/2, -sqrt 1/2, where a simplex has -1/2.
  EXPECT_TRUE(near(value(g, CollapseMeasure::nc2_angles), (0.5 + 2 * (std::sqrt(0.5) - 0.5)) / 3, 1e-14));
  EXPECT_EQ(value(g, CollapseMeasure::nc4).value, 0);
  // A simplex, and rows on its corners: collapsed in every sense.
  const double h = std::sqrt(0.75);
  const Labelled simplex = crosses({{1, 0}, {-0.5, h}, {-0.5, -h}}, 0, 0), noisy = crosses({{1, 0}, {-0.5, h}, {-0.5, -h}});
  for (const auto measure : {CollapseMeasure::nc1, CollapseMeasure::cdnv, CollapseMeasure::nc2_norms, CollapseMeasure::nc2_angles,
                             CollapseMeasure::nc3, CollapseMeasure::nc4})
    EXPECT_TRUE(near(value(simplex, measure), 0, 1e-14)) << static_cast<int>(measure);
  EXPECT_TRUE(near(value(noisy, CollapseMeasure::nc3), 0, 1e-14)) << "a multiple of the identity leaves the means their directions";
  EXPECT_GT(value(g, CollapseMeasure::nc3).value, 0.1);
  EXPECT_TRUE(near(*value(g, CollapseMeasure::nc2_norms).cap, std::sqrt(0.5), kEps));
}

TEST(NeuralCollapse, CountsRowsNearerToAnotherMean) {
  // Means 0 and 4; the row at 3 belongs to the first class.
  const Data x = column({-3, 0, 3, 4, 4, 4});
  EXPECT_TRUE(near(neural_collapse(x, Labels(std::vector<std::int64_t>{0, 0, 0, 1, 1, 1}), {CollapseMeasure::nc4}), 1.0 / 6, kEps));
}

TEST(NeuralCollapse, EdgesHaveAStatus) {
  const Labels two(std::vector<std::int64_t>{0, 0, 1, 1}), three(std::vector<std::int64_t>{0, 0, 1, 1, 2, 2});
  for (const auto measure : {CollapseMeasure::nc2_norms, CollapseMeasure::nc2_angles}) {
    const Estimate e = neural_collapse(column({0, 1, 5, 7}), two, {measure});
    EXPECT_EQ(e.status, Status::degenerate);
    EXPECT_TRUE(mentions(e.reason, {"two class means", "opposite"}));
    EXPECT_TRUE(near(e, 0, 1e-14));
  }
  const Data middle = column({-2, -1, 0, 0, 1, 2});
  EXPECT_TRUE(mentions(neural_collapse(middle, three, {CollapseMeasure::nc2_angles}).reason, {"no angle"}));
  EXPECT_TRUE(std::isfinite(neural_collapse(middle, three, {CollapseMeasure::nc1}).value));
  const Data twins = column({1, 2, 1, 2, 7, 8});
  EXPECT_TRUE(mentions(neural_collapse(twins, three, {CollapseMeasure::cdnv}).reason, {"one mean"}));
}

TEST(Classes, LabelsThatDoNotDo) {
  const Data x = random_data(6, 3, 1);
  using Whole = std::vector<std::int64_t>;
  for (const EstimatorInfo* info : {&lidar_info(), &mmcr_info(), &neural_collapse_info()}) {
    const auto refused = [&](const Labels& labels) { return thrown([&] { info->run({{x}, labels, {}}, {}, {}); }); };
    EXPECT_TRUE(mentions(refused(Labels(Whole{0, 0, 1, 1, 1, 2})), {info->card.name, "class '2' has 1 row", "at least 2"}));
    EXPECT_TRUE(mentions(refused(Labels(Whole(6, 4))), {info->card.name, "one class, '4'", "at least 2"}));
    EXPECT_TRUE(mentions(refused(Labels(Whole{0, 1})), {info->card.name, "labels has 2 rows", "has 6"}));
    EXPECT_TRUE(mentions(refused(Labels(std::vector<double>{0, 0, 0, 1, 1, 1})), {info->card.name, "real numbers"}));
  }
  EXPECT_TRUE(mentions(thrown([&] { coding_rate_reduction(x, Labels(Whole(6, 0))); }), {"coding_rate_reduction", "one class"}));
  EXPECT_TRUE(std::isfinite(coding_rate_reduction(x, Labels(Whole{0, 1, 2, 3, 4, 5})).value));
  EXPECT_TRUE(mentions(thrown([&] { lidar(x, Labels(Whole{0, 0, 0, 1, 1, 1}), {.delta = 0}); }), {"lidar", "delta = 0", "(0, inf)"}));
  EXPECT_TRUE(mentions(thrown([&] {
                         lidar(x, Labels(Whole{0, 0, 0, 1, 1, 1}), {.solver = {.precision = Precision::single}});
                       }),
                       {"refused", "inverted"}));
}

// Rows in another order, classes of other names: the same numbers.
TEST(Classes, OrderAndNamesDoNotMatter) {
  const Labelled g = random_groups(4, 5, 3, 11, 100);
  Data turned(20, 3);
  std::vector<std::string> names(20);
  for (std::size_t i = 0; i < 20; ++i) {
    for (std::size_t j = 0; j < 3; ++j) turned(19 - i, j) = g.x(i, j);
    names[19 - i] = std::string(1, static_cast<char>('z' - i % 4));
  }
  for (const EstimatorInfo* info : {&lidar_info(), &mmcr_info(), &neural_collapse_info(), &coding_rate_reduction_info()}) {
    const Estimate a = info->run({{g.x}, g.labels, {}}, {}, {}), b = info->run({{turned}, Labels(names), {}}, {}, {});
    EXPECT_TRUE(near(a.value, b.value, 1e-11)) << info->card.name;
  }
}

}  // namespace
}  // namespace entrospect::testing
