// Full matrix to band by block Householder reflections (Bischof, Lang & Sun 2000): the panel below the band is factored P = Q R with
// Q = I - V T V^T, and the rest becomes Q^T A Q = A - V W^T - W V^T, W = X - V (T^T V^T X) / 2, X = A V T.
//
// LAPACK's own ?sytrd_sy2sb leaves threads to the BLAS, whose bits then depend on their number, and waits for every panel. Here fixed
// blocks of rows are the items of parallel_for, each one call of a one-thread GEMM, and the next panel is factored while the rest is
// updated.
#include "entrospect/spectral/band_reduction.hpp"

#include <algorithm>
#include <string>

#include "entrospect/core/errors.hpp"
#include "entrospect/core/parallel.hpp"
#include "entrospect/spectral/aligned_buffer.hpp"
#include "entrospect/spectral/blas_threads.hpp"
#include "entrospect/spectral/lapack.hpp"

#if defined(ENTROSPECT_HAVE_LAPACK)

namespace entrospect::detail {
namespace {

constexpr int kWidth = kBandWidth;
constexpr int kBlock = 256;  // rows of an item; boundaries are multiples of it in the whole matrix, so diagonal blocks stay the same ones

// Column-major; only the lower triangle and the whole of the diagonal blocks are kept up to date.
template <class T>
class Reduction {
 public:
  Reduction(SymmetricMatrix<T>& a, const Context& context)
      : a_(a.data()),
        n_(static_cast<int>(a.n())),
        context_(context),
        vwv_(static_cast<std::size_t>(n_) * 3 * kWidth),
        y_(static_cast<std::size_t>(n_) * kWidth),
        small_(static_cast<std::size_t>(n_ / kBlock + 3) * kWidth * kWidth),
        work_(static_cast<std::size_t>(n_) * kWidth) {}

  void run() {
    const BlasThreads one(1);
    if (n_ > kWidth) factor(0);
    for (int panel = 0; panel + kWidth < n_; panel += kWidth) {
      first_ = panel + kWidth;
      reflectors_ = std::min(kWidth, n_ - first_);
      multiply();
      update();
    }
  }

 private:
  struct Range {
    int begin, end;
    [[nodiscard]] int size() const { return end - begin; }
  };
  // The part of the k-th block of rows that lies in the trailing matrix.
  [[nodiscard]] Range rows(int k) const {
    const int block = first_ / kBlock + k;
    return {std::max(first_, block * kBlock), std::min(n_, (block + 1) * kBlock)};
  }
  [[nodiscard]] int blocks() const { return (n_ - 1) / kBlock - first_ / kBlock + 1; }
  [[nodiscard]] T* at(int row, int column) const { return a_ + static_cast<std::size_t>(column) * static_cast<std::size_t>(n_) + row; }
  // Row `row` of V, W and V again: [V W] and [W V] are both contiguous.
  [[nodiscard]] T* v(int row) const { return vwv_.data() + row; }
  [[nodiscard]] T* w(int row) const { return v(row) + static_cast<std::size_t>(n_) * static_cast<std::size_t>(reflectors_); }
  [[nodiscard]] T* v_again(int row) const { return w(row) + static_cast<std::size_t>(n_) * static_cast<std::size_t>(reflectors_); }
  [[nodiscard]] T* y(int row) const { return y_.data() + row; }
  [[nodiscard]] T* triangle() const { return small_.data(); }
  [[nodiscard]] T* correction() const { return triangle() + kWidth * kWidth; }
  [[nodiscard]] T* partial(int k) const { return correction() + static_cast<std::size_t>(k + 1) * kWidth * kWidth; }

  // Factors the panel of columns [panel, panel + kWidth): R stays in the band, the reflectors below it, T in triangle().
  void factor(int panel) {
    const int first = panel + kWidth, m = n_ - first, k = std::min(kWidth, m);
    T tau[kWidth];
    if (geqrf(m, kWidth, at(first, panel), n_, tau, work_.data(), n_ * kWidth) != 0)
      throw InvalidArgument("LAPACK rejected an argument of ?geqrf at order " + std::to_string(n_));
    larft(m, k, at(first, panel), n_, tau, triangle(), kWidth);
    for (int j = 0; j < k; ++j)  // larft leaves the part below the diagonal alone
      std::fill(triangle() + j * kWidth + j + 1, triangle() + (j + 1) * kWidth, T{0});
  }

  // V, Y = V T, X = A Y (into w) and W = X - V (T^T V^T X) / 2.
  void multiply() {
    const int k = reflectors_, count = blocks();
    parallel_for(context_, static_cast<std::size_t>(count), [&](std::size_t item) {
      const Range r = rows(static_cast<int>(item));
      for (int j = 0; j < k; ++j)
        for (int i = r.begin; i < r.end; ++i) {
          const int below = i - (first_ + j);
          v(i)[static_cast<std::size_t>(j) * static_cast<std::size_t>(n_)] =
              v_again(i)[static_cast<std::size_t>(j) * static_cast<std::size_t>(n_)] = below > 0    ? *at(i, first_ - kWidth + j)
                                                                                       : below == 0 ? T{1}
                                                                                                    : T{0};
        }
      gemm('N', 'N', r.size(), k, k, T{1}, v(r.begin), n_, triangle(), kWidth, T{0}, y(r.begin), n_);
    });
    parallel_for(context_, static_cast<std::size_t>(count), [&](std::size_t item) {
      const Range r = rows(static_cast<int>(item));
      gemm('N', 'N', r.size(), k, r.end - first_, T{1}, at(r.begin, first_), n_, y(first_), n_, T{0}, w(r.begin), n_);
      if (r.end < n_) gemm('T', 'N', r.size(), k, n_ - r.end, T{1}, at(r.end, r.begin), n_, y(r.end), n_, T{1}, w(r.begin), n_);
      gemm('T', 'N', k, k, r.size(), T{1}, v(r.begin), n_, w(r.begin), n_, T{0}, partial(static_cast<int>(item)), kWidth);
    });
    for (int item = 1; item < count; ++item)
      for (int j = 0; j < k; ++j)
        for (int i = 0; i < k; ++i) partial(0)[j * kWidth + i] += partial(item)[j * kWidth + i];
    gemm('T', 'N', k, k, k, T{1}, triangle(), kWidth, partial(0), kWidth, T{0}, correction(), kWidth);
    parallel_for(context_, static_cast<std::size_t>(count), [&](std::size_t item) {
      const Range r = rows(static_cast<int>(item));
      gemm('N', 'N', r.size(), k, k, T{-0.5}, v(r.begin), n_, correction(), kWidth, T{1}, w(r.begin), n_);
    });
  }

  // A -= [V W] [W V]^T, and the factors of the next panel as soon as its columns are done.
  void update() {
    const int k = reflectors_, count = blocks();
    const int next = std::min(first_ + kWidth, n_);  // end of the next panel's columns
    parallel_for(context_, static_cast<std::size_t>(count) + 1, [&](std::size_t item) {
      if (item == 0) {
        gemm('N', 'T', n_ - first_, next - first_, 2 * k, T{-1}, v(first_), n_, w(first_), n_, T{1}, at(first_, first_), n_);
        if (next < n_) factor(first_);
        return;
      }
      // Columns of a block, from its diagonal down: tall products run at a third more of the rate of a GEMM than wide ones.
      const Range columns = rows(static_cast<int>(item) - 1);  // the longest first
      const int begin = std::max(columns.begin, next);
      if (begin < columns.end)
        gemm('N', 'T', n_ - begin, columns.end - begin, 2 * k, T{-1}, v(begin), n_, w(begin), n_, T{1}, at(begin, begin), n_);
    });
  }

  T* const a_;
  const int n_;
  const Context& context_;
  const AlignedBuffer<T> vwv_, y_, small_, work_;
  int first_ = 0;       // first row of the trailing matrix
  int reflectors_ = 0;  // of the current panel
};

}  // namespace

template <class T>
BandMatrix<T> reduce_to_band(SymmetricMatrix<T>& a, const Context& context) {
  const std::size_t n = a.n();
  Reduction<T>(a, context).run();
  BandMatrix<T> band(n);
  for (std::size_t j = 0; j < n; ++j) std::copy_n(a.data() + j * n + j, std::min<std::size_t>(kWidth + 1, n - j), band.column(j));
  return band;
}

template BandMatrix<double> reduce_to_band(SymmetricMatrix<double>&, const Context&);
template BandMatrix<float> reduce_to_band(SymmetricMatrix<float>&, const Context&);

}  // namespace entrospect::detail

#endif
