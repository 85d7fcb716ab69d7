#include "entrospect/core/row_tiles.hpp"

#include <algorithm>
#include <memory>

#include "entrospect/core/parallel.hpp"

namespace entrospect {
namespace {

constexpr std::size_t tile_values = std::size_t{1} << 13;  // 64 KiB
constexpr std::size_t block_values = std::size_t{1} << 18;
constexpr std::size_t most_blocks = 128;
constexpr std::size_t least_rows = 64;  // in a block

}  // namespace

RowBlocks row_blocks(std::size_t n, std::size_t d) {
  if (n == 0) return {};
  const std::size_t most = std::clamp<std::size_t>(n / least_rows, 1, most_blocks);
  const std::size_t wanted = std::clamp<std::size_t>(n * std::max<std::size_t>(d, 1) / block_values, 1, most);
  const std::size_t rows = (n + wanted - 1) / wanted;
  return {(n + rows - 1) / rows, rows};
}

void for_each_tile(const RowLoader& loader, const Context& context, const std::function<void(const RowTile&)>& visit) {
  const std::size_t n = loader.n(), d = loader.d();
  const RowBlocks blocks = row_blocks(n, d);
  const std::size_t tile_rows = std::max<std::size_t>(1, tile_values / std::max<std::size_t>(d, 1));
  const RowLoader::Direct direct = loader.direct(DType::f64);
  parallel_for(context, blocks.count, [&](std::size_t block) {
    const std::size_t end = std::min(n, (block + 1) * blocks.rows);
    std::unique_ptr<double[]> buffer;
    if (direct.data == nullptr) buffer = std::make_unique_for_overwrite<double[]>(std::min(tile_rows, blocks.rows) * d);
    for (std::size_t first = block * blocks.rows; first < end; first += tile_rows) {
      check_cancelled(context);
      const std::size_t count = std::min(tile_rows, end - first);
      if (direct.data != nullptr) {
        visit({block, first, count, static_cast<const double*>(direct.data) + first * direct.ld, direct.ld});
      } else {
        loader.load(first, count, buffer.get(), d);
        visit({block, first, count, buffer.get(), d});
      }
    }
  });
}

}  // namespace entrospect
