#pragma once
// How a tensor of three and more dimensions is read as matrices: some axes number the matrices, some their rows, the others their columns.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "entrospect/bindings/io/tensors.hpp"

namespace entrospect::io {

struct Unfolding {
  std::vector<std::uint64_t> shape;
  std::vector<std::size_t> row_axes,
      column_axes;  // in the order in which rows and columns are counted; the axes before them are the matrices'
  std::uint64_t matrices = 1, rows = 1, columns = 1;
  bool packed = true;  // in C order every matrix is a run of bytes, and so is every row
};

// Of a shape of at least three dimensions.
Unfolding unfolding(Unfold how, const std::vector<std::uint64_t>& shape);

// The index of a matrix among the axes that number them, as in NumPy: "[3,7]"; empty when there is only one axis set.
std::string index_text(const Unfolding& u, std::uint64_t matrix);
std::vector<std::uint64_t> index_of(const Unfolding& u, std::uint64_t matrix);

// A packed copy of one matrix; `data` is the whole tensor, in C or in Fortran order.
std::shared_ptr<const std::byte[]> gathered(const Unfolding& u, std::uint64_t matrix, const std::byte* data, std::size_t item_size,
                                            bool fortran_order);

}  // namespace entrospect::io
