#include "entrospect/spectral/two_stage.hpp"

#include <algorithm>
#include <limits>
#include <memory>
#include <string>
#include <vector>

#include "entrospect/core/errors.hpp"
#include "entrospect/core/parallel.hpp"
#include "entrospect/spectral/blas_threads.hpp"

#if defined(ENTROSPECT_HAVE_LAPACK)

// The trailing arguments are the hidden lengths of the strings, which gfortran's convention passes.
extern "C" {
void dgemm_(const char*, const char*, const int*, const int*, const int*, const double*, const double*, const int*, const double*,
            const int*, const double*, double*, const int*, std::size_t, std::size_t);
void sgemm_(const char*, const char*, const int*, const int*, const int*, const float*, const float*, const int*, const float*, const int*,
            const float*, float*, const int*, std::size_t, std::size_t);
void dsymm_(const char*, const char*, const int*, const int*, const double*, const double*, const int*, const double*, const int*,
            const double*, double*, const int*, std::size_t, std::size_t);
void ssymm_(const char*, const char*, const int*, const int*, const float*, const float*, const int*, const float*, const int*,
            const float*, float*, const int*, std::size_t, std::size_t);
void dtrmm_(const char*, const char*, const char*, const char*, const int*, const int*, const double*, const double*, const int*, double*,
            const int*, std::size_t, std::size_t, std::size_t, std::size_t);
void strmm_(const char*, const char*, const char*, const char*, const int*, const int*, const float*, const float*, const int*, float*,
            const int*, std::size_t, std::size_t, std::size_t, std::size_t);
void dgeqrt_(const int*, const int*, const int*, double*, const int*, double*, const int*, double*, int*);
void sgeqrt_(const int*, const int*, const int*, float*, const int*, float*, const int*, float*, int*);
void dsytrd_sb2st_(const char*, const char*, const char*, const int*, const int*, double*, const int*, double*, double*, double*,
                   const int*, double*, const int*, int*, std::size_t, std::size_t, std::size_t);
void ssytrd_sb2st_(const char*, const char*, const char*, const int*, const int*, float*, const int*, float*, float*, float*, const int*,
                   float*, const int*, int*, std::size_t, std::size_t, std::size_t);
void dsterf_(const int*, double*, double*, int*);
void ssterf_(const int*, float*, float*, int*);
}

namespace entrospect::detail {
namespace {

template <class T>
struct Lapack;
template <>
struct Lapack<double> {
  static constexpr auto gemm = dgemm_;
  static constexpr auto symm = dsymm_;
  static constexpr auto trmm = dtrmm_;
  static constexpr auto geqrt = dgeqrt_;
  static constexpr auto sb2st = dsytrd_sb2st_;
  static constexpr auto sterf = dsterf_;
};
template <>
struct Lapack<float> {
  static constexpr auto gemm = sgemm_;
  static constexpr auto symm = ssymm_;
  static constexpr auto trmm = strmm_;
  static constexpr auto geqrt = sgeqrt_;
  static constexpr auto sb2st = ssytrd_sb2st_;
  static constexpr auto sterf = ssterf_;
};

// c (m x n) = alpha op(a) op(b) + beta c, column-major.
template <class T>
void gemm(char ta, char tb, int m, int n, int k, T alpha, const T* a, int lda, const T* b, int ldb, T beta, T* c, int ldc) {
  if (m > 0 && n > 0) Lapack<T>::gemm(&ta, &tb, &m, &n, &k, &alpha, a, &lda, b, &ldb, &beta, c, &ldc, 1, 1);
}

// Wide bands make stage one faster and bulge chasing slower; measured best on one and two cores between orders 1000 and 8000.
constexpr int kBand = 64;
constexpr int kRows = 384;  // rows of a tile of the trailing matrix

// A panel's reflectors are I - V T V^T. The two-sided update of the trailing matrix A (m x m, lower triangle) is
//   A - V W^T - W V^T,  W = Y - V (T^T V^T Y) / 2,  Y = A V T.
template <class T>
class BandReduction {
 public:
  BandReduction(T* a, int n, const Context& context)
      : a_(a),
        n_(n),
        context_(context),
        v_(size(n) * 2 * kBand),
        w_(size(n) * 2 * kBand),
        t_(size(kBand) * kBand),
        s_(size(kBand) * kBand),
        work_(size(kBand) * kBand) {}

  // Leaves the band (diagonal and `kBand` subdiagonals) in the lower triangle of a.
  void run() {
    for (int j = 0; n_ - j - kBand > 1; j += kBand) {
      factor_panel(j);
      update_trailing(j + kBand);
    }
  }

 private:
  static std::size_t size(int n) { return static_cast<std::size_t>(n); }
  T* at(int i, int j) { return a_ + size(j) * size(n_) + size(i); }

  // QR of the block below the band; V (unit lower trapezoidal, m x k) goes to the first half of v_.
  void factor_panel(int j) {
    const int m = n_ - j - kBand, columns = kBand, k = std::min(m, columns);
    T* panel = at(j + kBand, j);
    int info = 0;
    Lapack<T>::geqrt(&m, &columns, &k, panel, &n_, t_.data(), &kLdt, work_.data(), &info);
    m_ = m;
    k_ = k;
    for (int c = 0; c < k; ++c) {
      T* v = v_.data() + size(c) * size(n_);
      T* column = panel + size(c) * size(n_);
      std::fill(v, v + c, T(0));
      v[c] = 1;
      std::copy(column + c + 1, column + m, v + c + 1);
      std::fill(column + c + 1, column + m, T(0));
    }
  }

  void update_trailing(int first) {
    const int m = m_, k = k_;
    const int tiles = (m + kRows - 1) / kRows;
    T* trailing = at(first, first);
    T* v = v_.data();
    T* y = w_.data();
    // Y = A V T, one block of rows at a time: the blocks left of the diagonal as stored, those below it transposed.
    parallel_for(context_, size(tiles), [&](std::size_t tile) {
      const int r = static_cast<int>(tile) * kRows, rows = std::min(kRows, m - r), below = r + rows;
      T* out = y + r;
      const T* diagonal = trailing + size(r) * size(n_) + size(r);
      const T one = 1, zero = 0;
      Lapack<T>::symm("L", "L", &rows, &k, &one, diagonal, &n_, v + r, &n_, &zero, out, &n_, 1, 1);
      gemm<T>('N', 'N', rows, k, r, 1, trailing + r, n_, v, n_, 1, out, n_);
      gemm<T>('T', 'N', rows, k, m - below, 1, trailing + size(r) * size(n_) + size(below), n_, v + below, n_, 1, out, n_);
      Lapack<T>::trmm("R", "U", "N", "N", &rows, &k, &one, t_.data(), &kLdt, out, &n_, 1, 1, 1, 1);
    });
    // S = T^T V^T Y / 2, then W = Y - V S.
    gemm<T>('T', 'N', k, k, m, T(0.5), v, n_, y, n_, 0, s_.data(), kBand);
    const T one = 1;
    Lapack<T>::trmm("L", "U", "T", "N", &k, &k, &one, t_.data(), &kLdt, s_.data(), &kBandInt, 1, 1, 1, 1);
    gemm<T>('N', 'N', m, k, k, -1, v, n_, s_.data(), kBand, 1, y, n_);
    // [V W] [W V]^T needs both orders side by side.
    std::copy(v, v + size(n_) * size(k), w_.data() + size(n_) * size(k));
    std::copy(y, y + size(n_) * size(k), v_.data() + size(n_) * size(k));
    // Lower triangle only, longest rows first so that the last items are short.
    parallel_for(context_, size(tiles), [&](std::size_t item) {
      const int r = (tiles - 1 - static_cast<int>(item)) * kRows, rows = std::min(kRows, m - r);
      gemm<T>('N', 'T', rows, r + rows, 2 * k, -1, v_.data() + r, n_, w_.data(), n_, 1, trailing + r, n_);
    });
  }

  static constexpr int kLdt = kBand, kBandInt = kBand;
  T* a_;
  int n_, m_ = 0, k_ = 0;
  const Context& context_;
  std::vector<T> v_, w_, t_, s_, work_;
};

template <class T>
struct Band {
  int n, width, ld;
  std::vector<T> entries;  // LAPACK lower band storage
  std::vector<T> values, off_diagonal;
  bool converged = false;
};

template <class T>
void solve_band(Band<T>& band) {
  const BlasThreads guard(1);  // bulge chasing makes many tiny products, which more threads slow down
  const int query = -1;
  int info = 0, householder_size = query, work_size = query;
  T householder_query = 0, work_query = 0;
  Lapack<T>::sb2st("Y", "N", "L", &band.n, &band.width, band.entries.data(), &band.ld, band.values.data(), band.off_diagonal.data(),
                   &householder_query, &householder_size, &work_query, &work_size, &info, 1, 1, 1);
  householder_size = std::max(static_cast<int>(householder_query), 4 * band.n);
  work_size = std::max(static_cast<int>(work_query * (1 + T(1) / (1 << 20))) + 1, 1);
  std::vector<T> householder(static_cast<std::size_t>(householder_size)), work(static_cast<std::size_t>(work_size));
  Lapack<T>::sb2st("Y", "N", "L", &band.n, &band.width, band.entries.data(), &band.ld, band.values.data(), band.off_diagonal.data(),
                   householder.data(), &householder_size, work.data(), &work_size, &info, 1, 1, 1);
  if (info == 0) Lapack<T>::sterf(&band.n, band.values.data(), band.off_diagonal.data(), &info);
  band.converged = info == 0;
}

}  // namespace

template <class T>
bool two_stage_eigenvalues(T* a, std::size_t order, T* values, const Context& context) {
  if (order > static_cast<std::size_t>(std::numeric_limits<int>::max() / (kBand + 1)))
    throw InvalidArgument("the two-stage solver takes matrices of order up to " +
                          std::to_string(std::numeric_limits<int>::max() / (kBand + 1)) + ", not " + std::to_string(order));
  if (order == 1) values[0] = a[0];
  if (order < 2) return true;
  const int n = static_cast<int>(order), width = std::min(kBand, n - 1);
  {
    const BlasThreads guard(1);
    BandReduction<T>(a, n, context).run();
  }
  const auto band = std::make_shared<Band<T>>(Band<T>{n, width, width + 1, {}, std::vector<T>(order), std::vector<T>(order), false});
  band->entries.resize(order * static_cast<std::size_t>(width + 1));
  for (std::size_t j = 0; j < order; ++j)
    for (std::size_t i = j; i < std::min(order, j + static_cast<std::size_t>(width) + 1); ++i)
      band->entries[j * static_cast<std::size_t>(width + 1) + i - j] = a[j * order + i];
  run_abandonable(context, [band] { solve_band(*band); });
  std::copy(band->values.begin(), band->values.end(), values);
  return band->converged;
}

template bool two_stage_eigenvalues(double*, std::size_t, double*, const Context&);
template bool two_stage_eigenvalues(float*, std::size_t, float*, const Context&);

}  // namespace entrospect::detail

#endif
