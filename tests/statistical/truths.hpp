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
#include <numbers>
#include <string>
#include <vector>

#include "entrospect/core/options.hpp"

namespace entrospect::test {

struct Samples {
  std::size_t n = 0, d = 0;
  std::vector<double> values;        // n x d, row-major
  std::vector<std::int64_t> labels;  // for estimators that need them
};

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

// 8 rows, 4 centered orthogonal columns of signs with the given standard deviations: eigenvalues deviation^2, singular values
// deviation * sqrt 8.
inline Samples orthogonal_columns(const std::vector<double>& deviations) {
  Samples out{8, deviations.size(), {}, {}};
  for (unsigned row = 0; row < 8; ++row)
    for (unsigned column = 0; column < deviations.size(); ++column) {
      const unsigned pattern = column < 3 ? 1U << column : 7U;  // bit masks of independent parities
      const bool odd = (static_cast<unsigned>(std::popcount(row & pattern)) & 1U) != 0;
      out.values.push_back(odd ? -deviations[column] : deviations[column]);
    }
  return out;
}

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

// -sum p ln p of weights, by the definition.
inline double shannon(std::vector<double> weights, double power = 1) {
  double total = 0, entropy = 0;
  for (double& w : weights) total += (w = std::pow(std::abs(w), power));
  for (const double w : weights) entropy -= w > 0 ? w / total * std::log(w / total) : 0;
  return entropy;
}

inline const std::vector<Truth>& truths() {
  using std::numbers::ln2;
  const double infinity = std::numeric_limits<double>::infinity();
  const std::string linear = "linear", gaussian = "gaussian", all = "all", bits = "bits", singular = "singular-values", l2 = "l2";
  // Shares 1/2, 1/4, 1/8, 1/8: Shannon 7/4 ln 2, sum of squares 22/64.
  const std::vector<std::size_t> halves{4, 2, 1, 1};
  const std::vector<double> shares{0.5, 0.25, 0.125, 0.125};
  const std::vector<double> roots{std::sqrt(0.5), 0.5, std::sqrt(0.125), std::sqrt(0.125)};

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
      {"effective_rank", "singular values", {{"convention", singular}}, orthogonal_columns(shares), std::exp2(1.75)},

      {"rankme", "orthogonal columns", {}, orthogonal_columns(shares), std::exp2(1.75)},

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

      // Of the 6 pairs among 4 points 4 straddle the two sites (entropy ln 2); a class is one point twice (entropy 0).
      {"diffusion_spectral_mutual_information", "two sites of two", {{"bandwidth", 1.0}, {"repeats", all}}, sites({2, 2}), 2 * ln2 / 3},
      {"diffusion_spectral_mutual_information", "in bits", {{"bandwidth", 1.0}, {"repeats", all}, {"unit", bits}}, sites({2, 2}), 2.0 / 3},
  };
  return rows;
}

}  // namespace entrospect::test
