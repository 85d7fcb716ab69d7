#pragma once
// Vendi score: the effective number of different samples (Friedman and Dieng, TMLR 2023; orders: Pasarkar and Dieng 2024).
//
//   VS_q = exp(H_q(lam)), lam eigenvalues of K / n, K_ii = 1;   with weights w: K o sqrt(w) sqrt(w)^T, w >= 0 scaled to sum 1
//
// x: n x d, n >= 2, or the n x n matrix itself with kernel = precomputed.  Unit: count.  Range: [1, n]; linear and cosine kernels at most
// min(n, d).  k groups of equal samples that share nothing give the Hill number of their sizes.
// order: [0, inf]; 0 is the rank, 1 Shannon, 2 the inverse mean squared kernel value (RKE), inf is 1 / largest; small orders count rare
// samples.  diagonal: `error` refuses a kernel whose diagonal is not 1, `normalize` uses K_ij / sqrt(K_ii K_jj).
// leading (method exact): so many of the largest eigenvalues; what they, the trace and the Frobenius norm leave open is an interval, status
// `truncated`, and there is a value only where its ends agree to 1e-9. Not with kernel = precomputed; a gradient takes all.
// method: `exact`; `truncated` keeps `rank` eigenvalues and spreads the missing mass evenly over the others, the upper end of the interval
// that is returned with it (status `truncated`); `features` replaces a Gaussian kernel by 2 * `features` random Fourier features for large
// n, averages two independent sets and reports half their difference as std_error.
// compat: `vendi-score` (method exact; linear and cosine kernels are its X path, which ignores the order), `fkea` (method features).
// Errors: non-finite values, samples whose largest absolute value is outside [1e-120, 1e140] (not with the cosine kernel), diagonal not 1,
// a matrix that is not symmetric or not positive semi-definite, zero rows under the cosine kernel (zero_rows = drop), weights that are
// negative, not finite, all 0 or of another length than x, precision = single with order < 1, a method that the compat id does not have.
// Cost: O(n^2 d + n^3); linear and cosine O(n d min(n, d)); order 2 without the cubic term, order 4 by one product;
// features O(n (d m + m^2) + m^3).

#include <string>
#include <vector>

#include "entrospect/core/registry.hpp"
#include "entrospect/core/survey.hpp"
#include "entrospect/spectral/hadamard.hpp"
#include "entrospect/spectral/kernels.hpp"
#include "entrospect/spectral/spectrum.hpp"

namespace entrospect {

enum class VendiMethod { exact, truncated, features };

struct VendiOptions {
  double order = 1;
  Kernel kernel{KernelKind::cosine};
  Diagonal diagonal = Diagonal::error;
  ZeroRows zero_rows = ZeroRows::error;
  VendiMethod method = VendiMethod::exact;
  std::size_t rank = 100;      // method = truncated
  std::size_t features = 512;  // method = features: frequencies; twice as many features
  Side side = Side::automatic;
  std::size_t leading = 0;
  SolverOptions solver{};
  std::uint64_t seed = 0;
  std::string convention = "paper";
  std::string compat{};  // "vendi-score", "fkea"
};

Estimate vendi_score(const SampleMatrix& x, const VendiOptions& options = {}, const Context& context = {});
// One weight per row.
Estimate weighted_vendi_score(const SampleMatrix& x, const std::vector<double>& weights, const VendiOptions& options = {},
                              const Context& context = {});
const EstimatorInfo& vendi_score_info();

}  // namespace entrospect
