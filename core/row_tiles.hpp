#pragma once
// Passes over all rows in tiles that fit the cache. Blocks depend on the shape only, so per-block results merge to the same bits for any
// number of threads.

#include <cstddef>
#include <functional>

#include "entrospect/core/context.hpp"
#include "entrospect/core/row_loader.hpp"

namespace entrospect {

// At most 128 contiguous blocks of at least 2^18 values and 64 rows: what a pass keeps per block, a few values per column, stays far
// below the data themselves, and small data stay on one thread.
struct RowBlocks {
  std::size_t count = 0;
  std::size_t rows = 0;  // in every block but the last
};
RowBlocks row_blocks(std::size_t n, std::size_t d);

// Rows [first, first + count), row-major with leading dimension ld, every deferred operation applied.
struct RowTile {
  std::size_t block, first, count;
  const double* rows;
  std::size_t ld;
  [[nodiscard]] const double* row(std::size_t i) const { return rows + i * ld; }
};

// Calls visit for every tile: blocks in parallel, the tiles of one block in ascending order on one thread.
void for_each_tile(const RowLoader& loader, const Context& context, const std::function<void(const RowTile&)>& visit);

}  // namespace entrospect
