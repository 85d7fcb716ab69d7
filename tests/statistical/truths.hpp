#pragma once
// Samples whose quantities are known in closed form. Every estimator of the catalogue has at least one row here; truths_test.cpp checks the
// rows, and that wrong estimators are caught by them.
//
// To add an estimator: one row below, with data from the builders (or a new builder) and the closed form as an expression.

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>
#include <map>
#include <numbers>
#include <numeric>
#include <string>
#include <utility>
#include <vector>

#include "entrospect/core/options.hpp"

namespace entrospect::test {

struct Samples {
  std::size_t n = 0, d = 0;
  std::vector<double> values;        // n x d, row-major; d = 0: none, labels are all there is
  std::vector<std::int64_t> labels;  // for estimators that need them
  std::size_t n_y = 0, d_y = 0;      // for estimators of two sample matrices
  std::vector<double> y{};           // n_y x d_y
  std::vector<Samples> more{};       // for estimators of three and more: those after y
};

// x with y as its second sample matrix.
inline Samples pair(Samples x, const Samples& y) {
  x.n_y = y.n;
  x.d_y = y.d;
  x.y = y.values;
  return x;
}

// x and y with z as one more sample matrix.
inline Samples triple(const Samples& x, const Samples& y, const Samples& z) {
  Samples out = pair(x, y);
  out.more.push_back(z);
  return out;
}

struct Truth {
  std::string estimator, what;
  OptionMap options;
  Samples samples;
  double value;  // of the closed form, in the unit of the result
  // Round-off of n eigenvalues, each to a few n eps of the largest, through a functional whose slope is at most about ln n.
  [[nodiscard]] double tolerance() const {
    const auto n = static_cast<double>(samples.n);
    return 16 * n * n * std::numeric_limits<double>::epsilon() * std::max(1.0, std::abs(value));
  }
};

// Row i is the unit vector of its group times a length of its own: 1, 2, 3, 1, 2, 3, ...
inline Samples groups(const std::vector<std::size_t>& sizes, bool unit_length) {
  Samples out;
  out.d = sizes.size();
  for (std::size_t g = 0; g < sizes.size(); ++g)
    for (std::size_t member = 0; member < sizes[g]; ++member) {
      out.values.resize(++out.n * out.d, 0.0);
      out.values[(out.n - 1) * out.d + g] = unit_length ? 1.0 : 1.0 + static_cast<double>(out.n % 3);
    }
  return out;
}

// 8 rows, orthogonal columns of signs with the given standard deviations; the first column has the given mean, the others 0. Centered
// eigenvalues are deviation^2, singular values sqrt(8 (deviation^2 + mean^2)).
inline Samples orthogonal_columns(const std::vector<double>& deviations, double mean = 0) {
  Samples out{8, deviations.size(), {}, {}};
  for (unsigned row = 0; row < 8; ++row)
    for (unsigned column = 0; column < deviations.size(); ++column) {
      const unsigned pattern = column < 3 ? 1U << column : 7U;  // bit masks of independent parities
      const bool odd = (static_cast<unsigned>(std::popcount(row & pattern)) & 1U) != 0;
      out.values.push_back((odd ? -deviations[column] : deviations[column]) + (column == 0 ? mean : 0));
    }
  return out;
}

// Four rows whose features sum to 0: a, -a, b, -b with orthogonal a and b of squared length 4.
inline Samples opposite_pairs() { return {4, 4, {1, 1, -1, -1, -1, -1, 1, 1, 1, -1, 1, -1, -1, 1, -1, 1}, {}}; }

// n points at equal distances on a circle: every kernel matrix of distances is circulant.
inline Samples circle(std::size_t n, double radius) {
  Samples out{n, 2, {}, {}};
  for (std::size_t i = 0; i < n; ++i) {
    const double angle = 2 * std::numbers::pi * static_cast<double>(i) / static_cast<double>(n);
    out.values.insert(out.values.end(), {radius * std::cos(angle), radius * std::sin(angle)});
  }
  return out;
}

// Eigenvalues of the Gaussian kernel matrix of circle(n, radius): the discrete Fourier transform of its first row.
inline std::vector<double> circle_eigenvalues(std::size_t n, double radius, double bandwidth) {
  std::vector<double> out;
  for (std::size_t m = 0; m < n; ++m) {
    double value = 0;
    for (std::size_t j = 0; j < n; ++j) {
      const double half = std::numbers::pi * static_cast<double>(j) / static_cast<double>(n);
      const double chord = 2 * radius * std::sin(half);
      value += std::exp(-chord * chord / (2 * bandwidth * bandwidth)) * std::cos(2 * static_cast<double>(m) * half);
    }
    out.push_back(value);
  }
  return out;
}

// Equal points on each of several far away sites, labelled by site.
inline Samples sites(const std::vector<std::size_t>& sizes) {
  Samples out{0, 1, {}, {}};
  for (std::size_t site = 0; site < sizes.size(); ++site)
    for (std::size_t member = 0; member < sizes[site]; ++member) {
      ++out.n;
      out.values.push_back(1000.0 * static_cast<double>(site));
      out.labels.push_back(static_cast<std::int64_t>(site));
    }
  return out;
}

// Points on a line, the first half labelled 0 and the others 1.
inline Samples line(const std::vector<double>& points) {
  Samples out{points.size(), 1, points, {}};
  for (std::size_t i = 0; i < out.n; ++i) out.labels.push_back(i < out.n / 2 ? 0 : 1);
  return out;
}

// -sum p ln p of weights, by the definition.
inline double shannon(std::vector<double> weights, double power = 1) {
  double total = 0, entropy = 0;
  for (double& w : weights) total += (w = std::pow(std::abs(w), power));
  for (const double w : weights) entropy -= w > 0 ? w / total * std::log(w / total) : 0;
  return entropy;
}

// Eigenvalues of the heat kernel at time t, scaled to diagonal 1, of complete graphs with weights 1 that do not meet.
inline std::vector<double> heat_eigenvalues(const std::vector<std::size_t>& sizes, double t) {
  std::vector<double> out;
  for (const std::size_t size : sizes) {
    const auto m = static_cast<double>(size);
    const double left = std::exp(-m * t), alike = (1 - left) / (1 + (m - 1) * left);
    out.push_back(1 + (m - 1) * alike);
    out.insert(out.end(), size - 1, 1 - alike);
  }
  return out;
}

// Diffusion entropy of two points at a distance, Gaussian kernel k = exp(-r^2 / (2 sigma^2)): eigenvalues 1 and (1 - k) / (1 + k).
inline double pair_entropy(double distance, double bandwidth) {
  const double ratio = distance / bandwidth;
  return shannon({1, std::tanh(ratio * ratio / 4)});
}

// Diffusion entropy without anisotropy of points a < b < c with b - a < c - b, each linked to its nearest neighbor with local scales: a
// path with weights e^-1 and exp(-(c - b) / (b - a)) and loops of weight 1. One eigenvalue is 1; trace and determinant give the others.
inline double path_entropy(double a, double b, double c) {
  const double ab = std::exp(-1.0), bc = std::exp(-(c - b) / (b - a));
  const double sum_a = 1 + ab, sum_b = 1 + ab + bc, sum_c = 1 + bc;
  const double half = (1 / sum_a + 1 / sum_b + 1 / sum_c - 1) / 2, product = (1 - ab * ab - bc * bc) / (sum_a * sum_b * sum_c);
  const double root = std::sqrt(half * half - product);
  return shannon({1, half + root, half - root});
}

// DSMI over all subsets of points labelled by line(): the mean of `entropy` over all subsets of `size` points less that of the two classes.
template <class Entropy>
double class_gain(const std::vector<double>& points, std::size_t size, Entropy entropy) {
  double all = 0, classes = 0, count = 0;
  for (unsigned members = 0; members < 1U << points.size(); ++members) {
    std::vector<double> subset;
    for (std::size_t i = 0; i < points.size(); ++i)
      if ((members >> i & 1U) != 0) subset.push_back(points[i]);
    if (subset.size() != size) continue;
    const double value = entropy(subset);
    all += value;
    ++count;
    if (subset.back() == points[size - 1] || subset.front() == points[size]) classes += value;
  }
  return all / count - classes / 2;
}

// Rows of the given sites of a line, so far apart that a Gaussian kernel is 1 at one site and 0 between two.
inline Samples at_sites(const std::vector<int>& where) {
  Samples out{where.size(), 1, {}, {}};
  for (const int site : where) out.values.push_back(1000.0 * site);
  return out;
}

// Two pairs of opposite rows on axes 0 and 1 about each mean, labelled by mean.
inline Samples crosses(const std::vector<std::vector<double>>& means, double half_width) {
  Samples out{0, means.front().size(), {}, {}};
  for (std::size_t c = 0; c < means.size(); ++c)
    for (const std::size_t axis : {0, 1})
      for (const double sign : {1.0, -1.0}) {
        std::vector<double> row = means[c];
        row[axis] += sign * half_width;
        out.values.insert(out.values.end(), row.begin(), row.end());
        out.labels.push_back(static_cast<std::int64_t>(c));
        ++out.n;
      }
  return out;
}

// |X^T J Y|_F^2 of indicators: what is left of a table of counts after its margins are taken out.
inline double squared_excess(const std::vector<std::vector<double>>& table) {
  double total = 0, out = 0;
  std::vector<double> rows(table.size()), columns(table.front().size());
  for (std::size_t a = 0; a < rows.size(); ++a)
    for (std::size_t b = 0; b < columns.size(); ++b) {
      rows[a] += table[a][b];
      columns[b] += table[a][b];
      total += table[a][b];
    }
  for (std::size_t a = 0; a < rows.size(); ++a)
    for (std::size_t b = 0; b < columns.size(); ++b) out += std::pow(table[a][b] - rows[a] * columns[b] / total, 2);
  return out;
}

// Renyi entropy of the joint counts of rows at sites, by the definition: of one variable, or of several together.
inline double renyi(const std::vector<std::vector<int>>& where, double order) {
  std::map<std::vector<int>, double> counts;
  const auto n = static_cast<double>(where.front().size());
  for (std::size_t row = 0; row < where.front().size(); ++row) {
    std::vector<int> cell;
    for (const std::vector<int>& variable : where) cell.push_back(variable[row]);
    counts[cell] += 1;
  }
  double entropy = 0, powers = 0;
  for (const auto& [cell, count] : counts) {
    entropy -= count / n * std::log(count / n);
    powers += std::pow(count / n, order);
  }
  return order == 1 ? entropy : std::log(powers) / (1 - order);
}

// Mean over all permutations of y of f(x, permuted y).
template <class F>
double shuffled(const std::vector<int>& x, const std::vector<int>& y, F f) {
  std::vector<std::size_t> p(y.size());
  std::iota(p.begin(), p.end(), std::size_t{0});
  double total = 0, count = 0;
  do {
    std::vector<int> moved;
    for (const std::size_t row : p) moved.push_back(y[row]);
    total += f(std::vector{x, moved});
    ++count;
  } while (std::next_permutation(p.begin(), p.end()));
  return total / count;
}

inline Samples labelled(Samples x, const std::vector<int>& labels) {
  x.labels.assign(labels.begin(), labels.end());
  return x;
}

inline const std::vector<Truth>& truths() {
  using std::numbers::ln2;
  const double infinity = std::numeric_limits<double>::infinity();
  const std::string linear = "linear", gaussian = "gaussian", all = "all", bits = "bits", singular = "singular-values", knn = "knn",
                    knn01 = "knn01", centered = "centered", uncentered = "uncentered", l12 = "l12", precomputed = "precomputed",
                    log_n = "log-n";
  const std::int64_t two = 2;
  // Shares 1/2, 1/4, 1/8, 1/8: Shannon 7/4 ln 2, sum of squares 22/64.
  const std::vector<std::size_t> halves{4, 2, 1, 1};
  const std::vector<double> shares{0.5, 0.25, 0.125, 0.125};
  const std::vector<double> roots{std::sqrt(0.5), 0.5, std::sqrt(0.125), std::sqrt(0.125)};
  // The first has variance 0.09, and with a mean of 0.4 the second moments are 1/2 of (1/2, 1/4, 1/8, 1/8).
  const std::vector<double> leaning{0.3, std::sqrt(0.125), 0.25, 0.25};
  const std::vector<double> power_law{1, std::pow(2, -0.75), std::pow(3, -0.75), std::pow(4, -0.75)};

  // Every gap of the six is wider than the reach of the points before it.
  const std::vector<double> four{0, 1, 3, 6}, six{0, 1, 3, 7, 15, 31};
  // The circle of 12 with its two nearest neighbors, both at the local scale: weight e^-1 each.
  std::vector<double> ring;
  for (int m = 0; m < 12; ++m) ring.push_back(1 + 2 * std::exp(-1.0) * std::cos(std::numbers::pi * m / 6));
  std::vector<double> thirds;  // and with weights 1
  for (int m = 0; m < 12; ++m) thirds.push_back(1 + 2 * std::cos(std::numbers::pi * m / 6));

  const std::string v_statistic = "v-statistic", unbiased = "unbiased", biased = "biased", larger = "max", by_rows = "rows";
  const std::vector<int> a{0, 0, 0, 1, 1, 1, 1}, b{0, 0, 1, 1, 1, 2, 2}, c{0, 1, 1, 1, 0, 0, 0};
  const Samples seven = pair(at_sites(a), at_sites(b)), seven_thrice = triple(at_sites(a), at_sites(b), at_sites(c));
  const std::vector<int> d{0, 0, 0, 1, 1}, f{0, 0, 1, 1, 2};
  const Samples five = pair(at_sites(d), at_sites(f)), opposed = pair(groups(halves, true), groups({1, 1, 2, 4}, true));
  const Samples nine = pair(at_sites({0, 0, 0, 1, 1}), at_sites({0, 1, 2, 2}));
  const Samples four_rows = pair({4, 2, {1, 0, 0, 1, -1, -1, 2, 0}, {}}, {4, 1, {1, 2, 0, 1}, {}});

  const std::string nc1 = "nc1", cdnv = "cdnv", angles = "nc2-angles";
  const Samples triangle = crosses({{1, 0}, {0, 1}, {-1, -1}}, 0.1);
  const Samples classes{6, 2, {1, 0, 2, 0, 3, 0, 0, 1, 0, 2, 0, -3}, {0, 0, 0, 1, 1, 1}};
  // Of groups(halves): each of the 8 rows with its own group at similarity 1 and the others at 0, temperature 1 / inverse.
  const auto log_meetings = [](double inverse) {
    const double e = std::exp(inverse);
    return -(std::log(4 * e + 4) / 2 + std::log(2 * e + 6) / 4 + std::log(e + 7) / 4);
  };
  // Of the 2 and 3 rows at the sites of x, (1, 1) and (2, 1) are at those of y, (2, 0) and (1, 2) at those of z.
  const Samples five_thrice = triple(at_sites({0, 0, 1, 1, 1}), at_sites({0, 1, 0, 0, 1}), at_sites({0, 0, 0, 1, 1}));
  const std::string self = "self", cs_ib_conditional = "cs-ib-conditional", u_statistic = "u-statistic", sum = "sum",
                    linear_time = "linear-time", minibatch = "minibatch";
  // Points and the score -x of the standard normal density.
  const auto normal_score = [](const std::vector<double>& points) {
    std::vector<double> score;
    for (const double x : points) score.push_back(-x);
    return pair(line(points), line(score));
  };
  const Samples three_directions{3, 2, {1, 0, 0, 2, -3, 0}, {}};
  // Squared distances of the directions: 2, 0, 4.
  const Samples views = pair({3, 2, {1, 0, 0, 2, -1, 0}, {}}, {3, 2, {0, 1, 0, 3, 2, 0}, {}});

  static const std::vector<Truth> rows{
      {"von_neumann_entropy", "orthogonal groups, any lengths", {}, groups(halves, false), 1.75 * ln2},
      {"von_neumann_entropy", "orthogonal groups in bits", {{"unit", bits}}, groups(halves, false), 1.75},
      {"von_neumann_entropy", "uniform", {}, groups({3, 3, 3, 3, 3}, false), std::log(5.0)},

      {"matrix_entropy", "orthogonal groups, linear kernel", {{"kernel", linear}}, groups(halves, true), 1.75 * ln2},
      {"matrix_entropy", "order 2", {{"kernel", linear}, {"order", 2.0}}, groups(halves, true), std::log(64.0 / 22)},
      {"matrix_entropy", "order 3", {{"kernel", linear}, {"order", 3.0}}, groups(halves, true), std::log(512.0 / 74) / 2},
      {"matrix_entropy", "circle, Gaussian kernel", {{"bandwidth", 0.7}}, circle(12, 1), shannon(circle_eigenvalues(12, 1, 0.7))},

      {"effective_rank", "orthogonal columns", {}, orthogonal_columns(roots), std::exp2(1.75)},
      {"effective_rank", "participation ratio", {{"order", 2.0}}, orthogonal_columns(roots), 64.0 / 22},
      {"effective_rank", "stable rank", {{"order", infinity}}, orthogonal_columns(roots), 2},
      {"effective_rank", "far from the origin", {}, orthogonal_columns(roots, 5), std::exp2(1.75)},
      {"effective_rank", "singular values", {{"convention", singular}}, orthogonal_columns(shares), std::exp2(1.75)},

      {"rankme", "orthogonal columns", {}, orthogonal_columns(shares), std::exp2(1.75)},
      {"rankme", "first column with a mean", {}, orthogonal_columns({0.3, 0.25, 0.125, 0.125}, 0.4), std::exp2(1.75)},

      {"vendi_score", "orthogonal groups", {}, groups(halves, false), std::exp2(1.75)},
      {"vendi_score", "order 2", {{"order", 2.0}}, groups(halves, false), 64.0 / 22},
      {"vendi_score", "order inf", {{"order", infinity}}, groups(halves, false), 2},
      {"vendi_score", "order 0", {{"order", 0.0}}, groups(halves, false), 4},

      {"diffusion_spectral_entropy", "sites that do not meet", {{"bandwidth", 1.0}}, sites({4, 2, 3}), std::log(3.0)},
      {"diffusion_spectral_entropy",
       "circle, t = 3",
       {{"bandwidth", 0.7}, {"t", 3.0}},
       circle(12, 1),
       shannon(circle_eigenvalues(12, 1, 0.7), 3)},
      {"diffusion_spectral_entropy", "circle, nearest neighbors", {{"graph", knn}, {"k", std::int64_t{2}}}, circle(12, 1), shannon(ring)},

      {"diffusion_spectral_entropy",
       "circle, neighbors of weight 1",
       {{"graph", knn01}, {"k", std::int64_t{2}}},
       circle(12, 1),
       shannon(thirds)},
      // A walk from 4, 2 and 3 points that stays on its site: ln 9 to start, then ln 4, ln 2 or ln 3.
      {"diffusion_matrix_entropy",
       "sites that do not meet",
       {{"bandwidth", 1.0}},
       sites({4, 2, 3}),
       std::log(9.0) + (4 * std::log(4.0) + 2 * ln2 + 3 * std::log(3.0)) / 9},
      {"diffusion_matrix_entropy",
       "circle, neighbors of weight 1",
       {{"graph", knn01}, {"k", std::int64_t{2}}},
       circle(12, 1),
       std::log(36.0)},
      {"adjacency_spectral_entropy", "sites that do not meet", {{"bandwidth", 1.0}}, sites({4, 2, 3}), shannon({4, 2, 3})},
      {"adjacency_spectral_entropy",
       "circle, t = 3",
       {{"bandwidth", 0.7}, {"t", 3.0}},
       circle(12, 1),
       shannon(circle_eigenvalues(12, 1, 0.7), 3)},
      {"adjacency_spectral_entropy",
       "circle, neighbors of weight 1",
       {{"graph", knn01}, {"k", std::int64_t{2}}},
       circle(12, 1),
       shannon(thirds)},
      {"eigenvalue_count", "sites that do not meet", {{"bandwidth", 1.0}}, sites({4, 2, 1}), 3},
      // Of (1 + 2 cos(2 pi m / 12)) / 3 five are above 1/2 in magnitude: m = 0, 1, 11 and 2, 10.
      {"eigenvalue_count",
       "circle, neighbors of weight 1",
       {{"graph", knn01}, {"k", std::int64_t{2}}, {"t", 1.0}, {"threshold", 0.5}},
       circle(12, 1),
       5},
      {"classic_shannon_entropy", "sites in halves", {}, sites({4, 2, 3}), shannon({4, 5})},
      {"classic_shannon_entropy", "sites in thirds", {{"bins", std::int64_t{3}}}, sites({4, 2, 3}), shannon({4, 2, 3})},

      {"participation_ratio", "far from the origin", {}, orthogonal_columns(roots, 5), 64.0 / 22},
      {"participation_ratio", "first column with a mean", {{"convention", uncentered}}, orthogonal_columns(leaning, 0.4), 64.0 / 22},
      {"stable_rank", "first column with a mean", {}, orthogonal_columns(leaning, 0.4), 2},
      {"stable_rank", "far from the origin", {{"convention", centered}}, orthogonal_columns(roots, 5), 2},
      {"top_share", "far from the origin", {}, orthogonal_columns(roots, 5), 0.5},
      {"top_share", "two directions", {{"rank", two}}, orthogonal_columns(roots, 5), 0.75},
      {"spectral_gap", "far from the origin", {}, orthogonal_columns(roots, 5), 0.5},
      {"spectral_gap", "after the second", {{"rank", two}}, orthogonal_columns(roots, 5), 0.25},
      {"anisotropy", "far from the origin", {}, orthogonal_columns(shares, 5), 0.5},
      {"numerical_rank", "orthogonal groups", {}, groups(halves, true), 4},
      {"condition_number", "first column with a mean", {}, orthogonal_columns({0.3, 0.25, 0.125, 0.125}, 0.4), 4},

      {"nuclear_norm", "first column with a mean", {}, orthogonal_columns({0.3, 0.25, 0.125, 0.125}, 0.4), std::sqrt(8.0)},
      {"nuclear_norm",
       "l12 of orthogonal columns",
       {{"convention", l12}},
       orthogonal_columns({0.3, 0.25, 0.125, 0.125}, 0.4),
       std::sqrt(8.0)},
      // lam = i^-1.5 whatever the ranks and weights are, and ln 4 / ln 2 between the first two of 1, 1/4, 1/4, 1/16.
      {"alpha_req", "power law", {}, orthogonal_columns(power_law, 5), 1.5},
      {"alpha_req", "the first two", {{"last_rank", 2.0}}, orthogonal_columns({1, 0.5, 0.5, 0.25}, 5), 2},
      {"log_det", "first column with a mean", {}, orthogonal_columns({0.3, 0.25, 0.125, 0.125}, 0.4), -18 * ln2},
      {"log_det", "in bits", {{"unit", bits}}, orthogonal_columns({0.3, 0.25, 0.125, 0.125}, 0.4), -18},
      // Eigenvalues of Z^T Z / n are the shares of the groups, d = 4: 1 + 8 (1/2, 1/4, 1/8, 1/8).
      {"coding_rate", "orthogonal groups, any lengths", {}, groups(halves, false), std::log(5.0 * 3 * 2 * 2) / 2},
      {"coding_rate", "in bits", {{"unit", bits}, {"eps_squared", 4.0}}, groups(halves, false), std::log2(1.5 * 1.25 * 1.125 * 1.125) / 2},
      // Z Z^T has eigenvalues 8, 8, 0, 0.
      {"eigenscore", "two pairs of rows", {{"ridge", 0.25}}, opposite_pairs(), std::log(8.25 * 8.25 * 0.25 * 0.25) / 4},
      {"eigenscore", "in bits", {{"ridge", 0.25}, {"unit", bits}}, opposite_pairs(), std::log2(8.25 * 8.25 * 0.25 * 0.25) / 4},
      {"tsallis_entropy", "orthogonal groups, any lengths", {}, groups(halves, false), 42.0 / 64},
      {"tsallis_entropy", "order 3", {{"order", 3.0}}, groups(halves, false), (1 - 74.0 / 512) / 2},

      // Cosines are 1 within a group and 0 between two: 4 rows meet 4 alike and 4 others, and so on.
      {"snne", "orthogonal groups, any lengths", {}, groups(halves, false), log_meetings(1)},
      {"snne", "colder, in bits", {{"tau", 0.5}, {"unit", bits}}, groups(halves, false), log_meetings(2) / ln2},
      {"kernel_language_entropy",
       "sites that do not meet",
       {{"bandwidth", 1.0}},
       sites({4, 2, 3}),
       shannon(heat_eigenvalues({4, 2, 3}, 0.4))},
      {"kernel_language_entropy",
       "later, over ln n",
       {{"bandwidth", 1.0}, {"t", 1.5}, {"normalizer", log_n}},
       sites({4, 2, 3}),
       shannon(heat_eigenvalues({4, 2, 3}, 1.5)) / std::log(9.0)},
      {"semantic_entropy", "shares of clusters", {}, {8, 0, {}, {3, 5, 3, 5, 3, 9, 7, 3}}, 1.75 * ln2},
      {"semantic_entropy", "in bits", {{"unit", bits}}, {8, 0, {}, {3, 5, 3, 5, 3, 9, 7, 3}}, 1.75},
      {"attention_entropy",
       "rows of halves",
       {},
       {4, 4, {.5, .25, .125, .125, .25, .25, .25, .25, 0, .5, 0, .5, 0, 0, 1, 0}, {}},
       4.75 / 4 * ln2},
      {"attention_entropy",
       "causal, in bits",
       {{"causal", true}, {"unit", bits}},
       {4, 4, {1, 0, 0, 0, .5, .5, 0, 0, .25, .25, .5, 0, .5, .125, .25, .125}, {}},
       4.25 / 4},
      {"u_eigv", "circle", {{"bandwidth", 0.7}}, circle(12, 1), 12 / circle_eigenvalues(12, 1, 0.7).front()},
      // A path of three with loops: 1 - lam = 1, 1/2, -1/6.
      {"u_eigv", "given similarities, not semi-definite", {{"kernel", precomputed}}, {3, 3, {1, 1, 0, 1, 1, 1, 0, 1, 1}, {}}, 1.5},

      // Of the 6 pairs among 4 points 4 straddle the two sites (entropy ln 2); a class is one point twice (entropy 0).
      {"diffusion_spectral_mutual_information", "two sites of two", {{"bandwidth", 1.0}, {"repeats", all}}, sites({2, 2}), 2 * ln2 / 3},
      {"diffusion_spectral_mutual_information", "in bits", {{"bandwidth", 1.0}, {"repeats", all}, {"unit", bits}}, sites({2, 2}), 2.0 / 3},
      // 6 of 10 pairs and 9 of 10 triples straddle the two sites (2 + 1 points at two sites have entropy ln 2 too).
      {"diffusion_spectral_mutual_information", "two and three", {{"bandwidth", 1.0}, {"repeats", all}}, sites({2, 3}), 0.78 * ln2},
      {"diffusion_spectral_mutual_information",
       "pairs at six distances",
       {{"bandwidth", 2.0}, {"repeats", all}},
       line(four),
       class_gain(four, 2, [](const std::vector<double>& p) { return pair_entropy(p[1] - p[0], 2); })},
      {"diffusion_spectral_mutual_information",
       "nearest neighbors",
       {{"graph", knn}, {"k", std::int64_t{1}}, {"anisotropy", 0.0}, {"repeats", all}},
       line(six),
       class_gain(six, 3, [](const std::vector<double>& p) { return path_entropy(p[0], p[1], p[2]); })},

      // S_b has eigenvalues 1 and 1/3 and S_w = 0.005 I, whatever is added to it.
      {"lidar", "triangle", {}, triangle, std::exp(shannon({3, 1}))},
      // Unit rows e1 three times and e2, e2, -e2: Z^T Z = 3 I, and 3 in one direction for each class.
      {"coding_rate_reduction", "a line for each class", {}, classes, std::log(3.0) - std::log(5.0) / 2},
      {"coding_rate_reduction", "in bits", {{"unit", bits}}, classes, std::log2(3.0) - std::log2(5.0) / 2},
      {"mmcr", "means e1 and e2 / 3", {}, classes, -4.0 / 3},
      {"mmcr", "with the views' own norms", {{"local_weight", 1.0}}, classes, std::sqrt(3.0) - 4.0 / 3},
      {"neural_collapse", "triangle, nc1", {{"measure", nc1}}, triangle, 0.02 / 3},
      {"neural_collapse", "triangle, cdnv", {{"measure", cdnv}}, triangle, 0.003},
      {"neural_collapse", "triangle, angles", {{"measure", angles}}, triangle, (2 * std::sqrt(0.5) - 0.5) / 3},

      {"diff_erank",
       "from four directions to all",
       {},
       pair(orthogonal_columns(roots), orthogonal_columns({1, 1, 1, 1})),
       std::exp2(1.75) - 4},

      {"weight_entropy", "orthogonal groups", {}, groups(halves, true), 7.0 / 8},
      // Two eigenvalues 1/2 and 1/8 of what has a mean: the tail is both.
      {"power_law_alpha", "two eigenvalues", {}, orthogonal_columns({0.3, 0.25}, 0.4), 1 + 1 / ln2},
      {"vector_participation_ratio", "one row with one entry", {}, {4, 2, {1, 1, 0, 3, -2, 2, 5, 5}, {}}, 7.0 / 4},
      // Shares 1/2, 1/4, 1/8, 1/8 of the eigenvalues of 8 x 4: the edge is 1/4 (1 + sqrt(1/2))^2.
      {"mp_soft_rank", "noise that leans", {}, orthogonal_columns(roots), std::pow(1 + std::sqrt(0.5), 2) / 2},
      {"mp_spike_share", "one spike", {}, orthogonal_columns({3, 0.5, 0.5, 0.5}), 9 / 9.75},

      // Rows at sites: x takes 0 0 0 1 1 1 1, y takes 0 0 1 1 1 2 2.
      {"hsic", "counts at sites", {{"bandwidth", 1.0}}, seven, squared_excess({{2, 1, 0}, {0, 2, 2}}) / 36},
      {"hsic", "divided by n^2", {{"bandwidth", 1.0}, {"convention", v_statistic}}, seven, squared_excess({{2, 1, 0}, {0, 2, 2}}) / 49},
      {"hsic", "linear kernel", {{"kernel", linear}}, four_rows, 5.0 / 9},
      {"hsic", "linear kernel, unbiased", {{"kernel", linear}, {"convention", unbiased}}, four_rows, -5.0 / 12},
      {"hsic", "one batch", {{"kernel", linear}, {"convention", minibatch}}, four_rows, -5.0 / 12},
      {"cka", "one batch", {{"convention", minibatch}}, four_rows, -5.0 / 12 / std::sqrt(7.0 / 36)},
      {"cka", "unbiased", {}, four_rows, -5.0 / 12 / std::sqrt(7.0 / 36)},
      {"cka", "biased", {{"convention", biased}}, four_rows, 5 / std::sqrt(124.0)},

      // Shares 3/5, 2/5, 0 of the sites in x and 1/4, 1/4, 1/2 in y.
      {"mmd2", "shares at sites", {{"bandwidth", 1.0}}, nine, 0.35 * 0.35 + 0.15 * 0.15 + 0.25},
      {"mmd2", "unbiased", {{"bandwidth", 1.0}, {"convention", unbiased}}, nine, 8.0 / 20 + 2.0 / 12 - 2 * 0.25},
      // Of the blocks (0, 0; 0, 1) and (1, 1; 2, 2): 1 + 0 - 1 - 0 and 1 + 1 - 0 - 0.
      {"mmd2", "linear time", {{"bandwidth", 1.0}, {"convention", linear_time}}, pair(at_sites({0, 0, 1, 1}), at_sites({0, 1, 2, 2})), 1},
      {"cs_divergence", "shares at sites", {{"bandwidth", 1.0}}, nine, std::log(0.52 * 0.375 / (0.25 * 0.25))},
      {"cs_divergence", "in bits", {{"bandwidth", 1.0}, {"unit", bits}}, nine, std::log2(0.52 * 0.375 / (0.25 * 0.25))},

      // Kernel matrices of sites are indicators, so their entropies are those of the counts at sites.
      {"matrix_joint_entropy", "counts at sites", {{"bandwidth", 1.0}}, seven, renyi({a, b}, 1)},
      {"matrix_joint_entropy", "order 3", {{"bandwidth", 1.0}, {"order", 3.0}}, seven_thrice, renyi({a, b, c}, 3)},
      {"matrix_joint_entropy", "order 4 in bits", {{"bandwidth", 1.0}, {"order", 4.0}, {"unit", bits}}, seven, renyi({a, b}, 4) / ln2},
      {"matrix_conditional_entropy", "counts at sites", {{"bandwidth", 1.0}}, seven, renyi({a, b}, 1) - renyi({b}, 1)},
      {"matrix_mutual_information", "counts at sites", {{"bandwidth", 1.0}}, seven, renyi({a}, 1) + renyi({b}, 1) - renyi({a, b}, 1)},
      {"matrix_mutual_information",
       "order 2, over the larger entropy",
       {{"bandwidth", 1.0}, {"order", 2.0}, {"normalizer", larger}},
       seven,
       (renyi({a}, 2) + renyi({b}, 2) - renyi({a, b}, 2)) / renyi({b}, 2)},
      {"matrix_conditional_mutual_information",
       "counts at sites",
       {{"bandwidth", 1.0}},
       seven_thrice,
       renyi({a, c}, 1) + renyi({b, c}, 1) - renyi({a, b, c}, 1) - renyi({c}, 1)},
      {"matrix_total_correlation",
       "counts at sites",
       {{"bandwidth", 1.0}},
       seven_thrice,
       renyi({a}, 1) + renyi({b}, 1) + renyi({c}, 1) - renyi({a, b, c}, 1)},
      {"matrix_total_correlation",
       "order 2 over the largest possible",
       {{"bandwidth", 1.0}, {"order", 2.0}, {"normalized", true}},
       seven,
       (renyi({a}, 2) + renyi({b}, 2) - renyi({a, b}, 2)) / renyi({a}, 2)},
      {"matrix_dual_total_correlation",
       "counts at sites",
       {{"bandwidth", 1.0}},
       seven_thrice,
       renyi({b, c}, 1) + renyi({a, c}, 1) + renyi({a, b}, 1) - 2 * renyi({a, b, c}, 1)},
      {"o_information",
       "counts at sites",
       {{"bandwidth", 1.0}},
       seven_thrice,
       renyi({a}, 1) + renyi({b}, 1) + renyi({c}, 1) + renyi({a, b, c}, 1) - renyi({b, c}, 1) - renyi({a, c}, 1) - renyi({a, b}, 1)},
      {"s_information",
       "counts at sites",
       {{"bandwidth", 1.0}},
       seven_thrice,
       renyi({a}, 1) + renyi({b}, 1) + renyi({c}, 1) + renyi({b, c}, 1) + renyi({a, c}, 1) + renyi({a, b}, 1) - 3 * renyi({a, b, c}, 1)},
      {"difference_of_entropies",
       "counts at sites",
       {{"bandwidth", 1.0}, {"repeats", all}},
       five,
       shuffled(d, f, [](const auto& both) { return renyi(both, 1); }) - renyi({d, f}, 1)},
      {"difference_of_entropies",
       "order 2 in bits",
       {{"bandwidth", 1.0}, {"repeats", all}, {"order", 2.0}, {"unit", bits}},
       five,
       (shuffled(d, f, [](const auto& both) { return renyi(both, 2); }) - renyi({d, f}, 2)) / ln2},
      {"difference_of_powers",
       "the exact mean",
       {{"bandwidth", 1.0}},
       five,
       shuffled(d, f, [](const auto& both) { return std::exp(-renyi(both, 2)); }) - std::exp(-renyi({d, f}, 2))},
      {"difference_of_powers",
       "order 3",
       {{"bandwidth", 1.0}, {"repeats", all}, {"order", 3.0}},
       five,
       shuffled(d, f, [](const auto& both) { return std::exp(-2 * renyi(both, 3)); }) - std::exp(-2 * renyi({d, f}, 3))},
      {"jensen_renyi", "counts at sites", {{"bandwidth", 1.0}}, labelled(at_sites(a), b), renyi({a}, 1) + renyi({b}, 1) - renyi({a, b}, 1)},
      // Diagonal density matrices: shares 1/2, 1/4, 1/8, 1/8 and 1/8, 1/8, 1/4, 1/2.
      {"quantum_jsd", "orthogonal groups", {}, opposed, shannon({0.3125, 0.1875, 0.1875, 0.3125}) - 1.75 * ln2},
      {"quantum_jsd",
       "three of them by rows",
       {{"weights", by_rows}, {"unit", bits}},
       triple(groups(halves, true), groups({1, 1, 2, 4}, true), groups({1, 1, 1, 1}, true)),
       (shannon({0.3, 0.2, 0.2, 0.3}) - 0.8 * 1.75 * ln2 - 0.2 * 2 * ln2) / ln2},
      {"quantum_kl", "orthogonal groups", {}, opposed, 0.875 * ln2},
      // Counts n_ab = {{2, 1, 0}, {0, 2, 2}}: sums of n_ab^2, n_a^2, n_b^2 and n_ab n_a n_b are 13, 25, 17 and 61.
      {"cs_qmi", "counts at sites", {{"bandwidth", 1.0}}, seven, std::log(13.0 * 25 * 17 / (61 * 61))},
      {"cs_qmi", "in bits", {{"bandwidth", 1.0}, {"unit", bits}}, seven, std::log2(13.0 * 25 * 17 / (61 * 61))},
      // Of x and y alone: n_a^3 sums to 91, n_b^3 to 43.
      {"cs_qmi",
       "of its own",
       {{"bandwidth", 1.0}, {"normalizer", self}},
       seven,
       std::log(13.0 * 25 * 17 / (61 * 61)) / std::sqrt(std::log(25.0 * 25 * 25 / (91 * 91)) * std::log(17.0 * 17 * 17 / (43 * 43)))},
      {"conditional_cs_divergence", "counts at sites", {{"bandwidth", 1.0}}, five_thrice, std::log(19.0 * 28 / (17 * 17))},
      {"conditional_cs_divergence", "compat", {{"bandwidth", 1.0}, {"compat", cs_ib_conditional}}, five_thrice, std::log2(88.0 / 49)},
      // h(x, y) = (x y + 1 - 2 (x - y)^2) exp(-(x - y)^2 / 2).
      {"ksd2", "two points of a normal density", {{"bandwidth", 1.0}}, normal_score({-1, 1}), 1 - 4 * std::exp(-2.0)},
      {"ksd2",
       "three points of a normal density",
       {{"bandwidth", 1.0}},
       normal_score({-1, 0, 1}),
       (5 - 4 * std::exp(-0.5) - 16 * std::exp(-2.0)) / 9},
      {"ksd2",
       "of different points",
       {{"bandwidth", 1.0}, {"convention", u_statistic}},
       normal_score({-1, 0, 1}),
       (-4 * std::exp(-0.5) - 16 * std::exp(-2.0)) / 6},
      // 7 of 28 pairs in one group, the others at squared distance 2.
      {"uniformity", "orthogonal groups, any lengths", {}, groups(halves, false), std::log(0.25 + 0.75 * std::exp(-4.0))},
      {"uniformity", "t = 3", {{"t", 3.0}}, groups(halves, false), std::log(0.25 + 0.75 * std::exp(-6.0))},
      {"alignment", "two views", {}, views, 2},
      {"alignment", "exponent 1", {{"exponent", 1.0}}, views, (std::sqrt(2.0) + 2) / 3},
      // Chords between east, north and west: two of length sqrt(2), one of 2.
      {"hyperspherical_energy", "three directions", {}, three_directions, (2 / std::sqrt(2.0) + 0.5) / 3},
      {"hyperspherical_energy", "logarithmic", {{"exponent", 0.0}}, three_directions, -2 * ln2 / 3},
      {"hyperspherical_energy", "sum, exponent 2", {{"exponent", 2.0}, {"convention", sum}}, three_directions, 2 * (0.5 + 0.5 + 0.25)},
  };
  return rows;
}

}  // namespace entrospect::test
