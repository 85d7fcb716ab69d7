#pragma once
// Vectors of the instruction set that a file of this folder is being compiled for. In an unnamed namespace: every level has its own.

#include <utility>

#if defined(__AVX512F__)
#define ENTROSPECT_VECTOR_BYTES 64
#elif defined(__AVX2__)
#define ENTROSPECT_VECTOR_BYTES 32
#else
#define ENTROSPECT_VECTOR_BYTES 16
#endif

#define ENTROSPECT_INLINE __attribute__((always_inline)) inline

namespace entrospect::detail::simd::ENTROSPECT_SIMD_LEVEL {
namespace {

inline constexpr int kBytes = ENTROSPECT_VECTOR_BYTES;

template <class T>
struct Types;
template <>
struct Types<double> {
  typedef double Vector __attribute__((vector_size(kBytes), may_alias));
  typedef double Loose __attribute__((vector_size(kBytes), may_alias, aligned(8)));
  typedef long long Bits __attribute__((vector_size(kBytes), may_alias));
};
template <>
struct Types<float> {
  typedef float Vector __attribute__((vector_size(kBytes), may_alias));
  typedef float Loose __attribute__((vector_size(kBytes), may_alias, aligned(4)));
  typedef int Bits __attribute__((vector_size(kBytes), may_alias));
};
template <class T>
using Vector = typename Types<T>::Vector;
template <class T>
using Bits = typename Types<T>::Bits;
template <class T>
constexpr int kLanes = kBytes / static_cast<int>(sizeof(T));

template <class T>
ENTROSPECT_INLINE Vector<T> load(const T* p) {
  return *reinterpret_cast<const Vector<T>*>(p);
}
template <class T>
ENTROSPECT_INLINE void store(T* p, Vector<T> v) {
  *reinterpret_cast<Vector<T>*>(p) = v;
}
// Of elements at any address.
template <class T>
ENTROSPECT_INLINE Vector<T> load_any(const T* p) {
  return *reinterpret_cast<const typename Types<T>::Loose*>(p);
}
template <class T>
ENTROSPECT_INLINE void store_any(T* p, Vector<T> v) {
  *reinterpret_cast<typename Types<T>::Loose*>(p) = v;
}
// To an aligned address and past the caches: for memory that is not read again soon. Not ordered with other stores until fence().
template <class T>
ENTROSPECT_INLINE void stream(T* p, Vector<T> v) {
#if defined(__clang__)
  __builtin_nontemporal_store(v, reinterpret_cast<Vector<T>*>(p));
#elif ENTROSPECT_VECTOR_BYTES == 64
  __builtin_ia32_movntps512(reinterpret_cast<float*>(p), reinterpret_cast<Vector<float>>(v));
#elif ENTROSPECT_VECTOR_BYTES == 32
  __builtin_ia32_movntps256(reinterpret_cast<float*>(p), reinterpret_cast<Vector<float>>(v));
#else
  store<T>(p, v);
#endif
}
ENTROSPECT_INLINE void fence() { __atomic_thread_fence(__ATOMIC_SEQ_CST); }
template <class T>
ENTROSPECT_INLINE Vector<T> fill(T x) {
  return x - Vector<T>{};
}
template <class T>
ENTROSPECT_INLINE Vector<T> select(Bits<T> mask, Vector<T> yes, Vector<T> no) {
  return reinterpret_cast<Vector<T>>((mask & reinterpret_cast<Bits<T>>(yes)) | (~mask & reinterpret_cast<Bits<T>>(no)));
}
// Lane l of the result is lane index_l of a followed by b.
template <class T, int... index>
ENTROSPECT_INLINE Vector<T> shuffle(Vector<T> a, Vector<T> b) {
#if defined(__clang__)
  return __builtin_shufflevector(a, b, index...);
#else
  return __builtin_shuffle(a, b, Bits<T>{index...});
#endif
}
// In a fixed order: halves onto each other.
template <class T>
ENTROSPECT_INLINE T sum_of_lanes(Vector<T> v) {
  alignas(kBytes) T lanes[kLanes<T>];
  store<T>(lanes, v);
#pragma GCC unroll 4
  for (int half = kLanes<T> / 2; half > 0; half /= 2)
#pragma GCC unroll 8
    for (int l = 0; l < half; ++l) lanes[l] += lanes[l + half];
  return lanes[0];
}

}  // namespace
}  // namespace entrospect::detail::simd::ENTROSPECT_SIMD_LEVEL
