#pragma once
// The inner loops of bulge chasing (band_chase.cpp), compiled once per instruction set as those of tile_kernels.hpp. Private to spectral/.
//
// Reflectors are H = I - tau v v^T with v of kBandWidth entries, 64-byte aligned; parts beyond the end of the matrix are zeros.

#include <cstddef>

namespace entrospect::detail {

inline constexpr int kBandWidth = 64;  // of the band between the two stages: wider makes the first stage faster and the second slower
// A column of the band from its diagonal on: the bulge reaches 2 kBandWidth - 1 below it, and the kernels read and rewrite, unchanged, up
// to a vector of the zeros after that. One less, the distance of two entries of a row, is a multiple of 16: columns are equally aligned.
inline constexpr int kBandStride = 2 * kBandWidth + 17;

// Blocks are kBandWidth x kBandWidth, column-major with leading dimension kBandStride - 1.
template <class T>
struct ChaseKernels {
  // The reflector that maps the column x to (beta, 0, ..., 0), which it becomes. Returns tau; 0 where x is such a column already.
  T (*reflect_column)(T* x, T* v);
  // D = H D H, D symmetric of which the lower triangle is stored.
  void (*reflect_diagonal)(T* d, const T* v, T tau);
  // B = B H, then the reflector G of the first column, then B = G B. Writes its vector to `u` and returns its tau.
  T (*reflect_block)(T* b, const T* v, T tau, T* u);
};

template <class T>
const ChaseKernels<T>& chase_kernels();

namespace simd {  // one per compiled level
namespace baseline {
extern const ChaseKernels<float> chase_f32;
extern const ChaseKernels<double> chase_f64;
}  // namespace baseline
namespace v3 {
extern const ChaseKernels<float> chase_f32;
extern const ChaseKernels<double> chase_f64;
}  // namespace v3
namespace v4 {
extern const ChaseKernels<float> chase_f32;
extern const ChaseKernels<double> chase_f64;
}  // namespace v4
}  // namespace simd

}  // namespace entrospect::detail
