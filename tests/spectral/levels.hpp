#pragma once
// Runs a test body at every instruction level of this build that the processor has.

#include <gtest/gtest.h>

#include <string>

#include "entrospect/spectral/tile_kernels.hpp"

namespace entrospect {

template <class Body>
void at_every_level(Body body) {
  for (const auto level : {detail::SimdLevel::baseline, detail::SimdLevel::v3, detail::SimdLevel::v4}) {
    if (!detail::force_simd_level(level)) continue;
    SCOPED_TRACE(std::string("level ") + std::string(detail::name(level)));
    body();
  }
  detail::force_simd_level(std::nullopt);
}

}  // namespace entrospect
