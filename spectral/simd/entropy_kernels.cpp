// Compiled once per instruction set, as tile_kernels.cpp; the same rule holds: only raw pointers and functions local to this file.
#include "entrospect/spectral/entropy_kernels.hpp"

#include "entrospect/spectral/simd/vector.hpp"

namespace entrospect::detail::simd::ENTROSPECT_SIMD_LEVEL {
namespace {

using std::size_t;
using Real = Vector<double>;
using Int = Bits<double>;
typedef unsigned long long Word __attribute__((vector_size(kBytes), may_alias));

constexpr int kWidth = kLanes<double>;
constexpr int kBlock = 8;  // vectors added up as they are before the compensated sum takes them

// Running sums with the rounding errors kept apart (TwoSum; Knuth, TAOCP 2, 4.2.2).
struct Sums {
  Real total{}, error{};

  ENTROSPECT_INLINE void add(Real term) {
    const Real sum = total + term, added = sum - total;
    error += (total - (sum - added)) + (term - added);
    total = sum;
  }
  [[nodiscard]] ENTROSPECT_INLINE double value() const { return sum_of_lanes<double>(total) + sum_of_lanes<double>(error); }
};

// Sum of term(vector) over all weights, the last vector filled up with zeros, whose terms are 0. term(vector, sum) returns sum + its term.
template <class Term>
ENTROSPECT_INLINE double sum_of(const double* weights, size_t count, Term term) {
  Sums sums;
  size_t i = 0;
  for (; i + kBlock * kWidth <= count; i += kBlock * kWidth) {
    Real block{};
#pragma GCC unroll 8
    for (int v = 0; v < kBlock; ++v) block = term(load_any<double>(weights + i + static_cast<size_t>(v) * kWidth), block);
    sums.add(block);
  }
  Real rest{};
  for (; i + kWidth <= count; i += kWidth) rest = term(load_any<double>(weights + i), rest);
  if (i < count) {
    alignas(kBytes) double last[kWidth] = {};
    for (size_t l = 0; i + l < count; ++l) last[l] = weights[i + l];
    rest = term(load<double>(last), rest);
  }
  sums.add(rest);
  return sums.value();
}

bool all_valid(const double* weights, size_t count) {
  for (size_t i = 0; i < count; ++i)
    if (!(weights[i] >= 0 && weights[i] <= __DBL_MAX__)) return false;
  return true;
}

WeightTotal total(const double* weights, size_t count) {
  Int signs{};
  const double sum = sum_of(weights, count, [&signs](Real w, Real sofar) {
    signs |= reinterpret_cast<Int>(w);
    return sofar + w;
  });
  long long sign = 0;
  for (int l = 0; l < kWidth; ++l) sign |= signs[l];
  // NaN and Inf leave a sum that is not finite. So may weights near the largest number, and -0 has a sign: then every weight is looked at.
  if (sign >= 0 && sum - sum == 0) return {sum, true};
  return {sum, all_valid(weights, count)};
}

// ln(w / total) = k ln 2 + 2 atanh(s), s = (m - total) / (m + total), w = 2^k m with m / total in [sqrt(1/2), sqrt(2)), so |s| < 0.1716 and
// 2 atanh(s) = 2 s + s^3 P(s^2), P the polynomial through its 7 Chebyshev nodes of [0, 0.0295]: the error is below 2^-57 of the whole.
// Floats in order are integers in order, so k and m come from differences of bits: k = floor((bits(w) - bits(sqrt(1/2) total)) / 2^52).
// m - total is exact (Sterbenz). Of 0 it is some finite number.
struct Logarithm {
  static constexpr double kLn2 = 0.69314718055994530942;
  static constexpr double kSeries[] = {0x1.5555555555558p-1, 0x1.99999999951f5p-2, 0x1.2492492e0b70cp-2, 0x1.c71c62c42db89p-3,
                                       0x1.7462be245eae3p-3, 0x1.39fd25d62ab23p-3, 0x1.2b6776a1bf0b9p-3};
  double total;
  unsigned long long least;  // bits of sqrt(1/2) total

  ENTROSPECT_INLINE explicit Logarithm(double sum) : total(sum) {
    const double bound = 0.70710678118654752440 * sum;
    __builtin_memcpy(&least, &bound, sizeof least);
  }

  ENTROSPECT_INLINE Real operator()(Real w) const {
    const Word bits = reinterpret_cast<Word>(w), difference = bits - least;  // modulo 2^64
    const Real m = reinterpret_cast<Real>(bits - (difference & 0xfff0000000000000ULL));
    // k + 2048 as the fraction of 2^52, which is a float without a conversion.
    const Real k = reinterpret_cast<Real>(((difference ^ 0x8000000000000000ULL) >> 52) | 0x4330000000000000ULL) - (0x1p52 + 2048);
    const Real s = (m - total) / (m + total), square = s * s;
    Real series = fill<double>(kSeries[6]);
#pragma GCC unroll 6
    for (int i = 5; i >= 0; --i) series = series * square + fill<double>(kSeries[i]);
    return s * (square * series + 2.0) + k * kLn2;
  }
};

double entropy(const double* weights, size_t count, double total) {
  const Logarithm logarithm(total);
  const double sum = sum_of(weights, count, [logarithm](Real w, Real sofar) { return sofar - w * logarithm(w); });
  return sum / total;
}

}  // namespace

extern const EntropyKernels entropy_f64;
const EntropyKernels entropy_f64{total, entropy};

}  // namespace entrospect::detail::simd::ENTROSPECT_SIMD_LEVEL
