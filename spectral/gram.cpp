#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "entrospect/core/errors.hpp"
#include "entrospect/core/options.hpp"
#include "entrospect/spectral/affinity.hpp"
#include "entrospect/spectral/pair_tiles.hpp"
#include "entrospect/spectral/products.hpp"
#include "entrospect/spectral/tile_kernels.hpp"

namespace entrospect {
namespace {

using detail::PairFunction;
using detail::PairTile;
using detail::TileFunction;

void check_kernel(const Kernel& kernel, double bandwidth) {
  if (has_bandwidth(kernel.kind) && (!(bandwidth > 0) || !std::isfinite(bandwidth)))
    throw InvalidArgument("bandwidth must be a number in (0, inf), not " + to_text(OptionValue(bandwidth)));
  if (kernel.kind == KernelKind::precomputed) throw InvalidArgument("kernel 'precomputed' has no formula to build a matrix from");
  if (kernel.kind != KernelKind::polynomial) return;
  constexpr double kMostDegree = 64;
  if (!(kernel.degree >= 1) || kernel.degree > kMostDegree || kernel.degree != std::floor(kernel.degree))
    throw InvalidArgument("polynomial kernel: degree must be a whole number in [1, 64], not " + to_text(OptionValue(kernel.degree)));
  if (!(kernel.offset >= 0) || !std::isfinite(kernel.offset))
    throw InvalidArgument("polynomial kernel: offset must be in [0, inf), not " + to_text(OptionValue(kernel.offset)));
}

// `factors` holds 1 / |x_i| for the cosine kernel.
template <class T>
PairFunction<T> pair_function(const Kernel& kernel, double bandwidth, std::span<const double> factors) {
  PairFunction<T> f;
  f.factors = factors;
  switch (kernel.kind) {
    case KernelKind::linear:
    case KernelKind::precomputed:
      break;
    case KernelKind::cosine:
      f.function = TileFunction::scaled_product;
      break;
    case KernelKind::gaussian:
      f.function = TileFunction::gaussian;
      f.scale = 1 / (2 * bandwidth * bandwidth);
      f.center = f.norms = true;
      break;
    case KernelKind::laplacian_l1:
      f.function = TileFunction::laplacian_l1;
      f.scale = 1 / bandwidth;
      f.center = true;
      break;
    case KernelKind::laplacian_l2:
      f.function = TileFunction::laplacian_l2;
      f.scale = 1 / bandwidth;
      f.center = f.norms = true;
      break;
    case KernelKind::polynomial:
      f.function = TileFunction::polynomial;
      f.offset = kernel.offset;
      f.degree = static_cast<unsigned>(kernel.degree);
      break;
    case KernelKind::exponential:
      f.function = TileFunction::exponential;
      f.scale = 1 / bandwidth;
      break;
  }
  return f;
}

bool has_unit_diagonal(KernelKind kind) {
  return kind == KernelKind::cosine || kind == KernelKind::gaussian || kind == KernelKind::laplacian_l1 || kind == KernelKind::laplacian_l2;
}

// Writes a tile and its transpose.
template <class T>
void write_both(const PairTile<T>& t, SymmetricMatrix<T>& k) {
  constexpr std::size_t kCached = std::size_t{32} << 20;  // bytes that a processor may keep until the matrix is used
  const std::size_t n = k.n();
  const bool past_cache = n * n * sizeof(T) > kCached;
  const detail::TileKernels<T>& kernels = detail::tile_kernels<T>();
  kernels.copy(t.values, t.ld, t.rows, t.columns, k.data() + t.row * n + t.column, n, past_cache);
  if (t.row != t.column) kernels.transpose(t.values, t.ld, t.rows, t.columns, k.data() + t.column * n + t.row, n, past_cache);
}

template <class T>
void require_finite(const PairTile<T>& t, const Kernel& kernel) {
  for (std::size_t i = 0; i < t.rows; ++i)
    for (std::size_t j = 0; j < t.columns; ++j)
      if (!std::isfinite(t.values[i * t.ld + j]))
        throw InvalidArgument(std::string(name(kernel.kind)) + " kernel: k(x, y) of rows " + std::to_string(t.row + i) + " and " +
                              std::to_string(t.column + j) + " is " + to_text(OptionValue(static_cast<double>(t.values[i * t.ld + j]))) +
                              "; scale the samples down or raise the bandwidth");
}

}  // namespace

template <class T>
SymmetricMatrix<T> gram_matrix(const SampleMatrix& x, const Kernel& kernel, double bandwidth, const Context& context) {
  check_kernel(kernel, bandwidth);
  const std::size_t n = x.n();
  std::vector<double> factors;
  if (kernel.kind == KernelKind::cosine) {
    factors = detail::squared_norms(x, context);
    detail::check_positive_diagonal(factors, name(kernel.kind));
    for (double& factor : factors) factor = 1 / std::sqrt(factor);
  }
  SymmetricMatrix<T> k(n);
  const bool may_overflow = kernel.kind == KernelKind::polynomial || kernel.kind == KernelKind::exponential;
  detail::for_each_pair_tile<T>(x, pair_function<T>(kernel, bandwidth, factors), context, [&](const PairTile<T>& t) {
    if (may_overflow) require_finite(t, kernel);
    write_both(t, k);
  });
  if (has_unit_diagonal(kernel.kind))
    for (std::size_t i = 0; i < n; ++i) k(i, i) = 1;
  return k;
}

template SymmetricMatrix<double> gram_matrix<double>(const SampleMatrix&, const Kernel&, double, const Context&);
template SymmetricMatrix<float> gram_matrix<float>(const SampleMatrix&, const Kernel&, double, const Context&);

}  // namespace entrospect
