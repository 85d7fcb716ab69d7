#pragma once
// Uninitialised aligned memory for matrices and packed tiles. Private to spectral/.

#include <cstddef>
#include <memory>

namespace entrospect::detail {

// 64-byte aligned; large blocks are aligned for, and ask for, huge pages. Throws std::bad_alloc.
void* allocate_aligned(std::size_t bytes);
void free_aligned(void* p);

template <class T>
class AlignedBuffer {
 public:
  explicit AlignedBuffer(std::size_t count) : data_(static_cast<T*>(allocate_aligned(count * sizeof(T)))) {}
  [[nodiscard]] T* data() const { return data_.get(); }

 private:
  struct Free {
    void operator()(T* p) const { free_aligned(p); }
  };
  std::unique_ptr<T[], Free> data_;
};

}  // namespace entrospect::detail
