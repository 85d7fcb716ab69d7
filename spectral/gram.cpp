#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "entrospect/core/errors.hpp"
#include "entrospect/core/parallel.hpp"
#include "entrospect/core/row_loader.hpp"
#include "entrospect/spectral/products.hpp"

namespace entrospect {
namespace {

double power(double base, unsigned exponent) {
  double result = 1;
  for (; exponent > 0; exponent >>= 1U, base *= base)
    if ((exponent & 1U) != 0) result *= base;
  return result;
}

double evaluate(const Kernel& kernel, double bandwidth, const double* a, const double* b, std::size_t d) {
  double dot = 0, l1 = 0, l2 = 0;
  for (std::size_t k = 0; k < d; ++k) {
    dot += a[k] * b[k];
    l1 += std::abs(a[k] - b[k]);
    l2 += (a[k] - b[k]) * (a[k] - b[k]);
  }
  switch (kernel.kind) {
    case KernelKind::linear:
    case KernelKind::cosine:
      return dot;
    case KernelKind::gaussian:
      return std::exp(-l2 / (2 * bandwidth * bandwidth));
    case KernelKind::laplacian_l1:
      return std::exp(-l1 / bandwidth);
    case KernelKind::laplacian_l2:
      return std::exp(-std::sqrt(l2) / bandwidth);
    case KernelKind::polynomial:
      return power(dot + kernel.offset, static_cast<unsigned>(kernel.degree));
    case KernelKind::exponential:
      return std::exp(dot / bandwidth);
    case KernelKind::precomputed:
      break;
  }
  throw InvalidArgument("a precomputed kernel has no samples to build it from");
}

}  // namespace

template <class T>
SymmetricMatrix<T> gram_matrix(const SampleMatrix& x, const Kernel& kernel, double bandwidth, const Context& context) {
  const std::size_t n = x.n(), d = x.d();
  const RowLoader loader(x, context);
  std::vector<double> rows(n * d);
  loader.load(0, n, rows.data(), d);
  if (kernel.kind == KernelKind::cosine)
    for (std::size_t i = 0; i < n; ++i) {
      double norm = 0;
      for (std::size_t k = 0; k < d; ++k) norm += rows[i * d + k] * rows[i * d + k];
      if (!(norm > 0)) throw InvalidArgument("cosine kernel: row " + std::to_string(i) + " is zero");
      for (std::size_t k = 0; k < d; ++k) rows[i * d + k] /= std::sqrt(norm);
    }
  SymmetricMatrix<T> out(n);
  parallel_for(context, n, [&](std::size_t i) {
    for (std::size_t j = 0; j <= i; ++j)
      out(i, j) = out(j, i) = static_cast<T>(evaluate(kernel, bandwidth, rows.data() + i * d, rows.data() + j * d, d));
    if (kernel.kind == KernelKind::cosine) out(i, i) = 1;
  });
  return out;
}

template SymmetricMatrix<double> gram_matrix<double>(const SampleMatrix&, const Kernel&, double, const Context&);
template SymmetricMatrix<float> gram_matrix<float>(const SampleMatrix&, const Kernel&, double, const Context&);

}  // namespace entrospect
