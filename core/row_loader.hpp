#pragma once
// Turns rows of a SampleMatrix into packed float64 or float32 tiles with every deferred operation applied. All arithmetic (means, norms,
// subtraction) is float64; float32 tiles are rounded once, at the end.

#include <cstddef>
#include <span>
#include <vector>

#include "entrospect/core/context.hpp"
#include "entrospect/core/sample_matrix.hpp"

namespace entrospect {

class RowLoader {
 public:
  // Computes the column means and scales that the view's deferred operations need (one pass for centring, one more for standardising).
  explicit RowLoader(const SampleMatrix& x, const Context& context = {});

  // Rows [first, first + count) into `out`, row-major with leading dimension `ld` (>= d). Thread-safe.
  // A row that cannot be normalised (zero norm) becomes a zero row: callers decide about those beforehand (survey.hpp).
  void load(std::size_t first, std::size_t count, double* out, std::size_t ld) const;
  void load(std::size_t first, std::size_t count, float* out, std::size_t ld) const;

  // Non-null when rows are float64 (float32), packed within the row, and need no operation: the caller may read memory directly.
  struct Direct {
    const void* data = nullptr;
    std::size_t ld = 0;  // elements between rows
  };
  [[nodiscard]] Direct direct(DType type) const;

  [[nodiscard]] std::size_t n() const { return x_.n(); }
  [[nodiscard]] std::size_t d() const { return x_.d(); }
  [[nodiscard]] std::span<const double> mean() const { return mean_; }  // empty unless centred or standardised

 private:
  SampleMatrix x_;
  std::vector<double> mean_, scale_;
};

// Column means in float64 (compensated across tiles, fixed order).
std::vector<double> column_means(const SampleMatrix& x, const Context& context = {});

}  // namespace entrospect
