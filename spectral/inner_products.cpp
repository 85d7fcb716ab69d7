#include "entrospect/spectral/inner_products.hpp"

#include <algorithm>
#include <cmath>
#include <string>

#include "entrospect/core/errors.hpp"
#include "entrospect/core/parallel.hpp"
#include "entrospect/core/sum.hpp"
#include "entrospect/spectral/aligned_buffer.hpp"
#include "entrospect/spectral/blas_threads.hpp"
#include "entrospect/spectral/gemm.hpp"

namespace entrospect {
namespace {

// Entries (i, first), ..., (i, first + count - 1) of the upper triangle. An entry off the diagonal stands for two, so one on it counts
// half.
void copy_entries(const ShiftedMatrix& m, std::size_t i, std::size_t first, std::size_t count, double* out) {
  const double* const row = m.matrix->data() + i * m.matrix->n() + first;
  if (m.shift.empty()) {
    std::copy_n(row, count, out);
  } else {
    const double own = m.shift[i];
    const double* const shift = m.shift.data() + first;
    for (std::size_t j = 0; j < count; ++j) out[j] = row[j] - (own + shift[j]);
  }
  if (first == i) out[0] = m.zero_diagonal ? 0 : out[0] * std::sqrt(0.5);
}

// Sums over entries of the products of every pair, in blocks that a matrix product takes.
class Products {
 public:
  explicit Products(std::span<const ShiftedMatrix> matrices)
      : matrices_(matrices), packed_(matrices.size() * kEntries), block_(matrices.size() * matrices.size()), sums_(block_.size()) {}

  void add_row(std::size_t i) {
    const std::size_t n = matrices_.front().matrix->n();
    for (std::size_t at = i; at < n;) {
      const std::size_t here = std::min(kEntries - filled_, n - at);
      for (std::size_t m = 0; m < matrices_.size(); ++m) copy_entries(matrices_[m], i, at, here, packed_.data() + m * kEntries + filled_);
      at += here;
      filled_ += here;
      if (filled_ == kEntries) flush();
    }
  }

  void write(double* out) {
    flush();
    for (const Sum& sum : sums_) *out++ = sum.value();
  }

 private:
  static constexpr std::size_t kEntries = 2048;  // of each matrix in one product: 24 of them fit the second-level cache

  void flush() {
    const std::size_t count = matrices_.size();
    if (filled_ == 0) return;
    detail::multiply(1, {packed_.data(), kEntries}, {packed_.data(), kEntries, true}, count, count, filled_, block_.data(), count);
    for (std::size_t i = 0; i < sums_.size(); ++i) sums_[i].add(block_[i]);
    filled_ = 0;
  }

  std::span<const ShiftedMatrix> matrices_;
  const detail::AlignedBuffer<double> packed_;
  std::vector<double> block_;
  std::vector<Sum> sums_;
  std::size_t filled_ = 0;
};

}  // namespace

std::vector<double> inner_products(std::span<const ShiftedMatrix> matrices, const Context& context) {
  constexpr std::size_t kRows = 16;  // of an item
  const std::size_t count = matrices.size(), n = count > 0 ? matrices.front().matrix->n() : 0, items = (n + kRows - 1) / kRows;
  for (const ShiftedMatrix& m : matrices)
    if (m.matrix->n() != n)
      throw InvalidArgument("inner_products: a matrix has order " + std::to_string(m.matrix->n()) + " where the first has " +
                            std::to_string(n));
  std::vector<double> partial(items * count * count);
  const detail::BlasThreads one_thread(1);
  parallel_for(context, items, [&](std::size_t item) {
    Products products(matrices);
    for (std::size_t i = item * kRows; i < std::min((item + 1) * kRows, n); ++i) products.add_row(i);
    products.write(partial.data() + item * count * count);
  });
  std::vector<double> out(count * count);
  // A product of a block with its own transpose is symmetric only up to round-off: one triangle of the result counts.
  for (std::size_t l = 0; l < count; ++l)
    for (std::size_t m = l; m < count; ++m) {
      Sum total;
      for (std::size_t item = 0; item < items; ++item) total.add(partial[(item * count + l) * count + m]);
      out[l * count + m] = out[m * count + l] = 2 * total.value();
    }
  return out;
}

}  // namespace entrospect
