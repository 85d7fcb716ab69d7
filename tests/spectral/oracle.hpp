#pragma once
// The obvious formulas in long double, sharing nothing with the library but the element values.

#include <cmath>
#include <cstddef>
#include <random>
#include <string>
#include <vector>

#include "entrospect/core/sample_matrix.hpp"
#include "entrospect/spectral/kernels.hpp"

namespace entrospect::oracle {

using Matrix = std::vector<std::vector<long double>>;

inline Matrix samples(std::size_t n, std::size_t d, unsigned seed, double offset = 0) {
  std::mt19937_64 engine(seed);
  std::normal_distribution<double> normal;
  Matrix x(n, std::vector<long double>(d));
  for (auto& row : x)
    for (auto& value : row) value = static_cast<double>(offset + normal(engine));
  return x;
}

template <class T>
std::vector<T> packed(const Matrix& x) {
  std::vector<T> out;
  for (const auto& row : x)
    for (const auto value : row) out.push_back(static_cast<T>(value));
  return out;
}

// The values as they are after rounding to T.
template <class T>
Matrix rounded(const Matrix& x) {
  Matrix out = x;
  for (auto& row : out)
    for (auto& value : row) value = static_cast<T>(value);
  return out;
}

inline Matrix centered(Matrix x) {
  if (x.empty()) return x;
  for (std::size_t j = 0; j < x[0].size(); ++j) {
    long double mean = 0;
    for (const auto& row : x) mean += row[j] / static_cast<long double>(x.size());
    for (auto& row : x) row[j] -= mean;
  }
  return x;
}

inline Matrix row_normalized(Matrix x) {
  for (auto& row : x) {
    long double squares = 0;
    for (const auto value : row) squares += value * value;
    for (auto& value : row) value /= std::sqrt(squares);
  }
  return x;
}

inline Matrix scatter(const Matrix& x, const std::vector<double>& weights = {}) {
  const std::size_t d = x.at(0).size();
  Matrix c(d, std::vector<long double>(d));
  for (std::size_t r = 0; r < x.size(); ++r)
    for (std::size_t i = 0; i < d; ++i)
      for (std::size_t j = 0; j < d; ++j) c[i][j] += (weights.empty() ? 1.0L : weights[r]) * x[r][i] * x[r][j];
  return c;
}

inline long double kernel_value(const Kernel& kernel, long double sigma, const std::vector<long double>& a,
                                const std::vector<long double>& b) {
  long double dot = 0, l1 = 0, l2 = 0, aa = 0, bb = 0;
  for (std::size_t k = 0; k < a.size(); ++k) {
    dot += a[k] * b[k];
    aa += a[k] * a[k];
    bb += b[k] * b[k];
    l1 += std::abs(a[k] - b[k]);
    l2 += (a[k] - b[k]) * (a[k] - b[k]);
  }
  switch (kernel.kind) {
    case KernelKind::linear:
      return dot;
    case KernelKind::cosine:
      return dot / std::sqrt(aa * bb);
    case KernelKind::gaussian:
      return std::exp(-l2 / (2 * sigma * sigma));
    case KernelKind::laplacian_l1:
      return std::exp(-l1 / sigma);
    case KernelKind::laplacian_l2:
      return std::exp(-std::sqrt(l2) / sigma);
    case KernelKind::polynomial:
      return std::pow(dot + kernel.offset, static_cast<long double>(kernel.degree));
    case KernelKind::exponential:
      return std::exp(dot / sigma);
    case KernelKind::precomputed:
      break;
  }
  return NAN;
}

inline Matrix gram(const Matrix& x, const Kernel& kernel, long double sigma) {
  Matrix k(x.size(), std::vector<long double>(x.size()));
  for (std::size_t i = 0; i < x.size(); ++i)
    for (std::size_t j = 0; j < x.size(); ++j) k[i][j] = kernel_value(kernel, sigma, x[i], x[j]);
  return k;
}

// Largest |a_ij - b_ij|.
template <class M>
double largest_error(const M& a, const Matrix& b) {
  long double worst = 0;
  for (std::size_t i = 0; i < b.size(); ++i)
    for (std::size_t j = 0; j < b.size(); ++j) {
      const long double error = std::abs(static_cast<long double>(a(i, j)) - b[i][j]);
      if (!(error <= worst)) worst = error;
    }
  return static_cast<double>(worst);
}

inline double largest(const Matrix& b) {
  long double worst = 0;
  for (const auto& row : b)
    for (const auto value : row) worst = std::max(worst, std::abs(value));
  return static_cast<double>(worst);
}

}  // namespace entrospect::oracle
