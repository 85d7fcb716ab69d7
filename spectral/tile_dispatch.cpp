#include <atomic>
#include <cstdlib>
#include <string>

#include "entrospect/core/errors.hpp"
#include "entrospect/spectral/chase_kernels.hpp"
#include "entrospect/spectral/entropy_kernels.hpp"
#include "entrospect/spectral/tile_kernels.hpp"

namespace entrospect::detail {
namespace {

constexpr SimdLevel kLevels[] = {SimdLevel::v4, SimdLevel::v3, SimdLevel::baseline};
std::atomic<int> forced{-1};

bool available(SimdLevel level) {
#if defined(ENTROSPECT_SIMD_X86)
  if (level == SimdLevel::v4)
    return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512cd") &&
           __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl") && available(SimdLevel::v3);
  if (level == SimdLevel::v3)
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && __builtin_cpu_supports("bmi") &&
           __builtin_cpu_supports("bmi2");
#endif
  return level == SimdLevel::baseline;
}

SimdLevel automatic_level() {
  const char* const wish = std::getenv("ENTROSPECT_SIMD");
  const std::string limit = wish == nullptr ? "" : wish;
  if (!limit.empty() && limit != "baseline" && limit != "v3" && limit != "v4")
    throw InvalidArgument("ENTROSPECT_SIMD is '" + limit + "'; it must be baseline, v3 or v4");
  for (const SimdLevel level : kLevels) {
    if (level == SimdLevel::v4 && (limit == "v3" || limit == "baseline")) continue;
    if (level == SimdLevel::v3 && limit == "baseline") continue;
    if (available(level)) return level;
  }
  return SimdLevel::baseline;
}

}  // namespace

std::string_view name(SimdLevel level) {
  switch (level) {
    case SimdLevel::v4:
      return "x86-64-v4";
    case SimdLevel::v3:
      return "x86-64-v3";
    case SimdLevel::baseline:
      break;
  }
  return "baseline";
}

SimdLevel simd_level() {
  static const SimdLevel automatic = automatic_level();
  const int level = forced.load(std::memory_order_relaxed);
  return level < 0 ? automatic : static_cast<SimdLevel>(level);
}

bool force_simd_level(std::optional<SimdLevel> level) {
  if (level && !available(*level)) return false;
  forced.store(level ? static_cast<int>(*level) : -1, std::memory_order_relaxed);
  return true;
}

// The table of the level in use.
#if defined(ENTROSPECT_SIMD_X86)
#define ENTROSPECT_AT_LEVEL(table) \
  (simd_level() == SimdLevel::v4 ? simd::v4::table : simd_level() == SimdLevel::v3 ? simd::v3::table : simd::baseline::table)
#else
#define ENTROSPECT_AT_LEVEL(table) simd::baseline::table
#endif

template <>
const TileKernels<float>& tile_kernels<float>() {
  return ENTROSPECT_AT_LEVEL(kernels_f32);
}
template <>
const TileKernels<double>& tile_kernels<double>() {
  return ENTROSPECT_AT_LEVEL(kernels_f64);
}
template <>
const ChaseKernels<float>& chase_kernels<float>() {
  return ENTROSPECT_AT_LEVEL(chase_f32);
}
template <>
const ChaseKernels<double>& chase_kernels<double>() {
  return ENTROSPECT_AT_LEVEL(chase_f64);
}
const EntropyKernels& entropy_kernels() { return ENTROSPECT_AT_LEVEL(entropy_f64); }

}  // namespace entrospect::detail
