#pragma once
// Matrices whose spectra are known and degenerate.

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <functional>
#include <numbers>
#include <string>
#include <vector>

#include "entrospect/spectral/symmetric_matrix.hpp"
#include "spectral/oracle.hpp"

namespace entrospect::fixtures {

inline SymmetricMatrix<double> dense(const oracle::Matrix& a) {
  SymmetricMatrix<double> out(a.size());
  for (std::size_t i = 0; i < a.size(); ++i)
    for (std::size_t j = 0; j < a.size(); ++j) out(i, j) = static_cast<double>(a[i][j]);
  return out;
}

inline std::vector<double> descending(std::vector<double> values) {
  std::sort(values.begin(), values.end(), std::greater<>());
  return values;
}

struct Fixture {
  std::string name;
  oracle::Matrix matrix;
  std::vector<double> values;
};

// Adjacency of a ring of n: 2 cos(2 pi k / n), two-fold but for the ends.
inline Fixture cycle_graph(std::size_t n) {
  oracle::Matrix a(n, std::vector<long double>(n));
  std::vector<double> values;
  for (std::size_t i = 0; i < n; ++i) {
    a[i][(i + 1) % n] += 1;
    a[(i + 1) % n][i] += 1;
    values.push_back(2 * std::cos(2 * std::numbers::pi * static_cast<double>(i) / static_cast<double>(n)));
  }
  return {"cycle " + std::to_string(n), a, descending(values)};
}

// A Gaussian kernel of n points on a circle is circulant: its eigenvalues are the Fourier transform of one row, two-fold.
inline Fixture circle_kernel(std::size_t n) {
  oracle::Matrix a(n, std::vector<long double>(n));
  const auto entry = [n](std::size_t k) {
    const long double chord = 2 * std::sin(std::numbers::pi_v<long double> * static_cast<long double>(k) / static_cast<long double>(n));
    return std::exp(-chord * chord / 2);
  };
  for (std::size_t i = 0; i < n; ++i)
    for (std::size_t j = 0; j < n; ++j) a[i][j] = entry(i > j ? i - j : j - i);
  std::vector<double> values;
  for (std::size_t f = 0; f < n; ++f) {
    long double total = 0;
    for (std::size_t k = 0; k < n; ++k)
      total += entry(k) * std::cos(2 * std::numbers::pi_v<long double> * static_cast<long double>(f * k % n) / static_cast<long double>(n));
    values.push_back(static_cast<double>(total));
  }
  return {"circle " + std::to_string(n), a, descending(values)};
}

inline Fixture identity(std::size_t n) {
  oracle::Matrix a(n, std::vector<long double>(n));
  for (std::size_t i = 0; i < n; ++i) a[i][i] = 1;
  return {"identity " + std::to_string(n), a, std::vector<double>(n, 1.0)};
}

// Blocks [[2, 1], [1, 2]]: 3 and 1, each n / 2 times.
inline Fixture two_fold(std::size_t pairs) {
  oracle::Matrix a(2 * pairs, std::vector<long double>(2 * pairs));
  std::vector<double> values;
  for (std::size_t i = 0; i < pairs; ++i) {
    a[2 * i][2 * i] = a[2 * i + 1][2 * i + 1] = 2;
    a[2 * i][2 * i + 1] = a[2 * i + 1][2 * i] = 1;
    values.insert(values.end(), {3, 1});
  }
  return {"two-fold " + std::to_string(2 * pairs), a, descending(values)};
}

// u u^T with |u|^2 = n (n + 1) (2 n + 1) / 6: one eigenvalue, n - 1 zeros.
inline Fixture rank_one(std::size_t n) {
  oracle::Matrix a(n, std::vector<long double>(n));
  long double squares = 0;
  for (std::size_t i = 0; i < n; ++i) {
    squares += static_cast<long double>((i + 1) * (i + 1));
    for (std::size_t j = 0; j < n; ++j) a[i][j] = static_cast<long double>((i + 1) * (j + 1));
  }
  std::vector<double> values(n, 0.0);
  values[0] = static_cast<double>(squares);
  return {"rank one " + std::to_string(n), a, values};
}

// -1 off the diagonal of ones: indefinite, 2 - n once and 2 (n - 1)-fold.
inline Fixture indefinite(std::size_t n) {
  oracle::Matrix a(n, std::vector<long double>(n, -1));
  for (std::size_t i = 0; i < n; ++i) a[i][i] = 1;
  std::vector<double> values(n, 2.0);
  values.back() = 2 - static_cast<double>(n);
  return {"indefinite " + std::to_string(n), a, values};
}

inline std::vector<Fixture> all() {
  return {cycle_graph(20),  circle_kernel(20), identity(20), two_fold(10),   rank_one(20),  indefinite(20),
          cycle_graph(150), circle_kernel(97), identity(70), two_fold(160),  rank_one(300), indefinite(129),
          identity(1),      two_fold(1),       rank_one(2),  cycle_graph(3), identity(65)};
}

}  // namespace entrospect::fixtures
