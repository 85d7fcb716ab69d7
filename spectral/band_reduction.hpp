#pragma once
// First stage of the two-stage eigenvalue solver. Private to spectral/.

#include "entrospect/core/context.hpp"
#include "entrospect/spectral/band_chase.hpp"
#include "entrospect/spectral/symmetric_matrix.hpp"

namespace entrospect::detail {

#if defined(ENTROSPECT_HAVE_LAPACK)

// Orthogonally similar to `a`, which is destroyed. Uses every thread; the same bits for any number of them.
template <class T>
BandMatrix<T> reduce_to_band(SymmetricMatrix<T>& a, const Context& context);

#endif

}  // namespace entrospect::detail
