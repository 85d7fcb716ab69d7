#pragma once
// Random Fourier features of the Gaussian kernel (Rahimi and Recht 2007): phi(x) = (cos x.w_1 .. cos x.w_m, sin x.w_1 .. sin x.w_m) / sqrt
// m, w_j ~ N(0, I / sigma^2), so that phi(a).phi(b) estimates exp(-|a-b|^2 / (2 sigma^2)) without bias.

#include <cstddef>
#include <cstdint>

#include "entrospect/core/context.hpp"
#include "entrospect/core/sample_matrix.hpp"

namespace entrospect {

// An n x 2m view of the features: rows are computed when they are read, so memory is O(d m) whatever n. `set` names independent draws of
// one seed.
SampleMatrix fourier_features(const SampleMatrix& x, double bandwidth, std::size_t m, std::uint64_t seed, std::uint64_t set,
                              const Context& context = {});

}  // namespace entrospect
