#pragma once
// All eigenvalues of a dense symmetric matrix. Private to spectral/; callers use spectrum().

#include <string>
#include <vector>

#include "entrospect/core/context.hpp"
#include "entrospect/core/status.hpp"
#include "entrospect/spectral/backend.hpp"
#include "entrospect/spectral/symmetric_matrix.hpp"

namespace entrospect::detail {

struct DenseEigenvalues {
  std::vector<double> values;  // descending
  Status status = Status::ok;
  std::string reason;
};

// `backend` is a resolved one. The matrix is destroyed.
template <class T>
DenseEigenvalues dense_eigenvalues(SymmetricMatrix<T> a, Backend backend, unsigned lapack_threads, const Context& context);

// The solvers: ascending eigenvalues into `values`; false when the iteration did not converge.
template <class T>
bool eigen_eigenvalues(T* a, std::size_t n, T* values);
#if defined(ENTROSPECT_HAVE_LAPACK)
template <class T>
bool one_stage_eigenvalues(T* a, std::size_t n, T* values, unsigned threads);
// Of a tridiagonal matrix, into `diagonal`; `off_diagonal` is destroyed.
template <class T>
bool tridiagonal_eigenvalues(T* diagonal, T* off_diagonal, std::size_t n);
#endif

}  // namespace entrospect::detail
