#pragma once
// Log-determinants: how much volume the samples fill.
//
//   log_det(x)     = ln det(Z^T Z / m), Z = x after center and normalize, m = n, n - 1 when centered             uncentered by default
//   coding_rate(x) = 1/2 ln det(I + d / (n eps_squared) Z^T Z)                                                    unit rows by default
//                    bits (nats) per sample to code Z up to a squared error eps_squared (Ma et al. 2007; Yu et al. 2020)
//   eigenscore(x)  = 1/n ln det(Z Z^T + ridge I), Z = x, each row less its own mean over features; rows are embeddings of n answers to
//                    one question (Chen et al., INSIDE, ICLR 2024)
//
// log_det is -inf, with status `degenerate`, when a column is a combination of those before it to round-off, or n (n - 1) is below d. It is
// taken from a triangular factor of Z, so columns of very different scales cost no accuracy. In coding_rate eps_squared is the
// square that the paper calls eps^2; compat `mcr2` is the tool's empirical loss: rows as they are, eps_squared 0.01 and no 1/2.
// x: n x d, n >= 2.  Unit: nats or bits.  Range: (-inf, cap], [0, cap], [ln ridge, cap]; each cap is the value of as much |Z|_F^2 spread
// evenly over all directions.
// Errors: non-finite values, too few rows, samples whose largest absolute value is outside [1e-120, 1e140] unless rows are divided by their
// norms, rows without a direction under normalize = l2, precision = single.  No variation left: status `degenerate`.
// Gradients: all; none where log_det is -inf.
// Cost: O(n d min(n, d)) time, O(min(n, d)^2) memory; log_det on one thread; eigenscore holds a copy of x.

#include <string>

#include "entrospect/core/registry.hpp"
#include "entrospect/core/survey.hpp"
#include "entrospect/spectral/spectrum.hpp"

namespace entrospect {

struct LogDetOptions {
  bool center = false;
  Normalize normalize = Normalize::none;
  ZeroRows zero_rows = ZeroRows::error;
  Unit unit = Unit::nats;
  std::string convention = "uncentered";
  std::string compat{};
};

struct CodingRateOptions {
  double eps_squared = 0.5;
  bool half = true;
  bool center = false;
  Normalize normalize = Normalize::l2;
  ZeroRows zero_rows = ZeroRows::error;
  Unit unit = Unit::nats;
  Side side = Side::automatic;
  SolverOptions solver{};
  std::string convention = "paper";
  std::string compat{};
};

struct EigenscoreOptions {
  double ridge = 1e-3;
  Unit unit = Unit::nats;
  Side side = Side::automatic;
  SolverOptions solver{};
  std::string convention = "paper";
  std::string compat{};
};

Estimate log_det(const SampleMatrix& x, const LogDetOptions& options = {}, const Context& context = {});
const EstimatorInfo& log_det_info();

Estimate coding_rate(const SampleMatrix& x, const CodingRateOptions& options = {}, const Context& context = {});
const EstimatorInfo& coding_rate_info();

Estimate eigenscore(const SampleMatrix& x, const EigenscoreOptions& options = {}, const Context& context = {});
const EstimatorInfo& eigenscore_info();

}  // namespace entrospect
