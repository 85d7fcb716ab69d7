#pragma once
// Element types of sample matrices. Half-precision values are read as they are; sums are always float64.

#include <bit>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace entrospect {

enum class DType : std::uint8_t { f16, bf16, f32, f64 };

std::size_t size_of(DType type);
std::string_view name(DType type);  // "f16", "bf16", "f32", "f64"
double machine_epsilon(DType type);

// Exact widening of one bfloat16 value: the upper half of a binary32.
inline float widen_bf16(std::uint16_t bits) { return std::bit_cast<float>(std::uint32_t{bits} << 16); }

// Exact widening of one IEEE binary16 value. Branch-free, so that loops over it vectorise, and no intermediate is a subnormal binary32:
// the result holds when the processor flushes subnormals to zero.
inline float widen_f16(std::uint16_t bits) {
  constexpr std::uint32_t exponent_mask = 0x1fU << 23, rebias = (127U - 15U) << 23;
  const std::uint32_t magnitude = (bits & 0x7fffU) << 13;  // exponent and fraction at their places in binary32
  const std::uint32_t exponent = magnitude & exponent_mask;
  // Exponent 31 (Inf, NaN) is rebiased twice: 31 + 2 * 112 = 255.
  const std::uint32_t normal = magnitude + rebias + (exponent == exponent_mask ? rebias : 0U);
  // Exponent 0 is a subnormal f * 2^-24: read as 2^-14 (1 + f 2^-10), then the leading 2^-14 is taken away.
  const float small = std::bit_cast<float>(magnitude + rebias + (1U << 23)) - 0x1p-14F;
  const std::uint32_t value = exponent == 0 ? std::bit_cast<std::uint32_t>(small) : normal;
  return std::bit_cast<float>(value | (std::uint32_t{bits} & 0x8000U) << 16);
}

}  // namespace entrospect
