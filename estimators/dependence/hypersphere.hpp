#pragma once
// How representations lie on the unit sphere: rows are divided by their norms, u_i = x_i / |x_i|.
//
//   uniformity            = ln mean_{i != j} exp(-t |u_i - u_j|^2)                    (Wang and Isola, ICML 2020)
//   alignment             = mean_i |u_i - v_i|^exponent, v from y as u from x          (the same)
//   hyperspherical_energy = mean_{i != j} |u_i - u_j|^-exponent, -ln |u_i - u_j| for exponent 0     (Riesz energy; Liu et al., NeurIPS
//   2018)
//
// x: n x d, n >= 2; alignment: y of the same shape, row i a second view of sample i.  Unit: none.
// Range: uniformity [-4 t, 0], the lower the more uniform, 0 iff all directions are equal; alignment [0, 2^exponent], 0 iff x and y have
// the same directions; energy [2^-exponent, inf], [-ln 2, inf] for exponent 0, infinite (status `nonfinite`) where two directions are
// equal. convention = sum (energy): the sum over i != j instead of the mean. Errors: non-finite values, fewer than 2 rows, rows without a
// direction (zero_rows = drop removes and counts them, in alignment with what they are paired with); alignment: different shapes, and rows
// that are all equal, since collapsed representations are aligned whatever they are of. Cost: uniformity O(n^2 d) and one n x n matrix;
// energy O(n^2 d); alignment O(n d).

#include <string>

#include "entrospect/core/registry.hpp"
#include "entrospect/core/survey.hpp"

namespace entrospect {

struct UniformityOptions {
  double t = 2;
  ZeroRows zero_rows = ZeroRows::error;
  std::string convention = "paper";
  std::string compat{};
};

struct AlignmentOptions {
  double exponent = 2;
  ZeroRows zero_rows = ZeroRows::error;
  std::string convention = "paper";
  std::string compat{};
};

enum class PairReduction { mean, sum };

struct HypersphericalEnergyOptions {
  double exponent = 1;
  PairReduction reduction = PairReduction::mean;
  ZeroRows zero_rows = ZeroRows::error;
  std::string convention = "mean";  // "sum"
  std::string compat{};
};

Estimate uniformity(const SampleMatrix& x, const UniformityOptions& options = {}, const Context& context = {});
Estimate alignment(const SampleMatrix& x, const SampleMatrix& y, const AlignmentOptions& options = {}, const Context& context = {});
Estimate hyperspherical_energy(const SampleMatrix& x, const HypersphericalEnergyOptions& options = {}, const Context& context = {});
const EstimatorInfo& uniformity_info();
const EstimatorInfo& alignment_info();
const EstimatorInfo& hyperspherical_energy_info();

}  // namespace entrospect
