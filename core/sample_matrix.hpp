#pragma once
// The one input type: a non-owning view of n samples x d features.
//
// Any byte strides (negative and zero too), f16 / bf16 / f32 / f64. Centring, row-normalising and row selection are deferred: they are
// notes on the view, applied to a tile when RowLoader reads it, and the data are never copied for them. A view may also stand for rows that
// a RowReader fetches on demand, so a file larger than memory is a SampleMatrix too. Copying a SampleMatrix copies the view.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "entrospect/core/dtype.hpp"

namespace entrospect {

// Row or column scaling, applied after centring. `l2`: each row divided by its Euclidean norm. `standardize`: each column centred and
// divided by its standard deviation (n - 1).
enum class Normalize { none, l2, standardize };

// Rows on demand, for data that are not in memory. `read` fills `out` with `count` packed rows from `first` on; thread-safe; throws on
// failure.
class RowReader {
 public:
  virtual ~RowReader() = default;
  virtual void read(std::size_t first, std::size_t count, std::byte* out) const = 0;
};

class SampleMatrix {
 public:
  // Row-major, packed.
  SampleMatrix(const double* data, std::size_t n, std::size_t d);
  SampleMatrix(const float* data, std::size_t n, std::size_t d);
  // Any layout; strides in bytes. `owner`, if given, keeps the memory alive.
  SampleMatrix(const void* data, DType dtype, std::size_t n, std::size_t d, std::ptrdiff_t row_stride, std::ptrdiff_t column_stride,
               std::shared_ptr<const void> owner = nullptr);
  SampleMatrix(std::shared_ptr<const RowReader> reader, DType dtype, std::size_t n, std::size_t d);

  [[nodiscard]] std::size_t n() const;  // rows after selection
  [[nodiscard]] std::size_t d() const { return d_; }
  [[nodiscard]] DType dtype() const { return dtype_; }

  [[nodiscard]] SampleMatrix centered() const;                                 // subtract the column means of the selected rows
  [[nodiscard]] SampleMatrix normalized(Normalize normalize) const;            // after centring, if both are asked for
  [[nodiscard]] SampleMatrix select(std::vector<std::size_t> rows) const;      // indices into this view's rows
  [[nodiscard]] SampleMatrix where(std::span<const std::uint8_t> mask) const;  // keep rows with mask != 0; mask.size() == n()

  [[nodiscard]] SampleMatrix plain() const;  // the selected rows with no other deferred operation

  [[nodiscard]] bool is_centered() const { return center_; }
  [[nodiscard]] Normalize normalization() const { return normalize_; }
  [[nodiscard]] bool streamed() const { return reader_ != nullptr; }

  // Raw access for loaders; no deferred operation applied.
  [[nodiscard]] const std::byte* data() const { return data_; }
  [[nodiscard]] std::ptrdiff_t row_stride() const { return row_stride_; }
  [[nodiscard]] std::ptrdiff_t column_stride() const { return column_stride_; }
  [[nodiscard]] const RowReader* reader() const { return reader_.get(); }
  [[nodiscard]] const std::vector<std::size_t>* selection() const { return selection_.get(); }

  // Names the data and every deferred operation; equal keys mean equal matrices as long as the memory is unchanged. For Memo.
  [[nodiscard]] std::string identity() const;

 private:
  const std::byte* data_ = nullptr;
  std::ptrdiff_t row_stride_ = 0, column_stride_ = 0;
  std::size_t n_ = 0, d_ = 0;
  DType dtype_ = DType::f64;
  bool center_ = false;
  Normalize normalize_ = Normalize::none;
  std::shared_ptr<const std::vector<std::size_t>> selection_;
  std::string selection_id_;  // digest of the selected rows
  std::shared_ptr<const RowReader> reader_;
  std::shared_ptr<const void> owner_;
  std::uint64_t source_id_ = 0;  // tells readers and owned buffers apart whose addresses may be reused
};

}  // namespace entrospect
