#include "entrospect/spectral/inner_products.hpp"

#include <algorithm>
#include <string>

#include "entrospect/core/errors.hpp"
#include "entrospect/core/parallel.hpp"
#include "entrospect/core/sum.hpp"
#include "entrospect/spectral/aligned_buffer.hpp"
#include "entrospect/spectral/blas_threads.hpp"
#include "entrospect/spectral/gemm.hpp"

namespace entrospect {

std::vector<double> inner_products(std::span<const SymmetricMatrix<double>* const> matrices, const Context& context) {
  constexpr std::size_t kEntries = 2048;  // of each matrix in one product: 24 of them fit the second-level cache
  const std::size_t count = matrices.size(), n = count > 0 ? matrices.front()->n() : 0;
  for (const SymmetricMatrix<double>* m : matrices)
    if (m->n() != n)
      throw InvalidArgument("inner_products: a matrix has order " + std::to_string(m->n()) + " where the first has " + std::to_string(n));
  const std::size_t entries = n * n, blocks = (entries + kEntries - 1) / kEntries;
  constexpr std::size_t kGroup = 64;  // blocks whose sums one item merges
  const std::size_t groups = (blocks + kGroup - 1) / kGroup;
  std::vector<double> partial(groups * count * count);
  const detail::BlasThreads one_thread(1);
  parallel_for(context, groups, [&](std::size_t group) {
    const detail::AlignedBuffer<double> packed(count * kEntries), products(count * count);
    std::vector<Sum> sums(count * count);
    for (std::size_t block = group * kGroup; block < std::min((group + 1) * kGroup, blocks); ++block) {
      const std::size_t first = block * kEntries, here = std::min(kEntries, entries - first);
      for (std::size_t m = 0; m < count; ++m) std::copy_n(matrices[m]->data() + first, here, packed.data() + m * kEntries);
      detail::multiply(1, {packed.data(), kEntries}, {packed.data(), kEntries, true}, count, count, here, products.data(), count);
      for (std::size_t i = 0; i < sums.size(); ++i) sums[i].add(products.data()[i]);
    }
    for (std::size_t i = 0; i < sums.size(); ++i) partial[group * sums.size() + i] = sums[i].value();
  });
  std::vector<double> out(count * count);
  for (std::size_t i = 0; i < out.size(); ++i) {
    Sum total;
    for (std::size_t group = 0; group < groups; ++group) total.add(partial[group * out.size() + i]);
    out[i] = total.value();
  }
  // A product of a block with its own transpose is symmetric only up to round-off.
  for (std::size_t l = 0; l < count; ++l)
    for (std::size_t m = 0; m < l; ++m) out[l * count + m] = out[m * count + l];
  return out;
}

}  // namespace entrospect
