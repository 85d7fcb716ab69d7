#pragma once
// alpha-ReQ: the exponent of the decay lam_i ~ i^-alpha of covariance eigenvalues (Stringer et al. 2019; Agrawal et al. 2022).
//
//   alpha = -slope of the weighted least squares line of ln lam_i on ln i, i = first_rank .. last_rank, weights 1 / i (or equal)
//
// lam are the eigenvalues of Z^T Z, Z = x after center and normalize. Ranks are 11 to 100 by default (`auto`); where fewer than 20
// eigenvalues are above the rank tolerance, the fit starts at rank 1 and a warning says so. Eigenvalues at or below the rank tolerance are
// left out and counted (`zeros_excluded`). Diagnostics: first_rank, last_rank, r_squared (weighted). std_error is that of the regression:
// it takes the residuals for independent, which those of neighboring eigenvalues are not, so it is too small.
//
// x: n x d, n >= 2.  Unit: none.  Range: [0, inf); no cap.  Does not depend on the scale of x.
//
// Errors: non-finite values, too few rows, samples whose largest absolute value is outside [1e-120, 1e140] unless rows are divided by their
// norms, rows without a direction under normalize = l2, ranks that are no whole numbers, last_rank not above first_rank, first_rank beyond
// the second last eigenvalue, precision = single (logarithms of small eigenvalues).  Fewer than two eigenvalues above the rank tolerance in
// the range: status `degenerate`, no value.
//
// Gradient: exact where the eigenvalues of the fit are simple; tied ones share theirs, status `nonsmooth`.
// Cost: O(n d min(n, d)) time, O(min(n, d)^2) memory. Where last_rank is at most 1/200 of min(n, d), Lanczos finds that many eigenvalues
// and the interval is what their residuals and the norm of the matrix leave open; std_error then goes to the diagnostics.

#include <string>
#include <variant>

#include "entrospect/core/registry.hpp"
#include "entrospect/core/survey.hpp"
#include "entrospect/spectral/spectrum.hpp"

namespace entrospect {

enum class AutoRank { automatic };
enum class FitWeights { reciprocal, uniform };

struct AlphaReqOptions {
  std::variant<double, AutoRank> first_rank = AutoRank::automatic;
  std::variant<double, AutoRank> last_rank = AutoRank::automatic;
  FitWeights fit_weights = FitWeights::reciprocal;
  bool center = true;
  Normalize normalize = Normalize::none;
  ZeroRows zero_rows = ZeroRows::error;
  Side side = Side::automatic;
  SolverOptions solver{};
  std::string convention = "alpha-req";
  std::string compat{};
};

Estimate alpha_req(const SampleMatrix& x, const AlphaReqOptions& options = {}, const Context& context = {});
// Of a spectrum that was computed before: the options of the fit are read, those of the rows are not.
Estimate alpha_req(const Spectrum& s, const AlphaReqOptions& options = {});
const EstimatorInfo& alpha_req_info();

}  // namespace entrospect
