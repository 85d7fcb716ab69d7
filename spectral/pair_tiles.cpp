#include "entrospect/spectral/pair_tiles.hpp"

#include <algorithm>
#include <utility>
#include <vector>

#include "entrospect/core/parallel.hpp"
#include "entrospect/core/row_loader.hpp"
#include "entrospect/spectral/aligned_buffer.hpp"

namespace entrospect::detail {
namespace {

constexpr std::size_t kTile = 192;  // a multiple of every panel width; one tile stays in the second-level cache
constexpr std::size_t kLoadBytes = std::size_t{256} << 10;

std::size_t ceil_div(std::size_t a, std::size_t b) { return (a + b - 1) / b; }

// A point among the rows: the mean of at most 256 of them, evenly spaced. Any such point keeps |x - c|^2 of the order of the distances.
std::vector<double> center_of(const RowLoader& loader) {
  const std::size_t n = loader.n(), d = loader.d(), count = std::min<std::size_t>(n, 256);
  std::vector<double> center(d), row(d);
  for (std::size_t i = 0; i < count; ++i) {
    loader.load(i * n / count, 1, row.data(), d);
    // A running mean does not overflow where a sum would.
    for (std::size_t j = 0; j < d; ++j) center[j] += (row[j] - center[j]) / static_cast<double>(i + 1);
  }
  return center;
}

// Consecutive rows as panels whose lanes are rows.
template <class T>
class Strip {
 public:
  Strip(std::size_t most_rows, std::size_t d, bool values)
      : d_(d), panels_(ceil_div(most_rows, kTile) * kTile * d), values_(values ? ceil_div(most_rows, kTile) * kTile : 0) {}

  void pack(const RowLoader& loader, const std::vector<double>& center, std::size_t first, std::size_t rows, const PairFunction<T>& f,
            const Context& context) {
    first_ = first;
    rows_ = rows;
    const std::size_t panel = tile_kernels<T>().panel;
    const std::size_t padded = ceil_div(rows, panel) * panel;
    const std::size_t step = std::clamp(kLoadBytes / (d_ * sizeof(double)) / panel * panel, panel, kTile);
    parallel_for(context, ceil_div(padded, step), [&](std::size_t item) {
      const AlignedBuffer<double> loaded(panel * d_);
      for (std::size_t at = item * step; at < std::min((item + 1) * step, padded); at += panel) {
        const std::size_t count = at < rows ? std::min(panel, rows - at) : 0;
        if (count > 0) loader.load(first + at, count, loaded.data(), d_);
        pack_panel(loaded.data(), count, center, at, f);
      }
    });
  }

  [[nodiscard]] std::size_t first() const { return first_; }
  [[nodiscard]] std::size_t rows() const { return rows_; }
  [[nodiscard]] std::size_t depth() const { return d_; }
  [[nodiscard]] const T* lane(std::size_t row) const { return panels_.data() + row * d_; }  // row: a multiple of the panel width
  [[nodiscard]] const T* values() const { return values_.data(); }

 private:
  void pack_panel(const double* loaded, std::size_t count, const std::vector<double>& center, std::size_t at, const PairFunction<T>& f) {
    const std::size_t panel = tile_kernels<T>().panel;
    T* const out = panels_.data() + at * d_;
    for (std::size_t lane = 0; lane < panel; ++lane) {
      const double* const row = loaded + lane * d_;
      double squares = 0;
      for (std::size_t k = 0; k < d_; ++k) {
        const double value = lane < count ? row[k] - (f.center ? center[k] : 0.0) : 0.0;
        const T rounded = static_cast<T>(value);
        out[k * panel + lane] = rounded;
        squares += static_cast<double>(rounded) * static_cast<double>(rounded);
      }
      if (f.norms) values_.data()[at + lane] = static_cast<T>(squares);
      if (!f.factors.empty()) values_.data()[at + lane] = lane < count ? static_cast<T>(f.factors[first_ + at + lane]) : T{0};
    }
  }

  std::size_t d_, first_ = 0, rows_ = 0;
  AlignedBuffer<T> panels_, values_;
};

template <class T>
void use_pair(const Strip<T>& low, const Strip<T>& high, const PairFunction<T>& f, const Context& context,
              const std::function<void(const PairTile<T>&)>& use) {
  const bool same = &low == &high;
  std::vector<std::pair<std::size_t, std::size_t>> tiles;
  for (std::size_t row = 0; row < low.rows(); row += kTile)
    for (std::size_t column = same ? row : 0; column < high.rows(); column += kTile) tiles.emplace_back(row, column);
  const TileKernels<T>& kernels = tile_kernels<T>();
  parallel_for(context, tiles.size(), [&](std::size_t item) {
    const auto [row, column] = tiles[item];
    const std::size_t rows = std::min(kTile, low.rows() - row), columns = std::min(kTile, high.rows() - column);
    TileRequest<T> request;
    request.function = f.function;
    request.a = high.lane(column);
    request.a_lanes = ceil_div(columns, kernels.panel) * kernels.panel;
    request.b = low.lane(row);
    request.b_lanes = ceil_div(rows, kernels.group) * kernels.group;
    request.depth = low.depth();
    request.a_values = high.values() + column;
    request.b_values = low.values() + row;
    request.scale = static_cast<T>(f.scale);
    request.offset = static_cast<T>(f.offset);
    request.degree = f.degree;
    const AlignedBuffer<T> out(request.b_lanes * request.a_lanes);
    request.out = out.data();
    kernels.tile(request);
    use({low.first() + row, high.first() + column, rows, columns, out.data(), request.a_lanes});
  });
}

}  // namespace

template <class T>
void for_each_pair_tile(const SampleMatrix& x, const PairFunction<T>& f, const Context& context,
                        const std::function<void(const PairTile<T>&)>& use) {
  const std::size_t n = x.n(), d = x.d();
  if (n == 0 || d == 0) return;
  const RowLoader loader(x, context);
  const std::vector<double> center = f.center ? center_of(loader) : std::vector<double>{};
  const bool values = f.norms || !f.factors.empty();
  const std::size_t most = std::max(kTile, f.strip_bytes / (d * sizeof(T)) / kTile * kTile);
  if (n <= 2 * most) {
    Strip<T> all(n, d, values);
    all.pack(loader, center, 0, n, f, context);
    return use_pair<T>(all, all, f, context, use);
  }
  Strip<T> low(most, d, values), high(most, d, values);
  for (std::size_t row = 0; row < n; row += most) {
    low.pack(loader, center, row, std::min(most, n - row), f, context);
    use_pair<T>(low, low, f, context, use);
    for (std::size_t column = row + most; column < n; column += most) {
      high.pack(loader, center, column, std::min(most, n - column), f, context);
      use_pair<T>(low, high, f, context, use);
    }
  }
}

template void for_each_pair_tile(const SampleMatrix&, const PairFunction<double>&, const Context&,
                                 const std::function<void(const PairTile<double>&)>&);
template void for_each_pair_tile(const SampleMatrix&, const PairFunction<float>&, const Context&,
                                 const std::function<void(const PairTile<float>&)>&);

}  // namespace entrospect::detail
