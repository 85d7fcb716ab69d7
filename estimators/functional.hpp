#pragma once
// Functionals of non-negative weights, written once: spectra, probability tables and logits all end here (Renyi 1961, Tsallis 1988,
// Hill 1973).

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "entrospect/core/estimate.hpp"
#include "entrospect/core/unit.hpp"
#include "entrospect/spectral/spectrum.hpp"

namespace entrospect {

// H_q = ln(sum p^q) / (1 - q) in nats, p = weights / sum, weights >= 0. q = 1 is Shannon; q = inf is -ln max p; q = 0 is the logarithm of
// the count. For q < 1 weights at or below rank_tolerance * largest count as zero, since round-off would dominate. 0 ln 0 = 0. Relative
// error about 1e-15 for every q, near 1 included. NaN when every weight is 0. Throws InvalidArgument for q outside [0, inf], for a
// negative or non-finite weight.
double renyi_entropy(std::span<const double> weights, double order, double rank_tolerance = 0);

// H_1 of weights of which detail::entropy_kernels() (spectral/entropy_kernels.hpp) has found the sum: for loops over many short rows.
double shannon_entropy(std::span<const double> weights, double total);

// dH_q/dw_i for H_q = renyi_entropy(weights, order, rank_tolerance): q / ((1 - q) T) (p_i^(q-1) / sum p^q - 1), T = sum w;
// -(ln p_i + H_1) / T for q = 1; 0 for a weight that counts as zero, and for q = 0. For q = inf it is (1 - 1 / (m p_i)) / T for the m
// weights within rank_tolerance * largest of the largest, 1 / T for the others: exact for m = 1, for m > 1 one of the supergradients.
std::vector<double> renyi_slopes(std::span<const double> weights, double order, double rank_tolerance = 0);

// The same formula on weights as they are, not divided by their sum: ln(sum w^q) / (1 - q) over w > 0, -sum w ln w for q = 1. What tools
// compute whose weights need not sum to 1. Away from q = 1 it tends to infinity as q -> 1 unless the sum is 1.
double unnormalized_renyi_entropy(std::span<const double> weights, double order);

// H_q of p = weights / sum + epsilon. With an epsilon p no longer sums to 1, and the tools that add one apply the formula to it as it is.
double shifted_renyi_entropy(std::vector<double> weights, double order, double epsilon, double rank_tolerance);

// T_q = (1 - sum p^q) / (q - 1), with the same rules; T_1 is Shannon, T_inf is 0.
double tsallis_entropy(std::span<const double> weights, double order, double rank_tolerance = 0);

struct EntropyBounds {
  double low = 0, high = 0;
};

// Bounds of H_q when only the largest weights are known: `head` descending, `total` their exact sum with the tail, at most `tail` further
// weights, each at most the last of head. Upper: the missing mass spread evenly. Lower: as few further weights as possible. Both are
// extremes in the majorization order, so they hold for every q. With `square_total`, the exact sum of squares, both tighten: the extremes
// of the entropy at a given sum and sum of squares. `error`: how far the known weights may be off, in sum. `hidden`: how large a further
// weight may be, where that is more than the last of head. Throws InvalidArgument where missing_weight() has something to say.
EntropyBounds renyi_bounds(std::span<const double> head, double total, std::size_t tail, double order,
                           std::optional<double> square_total = {}, double error = 0, double hidden = 0);
EntropyBounds shannon_bounds(std::span<const double> head, double total, std::size_t tail, std::optional<double> square_total = {});

// Why a weight larger than the last of head, and than `hidden`, must be missing from it: what is left of the sum or of the squares is too
// much for `tail` smaller ones. Empty when it is not.
std::string missing_weight(std::span<const double> head, double total, std::size_t tail, std::optional<double> square_total = {},
                           double error = 0, double hidden = 0);

// The largest Shannon entropy (nats) of `count` probabilities whose squares sum to `purity`: one large value and count - 1 equal ones,
// the point on the ray from the uniform distribution to a vertex. Exact for count = 2.
double radial_entropy(double purity, std::size_t count);

// The weights of a spectrum: round-off negatives become 0. Empty when the spectrum is not finite. Throws InvalidArgument naming lam_min
// when an eigenvalue is below -psd_tolerance * largest. Diffusion operators have psd_tolerance = inf: their weights are |lam|.
std::vector<double> psd_weights(const Spectrum& s, std::string_view who);

// |lam|^t of a complete spectrum, relative to the largest, so that no t overflows. For t < 1 an eigenvalue at or below rank_tolerance *
// largest becomes 0: its power would be round-off made large.
std::vector<double> power_weights(std::span<const double> eigenvalues, double t, double rank_tolerance);

// Why |lam|^t is decided by round-off (eigenvalues are known to rank_tolerance * largest, and t multiplies that error), or empty when it is
// not. Many steps of a walk on several clusters meet it.
std::string doubt_of_powers(std::span<const double> eigenvalues, double t, double rank_tolerance);

// H_2 = -ln(|A|_F^2 / (tr A)^2).
double renyi_entropy_of_norms(double trace, double frobenius2);
// H_4 = -ln(tr A^4 / (tr A)^4) / 3.
double renyi_entropy_of_fourth_powers(double trace, double fourth);
// H_q is a function of sums that the spectrum knows: order 2 of squares, order 4 of fourth powers.
bool norms_suffice(const Spectrum& s, double order);

// How large an eigenvalue may be that an incomplete spectrum has missed: by the squares that are left, or by the trace. 0 for a complete
// one and where the solver ruled it out.
double hidden_eigenvalue(const Spectrum& s);

// H_q of |lam|^t, in nats, from the eigenvalues of largest magnitude and what the spectrum knows of the rest: trace, squares, rank, and
// residuals of the known ones. Order 2 at t = 1 is exact by the norms. No bounds when the eigenvalues did not converge, or when trace and
// squares say that a larger one is missing (status not_converged). Throws InvalidArgument when they say that negative ones are left.
struct LeadingEntropy {
  std::optional<EntropyBounds> bounds;
  Status status = Status::ok;
  std::string reason;
};
LeadingEntropy leading_entropy(const Spectrum& s, double order, double t);

// H_q of a complete spectrum in nats; NaN when its status is `nonfinite`. Order 2 needs no eigenvalues, H_2 = -ln(|A|_F^2 / (tr A)^2): with
// SpectrumOptions::values off the same bits come from the norms alone. Order 4 is taken from fourth powers where those are known.
double renyi_entropy(const Spectrum& s, double order, std::string_view who);

struct EntropyOptions {
  double order = 1;
  double t = 1;             // weights |lam|^t: diffusion time
  Unit unit = Unit::nats;   // nats or bits; `count` gives exp(H), the effective rank or Hill number
  double tolerance = 1e-9;  // widest relative interval of an incomplete spectrum that still gives a point value
};

// H_q of a spectrum that was computed once: any number of orders and times cost nothing more. An incomplete spectrum gives an interval
// (interval_method "bounds") and status `truncated`; a value only if the interval is narrower than `tolerance`.
Estimate entropy(const Spectrum& s, const EntropyOptions& options = {});

}  // namespace entrospect
