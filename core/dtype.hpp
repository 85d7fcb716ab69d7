#pragma once
// Element types of sample matrices. Half-precision values are read as they are; sums are always float64.

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace entrospect {

enum class DType : std::uint8_t { f16, bf16, f32, f64 };

std::size_t size_of(DType type);
std::string_view name(DType type);  // "f16", "bf16", "f32", "f64"
double machine_epsilon(DType type);

// Exact widening of one IEEE binary16 / bfloat16 value.
float widen_f16(std::uint16_t bits);
float widen_bf16(std::uint16_t bits);

}  // namespace entrospect
