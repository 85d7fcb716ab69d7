#include "entrospect/core/row_loader.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <limits>
#include <memory>
#include <type_traits>

#include "entrospect/core/errors.hpp"
#include "entrospect/core/row_tiles.hpp"

namespace entrospect {
namespace {

struct F16 {
  std::uint16_t bits;
  explicit operator float() const { return widen_f16(bits); }
  explicit operator double() const { return static_cast<double>(widen_f16(bits)); }
};
struct BF16 {
  std::uint16_t bits;
  explicit operator float() const { return widen_bf16(bits); }
  explicit operator double() const { return static_cast<double>(widen_bf16(bits)); }
};

template <class F>
void with_element_type(DType type, F&& f) {
  switch (type) {
    case DType::f16:
      return f(F16{});
    case DType::bf16:
      return f(BF16{});
    case DType::f32:
      return f(float{});
    case DType::f64:
      return f(double{});
  }
}

// Memory from files and buffers need not be aligned: elements are copied out, which compiles to a plain load.
template <class In>
In element(const std::byte* at) {
  In value;
  std::memcpy(&value, at, sizeof value);
  return value;
}

template <class In, class Out>
void copy_packed(const std::byte* in, Out* out, std::size_t count) {
  if constexpr (std::is_same_v<In, Out>) {
    std::memcpy(out, in, count * sizeof(In));
  } else {
    for (std::size_t j = 0; j < count; ++j) out[j] = static_cast<Out>(element<In>(in + j * sizeof(In)));
  }
}

template <class In, class Out>
void copy_row(const std::byte* in, std::ptrdiff_t stride, Out* out, std::size_t d) {
  if (stride == static_cast<std::ptrdiff_t>(sizeof(In))) return copy_packed<In>(in, out, d);
  for (std::size_t j = 0; j < d; ++j) out[j] = static_cast<Out>(element<In>(in + static_cast<std::ptrdiff_t>(j) * stride));
}

// Columns closer together in memory by rows than by columns (Fortran order): runs down a column of 16 rows, so that the cache lines read
// are used whole and the lines written stay in the cache.
template <class In, class Out>
void copy_transposed(const std::byte* in, const SampleMatrix& x, std::size_t count, Out* out, std::size_t ld) {
  constexpr std::size_t run = 16;
  for (std::size_t i = 0; i < count; i += run) {
    const std::size_t rows = std::min(run, count - i);
    for (std::size_t j = 0; j < x.d(); ++j) {
      const std::byte* at = in + static_cast<std::ptrdiff_t>(i) * x.row_stride() + static_cast<std::ptrdiff_t>(j) * x.column_stride();
      for (std::size_t r = 0; r < rows; ++r)
        out[(i + r) * ld + j] = static_cast<Out>(element<In>(at + static_cast<std::ptrdiff_t>(r) * x.row_stride()));
    }
  }
}

// Consecutive rows of the source, before any selection.
template <class In, class Out>
void read_memory(const SampleMatrix& x, std::size_t first, std::size_t count, Out* out, std::size_t ld) {
  const std::byte* in = x.data() + static_cast<std::ptrdiff_t>(first) * x.row_stride();
  if (count > 1 && std::abs(x.row_stride()) < std::abs(x.column_stride())) return copy_transposed<In>(in, x, count, out, ld);
  for (std::size_t i = 0; i < count; ++i)
    copy_row<In>(in + static_cast<std::ptrdiff_t>(i) * x.row_stride(), x.column_stride(), out + i * ld, x.d());
}

template <class In, class Out>
void read_stream(const SampleMatrix& x, std::size_t first, std::size_t count, Out* out, std::size_t ld) {
  const std::size_t d = x.d();
  if constexpr (std::is_same_v<In, Out>) {
    if (ld == d) return x.reader()->read(first, count, reinterpret_cast<std::byte*>(out));
  }
  const auto packed = std::make_unique_for_overwrite<std::byte[]>(count * d * sizeof(In));
  x.reader()->read(first, count, packed.get());
  for (std::size_t i = 0; i < count; ++i) copy_packed<In>(packed.get() + i * d * sizeof(In), out + i * ld, d);
}

template <class Out>
void read_source(const SampleMatrix& x, std::size_t first, std::size_t count, Out* out, std::size_t ld) {
  with_element_type(x.dtype(), [&](auto element_type) {
    using In = decltype(element_type);
    x.streamed() ? read_stream<In>(x, first, count, out, ld) : read_memory<In>(x, first, count, out, ld);
  });
}

template <class Out>
void read_rows(const SampleMatrix& x, std::size_t first, std::size_t count, Out* out, std::size_t ld) {
  const auto* rows = x.selection();
  if (rows == nullptr) return read_source(x, first, count, out, ld);
  for (std::size_t i = 0; i < count;) {  // runs of consecutive rows are read together
    std::size_t run = 1;
    while (i + run < count && (*rows)[first + i + run] == (*rows)[first + i] + run) ++run;
    read_source(x, (*rows)[first + i], run, out + i * ld, ld);
    i += run;
  }
}

// Eight running sums in a fixed order: the same bits however the compiler vectorises.
double squared_norm(const double* row, std::size_t d) {
  std::array<double, 8> lanes{};
  std::size_t j = 0;
  for (; j + 8 <= d; j += 8)
    for (std::size_t l = 0; l < 8; ++l) lanes[l] += row[j + l] * row[j + l];
  for (; j < d; ++j) lanes[0] += row[j] * row[j];
  return ((lanes[0] + lanes[4]) + (lanes[2] + lanes[6])) + ((lanes[1] + lanes[5]) + (lanes[3] + lanes[7]));
}

// Divides a row by its length; a row of zeros stays.
void normalize_row(double* row, std::size_t d) {
  double squares = squared_norm(row, d);
  if (!(squares > 1e-280 && squares < 1e300)) {  // squares may have overflowed or underflowed: bring the largest value to 1 first
    double largest = 0;
    for (std::size_t j = 0; j < d; ++j) largest = std::max(largest, std::abs(row[j]));
    if (largest == 0) return;
    for (std::size_t j = 0; j < d; ++j) row[j] /= largest;
    squares = squared_norm(row, d);
  }
  const double length = std::sqrt(squares);
  for (std::size_t j = 0; j < d; ++j) row[j] /= length;
}

// Running sums per column with the rounding errors kept apart (TwoSum; Knuth, TAOCP 2, 4.2.2). Branch-free, so it vectorises.
class ColumnSums {
 public:
  explicit ColumnSums(std::size_t d = 0) : total_(d), error_(d) {}
  [[nodiscard]] bool empty() const { return total_.empty(); }
  void add(const double* terms) {
    double* total = total_.data();
    double* error = error_.data();
    for (std::size_t j = 0, d = total_.size(); j < d; ++j) {
      const double sum = total[j] + terms[j], added = sum - total[j];
      error[j] += (total[j] - (sum - added)) + (terms[j] - added);
      total[j] = sum;
    }
  }
  void add(const ColumnSums& other) {
    if (other.empty()) return;
    add(other.total_.data());
    add(other.error_.data());
  }
  [[nodiscard]] double value(std::size_t j) const { return total_[j] + error_[j]; }

 private:
  std::vector<double> total_, error_;
};

// What one block of rows adds up to.
struct Moments {
  ColumnSums first, second;
  std::vector<std::uint64_t> differs;  // per column; 0 while every row equals the first one
};

// Calls add(moments of the tile's block, row, scratch of d values) for every row of the plain view and merges the blocks in order.
template <class Add>
Moments column_moments(const SampleMatrix& x, const Context& context, Add add) {
  const std::size_t d = x.d();
  const auto zero = [d] { return Moments{ColumnSums(d), ColumnSums(d), std::vector<std::uint64_t>(d)}; };
  std::vector<Moments> blocks(row_blocks(x.n(), d).count);
  for_each_tile(RowLoader(x.plain()), context, [&](const RowTile& tile) {
    Moments& block = blocks[tile.block];
    if (block.differs.empty()) block = zero();
    std::vector<double> scratch(d);
    for (std::size_t i = 0; i < tile.count; ++i) add(block, tile.row(i), scratch.data());
  });
  Moments all = zero();
  for (const Moments& block : blocks) {
    all.first.add(block.first);
    all.second.add(block.second);
    for (std::size_t j = 0; j < block.differs.size(); ++j) all.differs[j] |= block.differs[j];
  }
  return all;
}

// Standard deviations (n - 1) by the corrected two-pass formula (Chan et al. 1983, eq. 1.7). A constant column gives infinity: divided by
// it the column becomes 0.
std::vector<double> column_scales(const SampleMatrix& x, const std::vector<double>& mean, const Context& context) {
  const std::size_t d = x.d();
  const auto n = static_cast<double>(x.n());
  const Moments moments = column_moments(x, context, [d, m = mean.data()](Moments& block, const double* row, double* scratch) {
    for (std::size_t j = 0; j < d; ++j) scratch[j] = row[j] - m[j];
    block.first.add(scratch);
    for (std::size_t j = 0; j < d; ++j) scratch[j] *= scratch[j];
    block.second.add(scratch);
  });
  std::vector<double> scale(d);
  for (std::size_t j = 0; j < d; ++j) {
    const double left = moments.first.value(j);  // 0 but for the rounding of the mean
    const double variance = (moments.second.value(j) - left * left / n) / (n - 1);
    scale[j] = variance > 0 ? std::sqrt(variance) : std::numeric_limits<double>::infinity();
  }
  return scale;
}

}  // namespace

std::vector<double> column_means(const SampleMatrix& x, const Context& context) {
  const std::size_t n = x.n(), d = x.d();
  std::vector<double> mean(d);
  if (n == 0 || d == 0) return mean;
  std::vector<double> origin(d);
  RowLoader(x.plain()).load(0, 1, origin.data(), d);
  const Moments moments = column_moments(x, context, [d, o = origin.data()](Moments& block, const double* row, double*) {
    block.first.add(row);
    std::uint64_t* differs = block.differs.data();
    for (std::size_t j = 0; j < d; ++j) differs[j] |= std::bit_cast<std::uint64_t>(row[j]) ^ std::bit_cast<std::uint64_t>(o[j]);
  });
  // The mean of a constant column is that constant, without round-off: standardising relies on it.
  for (std::size_t j = 0; j < d; ++j) mean[j] = moments.differs[j] == 0 ? origin[j] : moments.first.value(j) / static_cast<double>(n);
  return mean;
}

RowLoader::RowLoader(const SampleMatrix& x, const Context& context) : x_(x) {
  const bool standardize = x.normalization() == Normalize::standardize;
  if (x.is_centered() || standardize) mean_ = column_means(x, context);
  if (standardize) scale_ = column_scales(x, mean_, context);
}

void RowLoader::load(std::size_t first, std::size_t count, double* out, std::size_t ld) const {
  read_rows(x_, first, count, out, ld);
  const std::size_t columns = d();
  const bool l2 = x_.normalization() == Normalize::l2;
  if (mean_.empty() && !l2) return;
  const double* mean = mean_.data();
  const double* scale = scale_.data();
  for (std::size_t i = 0; i < count; ++i) {
    double* row = out + i * ld;
    if (!mean_.empty())
      for (std::size_t j = 0; j < columns; ++j) row[j] -= mean[j];
    if (!scale_.empty())
      for (std::size_t j = 0; j < columns; ++j) row[j] /= scale[j];
    if (l2) normalize_row(row, columns);
  }
}

void RowLoader::load(std::size_t first, std::size_t count, float* out, std::size_t ld) const {
  if (mean_.empty() && x_.normalization() != Normalize::l2) return read_rows(x_, first, count, out, ld);
  const std::size_t columns = d(), step = std::max<std::size_t>(1, (std::size_t{1} << 12) / std::max<std::size_t>(1, columns));
  const auto tile = std::make_unique_for_overwrite<double[]>(std::min(step, count) * columns);
  for (std::size_t i = 0; i < count; i += step) {
    const std::size_t rows = std::min(step, count - i);
    load(first + i, rows, tile.get(), columns);
    for (std::size_t r = 0; r < rows; ++r)
      for (std::size_t j = 0; j < columns; ++j) out[(i + r) * ld + j] = static_cast<float>(tile[r * columns + j]);
  }
}

RowLoader::Direct RowLoader::direct(DType type) const {
  const std::size_t item = size_of(type), packed = d() * item;
  const bool plain = mean_.empty() && x_.normalization() == Normalize::none && x_.selection() == nullptr && !x_.streamed();
  if (!plain || type != x_.dtype() || n() == 0 || d() == 0) return {};
  if (x_.column_stride() != static_cast<std::ptrdiff_t>(item) && d() > 1) return {};
  if (reinterpret_cast<std::uintptr_t>(x_.data()) % item != 0) return {};
  if (n() == 1) return {x_.data(), d()};
  const bool rows_apart = x_.row_stride() > 0 && static_cast<std::size_t>(x_.row_stride()) >= packed;
  if (!rows_apart || static_cast<std::size_t>(x_.row_stride()) % item != 0) return {};
  return {x_.data(), static_cast<std::size_t>(x_.row_stride()) / item};
}

}  // namespace entrospect
