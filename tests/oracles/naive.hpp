#pragma once
// The spectral quantities as slow and obvious as they can be: long double, double loops, Jacobi rotations. Shares no code with the library,
// so an agreement means something.

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <vector>

namespace naive {

using Real = long double;
using Row = std::vector<Real>;
using Matrix = std::vector<Row>;

inline Matrix zeros(std::size_t n, std::size_t d) { return Matrix(n, Row(d, 0)); }

inline Matrix centered(Matrix x) {
  for (std::size_t j = 0; j < x[0].size(); ++j) {
    Real mean = 0;
    for (const Row& row : x) mean += row[j];
    mean /= static_cast<Real>(x.size());
    for (Row& row : x) row[j] -= mean;
  }
  return x;
}

inline Real dot(const Row& a, const Row& b) {
  Real sum = 0;
  for (std::size_t j = 0; j < a.size(); ++j) sum += a[j] * b[j];
  return sum;
}

inline Matrix unit_rows(Matrix x) {
  for (Row& row : x) {
    const Real norm = std::sqrt(dot(row, row));
    for (Real& v : row) v /= norm;
  }
  return x;
}

inline Matrix standardized(Matrix x) {
  x = centered(std::move(x));
  for (std::size_t j = 0; j < x[0].size(); ++j) {
    Real squares = 0;
    for (const Row& row : x) squares += row[j] * row[j];
    const Real sd = std::sqrt(squares / static_cast<Real>(x.size() - 1));
    for (Row& row : x) row[j] /= sd;
  }
  return x;
}

inline Matrix products(const Matrix& x) {  // X X^T
  Matrix k = zeros(x.size(), x.size());
  for (std::size_t i = 0; i < x.size(); ++i)
    for (std::size_t j = 0; j < x.size(); ++j) k[i][j] = dot(x[i], x[j]);
  return k;
}

inline Matrix scatter(const Matrix& x) {  // X^T X
  Matrix c = zeros(x[0].size(), x[0].size());
  for (const Row& row : x)
    for (std::size_t a = 0; a < row.size(); ++a)
      for (std::size_t b = 0; b < row.size(); ++b) c[a][b] += row[a] * row[b];
  return c;
}

enum class Kernel { linear, cosine, gaussian, laplacian_l1, laplacian_l2, polynomial, exponential };

inline Real kernel(Kernel kind, const Row& a, const Row& b, Real sigma, int degree = 3, Real offset = 1) {
  Real l1 = 0, l2 = 0;
  for (std::size_t j = 0; j < a.size(); ++j) {
    l1 += std::abs(a[j] - b[j]);
    l2 += (a[j] - b[j]) * (a[j] - b[j]);
  }
  switch (kind) {
    case Kernel::linear:
      return dot(a, b);
    case Kernel::cosine:
      return dot(a, b) / std::sqrt(dot(a, a) * dot(b, b));
    case Kernel::gaussian:
      return std::exp(-l2 / (2 * sigma * sigma));
    case Kernel::laplacian_l1:
      return std::exp(-l1 / sigma);
    case Kernel::laplacian_l2:
      return std::exp(-std::sqrt(l2) / sigma);
    case Kernel::polynomial: {
      Real value = 1;
      for (int m = 0; m < degree; ++m) value *= dot(a, b) + offset;
      return value;
    }
    case Kernel::exponential:
      return std::exp(dot(a, b) / sigma);
  }
  return 0;
}

inline Matrix gram(const Matrix& x, Kernel kind, Real sigma, int degree = 3, Real offset = 1) {
  Matrix k = zeros(x.size(), x.size());
  for (std::size_t i = 0; i < x.size(); ++i)
    for (std::size_t j = 0; j < x.size(); ++j) k[i][j] = kernel(kind, x[i], x[j], sigma, degree, offset);
  return k;
}

inline Matrix unit_diagonal(const Matrix& k) {
  Matrix out = k;
  for (std::size_t i = 0; i < k.size(); ++i)
    for (std::size_t j = 0; j < k.size(); ++j) out[i][j] /= std::sqrt(k[i][i] * k[j][j]);
  return out;
}

inline Real median(std::vector<Real> values) {
  std::sort(values.begin(), values.end());
  const std::size_t m = values.size();
  return m % 2 == 1 ? values[m / 2] : (values[m / 2 - 1] + values[m / 2]) / 2;
}

inline Real median_distance(const Matrix& x, bool l1 = false) {
  std::vector<Real> distances;
  for (std::size_t i = 0; i < x.size(); ++i)
    for (std::size_t j = 0; j < i; ++j) {
      Real sum = 0;
      for (std::size_t k = 0; k < x[i].size(); ++k) {
        const Real difference = x[i][k] - x[j][k];
        sum += l1 ? std::abs(difference) : difference * difference;
      }
      distances.push_back(l1 ? sum : std::sqrt(sum));
    }
  return median(distances);
}

// Row sums, both normalizations written out entry by entry.
inline Matrix diffusion(const Matrix& k, Real a) {
  const std::size_t n = k.size();
  Matrix s = zeros(n, n);
  Row q(n, 0), degree(n, 0);
  for (std::size_t i = 0; i < n; ++i)
    for (std::size_t j = 0; j < n; ++j) q[i] += k[i][j];
  for (std::size_t i = 0; i < n; ++i)
    for (std::size_t j = 0; j < n; ++j) s[i][j] = k[i][j] / (std::pow(q[i], a) * std::pow(q[j], a));
  for (std::size_t i = 0; i < n; ++i)
    for (std::size_t j = 0; j < n; ++j) degree[i] += s[i][j];
  for (std::size_t i = 0; i < n; ++i)
    for (std::size_t j = 0; j < n; ++j) s[i][j] /= std::sqrt(degree[i]) * std::sqrt(degree[j]);
  return s;
}

// Cyclic Jacobi: rotations until what is left off the diagonal is round-off. Descending.
inline Row eigenvalues(Matrix a) {
  const std::size_t n = a.size();
  Real scale = 0;
  for (const Row& row : a)
    for (const Real v : row) scale += v * v;
  for (int sweep = 0; sweep < 60; ++sweep) {
    Real off = 0;
    for (std::size_t p = 0; p < n; ++p)
      for (std::size_t q = p + 1; q < n; ++q) off += a[p][q] * a[p][q];
    const Real eps = std::numeric_limits<Real>::epsilon();
    if (off <= eps * eps * scale) break;
    for (std::size_t p = 0; p < n; ++p)
      for (std::size_t q = p + 1; q < n; ++q) {
        if (a[p][q] == 0) continue;
        const Real theta = (a[q][q] - a[p][p]) / (2 * a[p][q]);
        const Real t = (theta >= 0 ? 1 : -1) / (std::abs(theta) + std::sqrt(theta * theta + 1));
        const Real c = 1 / std::sqrt(t * t + 1), s = t * c;
        for (std::size_t i = 0; i < n; ++i) {
          const Real ip = a[i][p], iq = a[i][q];
          a[i][p] = c * ip - s * iq;
          a[i][q] = s * ip + c * iq;
        }
        for (std::size_t i = 0; i < n; ++i) {
          const Real pi = a[p][i], qi = a[q][i];
          a[p][i] = c * pi - s * qi;
          a[q][i] = s * pi + c * qi;
        }
      }
  }
  Row values;
  for (std::size_t i = 0; i < n; ++i) values.push_back(a[i][i]);
  std::sort(values.rbegin(), values.rend());
  return values;
}

inline Row nonnegative(Row values) {
  for (Real& v : values) v = std::max<Real>(v, 0);
  return values;
}

inline Row normalized(Row values) {
  Real sum = 0;
  for (const Real v : values) sum += v;
  for (Real& v : values) v /= sum;
  return values;
}

// H_q of p as it is: p need not sum to 1.
inline Real renyi(const Row& p, Real q) {
  Real sum = 0, largest = 0;
  std::size_t count = 0;
  for (const Real v : p) {
    if (!(v > 0)) continue;
    ++count;
    largest = std::max(largest, v);
    sum += q == 1 ? -v * std::log(v) : std::pow(v, q);
  }
  if (q == 0) return std::log(static_cast<Real>(count));
  if (q == 1) return sum;
  if (std::isinf(q)) return -std::log(largest);
  return std::log(sum) / (1 - q);
}

inline Row powers(Row values, Real t) {
  for (Real& v : values) v = std::pow(std::abs(v), t);
  return values;
}

inline Real diffusion_entropy(const Matrix& k, Real a, Real t, Real q = 1) {
  return renyi(normalized(powers(eigenvalues(diffusion(k, a)), t)), q);
}

inline Matrix product(const Matrix& a, const Matrix& b) {
  Matrix out = zeros(a.size(), b[0].size());
  for (std::size_t i = 0; i < a.size(); ++i)
    for (std::size_t k = 0; k < b.size(); ++k)
      for (std::size_t j = 0; j < b[k].size(); ++j) out[i][j] += a[i][k] * b[k][j];
  return out;
}

// tr(K J L J), undivided.
inline Real hsic_biased(const Matrix& k, const Matrix& l) {
  const std::size_t n = k.size();
  Matrix j = zeros(n, n);
  for (std::size_t a = 0; a < n; ++a)
    for (std::size_t b = 0; b < n; ++b) j[a][b] = (a == b ? 1 : 0) - 1 / static_cast<Real>(n);
  const Matrix all = product(product(k, j), product(l, j));
  Real trace = 0;
  for (std::size_t i = 0; i < n; ++i) trace += all[i][i];
  return trace;
}

// The unbiased estimate as its authors write it.
inline Real hsic_unbiased(Matrix k, Matrix l) {
  const std::size_t rows = k.size();
  const auto n = static_cast<Real>(rows);
  for (std::size_t i = 0; i < rows; ++i) k[i][i] = l[i][i] = 0;
  Real trace = 0, sum_k = 0, sum_l = 0, both = 0;
  const Matrix kl = product(k, l);
  for (std::size_t i = 0; i < rows; ++i) {
    trace += kl[i][i];
    for (std::size_t j = 0; j < rows; ++j) {
      sum_k += k[i][j];
      sum_l += l[i][j];
      both += kl[i][j];
    }
  }
  return (trace + sum_k * sum_l / ((n - 1) * (n - 2)) - 2 / (n - 2) * both) / (n * (n - 3));
}

inline Matrix rows(const Matrix& x, const std::vector<std::size_t>& which) {
  Matrix out;
  for (const std::size_t i : which) out.push_back(x[i]);
  return out;
}

}  // namespace naive
