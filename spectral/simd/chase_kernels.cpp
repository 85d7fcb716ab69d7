// Compiled once per instruction set; the remarks at the head of tile_kernels.cpp hold here too.
#include "entrospect/spectral/chase_kernels.hpp"

#include "entrospect/spectral/simd/vector.hpp"

namespace entrospect::detail::simd::ENTROSPECT_SIMD_LEVEL {
namespace {

constexpr std::ptrdiff_t kLd = kBandStride - 1;

template <class T>
constexpr int kChunks = kBandWidth / kLanes<T>;  // vectors of a column
template <class T>
using Column = Vector<T>[kChunks<T>];

template <class T>
ENTROSPECT_INLINE void load_column(const T* p, Column<T>& out) {
#pragma GCC unroll 32
  for (int c = 0; c < kChunks<T>; ++c) out[c] = load_any<T>(p + c * kLanes<T>);
}
template <class T>
ENTROSPECT_INLINE void store_column(T* p, const Column<T>& in) {
#pragma GCC unroll 32
  for (int c = 0; c < kChunks<T>; ++c) store_any<T>(p + c * kLanes<T>, in[c]);
}
template <class T>
ENTROSPECT_INLINE T dot(const Column<T>& a, const Column<T>& b) {
  Vector<T> even{}, odd{};
#pragma GCC unroll 16
  for (int c = 0; c < kChunks<T>; c += 2) {
    even += a[c] * b[c];
    odd += a[c + 1] * b[c + 1];
  }
  return sum_of_lanes<T>(even + odd);
}

template <class T>
T square_root(T x);
template <>
ENTROSPECT_INLINE double square_root(double x) {
  return __builtin_sqrt(x);
}
template <>
ENTROSPECT_INLINE float square_root(float x) {
  return __builtin_sqrtf(x);
}
// Smallest normal number / eps^2.
template <class T>
constexpr T kNegligible = sizeof(T) == sizeof(double) ? static_cast<T>(4.6e-277) : static_cast<T>(8.3e-25);

template <class T>
ENTROSPECT_INLINE T reflect_column(T* x, T* v) {
  const T alpha = x[0];
  Column<T> a;
  load_column<T>(x, a);
  alignas(kBytes) T first[kLanes<T>] = {alpha};
  a[0] -= load<T>(first);
  const T squares = dot<T>(a, a);
  T tau = 0, beta = alpha, scale = 0;
  // Entries of the band are at most 1. A sum of squares that is not a normal number gives no orthogonal reflector, and dropping entries
  // that small changes no eigenvalue by its last bit.
  if (squares > kNegligible<T>) {
    beta = square_root<T>(alpha * alpha + squares);
    if (alpha > 0) beta = -beta;
    tau = (beta - alpha) / beta;
    scale = 1 / (alpha - beta);
  }
#pragma GCC unroll 32
  for (int c = 0; c < kChunks<T>; ++c) a[c] *= fill<T>(scale);
  first[0] = 1;
  a[0] += load<T>(first);
  store_column<T>(v, a);
  first[0] = beta;
#pragma GCC unroll 32
  for (int c = 0; c < kChunks<T>; ++c) a[c] = Vector<T>{};
  a[0] = load<T>(first);
  store_column<T>(x, a);
  return tau;
}

// All ones in the lanes from `lane` on.
template <class T>
ENTROSPECT_INLINE Bits<T> lanes_from(int lane) {
  Bits<T> index;
  for (int l = 0; l < kLanes<T>; ++l) index[l] = l;
  return index >= lane - Bits<T>{};
}

// Columns of the Chunk-th diagonal square of D, and so on to the last: y += D v by columns, row_sums_j = sum of column j times v.
template <class T, int Chunk>
ENTROSPECT_INLINE void multiply_columns(const T* d, const T* v, const Column<T>& vs, Column<T>& y, T* row_sums) {
  if constexpr (Chunk < kChunks<T>) {
    for (int lane = 0; lane < kLanes<T>; ++lane) {
      const int j = Chunk * kLanes<T> + lane;
      const T* const column = d + j * kLd;
      const Vector<T> factor = fill<T>(v[j]);
      // The diagonal itself counts once, in y.
      const Vector<T> diagonal = load_any<T>(column + Chunk * kLanes<T>);
      y[Chunk] += select<T>(lanes_from<T>(lane), diagonal, Vector<T>{}) * factor;
      Vector<T> sum = select<T>(lanes_from<T>(lane + 1), diagonal, Vector<T>{}) * vs[Chunk];
#pragma GCC unroll 32
      for (int c = Chunk + 1; c < kChunks<T>; ++c) {
        const Vector<T> a = load_any<T>(column + c * kLanes<T>);
        y[c] += a * factor;
        sum += a * vs[c];
      }
      row_sums[j] = sum_of_lanes<T>(sum);
    }
    multiply_columns<T, Chunk + 1>(d, v, vs, y, row_sums);
  }
}

// D -= v w^T + w v^T in the same columns.
template <class T, int Chunk>
ENTROSPECT_INLINE void update_columns(T* d, const T* v, const T* w, const Column<T>& vs, const Column<T>& ws) {
  if constexpr (Chunk < kChunks<T>) {
    for (int lane = 0; lane < kLanes<T>; ++lane) {
      const int j = Chunk * kLanes<T> + lane;
      T* const column = d + j * kLd;
      const Vector<T> vj = fill<T>(v[j]), wj = fill<T>(w[j]);
      T* const to = column + Chunk * kLanes<T>;
      const Vector<T> diagonal = load_any<T>(to);
      // What lies above the diagonal is not D's.
      store_any<T>(to, select<T>(lanes_from<T>(lane), diagonal - vs[Chunk] * wj - ws[Chunk] * vj, diagonal));
#pragma GCC unroll 32
      for (int c = Chunk + 1; c < kChunks<T>; ++c) {
        T* const at = column + c * kLanes<T>;
        store_any<T>(at, load_any<T>(at) - vs[c] * wj - ws[c] * vj);
      }
    }
    update_columns<T, Chunk + 1>(d, v, w, vs, ws);
  }
}

// H D H = D - v w^T - w v^T with w = x - (tau x^T v / 2) v, x = tau D v.
template <class T>
void reflect_diagonal(T* d, const T* v, T tau) {
  if (tau == 0) return;
  Column<T> vs, x;
  load_column<T>(v, vs);
#pragma GCC unroll 32
  for (int c = 0; c < kChunks<T>; ++c) x[c] = Vector<T>{};
  alignas(kBytes) T sums[kBandWidth];
  multiply_columns<T, 0>(d, v, vs, x, sums);
#pragma GCC unroll 32
  for (int c = 0; c < kChunks<T>; ++c) x[c] = (x[c] + load<T>(sums + c * kLanes<T>)) * fill<T>(tau);
  const Vector<T> half = fill<T>(tau * dot<T>(x, vs) / 2);
#pragma GCC unroll 32
  for (int c = 0; c < kChunks<T>; ++c) x[c] -= half * vs[c];
  alignas(kBytes) T w[kBandWidth];
  store_column<T>(w, x);
  update_columns<T, 0>(d, v, w, vs, x);
}

template <class T>
T reflect_block(T* b, const T* v, T tau, T* u) {
  Column<T> w;
#pragma GCC unroll 32
  for (int c = 0; c < kChunks<T>; ++c) w[c] = Vector<T>{};
  for (int j = 0; j < kBandWidth; ++j) {
    const Vector<T> factor = fill<T>(tau * v[j]);
#pragma GCC unroll 32
    for (int c = 0; c < kChunks<T>; ++c) w[c] += load_any<T>(b + j * kLd + c * kLanes<T>) * factor;
  }
  const Vector<T> first = fill<T>(v[0]);
#pragma GCC unroll 32
  for (int c = 0; c < kChunks<T>; ++c) store_any<T>(b + c * kLanes<T>, load_any<T>(b + c * kLanes<T>) - w[c] * first);
  const T next = reflect_column<T>(b, u);
  Column<T> us;
  load_column<T>(u, us);
  for (int j = 1; j < kBandWidth; ++j) {
    const Vector<T> factor = fill<T>(v[j]);
    Column<T> column;
    load_column<T>(b + j * kLd, column);
#pragma GCC unroll 32
    for (int c = 0; c < kChunks<T>; ++c) column[c] -= w[c] * factor;
    const Vector<T> projection = fill<T>(next * dot<T>(column, us));
#pragma GCC unroll 32
    for (int c = 0; c < kChunks<T>; ++c) column[c] -= us[c] * projection;
    store_column<T>(b + j * kLd, column);
  }
  return next;
}

}  // namespace

extern const ChaseKernels<float> chase_f32;
extern const ChaseKernels<double> chase_f64;
const ChaseKernels<float> chase_f32{reflect_column<float>, reflect_diagonal<float>, reflect_block<float>};
const ChaseKernels<double> chase_f64{reflect_column<double>, reflect_diagonal<double>, reflect_block<double>};

}  // namespace entrospect::detail::simd::ENTROSPECT_SIMD_LEVEL
