#pragma once
// Second stage of the two-stage eigenvalue solver: band to tridiagonal. Private to spectral/.

#include <cstddef>
#include <vector>

#include "entrospect/core/context.hpp"
#include "entrospect/spectral/chase_kernels.hpp"

namespace entrospect::detail {

// A symmetric matrix whose entries further than kBandWidth from the diagonal are zero, lower part by columns: entry (j + i, j) is
// values[j * kBandStride + i]. Zeros fill the rest and kBandWidth more columns, so that every block of a step lies inside.
template <class T>
struct BandMatrix {
  explicit BandMatrix(std::size_t order) : n(order), values((order + kBandWidth) * kBandStride) {}
  [[nodiscard]] T* column(std::size_t j) { return values.data() + j * kBandStride; }
  std::size_t n;
  std::vector<T> values;
};

// Orthogonally similar to `band`, which is destroyed: `diagonal` has n entries, `off_diagonal` n of which the last is 0. Uses every thread;
// the same bits for any number of them. False, with nothing written, when an entry is not finite.
template <class T>
bool reduce_to_tridiagonal(BandMatrix<T>& band, T* diagonal, T* off_diagonal, const Context& context);

}  // namespace entrospect::detail
