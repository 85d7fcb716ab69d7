#pragma once
// Matrix-based Renyi mutual information of two representations of the same n samples (Sanchez Giraldo, Rao, Principe 2015).
//
//   I(x; y) = H(x) + H(y) - H(x, y), over a normalizer of H(x) and H(y);  H as in matrix_information.hpp
//
// x: n x d_x, y: n x d_y, n >= 2, row i of both belongs to sample i; or two n x n kernel matrices with kernel = precomputed.  Unit: nats or
// bits; `normalizer` other than none makes it a ratio without unit.  Range: at most min(H(x), H(y)) for unit diagonals; >= 0 at order 1, of
// either sign otherwise, never clipped.  Independent samples have I > 0 at finite n: compare with null = permutation.
// normalizer: none, or a divisor: `min`, `max`, `sqrt` of the product, `mean` of H(x) and H(y).
// null = permutation: the rows of y are permuted n_null times; null_mean, null_sd, p_value = (1 + c) / (1 + n_null) in the diagnostics,
// status `below_null` when the value is below null_mean. Each costs one spectrum; at order 2 only n^2 / 2 products. kernel, bandwidth,
// diagonal, side, compat, errors: as in matrix_information.hpp. A normalizer of 0: status `degenerate`, no value. Cost: O(n^2 (d_x + d_y) +
// (3 + n_null) n^3); order 2: O(n^2 (d_x + d_y + n_null)).

#include <string>

#include "entrospect/core/registry.hpp"
#include "entrospect/estimators/permutation_null.hpp"
#include "entrospect/spectral/hadamard.hpp"
#include "entrospect/spectral/kernels.hpp"
#include "entrospect/spectral/spectrum.hpp"

namespace entrospect {

enum class InformationNormalizer { none, min, max, sqrt, mean };

struct MatrixMutualInformationOptions {
  double order = 1;
  Kernel kernel{};  // Gaussian, median bandwidth
  InformationNormalizer normalizer = InformationNormalizer::none;
  Diagonal diagonal = Diagonal::error;
  Side side = Side::automatic;
  PermutationNull null = PermutationNull::none;
  std::size_t n_null = 999;
  SolverOptions solver{};
  std::uint64_t seed = 0;
  Unit unit = Unit::nats;
  std::string convention = "paper";
  std::string compat{};  // "repitl", "yu"
};

Estimate matrix_mutual_information(const SampleMatrix& x, const SampleMatrix& y, const MatrixMutualInformationOptions& options = {},
                                   const Context& context = {});
const EstimatorInfo& matrix_mutual_information_info();

}  // namespace entrospect
