#pragma once
// Private to spectral/.

#include <algorithm>
#include <cstddef>

#include "entrospect/core/context.hpp"
#include "entrospect/core/parallel.hpp"
#include "entrospect/spectral/symmetric_matrix.hpp"

namespace entrospect::detail {

// Copies the upper triangle (row-major) to the lower one.
template <class T>
void mirror_upper(SymmetricMatrix<T>& a, const Context& context) {
  constexpr std::size_t kBlock = 32;  // a block of either triangle fits the first-level cache
  constexpr std::size_t kRowsOfBlocks = 8;
  const std::size_t n = a.n(), strip = kBlock * kRowsOfBlocks;
  parallel_for(context, (n + strip - 1) / strip, [&](std::size_t item) {
    for (std::size_t bi = item * strip; bi < std::min((item + 1) * strip, n); bi += kBlock)
      for (std::size_t bj = 0; bj <= bi; bj += kBlock)
        for (std::size_t i = bi; i < std::min(bi + kBlock, n); ++i)
          for (std::size_t j = bj; j < std::min(bj + kBlock, i); ++j) a(i, j) = a(j, i);
  });
}

}  // namespace entrospect::detail
