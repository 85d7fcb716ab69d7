#pragma once
// All eigenvalues of a large dense symmetric matrix in two stages (Bischof, Lang, Sun 2000): full to band by Householder panels whose
// two-sided updates are matrix products, band to tridiagonal by LAPACK's bulge chasing, then the QL iteration. Private to spectral/.
//
// Stage one is ours because LAPACK's version has one BLAS call own the machine: here its products are tiles of the pool, so that they use
// every thread, give the same bits for any number of them, and stop when asked to.

#include <cstddef>

#include "entrospect/core/context.hpp"

namespace entrospect::detail {

// Ascending eigenvalues into `values`; the matrix, in full storage, is destroyed. Needs LAPACK. False when the QL iteration did
// not converge. Cost 4/3 n^3 flops in products, 6 n^2 w in bulge chasing (one thread), w the band width.
template <class T>
bool two_stage_eigenvalues(T* a, std::size_t n, T* values, const Context& context);

}  // namespace entrospect::detail
