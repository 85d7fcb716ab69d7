#pragma once
// Von Neumann entropy of the autocorrelation of a representation (Kim et al., CVPR 2023).
//
//   Z = rows of x, each divided by its norm (normalize = l2);  rho = Z^T Z / tr(Z^T Z);  S = -sum lam ln lam, lam eigenvalues of rho
//
// x: n x d, n >= 2 (n >= 3 when centered and normalized), d >= 1.  Unit: nats or bits.  Range: [0, ln min(n, d)], [0, ln min(n - 1, d)]
// when centered.  Equals ln of the Vendi score of order 1 with cosine kernel, and ln of the effective rank of rho.
// Options: center, normalize, zero_rows, side, backend, precision, lapack_threads, unit, convention, compat.
// Errors: non-finite values, too few rows, rows without a direction (zero_rows = drop removes and counts them).  Without any variation
// left (trace 0) the status is `degenerate` and there is no value.
// Cost: O(n d min(n, d)) time, O(min(n, d)^2) memory; rows are read in passes, so they may stay in a file.

#include <string>

#include "entrospect/core/registry.hpp"
#include "entrospect/core/survey.hpp"
#include "entrospect/spectral/spectrum.hpp"

namespace entrospect {

struct VonNeumannOptions {
  bool center = false;
  Normalize normalize = Normalize::l2;
  ZeroRows zero_rows = ZeroRows::error;
  Side side = Side::automatic;
  SolverOptions solver{};
  Unit unit = Unit::nats;
  std::string convention = "paper";
  std::string compat{};  // "vne", "koopman"
};

Estimate von_neumann_entropy(const SampleMatrix& x, const VonNeumannOptions& options = {}, const Context& context = {});
const EstimatorInfo& von_neumann_entropy_info();

}  // namespace entrospect
