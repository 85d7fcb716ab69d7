#pragma once
// BLAS and LAPACK by their Fortran symbols: no LAPACKE copies of the matrix, and any implementation links. Private to spectral/.

#if defined(ENTROSPECT_HAVE_LAPACK)

#include <cstddef>

// T is a type, which takes no parentheses. NOLINTBEGIN(bugprone-macro-parentheses)
// The trailing std::size_t arguments are the hidden lengths of the strings, which gfortran's convention passes.
#define ENTROSPECT_DECLARE_LAPACK(T, prefix)                                                                                              \
  extern "C" {                                                                                                                            \
  void prefix##gemm_(const char*, const char*, const int*, const int*, const int*, const T*, const T*, const int*, const T*, const int*,  \
                     const T*, T*, const int*, std::size_t, std::size_t);                                                                 \
  void prefix##geqrf_(const int*, const int*, T*, const int*, T*, T*, const int*, int*);                                                  \
  void prefix##larft_(const char*, const char*, const int*, const int*, const T*, const int*, const T*, T*, const int*, std::size_t,      \
                      std::size_t);                                                                                                       \
  void prefix##syevd_(const char*, const char*, const int*, T*, const int*, T*, T*, const int*, int*, const int*, int*, std::size_t,      \
                      std::size_t);                                                                                                       \
  void prefix##sterf_(const int*, T*, T*, int*);                                                                                          \
  }                                                                                                                                       \
  namespace entrospect::detail {                                                                                                          \
  /* C = alpha op(A) op(B) + beta C, column-major. */                                                                                     \
  inline void gemm(char op_a, char op_b, int m, int n, int k, T alpha, const T* a, int lda, const T* b, int ldb, T beta, T* c, int ldc) { \
    prefix##gemm_(&op_a, &op_b, &m, &n, &k, &alpha, a, &lda, b, &ldb, &beta, c, &ldc, 1, 1);                                              \
  }                                                                                                                                       \
  inline int geqrf(int m, int n, T* a, int lda, T* tau, T* work, int lwork) {                                                             \
    int info = 0;                                                                                                                         \
    prefix##geqrf_(&m, &n, a, &lda, tau, work, &lwork, &info);                                                                            \
    return info;                                                                                                                          \
  }                                                                                                                                       \
  inline void larft(int n, int k, const T* v, int ldv, const T* tau, T* t, int ldt) {                                                     \
    prefix##larft_("F", "C", &n, &k, v, &ldv, tau, t, &ldt, 1, 1);                                                                        \
  }                                                                                                                                       \
  /* job: 'N' eigenvalues only, 'V' eigenvectors too, which replace a. */                                                                 \
  inline int syevd(char job, int n, T* a, T* w, T* work, int lwork, int* iwork, int liwork) {                                             \
    int info = 0;                                                                                                                         \
    prefix##syevd_(&job, "L", &n, a, &n, w, work, &lwork, iwork, &liwork, &info, 1, 1);                                                   \
    return info;                                                                                                                          \
  }                                                                                                                                       \
  inline int sterf(int n, T* d, T* e) {                                                                                                   \
    int info = 0;                                                                                                                         \
    prefix##sterf_(&n, d, e, &info);                                                                                                      \
    return info;                                                                                                                          \
  }                                                                                                                                       \
  }

// NOLINTEND(bugprone-macro-parentheses)
ENTROSPECT_DECLARE_LAPACK(double, d)
ENTROSPECT_DECLARE_LAPACK(float, s)
#undef ENTROSPECT_DECLARE_LAPACK

#endif
