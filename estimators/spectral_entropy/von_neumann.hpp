#pragma once
// Von Neumann entropy of the autocorrelation of a representation (Kim et al., CVPR 2023).
//
//   rho = Z^T Z / tr(Z^T Z), Z = x after center and normalize (default: each row divided by its norm)
//   S = -sum p ln p, p eigenvalues of rho
//
// x: n x d, n >= 2 (n >= 3 when centered and l2-normalized), d >= 1.  Unit: nats or bits.  Range and cap: [0, ln min(n, d)],
// [0, ln min(n - 1, d)] when centered.  Equals ln of the Vendi score of order 1 with cosine kernel, and ln of the effective rank of rho.
// Options: center (false), normalize (l2; none, standardize), zero_rows (error; drop), side (auto), backend (auto), precision (double),
// lapack_threads (1), leading (0), unit (nats), convention (paper), compat (none).
// leading: so many of the largest eigenvalues; what they, the trace and the Frobenius norm leave open is an interval, status `truncated`,
// and there is a value only where its ends agree to 1e-9. Refused with a compat id; a gradient takes all. compat: `vne` floors row norms at
// 1e-12 and does not renormalize the trace; `koopman` takes the centered covariance with a ridge of 1e-8, whose cap is ln d. Errors:
// non-finite values, too few rows, rows without a direction (zero_rows = drop removes and counts them), samples whose largest absolute
// value is outside [1e-120, 1e140] unless rows are divided by their norms.  Without any variation left (trace 0) the status is `degenerate`
// and there is no value. Cost: O(n d min(n, d)) time, O(min(n, d)^2) memory; rows are read in passes, so they may stay in a file.

#include <cstddef>
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
  std::size_t leading = 0;
  SolverOptions solver{};
  Unit unit = Unit::nats;
  std::string convention = "paper";
  std::string compat{};  // "vne", "koopman"
};

Estimate von_neumann_entropy(const SampleMatrix& x, const VonNeumannOptions& options = {}, const Context& context = {});
const EstimatorInfo& von_neumann_entropy_info();

}  // namespace entrospect
