#include <algorithm>
#include <limits>
#include <vector>

#include "entrospect/core/errors.hpp"
#include "entrospect/spectral/blas_threads.hpp"
#include "entrospect/spectral/dense.hpp"
#include "entrospect/spectral/eigenvectors.hpp"
#include "entrospect/spectral/lapack.hpp"

#if defined(ENTROSPECT_HAVE_LAPACK)

namespace entrospect::detail {
namespace {

// A positive `info` is an iteration that did not converge.
bool converged(int info) {
  if (info < 0) throw InvalidArgument("LAPACK rejected argument " + std::to_string(-info) + " of an eigenvalue call");
  return info == 0;
}

// A workspace size above 2^24 is rounded when it comes back as float32; one part in 2^22 covers that.
template <class T>
int workspace(T size) {
  return static_cast<int>(static_cast<double>(size) * (1 + 1.0 / (1 << 22))) + 1;
}

template <class T>
bool solve(char job, T* a, std::size_t order, T* values, unsigned threads) {
  const BlasThreads guard(threads);
  const int n = static_cast<int>(order);
  T work_size = 0;
  int iwork_size = 0;
  if (!converged(syevd(job, n, a, values, &work_size, -1, &iwork_size, -1))) return false;
  std::vector<T> work(static_cast<std::size_t>(workspace(work_size)));
  std::vector<int> iwork(static_cast<std::size_t>(std::max(iwork_size, 1)));
  return converged(syevd(job, n, a, values, work.data(), static_cast<int>(work.size()), iwork.data(), static_cast<int>(iwork.size())));
}

}  // namespace

template <class T>
bool one_stage_eigenvalues(T* a, std::size_t order, T* values, unsigned threads) {
  return solve('N', a, order, values, threads);
}

bool lapack_eigenvectors(double* a, std::size_t order, double* values, unsigned threads) { return solve('V', a, order, values, threads); }

template <class T>
bool tridiagonal_eigenvalues(T* diagonal, T* off_diagonal, std::size_t n) {
  return converged(sterf(static_cast<int>(n), diagonal, off_diagonal));
}

template bool one_stage_eigenvalues(double*, std::size_t, double*, unsigned);
template bool one_stage_eigenvalues(float*, std::size_t, float*, unsigned);
template bool tridiagonal_eigenvalues(double*, double*, std::size_t);
template bool tridiagonal_eigenvalues(float*, float*, std::size_t);

}  // namespace entrospect::detail

#endif
