#include "entrospect/core/sample_matrix.hpp"

#include <atomic>
#include <cstdint>
#include <limits>

#include "entrospect/core/errors.hpp"

namespace entrospect {
namespace {

constexpr std::size_t most_bytes = std::numeric_limits<std::ptrdiff_t>::max();

std::string shape_text(std::size_t n, std::size_t d) { return std::to_string(n) + " x " + std::to_string(d); }

// Every element has a number, and n x d float64 values can be addressed.
void check_shape(std::size_t n, std::size_t d) {
  if (d != 0 && n > most_bytes / sizeof(double) / d)
    throw InvalidArgument("samples: " + shape_text(n, d) + " values cannot be addressed; n * d must be at most " +
                          std::to_string(most_bytes / sizeof(double)));
}

std::ptrdiff_t packed_stride(std::size_t n, std::size_t d, std::size_t item) {
  check_shape(n, d);
  return static_cast<std::ptrdiff_t>(d * item);
}

std::size_t magnitude(std::ptrdiff_t stride) {
  return stride < 0 ? std::size_t{0} - static_cast<std::size_t>(stride) : static_cast<std::size_t>(stride);
}

// The farthest element is (n - 1) |row stride| + (d - 1) |column stride| bytes away from the first.
void check_strides(std::size_t n, std::size_t d, std::ptrdiff_t row_stride, std::ptrdiff_t column_stride) {
  if (n == 0 || d == 0) return;
  const auto reach = [](std::size_t count, std::ptrdiff_t stride) {
    const std::size_t step = magnitude(stride);
    return step != 0 && count - 1 > most_bytes / step ? most_bytes : (count - 1) * step;
  };
  const std::size_t rows = reach(n, row_stride), columns = reach(d, column_stride);
  if (rows >= most_bytes - columns)
    throw InvalidArgument("samples: strides of " + std::to_string(row_stride) + " and " + std::to_string(column_stride) + " bytes over " +
                          shape_text(n, d) + " samples reach beyond the address space (" + std::to_string(most_bytes) + " bytes)");
}

std::uint64_t next_source_id() {
  static std::atomic<std::uint64_t> last{0};
  return ++last;
}

// 128-bit digest (two multiply-xor chains with different odd multipliers): equal digests of different selections are as good as impossible.
std::string digest(const std::vector<std::size_t>& rows) {
  std::uint64_t a = 0x243f6a8885a308d3U, b = 0x13198a2e03707344U;
  for (const std::uint64_t row : rows) {
    a = (a ^ row) * 0x9e3779b97f4a7c15U;
    a ^= a >> 32;
    b = (b + row) * 0xc2b2ae3d27d4eb4fU;
    b ^= b >> 29;
  }
  return std::to_string(rows.size()) + "/" + std::to_string(a) + "/" + std::to_string(b);
}

}  // namespace

SampleMatrix::SampleMatrix(const double* data, std::size_t n, std::size_t d)
    : SampleMatrix(data, DType::f64, n, d, packed_stride(n, d, sizeof(double)), sizeof(double)) {}

SampleMatrix::SampleMatrix(const float* data, std::size_t n, std::size_t d)
    : SampleMatrix(data, DType::f32, n, d, packed_stride(n, d, sizeof(float)), sizeof(float)) {}

SampleMatrix::SampleMatrix(const void* data, DType dtype, std::size_t n, std::size_t d, std::ptrdiff_t row_stride,
                           std::ptrdiff_t column_stride, std::shared_ptr<const void> owner)
    : data_(static_cast<const std::byte*>(data)),
      row_stride_(row_stride),
      column_stride_(column_stride),
      n_(n),
      d_(d),
      dtype_(dtype),
      owner_(std::move(owner)),
      source_id_(owner_ ? next_source_id() : 0) {
  check_shape(n, d);
  check_strides(n, d, row_stride, column_stride);
  if (data == nullptr && n > 0 && d > 0) throw InvalidArgument("samples: no data for " + shape_text(n, d) + " samples (null pointer)");
}

SampleMatrix::SampleMatrix(std::shared_ptr<const RowReader> reader, DType dtype, std::size_t n, std::size_t d)
    : row_stride_(packed_stride(n, d, size_of(dtype))),
      column_stride_(static_cast<std::ptrdiff_t>(size_of(dtype))),
      n_(n),
      d_(d),
      dtype_(dtype),
      reader_(std::move(reader)),
      source_id_(next_source_id()) {
  if (reader_ == nullptr) throw InvalidArgument("samples: no reader for " + shape_text(n, d) + " samples (null pointer)");
}

std::size_t SampleMatrix::n() const { return selection_ ? selection_->size() : n_; }

SampleMatrix SampleMatrix::centered() const {
  SampleMatrix out = *this;
  out.center_ = true;
  return out;
}

SampleMatrix SampleMatrix::normalized(Normalize normalize) const {
  SampleMatrix out = *this;
  out.normalize_ = normalize;
  return out;
}

SampleMatrix SampleMatrix::plain() const {
  SampleMatrix out = *this;
  out.center_ = false;
  out.normalize_ = Normalize::none;
  return out;
}

SampleMatrix SampleMatrix::select(std::vector<std::size_t> rows) const {
  const std::size_t count = n();
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (rows[i] >= count)
      throw InvalidArgument("samples: selected row rows[" + std::to_string(i) + "] = " + std::to_string(rows[i]) + " is not in [0, " +
                            std::to_string(count) + ")");
    if (selection_) rows[i] = (*selection_)[rows[i]];
  }
  check_shape(rows.size(), d_);  // rows may repeat
  SampleMatrix out = *this;
  out.selection_id_ = digest(rows);
  out.selection_ = std::make_shared<const std::vector<std::size_t>>(std::move(rows));
  return out;
}

SampleMatrix SampleMatrix::where(std::span<const std::uint8_t> mask) const {
  if (mask.size() != n())
    throw InvalidArgument("samples: mask of " + std::to_string(mask.size()) + " values for n = " + std::to_string(n()) + " rows");
  std::vector<std::size_t> rows;
  for (std::size_t i = 0; i < mask.size(); ++i)
    if (mask[i] != 0) rows.push_back(i);
  return select(std::move(rows));
}

std::string SampleMatrix::identity() const {
  const auto source = reader_ ? std::string("reader") : std::to_string(reinterpret_cast<std::uintptr_t>(data_));
  return source + "#" + std::to_string(source_id_) + ":" + std::string(name(dtype_)) + ":" + std::to_string(n_) + "x" + std::to_string(d_) +
         ":" + std::to_string(row_stride_) + ":" + std::to_string(column_stride_) + ":" + selection_id_ + (center_ ? ":centered" : "") +
         (normalize_ == Normalize::l2 ? ":l2" : "") + (normalize_ == Normalize::standardize ? ":standardize" : "");
}

}  // namespace entrospect
