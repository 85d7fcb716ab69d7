#include "entrospect/spectral/quadratic_forms.hpp"

#include <algorithm>

#include "entrospect/core/parallel.hpp"
#include "entrospect/spectral/aligned_buffer.hpp"
#include "entrospect/spectral/blas_threads.hpp"
#include "entrospect/spectral/gemm.hpp"

namespace entrospect {

std::vector<double> quadratic_forms(const SymmetricMatrix<double>& a, std::size_t count, const VectorSource& vector,
                                    const Context& context) {
  constexpr std::size_t kVectors = 64;  // that share one pass over A
  constexpr std::size_t kRows = 256;    // of A in one product, so that its result stays in the cache
  const std::size_t n = a.n();
  std::vector<double> out(count, 0.0);
  const detail::BlasThreads one_thread(1);
  parallel_for(context, (count + kVectors - 1) / kVectors, [&](std::size_t item) {
    const std::size_t first = item * kVectors, here = std::min(kVectors, count - first);
    const detail::AlignedBuffer<double> vectors(n * here), products(kRows * here);
    std::vector<double> v(n);
    for (std::size_t m = 0; m < here; ++m) {
      vector(first + m, v);
      for (std::size_t i = 0; i < n; ++i) vectors.data()[i * here + m] = v[i];
    }
    for (std::size_t row = 0; row < n; row += kRows) {
      const std::size_t rows = std::min(kRows, n - row);
      detail::multiply(1, {a.data() + row * n, n}, {vectors.data(), here}, rows, here, n, products.data(), here);
      for (std::size_t i = 0; i < rows; ++i)
        for (std::size_t m = 0; m < here; ++m) out[first + m] += vectors.data()[(row + i) * here + m] * products.data()[i * here + m];
    }
  });
  return out;
}

}  // namespace entrospect
