#pragma once
// Nuclear norm: the sum of singular values of Z = x after center and normalize.
//
//   nuclear (default)  sum s                                         the nuclear norm itself
//   l12                sum of the min(n, d) largest column norms     an upper bound of it, equal iff the columns are orthogonal (those of
//                                                                    the "matrix nuclear norm")
//   mnn (compat)       l12 of centered rows of length one, over n    the tool's number
//
// l12 depends on the basis and hardly sees a collapse of the rank: 200 x 50 normal numbers of rank 5 give 95, of rank 50 100, where the
// nuclear norms are 31 and 97.
// x: n x d, n >= 2.  Unit: none (that of x).  Range: [0, sqrt(min(n, d)) |Z|_F], the cap.  per_row divides by n.
// Errors: non-finite values, too few rows, samples whose largest absolute value is outside [1e-120, 1e140] unless rows are divided by their
// norms, rows without a direction under normalize = l2, precision = single (the sum holds small singular values).  Centered rows that are
// all equal: 0, status `degenerate`.
// Gradient: of nuclear, the polar factor of Z and status `nonsmooth` at zero singular values; l12 has none.
// Cost: O(n d min(n, d)) time, O(min(n, d)^2) memory; l12 O(n d) and O(d). Singular values are roots of eigenvalues above the rank
// tolerance.

#include <string>

#include "entrospect/core/registry.hpp"
#include "entrospect/core/survey.hpp"
#include "entrospect/spectral/spectrum.hpp"

namespace entrospect {

enum class MatrixNorm { nuclear, l12 };

struct NuclearNormOptions {
  MatrixNorm norm = MatrixNorm::nuclear;
  bool per_row = false;
  bool center = false;
  Normalize normalize = Normalize::none;
  ZeroRows zero_rows = ZeroRows::error;
  Side side = Side::automatic;
  SolverOptions solver{};
  std::string convention = "nuclear";
  std::string compat{};
};

Estimate nuclear_norm(const SampleMatrix& x, const NuclearNormOptions& options = {}, const Context& context = {});
const EstimatorInfo& nuclear_norm_info();

}  // namespace entrospect
