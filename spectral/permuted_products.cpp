#include "entrospect/spectral/permuted_products.hpp"

#include <algorithm>
#include <array>
#include <string>

#include "entrospect/core/errors.hpp"
#include "entrospect/core/parallel.hpp"
#include "entrospect/core/sum.hpp"

namespace entrospect {
namespace {

constexpr std::size_t kBatch = 16;  // permutations that share one pass over B

// sum_j a_j b_{p_j} as eight running sums.
double gathered_product(const double* a, const double* b, const std::uint32_t* p, std::size_t count) {
  std::array<double, 8> sums{};
  std::size_t j = 0;
  for (; j + 8 <= count; j += 8)
    for (std::size_t l = 0; l < 8; ++l) sums[l] += a[j + l] * b[p[j + l]];
  for (; j < count; ++j) sums[0] += a[j] * b[p[j]];
  return ((sums[0] + sums[4]) + (sums[2] + sums[6])) + ((sums[1] + sums[5]) + (sums[3] + sums[7]));
}

}  // namespace

std::vector<double> permuted_products(const SymmetricMatrix<double>& a, const SymmetricMatrix<double>& b, std::size_t count,
                                      const PermutationSource& permutation, const Context& context) {
  const std::size_t n = a.n();
  if (b.n() != n) throw InvalidArgument("permuted_products: B has order " + std::to_string(b.n()) + " where A has " + std::to_string(n));
  std::vector<double> out(count);
  parallel_for(context, (count + kBatch - 1) / kBatch, [&](std::size_t item) {
    const std::size_t first = item * kBatch, here = std::min(kBatch, count - first);
    std::vector<std::uint32_t> forward(here * n), place(here * n);
    for (std::size_t m = 0; m < here; ++m) {
      std::uint32_t* const p = forward.data() + m * n;
      permutation(first + m, {p, n});
      for (std::size_t i = 0; i < n; ++i) place[m * n + p[i]] = static_cast<std::uint32_t>(i);
    }
    // Row r of B stays in the first-level cache while every permutation gathers from it; the rows of A that it meets are read from left to
    // right, up to the diagonal: the matrices are symmetric.
    std::vector<Sum> below(here), diagonal(here);
    for (std::size_t r = 0; r < n; ++r) {
      const double* const row = b.data() + r * n;
      for (std::size_t m = 0; m < here; ++m) {
        const std::size_t i = place[m * n + r];
        below[m].add(gathered_product(a.data() + i * n, row, forward.data() + m * n, i));
        diagonal[m].add(a(i, i) * row[r]);
      }
    }
    for (std::size_t m = 0; m < here; ++m) out[first + m] = 2 * below[m].value() + diagonal[m].value();
  });
  return out;
}

}  // namespace entrospect
