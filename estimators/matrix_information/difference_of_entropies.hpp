#pragma once
// How much more entropy two representations of the same n samples have together when chance alone pairs their rows (Skean, Osorio,
// Brockmeier, Sanchez Giraldo 2023).
//
//   difference_of_entropies (DoE, DiME)  mean over permutations P of H_q(K o P L P^T)  - H_q(K o L)
//   difference_of_powers (DiP)           mean over permutations P of tr (K o P L P^T / n)^q  - tr (K o L / n)^q
//
// K_ij = k(x_i, x_j), L_ij = l(y_i, y_j).  x: n x d_x, y: n x d_y, n >= 2, row i of both belongs to sample i; or two n x n kernel matrices
// with kernel = precomputed.  Unit: nats or bits; the difference of powers has none.  Sign: dependence makes the difference of entropies
// positive and, for order > 1, the difference of powers negative (powers fall as entropy grows); neither is bounded by 0 or clipped.
// repeats: random permutations, whose spread gives the standard error, or `all` of them (at most 50000, hence n <= 8): exact.  The
// difference of powers at order 2 has an exact mean for every n, which is taken whatever repeats says:
//   E tr (K o P L P^T)^2 = sum_i K_ii^2 mean_i L_ii^2 + sum_(i != j) K_ij^2 mean_(i != j) L_ij^2
// order: [0, inf]; the difference of powers without 1 and inf, where every power is one number.
// kernel, bandwidth, diagonal, side, errors: as in matrix_information.hpp.  compat: repitl (10 permutations), yu, and skean for the
// difference of entropies. Cost: O(n^2 (d_x + d_y) + (repeats + 1) n^3); order 2: O(n^2 (d_x + d_y + repeats)).

#include <string>
#include <variant>

#include "entrospect/core/registry.hpp"
#include "entrospect/spectral/hadamard.hpp"
#include "entrospect/spectral/kernels.hpp"
#include "entrospect/spectral/spectrum.hpp"

namespace entrospect {

enum class AllPermutations { all };

struct DifferenceOfEntropiesOptions {
  double order = 1;
  Kernel kernel{};  // Gaussian, median bandwidth
  std::variant<double, AllPermutations> repeats = 20.0;
  Diagonal diagonal = Diagonal::error;
  Side side = Side::automatic;
  SolverOptions solver{};
  std::uint64_t seed = 0;
  Unit unit = Unit::nats;
  std::string convention = "paper";
  std::string compat{};  // "repitl", "yu", "skean"
};

struct DifferenceOfPowersOptions {
  double order = 2;
  Kernel kernel{};
  std::variant<double, AllPermutations> repeats = 20.0;
  Diagonal diagonal = Diagonal::error;
  Side side = Side::automatic;
  SolverOptions solver{};
  std::uint64_t seed = 0;
  std::string convention = "paper";
  std::string compat{};
};

Estimate difference_of_entropies(const SampleMatrix& x, const SampleMatrix& y, const DifferenceOfEntropiesOptions& options = {},
                                 const Context& context = {});
Estimate difference_of_powers(const SampleMatrix& x, const SampleMatrix& y, const DifferenceOfPowersOptions& options = {},
                              const Context& context = {});
const EstimatorInfo& difference_of_entropies_info();
const EstimatorInfo& difference_of_powers_info();

}  // namespace entrospect
