#pragma once
// A loop over the rows of a matrix, blocks of them side by side.

#include <algorithm>
#include <cstddef>

#include "entrospect/core/context.hpp"
#include "entrospect/core/parallel.hpp"

namespace entrospect::detail {

// Calls body(i) for every row i in [0, n).
template <class Body>
void for_each_row(std::size_t n, const Context& context, Body body) {
  constexpr std::size_t kRows = 128;
  parallel_for(context, (n + kRows - 1) / kRows, [&](std::size_t block) {
    for (std::size_t i = block * kRows; i < std::min((block + 1) * kRows, n); ++i) body(i);
  });
}

}  // namespace entrospect::detail
