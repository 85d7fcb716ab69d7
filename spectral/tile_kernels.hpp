#pragma once
// The inner loops of matrix building, compiled once per instruction set and chosen at run time. Private to spectral/.
//
// Operands are packed in panels: `panel` lanes (columns of X for X^T X, rows of X for X X^T) by `depth`, lane fastest, padded with zeros.
// The lanes of a second operand are read out of the same panels, so one packing serves both sides of a symmetric product.

#include <cstddef>
#include <optional>
#include <string_view>

namespace entrospect::detail {

enum class SimdLevel { baseline, v3, v4 };
std::string_view name(SimdLevel level);  // "baseline", "x86-64-v3", "x86-64-v4"

// The best level that both this build and the processor have; ENTROSPECT_SIMD=baseline|v3|v4 lowers it. Bits may differ between levels.
SimdLevel simd_level();
// For tests: the level used from now on, or the automatic one. Returns false when the processor or the build lacks it.
bool force_simd_level(std::optional<SimdLevel> level);

// What becomes of the inner product t = a.b (or of the L1 distance) of two packed rows.
enum class TileFunction {
  product,
  scaled_product,
  gaussian,
  laplacian_l1,
  laplacian_l2,
  polynomial,
  exponential,
  distance_l1,
  distance_l2
};

template <class T>
struct TileRequest {
  TileFunction function = TileFunction::product;
  // Lanes [0, a_lanes) of the panels `a` against lanes [0, b_lanes) of the panels `b`; a_lanes is a multiple of the panel, b_lanes of the
  // group.
  const T* a = nullptr;
  const T* b = nullptr;
  std::size_t depth = 0, a_lanes = 0, b_lanes = 0;
  // Per lane: squared norms for distances, factors for scaled_product, else not read.
  const T* a_values = nullptr;
  const T* b_values = nullptr;
  T scale = 1;          // factor of the exponent: 1 / (2 sigma^2) or 1 / sigma
  T offset = 0;         // polynomial
  unsigned degree = 1;  // polynomial
  T* out = nullptr;     // b_lanes x a_lanes, row-major, 64-byte aligned rows
};

template <class T>
struct TileKernels {
  std::size_t panel;  // lanes of a packed panel
  std::size_t group;  // lanes of the second operand that one pass handles; divides panel

  // Rows of X into panels whose lanes are columns: `count` rows go to depth positions [at, at + count) of `depth`. Subtracts
  // origin + shift (both of `columns` values, or both null), in float64.
  void (*pack_f32)(const float* rows, std::size_t ld, std::size_t count, std::size_t columns, const double* origin, const double* shift,
                   T* panels, std::size_t depth, std::size_t at);
  void (*pack_f64)(const double* rows, std::size_t ld, std::size_t count, std::size_t columns, const double* origin, const double* shift,
                   T* panels, std::size_t depth, std::size_t at);
  // sums_j = sum over rows of (x_j - origin_j).
  void (*sums_f32)(const float* rows, std::size_t ld, std::size_t count, std::size_t columns, const double* origin, double* sums);
  void (*sums_f64)(const double* rows, std::size_t ld, std::size_t count, std::size_t columns, const double* origin, double* sums);
  // Upper triangle of C (order x order, row-major) += X^T X, for rows [first_row, last_row) and columns [first_column, last_column) of C;
  // first_* are multiples of the panel.
  void (*accumulate)(const T* panels, std::size_t depth, std::size_t order, std::size_t first_column, std::size_t last_column,
                     std::size_t first_row, std::size_t last_row, double* c);
  void (*tile)(const TileRequest<T>& request);
  // out (rows x columns) = in, and out (columns x rows) = its transpose, all row-major. past_cache: `out` is part of a matrix that no cache
  // holds, so its lines need not be read before they are overwritten.
  void (*copy)(const T* in, std::size_t ld_in, std::size_t rows, std::size_t columns, T* out, std::size_t ld_out, bool past_cache);
  void (*transpose)(const T* in, std::size_t ld_in, std::size_t rows, std::size_t columns, T* out, std::size_t ld_out, bool past_cache);
};

template <class T>
const TileKernels<T>& tile_kernels();

namespace simd {  // one per compiled level
namespace baseline {
extern const TileKernels<float> kernels_f32;
extern const TileKernels<double> kernels_f64;
}  // namespace baseline
namespace v3 {
extern const TileKernels<float> kernels_f32;
extern const TileKernels<double> kernels_f64;
}  // namespace v3
namespace v4 {
extern const TileKernels<float> kernels_f32;
extern const TileKernels<double> kernels_f64;
}  // namespace v4
}  // namespace simd

}  // namespace entrospect::detail
