#pragma once
// Everything that a user can do with a file, however broken. The only exception allowed out of a reader is FileError.

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <stdexcept>
#include <string>
#include <vector>

#include "entrospect/bindings/io/tensors.hpp"

namespace entrospect::io::fuzz {

inline constexpr std::uint64_t memory_limit = 1 << 20;

// A file in memory with the given content.
class Input {
 public:
  Input() : descriptor_(::memfd_create("fuzz", MFD_CLOEXEC)) {
    if (descriptor_ < 0) std::abort();
    path_ = "/proc/self/fd/" + std::to_string(descriptor_);
  }
  const std::filesystem::path& with(const std::uint8_t* data, std::size_t size) {
    if (::ftruncate(descriptor_, 0) != 0 || ::pwrite(descriptor_, data, size, 0) != static_cast<ssize_t>(size)) std::abort();
    return path_;
  }

 private:
  int descriptor_;
  std::filesystem::path path_;
};

template <class Action>
void attempt(const Action& action) {
  try {
    action();
  } catch (const FileError& error) {
    const std::string text = error.what();
    if (text.find(". Fix: ") == std::string::npos || text.find('\n') != std::string::npos) std::abort();
  }
}

inline void read_rows(const SampleMatrix& x) {
  if (x.n() == 0 || x.d() == 0) std::abort();  // such tensors are never samples
  const std::size_t row_bytes = x.d() * size_of(x.dtype());
  if (const RowReader* reader = x.reader(); reader != nullptr && row_bytes <= memory_limit) {
    std::vector<std::byte> row(row_bytes);
    reader->read(0, 1, row.data());
    reader->read(x.n() - 1, 1, row.data());
  }
  if (x.data() != nullptr) {  // the corners of the block in memory
    volatile std::byte byte = x.data()[0];
    byte = x.data()[static_cast<std::ptrdiff_t>(x.n() - 1) * x.row_stride() + static_cast<std::ptrdiff_t>(x.d() - 1) * x.column_stride() +
                    static_cast<std::ptrdiff_t>(size_of(x.dtype())) - 1];
    (void)byte;
  }
}

inline void use(const TensorFile& file) {
  for (std::size_t i = 0; i < std::min<std::size_t>(file.tensors().size(), 16); ++i) {
    attempt([&] { read_rows(file.samples(i, false)); });
    attempt([&] { read_rows(file.samples(i, true)); });
    attempt([&] { (void)file.labels(i); });
    attempt([&] { (void)file.numbers(i); });
    attempt([&] { (void)file.content_hash(i); });
  }
}

}  // namespace entrospect::io::fuzz
