#include "entrospect/spectral/affinity.hpp"

#include <algorithm>
#include <cmath>
#include <string>

#include "entrospect/core/errors.hpp"
#include "entrospect/core/options.hpp"
#include "entrospect/core/parallel.hpp"
#include "entrospect/core/row_loader.hpp"
#include "entrospect/core/sum.hpp"
#include "entrospect/spectral/each_row.hpp"

namespace entrospect::detail {
namespace {

constexpr std::size_t kRows = 128;

std::size_t blocks(std::size_t n) { return (n + kRows - 1) / kRows; }

std::string number(double value) { return to_text(OptionValue(value)); }

// sum_j a_j s_j in a fixed order: blocks of plain sums, compensated between blocks.
template <class T>
double dot(const T* a, const double* s, std::size_t n) {
  Sum total;
  for (std::size_t first = 0; first < n; first += kRows) {
    double partial = 0;
    for (std::size_t j = first; j < std::min(first + kRows, n); ++j) partial += static_cast<double>(a[j]) * s[j];
    total.add(partial);
  }
  return total.value();
}

}  // namespace

std::vector<double> squared_norms(const SampleMatrix& x, const Context& context) {
  const RowLoader loader(x, context);
  const std::size_t n = x.n(), d = x.d();
  std::vector<double> out(n);
  parallel_for(context, blocks(n), [&](std::size_t block) {
    const std::size_t first = block * kRows, count = std::min(kRows, n - first);
    std::vector<double> rows(count * d);
    loader.load(first, count, rows.data(), d);
    for (std::size_t i = 0; i < count; ++i) out[first + i] = dot(rows.data() + i * d, rows.data() + i * d, d);
  });
  return out;
}

template <class T>
void scale_both_sides(SymmetricMatrix<T>& a, std::span<const double> s, const Context& context) {
  const std::size_t n = a.n();
  for_each_row(n, context, [&](std::size_t i) {
    T* row = a.data() + i * n;
    // s_i s_j first: that product is the same for (i, j) and (j, i), so the result is exactly symmetric.
    for (std::size_t j = 0; j < n; ++j) row[j] = static_cast<T>(static_cast<double>(row[j]) * (s[i] * s[j]));
  });
}

void check_weights(std::span<const double> weights, std::size_t n) {
  if (weights.size() != n)
    throw InvalidArgument("weights has " + std::to_string(weights.size()) + " entries for " + std::to_string(n) + " rows");
  double largest = 0;
  for (std::size_t i = 0; i < n; ++i) {
    if (!(weights[i] >= 0) || !std::isfinite(weights[i]))
      throw InvalidArgument("weights[" + std::to_string(i) + "] is " + number(weights[i]) + "; weights must be in [0, inf)");
    largest = std::max(largest, weights[i]);
  }
  if (largest == 0) throw InvalidArgument("weights are all zero; at least one must be positive");
}

void check_positive_diagonal(std::span<const double> diagonal, std::string_view kernel) {
  for (std::size_t i = 0; i < diagonal.size(); ++i)
    if (!(diagonal[i] > 0) || !std::isfinite(diagonal[i]))
      throw InvalidArgument(std::string(kernel) + " kernel: row " + std::to_string(i) + " has k(x, x) = " + number(diagonal[i]) +
                            " and cannot be normalized; it must be in (0, inf): remove the row or use another kernel");
}

void check_unit_diagonal(std::span<const double> diagonal, double tolerance) {
  const auto [low, high] = std::minmax_element(diagonal.begin(), diagonal.end());
  if (diagonal.empty() || (*low >= 1 - tolerance && *high <= 1 + tolerance)) return;
  throw InvalidArgument("the kernel's diagonal must be 1 (within " + number(tolerance) + ") but ranges over [" + number(*low) + ", " +
                        number(*high) + "]; normalize the rows or the diagonal; a covariance of features is no kernel of rows");
}

namespace {

// The scales of a diffusion operator from sums of K's rows with weights s: q_i = sum_j K_ij s_j.
template <class RowSums>
DiffusionScales diffusion_scales(std::size_t n, double anisotropy, RowSums row_sums) {
  const auto require_positive = [](const std::vector<double>& q) {
    for (std::size_t i = 0; i < q.size(); ++i)
      if (!(q[i] > 0) || !std::isfinite(q[i]))
        throw InvalidArgument("diffusion: affinities of row " + std::to_string(i) + " sum to " + number(q[i]) +
                              "; every row needs a sum in (0, inf)");
  };
  DiffusionScales scales;
  scales.power.assign(n, 1.0);
  scales.degree = scales.sum = row_sums(scales.power);
  require_positive(scales.degree);
  if (anisotropy != 0) {
    for (std::size_t i = 0; i < n; ++i) scales.power[i] = std::pow(scales.degree[i], -anisotropy);
    scales.sum = row_sums(scales.power);
  }
  std::vector<double> walk(n);  // D = diag(K_a 1)
  for (std::size_t i = 0; i < n; ++i) walk[i] = scales.power[i] * scales.sum[i];
  require_positive(walk);
  return scales;
}

// s_i / sqrt(D_i).
std::vector<double> factors_of(const DiffusionScales& scales) {
  std::vector<double> factors(scales.power.size());
  for (std::size_t i = 0; i < factors.size(); ++i) factors[i] = scales.power[i] / std::sqrt(scales.power[i] * scales.sum[i]);
  return factors;
}

}  // namespace

template <class T>
DiffusionScales make_diffusion(SymmetricMatrix<T>& k, double anisotropy, const Context& context) {
  const std::size_t n = k.n();
  DiffusionScales scales = diffusion_scales(n, anisotropy, [&](const std::vector<double>& s) {
    std::vector<double> out(n);
    for_each_row(n, context, [&](std::size_t i) { out[i] = dot(k.data() + i * n, s.data(), n); });
    return out;
  });
  scale_both_sides(k, factors_of(scales), context);
  return scales;
}

void make_diffusion(SparseMatrix& k, double anisotropy) {
  const DiffusionScales scales = diffusion_scales(k.n, anisotropy, [&](const std::vector<double>& s) {
    std::vector<double> out(k.n);
    for (std::size_t i = 0; i < k.n; ++i) {
      Sum sum;
      for (std::size_t e = k.starts[i]; e < k.starts[i + 1]; ++e) sum.add(k.values[e] * s[k.columns[e]]);
      out[i] = sum.value();
    }
    return out;
  });
  const std::vector<double> f = factors_of(scales);
  for (std::size_t i = 0; i < k.n; ++i)
    for (std::size_t e = k.starts[i]; e < k.starts[i + 1]; ++e) k.values[e] *= f[i] * f[k.columns[e]];
}

template void scale_both_sides(SymmetricMatrix<double>&, std::span<const double>, const Context&);
template void scale_both_sides(SymmetricMatrix<float>&, std::span<const double>, const Context&);
template DiffusionScales make_diffusion(SymmetricMatrix<double>&, double, const Context&);
template DiffusionScales make_diffusion(SymmetricMatrix<float>&, double, const Context&);

}  // namespace entrospect::detail
