#include "entrospect/spectral/symmetric_matrix.hpp"

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <limits>
#include <new>
#include <string>

#include "entrospect/core/errors.hpp"
#include "entrospect/core/sum.hpp"
#include "entrospect/spectral/aligned_buffer.hpp"

#if defined(__linux__)
#include <sys/mman.h>
#include <sys/sysinfo.h>
#endif

namespace entrospect {
namespace detail {

void* allocate_aligned(std::size_t bytes) {
  constexpr std::size_t kCacheLine = 64;
  constexpr std::size_t kHugePage = std::size_t{2} << 20;
  const std::size_t alignment = bytes >= kHugePage / 2 ? kHugePage : kCacheLine;
  if (bytes > std::numeric_limits<std::size_t>::max() - alignment) throw std::bad_alloc();
  const std::size_t whole = (bytes + alignment - 1) / alignment * alignment;
  void* p = std::aligned_alloc(alignment, whole == 0 ? alignment : whole);
  if (p == nullptr) throw std::bad_alloc();
#if defined(__linux__) && defined(MADV_HUGEPAGE)
  // First touch of a large matrix would otherwise cost one page fault per 4 KiB, as much time as filling it. Failure only costs time.
  if (alignment == kHugePage) (void)madvise(p, whole, MADV_HUGEPAGE);
#endif
  return p;
}

void free_aligned(void* p) { std::free(p); }

}  // namespace detail

namespace {

// The memory of this machine, or what a container may use of it. Systems promise more than they have, so an allocation that cannot be
// filled succeeds, and the process is killed later without a word.
double usable_memory() {
  double bytes = std::numeric_limits<double>::infinity();
#if defined(__linux__)
  struct sysinfo machine {};
  if (sysinfo(&machine) == 0) bytes = static_cast<double>(machine.totalram) * machine.mem_unit;
#endif
  for (const char* const limit : {"/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"}) {
    double most = 0;
    if (std::ifstream(limit) >> most && most > 0) bytes = std::min(bytes, most);  // "max" is no number
  }
  return bytes;
}

std::size_t bytes_of(std::size_t n, std::size_t item) {
  static const double usable = usable_memory();
  const double bytes = static_cast<double>(n) * static_cast<double>(n) * static_cast<double>(item);
  if (bytes > std::min(usable, static_cast<double>(std::numeric_limits<std::ptrdiff_t>::max()) / 2)) {
    const auto gigabytes = [](double x) { return std::to_string(static_cast<std::uint64_t>(std::min(x / 1e9, 1e18))) + " GB"; };
    throw InvalidArgument("a dense " + std::to_string(n) + " x " + std::to_string(n) + " matrix needs " + gigabytes(bytes) +
                          " of memory and there are " + gigabytes(usable) +
                          "; use fewer rows, or a linear or cosine kernel, whose matrix on side 'cov' is d x d");
  }
  return n * n * item;
}

}  // namespace

template <class T>
void SymmetricMatrix<T>::Free::operator()(T* p) const {
  detail::free_aligned(p);
}

template <class T>
SymmetricMatrix<T>::SymmetricMatrix(std::size_t n) : n_(n), data_(static_cast<T*>(detail::allocate_aligned(bytes_of(n, sizeof(T))))) {}

template <class T>
double SymmetricMatrix<T>::trace() const {
  Sum s;
  for (std::size_t i = 0; i < n_; ++i) s.add(static_cast<double>((*this)(i, i)));
  return s.value();
}

template <class T>
double SymmetricMatrix<T>::frobenius2() const {
  constexpr std::size_t kLanes = 8;  // independent partial sums of a row, so that the loop vectorises; rows are compensated
  Sum total;
  for (std::size_t i = 0; i < n_; ++i) {
    const T* row = data() + i * n_;
    double lanes[kLanes] = {};
    std::size_t j = 0;
    for (; j + kLanes <= n_; j += kLanes)
      for (std::size_t l = 0; l < kLanes; ++l) lanes[l] += static_cast<double>(row[j + l]) * static_cast<double>(row[j + l]);
    for (; j < n_; ++j) lanes[0] += static_cast<double>(row[j]) * static_cast<double>(row[j]);
    for (const double lane : lanes) total.add(lane);
  }
  return total.value();
}

template <class T>
SymmetricMatrix<T> SymmetricMatrix<T>::copy() const {
  SymmetricMatrix out(n_);
  if (n_ > 0) std::memcpy(out.data(), data(), n_ * n_ * sizeof(T));
  return out;
}

template class SymmetricMatrix<double>;
template class SymmetricMatrix<float>;

}  // namespace entrospect
