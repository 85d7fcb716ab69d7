#pragma once
// The composable level: functionals of a spectrum that is already there. One spectrum answers any number of orders and diffusion times.

#include <string>

#include "entrospect/core/estimate.hpp"
#include "entrospect/spectral/spectrum.hpp"

namespace entrospect {

// Which functional of the weights p. `hill` is exp(renyi): an effective number of directions.
struct SpectralFunctional {
  enum class Kind { renyi, tsallis, hill } kind = Kind::renyi;
  double order = 1;  // [0, inf]
};

// What the weights are: the eigenvalues themselves, or |lam|^t of a diffusion operator (t > 0).
struct SpectralWeights {
  bool diffusion = false;
  double t = 1;
};

// p = weights / sum. Range [0, ln r] for renyi, r the largest rank possible; cap reported. Order < 1 needs a complete spectrum and is
// refused otherwise; Shannon of an incomplete spectrum is an interval.
Estimate entropy(const Spectrum& s, const SpectralFunctional& functional = {}, const SpectralWeights& weights = {}, Unit unit = Unit::nats);

}  // namespace entrospect
