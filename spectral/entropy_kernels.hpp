#pragma once
// -sum p ln p, compiled once per instruction set as the loops of tile_kernels.hpp. Used by estimators/functional.cpp alone.

#include <cstddef>

namespace entrospect::detail {

struct WeightTotal {
  double sum = 0;     // compensated but for blocks of 8 terms: the error does not grow with the count
  bool valid = true;  // every weight is in [0, inf); else the sum means nothing
};

struct EntropyKernels {
  WeightTotal (*total)(const double* weights, std::size_t count);
  // -sum_i (w_i / total) ln(w_i / total), total in [2^-900, inf). Every logarithm is within 3 ulp; a weight of `total` gives 0 exactly, as
  // does a weight of 0; the term of a weight below the smallest normal number is wrong, and below 1e-34. Not negative when no weight is
  // above total.
  double (*entropy)(const double* weights, std::size_t count, double total);
};

const EntropyKernels& entropy_kernels();

namespace simd {  // one per compiled level
namespace baseline {
extern const EntropyKernels entropy_f64;
}  // namespace baseline
namespace v3 {
extern const EntropyKernels entropy_f64;
}  // namespace v3
namespace v4 {
extern const EntropyKernels entropy_f64;
}  // namespace v4
}  // namespace simd

}  // namespace entrospect::detail
