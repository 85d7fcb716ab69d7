#include "entrospect/core/row_tiles.hpp"

#include <gtest/gtest.h>

#include <mutex>

#include "core/samples.hpp"

namespace entrospect {
namespace {

TEST(RowTiles, BlocksCoverTheRowsAndStayFew) {
  for (const std::size_t n : {1U, 2U, 1000U, 100000U, 10000000U})
    for (const std::size_t d : {0U, 1U, 768U, 100000U}) {
      const RowBlocks blocks = row_blocks(n, d);
      EXPECT_GE(blocks.count * blocks.rows, n);
      EXPECT_LT((blocks.count - 1) * blocks.rows, n);
      EXPECT_LE(blocks.count, 128U);
      EXPECT_LE(blocks.count, std::max<std::size_t>(1, n / 64)) << "wide data: block results stay small beside the data";
    }
  EXPECT_EQ(row_blocks(64, 32).count, 1U) << "small data stay on one thread";
  EXPECT_EQ(row_blocks(0, 5).count, 0U);
}

TEST(RowTiles, EveryRowOnceAndInOrderWithinABlock) {
  const std::size_t n = 30001, d = 40;
  const std::vector<double> x = test::normals(n * d, 1);
  for (const SampleMatrix& m : {SampleMatrix(x.data(), n, d), test::streamed(x, n, d)}) {
    std::vector<int> seen(n);
    std::vector<std::size_t> next(row_blocks(n, d).count);
    std::mutex mutex;
    Context context;
    context.threads = 3;
    for_each_tile(RowLoader(m), context, [&](const RowTile& tile) {
      const std::scoped_lock lock(mutex);
      EXPECT_GE(tile.first, next[tile.block]);
      next[tile.block] = tile.first + tile.count;
      for (std::size_t i = 0; i < tile.count; ++i) {
        ++seen[tile.first + i];
        ASSERT_TRUE(std::equal(tile.row(i), tile.row(i) + d, x.data() + (tile.first + i) * d));
      }
    });
    EXPECT_EQ(seen, std::vector<int>(n, 1));
  }
}

}  // namespace
}  // namespace entrospect
