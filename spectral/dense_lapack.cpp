// LAPACK by its Fortran symbols: no LAPACKE copies of the matrix, and any implementation links.
#include <algorithm>
#include <limits>
#include <vector>

#include "entrospect/core/errors.hpp"
#include "entrospect/spectral/blas_threads.hpp"
#include "entrospect/spectral/dense.hpp"

#if defined(ENTROSPECT_HAVE_LAPACK)

// The trailing arguments are the hidden lengths of the two strings, which gfortran's convention passes.
extern "C" {
void dsyevd_(const char*, const char*, const int*, double*, const int*, double*, double*, const int*, int*, const int*, int*, std::size_t,
             std::size_t);
void ssyevd_(const char*, const char*, const int*, float*, const int*, float*, float*, const int*, int*, const int*, int*, std::size_t,
             std::size_t);
}

namespace entrospect::detail {
namespace {

void syevd(const char* job, const char* triangle, const int* n, double* a, double* w, double* work, const int* lwork, int* iwork,
           const int* liwork, int* info) {
  dsyevd_(job, triangle, n, a, n, w, work, lwork, iwork, liwork, info, 1, 1);
}
void syevd(const char* job, const char* triangle, const int* n, float* a, float* w, float* work, const int* lwork, int* iwork,
           const int* liwork, int* info) {
  ssyevd_(job, triangle, n, a, n, w, work, lwork, iwork, liwork, info, 1, 1);
}

}  // namespace

template <class T>
bool lapack_eigenvalues(T* a, std::size_t order, T* values, unsigned threads) {
  if (order > static_cast<std::size_t>(std::numeric_limits<int>::max()))
    throw InvalidArgument("LAPACK takes matrices of order up to 2147483647, not " + std::to_string(order));
  const BlasThreads guard(std::max(threads, 1U));
  const int n = static_cast<int>(order);
  const char* const values_only = "N";
  const char* const triangle = "L";
  const int query = -1;
  int info = 0, iwork_size = 1;
  T work_size = 0;
  syevd(values_only, triangle, &n, a, values, &work_size, &query, &iwork_size, &query, &info);
  // A size above 2^24 is rounded when it comes back as float32; one more part in 2^23 covers that.
  const int lwork = static_cast<int>(static_cast<double>(work_size) * (1 + 1.0 / (1 << 22))) + 1;
  std::vector<T> work(static_cast<std::size_t>(lwork));
  std::vector<int> iwork(static_cast<std::size_t>(std::max(iwork_size, 1)));
  syevd(values_only, triangle, &n, a, values, work.data(), &lwork, iwork.data(), &iwork_size, &info);
  if (info < 0) throw InvalidArgument("LAPACK rejected argument " + std::to_string(-info) + " of an eigenvalue call");
  return info == 0;
}

template bool lapack_eigenvalues(double*, std::size_t, double*, unsigned);
template bool lapack_eigenvalues(float*, std::size_t, float*, unsigned);

}  // namespace entrospect::detail

#endif
