#pragma once
// All eigenvalues and eigenvectors of a dense symmetric matrix. Private to spectral/; callers use SpectrumOptions::decomposition.

#include <string>
#include <vector>

#include "entrospect/core/context.hpp"
#include "entrospect/core/status.hpp"
#include "entrospect/spectral/backend.hpp"
#include "entrospect/spectral/symmetric_matrix.hpp"

namespace entrospect::detail {

struct DenseEigenvectors {
  std::vector<double> values;   // descending
  std::vector<double> vectors;  // n x n: row r is the unit eigenvector of the r-th smallest eigenvalue
  Status status = Status::ok;
  std::string reason;
};

// The solver for eigenvectors: the two-stage reduction has none, so 'auto' never means it and asking for it throws.
Backend select_vector_backend(std::size_t n, Backend requested);

// `backend` comes from select_vector_backend(). The matrix is destroyed.
DenseEigenvectors dense_eigenvectors(SymmetricMatrix<double> a, Backend backend, unsigned lapack_threads, const Context& context);

// The solvers: ascending eigenvalues into `values`, their vectors into `a` row by row; false when the iteration did not converge.
bool eigen_eigenvectors(double* a, std::size_t n, double* values);
#if defined(ENTROSPECT_HAVE_LAPACK)
bool lapack_eigenvectors(double* a, std::size_t n, double* values, unsigned threads);
#endif

}  // namespace entrospect::detail
