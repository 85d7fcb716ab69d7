#pragma once
// Loops over pairs of mirrored entries. Private to spectral/.

#include <algorithm>
#include <cstddef>

#include "entrospect/core/context.hpp"
#include "entrospect/core/parallel.hpp"
#include "entrospect/spectral/symmetric_matrix.hpp"

namespace entrospect::detail {

inline constexpr std::size_t kPairStrip = 256;  // rows of an item

inline std::size_t pair_strips(std::size_t n) { return (n + kPairStrip - 1) / kPairStrip; }

// Calls body(strip, i, j) for every pair i >= j; strip, in [0, pair_strips(n)), holds row i. Strips run side by side.
template <class Body>
void for_each_pair(std::size_t n, const Context& context, Body body) {
  constexpr std::size_t kBlock = 32;  // a block of either triangle fits the first-level cache
  parallel_for(context, pair_strips(n), [&](std::size_t strip) {
    for (std::size_t bi = strip * kPairStrip; bi < std::min((strip + 1) * kPairStrip, n); bi += kBlock)
      for (std::size_t bj = 0; bj <= bi; bj += kBlock)
        for (std::size_t i = bi; i < std::min(bi + kBlock, n); ++i)
          for (std::size_t j = bj; j < std::min(bj + kBlock, i + 1); ++j) body(strip, i, j);
  });
}

// Copies the upper triangle (row-major) to the lower one.
template <class T>
void mirror_upper(SymmetricMatrix<T>& a, const Context& context) {
  for_each_pair(a.n(), context, [&a](std::size_t, std::size_t i, std::size_t j) { a(i, j) = a(j, i); });
}

}  // namespace entrospect::detail
