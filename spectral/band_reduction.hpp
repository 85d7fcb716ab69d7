#pragma once
// First stage of the two-stage eigenvalue solver. Private to spectral/.

#include <cstddef>
#include <vector>

#include "entrospect/core/context.hpp"
#include "entrospect/spectral/symmetric_matrix.hpp"

namespace entrospect::detail {

#if defined(ENTROSPECT_HAVE_LAPACK)

// A symmetric band matrix, lower part by columns: entry (j + i, j) is values[j * (width + 1) + i], 0 <= i <= width.
template <class T>
struct BandMatrix {
  std::size_t n = 0, width = 0;
  std::vector<T> values;
};

// Orthogonally similar to `a`, which is destroyed. Uses every thread; the same bits for any number of them.
template <class T>
BandMatrix<T> reduce_to_band(SymmetricMatrix<T>& a, const Context& context);

#endif

}  // namespace entrospect::detail
