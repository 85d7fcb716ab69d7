#include <algorithm>
#include <cmath>
#include <memory>
#include <string>
#include <vector>

#include "entrospect/core/errors.hpp"
#include "entrospect/core/options.hpp"
#include "entrospect/core/parallel.hpp"
#include "entrospect/core/row_loader.hpp"
#include "entrospect/spectral/products.hpp"
#include "entrospect/spectral/symmetrize.hpp"

namespace entrospect {

SampleMatrix kernel_samples(const SampleMatrix& x, const KernelFunction& kernel, const Context& context) {
  if (!kernel) throw InvalidArgument("the kernel function is empty");
  const std::size_t n = x.n(), d = x.d();
  std::vector<double> rows(n * d);
  RowLoader(x, context).load(0, n, rows.data(), d);
  const auto k = std::make_shared<std::vector<double>>(n * n);
  for (std::size_t i = 0; i < n; ++i) {
    check_cancelled(context);
    for (std::size_t j = 0; j <= i; ++j) {
      const double value = kernel(std::span(rows).subspan(i * d, d), std::span(rows).subspan(j * d, d));
      if (!std::isfinite(value))
        throw InvalidArgument("kernel function: k(x, y) of rows " + std::to_string(i) + " and " + std::to_string(j) + " is " +
                              to_text(OptionValue(value)) + "; kernel matrices must be finite");
      (*k)[i * n + j] = (*k)[j * n + i] = value;
    }
  }
  const auto stride = static_cast<std::ptrdiff_t>(sizeof(double));
  return {k->data(), DType::f64, n, n, stride * static_cast<std::ptrdiff_t>(n), stride, k};
}

SymmetricMatrix<double> precomputed_matrix(const SampleMatrix& k, double tolerance, const Context& context) {
  constexpr std::size_t kRows = 64;
  if (k.n() != k.d())
    throw InvalidArgument("a precomputed kernel must be square, not " + std::to_string(k.n()) + " x " + std::to_string(k.d()) +
                          "; it holds the similarity of every pair of rows");
  if (k.is_centered() || k.normalization() != Normalize::none)
    throw InvalidArgument("a precomputed kernel cannot be centered or normalized as samples are");
  const RowLoader loader(k, context);
  SymmetricMatrix<double> out(k.n());
  parallel_for(context, (k.n() + kRows - 1) / kRows, [&](std::size_t block) {
    const std::size_t first = block * kRows;
    loader.load(first, std::min(kRows, k.n() - first), out.data() + first * k.n(), k.n());
  });
  // Entries that were rounded in the type they are stored in are no fault.
  detail::check_and_symmetrize(out, std::max(tolerance, 16 * machine_epsilon(k.dtype())), "precomputed kernel", context);
  return out;
}

}  // namespace entrospect
