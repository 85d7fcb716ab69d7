#pragma once
// Simple indices of a covariance spectrum. lam are the eigenvalues of Z^T Z, descending, s = sqrt(lam) the singular values of Z, Z = x
// after center and normalize.
//
//   participation_ratio(x) = (sum lam)^2 / sum lam^2              centered     [1, r]         count   (Gao et al. 2017)
//   stable_rank(x)         = |Z|_F^2 / |Z|_2^2 = sum lam / lam_1  uncentered   [1, r]         count   (Rudelson, Vershynin 2007; nesum: He,
//                                                                                                      Ozay 2022)
//   top_share(x)           = (lam_1 + ... + lam_rank) / sum lam   centered     [rank / r, 1]  none    (share of variance)
//   spectral_gap(x)        = (lam_rank - lam_(rank+1)) / lam_1    centered     [0, 1]         none
//   anisotropy(x)          = s_1 / sum s                          centered     [1 / r, 1]     none
//   tsallis_entropy(x)     = (1 - sum p^q) / (q - 1)              unit rows, uncentered       none    (Tsallis 1988)
//
// p = lam / sum lam, q = order: 1 is the von Neumann entropy in nats, 2 the linear entropy 1 - tr rho^2; at most its value for r equal lam.
//
// with r = min(n, d), min(n - 1, d) when centered. The other treatment of the mean is a convention (`centered`, `uncentered`). None depends
// on the scale of x. participation_ratio is effective_rank of order 2, stable_rank that of order inf, on the same rows.
// x: n x d, n >= 2.  Errors: non-finite values, too few rows, samples whose largest absolute value is outside [1e-120, 1e140] unless rows
// are divided by their norms, rows without a direction under normalize = l2, rank beyond d (beyond d - 1 for the gap), precision = single
// for anisotropy and for tsallis_entropy of an order below 1 (small eigenvalues matter).  No variation left: status `degenerate`, no value.
// Gradients: all. Status `nonsmooth` where the eigenvalue that is singled out ties with the next (top_share, spectral_gap, stable_rank,
// anisotropy), at zero singular values (anisotropy) and at zero eigenvalues for orders up to 1/2 (tsallis_entropy).
// Cost: O(n d min(n, d)) time, O(min(n, d)^2) memory; participation_ratio needs no eigenvalues. stable_rank, top_share and spectral_gap
// need the largest ones only: with min(n, d) >= 2000 they come from the Lanczos backend where it is faster (spectral/backend.hpp), with
// residuals, an interval (interval_method "bounds") and status `truncated` where the norm of the matrix does not rule out that a larger one
// was missed.

#include <string>

#include "entrospect/core/registry.hpp"
#include "entrospect/core/survey.hpp"
#include "entrospect/spectral/spectrum.hpp"

namespace entrospect {

struct CenteredIndexOptions {
  bool center = true;
  Normalize normalize = Normalize::none;
  ZeroRows zero_rows = ZeroRows::error;
  Side side = Side::automatic;
  SolverOptions solver{};
  std::string convention = "centered";
  std::string compat{};
};

struct UncenteredIndexOptions {
  bool center = false;
  Normalize normalize = Normalize::none;
  ZeroRows zero_rows = ZeroRows::error;
  Side side = Side::automatic;
  SolverOptions solver{};
  std::string convention = "uncentered";
  std::string compat{};
};

struct LeadingIndexOptions {
  std::size_t rank = 1;
  bool center = true;
  Normalize normalize = Normalize::none;
  ZeroRows zero_rows = ZeroRows::error;
  Side side = Side::automatic;
  SolverOptions solver{};
  std::string convention = "centered";
  std::string compat{};
};

struct TsallisOptions {
  double order = 2;
  bool center = false;
  Normalize normalize = Normalize::l2;
  ZeroRows zero_rows = ZeroRows::error;
  Side side = Side::automatic;
  SolverOptions solver{};
  std::string convention = "uncentered";
  std::string compat{};
};

Estimate participation_ratio(const SampleMatrix& x, const CenteredIndexOptions& options = {}, const Context& context = {});
const EstimatorInfo& participation_ratio_info();

Estimate stable_rank(const SampleMatrix& x, const UncenteredIndexOptions& options = {}, const Context& context = {});
const EstimatorInfo& stable_rank_info();

Estimate top_share(const SampleMatrix& x, const LeadingIndexOptions& options = {}, const Context& context = {});
const EstimatorInfo& top_share_info();

Estimate spectral_gap(const SampleMatrix& x, const LeadingIndexOptions& options = {}, const Context& context = {});
const EstimatorInfo& spectral_gap_info();

Estimate anisotropy(const SampleMatrix& x, const CenteredIndexOptions& options = {}, const Context& context = {});
const EstimatorInfo& anisotropy_info();

Estimate tsallis_entropy(const SampleMatrix& x, const TsallisOptions& options = {}, const Context& context = {});
const EstimatorInfo& tsallis_entropy_info();

// The same of a spectrum that was computed before, of any affinity without negative eigenvalues: one decomposition serves them all. An
// incomplete one gives intervals as above; it must hold the eigenvalues that are named, all of them for anisotropy.
Estimate participation_ratio(const Spectrum& s);
Estimate stable_rank(const Spectrum& s);
Estimate top_share(const Spectrum& s, std::size_t rank);
Estimate spectral_gap(const Spectrum& s, std::size_t rank);
Estimate anisotropy(const Spectrum& s);
Estimate tsallis_entropy(const Spectrum& s, double order);

}  // namespace entrospect
