#pragma once
// Matrix-based Renyi entropy of order q of a kernel matrix (Sanchez Giraldo, Rao, Principe 2015).
//
//   H_q(A) = ln(tr A^q) / (1 - q),  A = K / tr K,  H_1 = -tr A ln A
//
// x: n x d, n >= 2, or the n x n kernel matrix itself with kernel = precomputed.  Unit: nats or bits; `normalizer` other than none makes it
// a ratio without unit.  Range: [0, ln n]; linear and cosine kernels at most ln min(n, d), centered ln min(n - 1, d).
// order: [0, inf]; orders 2 and 4 need no eigenvalues.
// method: `exact`, or a bound of the Shannon entropy that is returned with the interval it belongs to: `radial` (upper: the largest entropy
// at this |A|_F), `quadratic` 1 - |A|_F^2 (lower), `finger` -(1 - |A|_F^2) ln lam_1 (lower; Chen et al., ICML 2019).
// normalizer: none, or a divisor: `max-entropy` min(ln n, ln d), `log-n`, `log-d`, `log-n-log-d`; n and d must then be at least 2.
// kernel (gaussian), bandwidth (median: makes the value independent of the scale of x), center, normalize, zero_rows, side as everywhere.
// leading: so many of the largest eigenvalues; what they, the trace and the Frobenius norm leave open is an interval, status `truncated`,
// and there is a value only where its ends agree to 1e-9. Refused with a bound, with a compat id, and with kernel = precomputed, which only
// all eigenvalues can tell to be positive semi-definite; a gradient takes all. compat: repitl, yu, skean, djaniak reproduce those tools;
// the card says what each gets wrong. A tool's value above the cap is a warning. Errors: non-finite values, samples whose largest absolute
// value is outside [1e-120, 1e140] (cosine kernels and l2-normalized rows have no limit), a matrix that is not symmetric or not positive
// semi-definite, median bandwidth 0, zero rows where rows are normalized, precision = single with order < 1, a bound with another order or
// a compat id, yu at order 1.  Trace 0: status `degenerate`, no value. Cost: O(n^2 d + n^3); linear and cosine kernels O(n d min(n, d));
// order 2 and the bounds without the cubic term (finger keeps it), order 4 by one product.

#include <string>

#include "entrospect/core/registry.hpp"
#include "entrospect/core/survey.hpp"
#include "entrospect/spectral/kernels.hpp"
#include "entrospect/spectral/spectrum.hpp"

namespace entrospect {

enum class EntropyMethod { exact, radial, finger, quadratic };
enum class EntropyNormalizer { none, max_entropy, log_n, log_d, log_n_log_d };

struct MatrixEntropyOptions {
  double order = 1;
  Kernel kernel{};  // Gaussian with median bandwidth
  EntropyMethod method = EntropyMethod::exact;
  EntropyNormalizer normalizer = EntropyNormalizer::none;
  bool center = false;
  Normalize normalize = Normalize::none;
  ZeroRows zero_rows = ZeroRows::error;
  Side side = Side::automatic;
  std::size_t leading = 0;
  SolverOptions solver{};
  std::uint64_t seed = 0;
  Unit unit = Unit::nats;
  std::string convention = "paper";
  std::string compat{};  // "repitl", "yu", "skean", "djaniak"
};

Estimate matrix_entropy(const SampleMatrix& x, const MatrixEntropyOptions& options = {}, const Context& context = {});
const EstimatorInfo& matrix_entropy_info();

}  // namespace entrospect
