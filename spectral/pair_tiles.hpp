#pragma once
// Functions of all pairs of rows, tile by tile. Private to spectral/.

#include <cstddef>
#include <functional>
#include <span>

#include "entrospect/core/context.hpp"
#include "entrospect/core/sample_matrix.hpp"
#include "entrospect/spectral/tile_kernels.hpp"

namespace entrospect::detail {

template <class T>
struct PairFunction {
  TileFunction function = TileFunction::product;
  double scale = 1;  // as in TileRequest
  double offset = 0;
  unsigned degree = 1;
  bool center = false;                               // shift all rows by a point among them first: for functions of differences
  bool norms = false;                                // the function needs |x|^2
  std::size_t strip_bytes = std::size_t{128} << 20;  // most memory that one strip of packed rows takes
  std::span<const double> factors;                   // scaled_product: one per row
};

// Values of rows [row, row + rows) against rows [column, column + columns), row-major with leading dimension `ld`. Tiles cover every pair
// i <= j once; a tile on the diagonal also holds pairs i > j.
template <class T>
struct PairTile {
  std::size_t row = 0, column = 0, rows = 0, columns = 0;
  const T* values = nullptr;
  std::size_t ld = 0;
};

// `use` runs in any thread. Rows are packed whole, or strip against strip when they take more than two strips.
template <class T>
void for_each_pair_tile(const SampleMatrix& x, const PairFunction<T>& f, const Context& context,
                        const std::function<void(const PairTile<T>&)>& use);

}  // namespace entrospect::detail
