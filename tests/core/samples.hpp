#pragma once
// Sample matrices for tests: every layout of the same values.

#include <cstddef>
#include <cstring>
#include <memory>
#include <vector>

#include "entrospect/core/random.hpp"
#include "entrospect/core/sample_matrix.hpp"

namespace entrospect::test {

inline std::vector<double> normals(std::size_t count, std::uint64_t seed) {
  RandomStream stream(seed, 0);
  std::vector<double> out(count);
  for (double& value : out) value = stream.normal();
  return out;
}

// Rows from memory, as a file would give them.
class MemoryReader final : public RowReader {
 public:
  MemoryReader(const void* data, std::size_t row_bytes) : data_(static_cast<const std::byte*>(data)), row_bytes_(row_bytes) {}
  void read(std::size_t first, std::size_t count, std::byte* out) const override {
    std::memcpy(out, data_ + first * row_bytes_, count * row_bytes_);
  }

 private:
  const std::byte* data_;
  std::size_t row_bytes_;
};

inline SampleMatrix streamed(const std::vector<double>& x, std::size_t n, std::size_t d) {
  return SampleMatrix(std::make_shared<MemoryReader>(x.data(), d * sizeof(double)), DType::f64, n, d);
}

}  // namespace entrospect::test
