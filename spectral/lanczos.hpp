#pragma once
// The few eigenvalues of largest magnitude, by products with the matrix only. Private to spectral/; callers use spectrum().

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "entrospect/core/context.hpp"
#include "entrospect/core/status.hpp"
#include "entrospect/spectral/operator.hpp"

namespace entrospect::detail {

struct LeadingEigenvalues {
  std::vector<double> values;     // descending
  std::vector<double> residuals;  // |A v - value v| of each, |v| = 1: an eigenvalue lies within it
  Status status = Status::ok;     // truncated: nothing larger was found, but the norm of the rest does not rule it out
  std::string reason;
  std::size_t products = 0;        // with the matrix
  std::size_t found_by_probe = 0;  // eigenvalues that the first run had missed
  bool gave_up = false;            // after `most_products`
};

// The `count` eigenvalues of largest magnitude, 1 <= count < size. A Krylov space that grows from one vector holds one vector of every
// eigenspace, so a Lanczos run by itself misses copies of multiple eigenvalues, and may miss others. What was found is therefore deflated
// and the rest probed at both ends from the best vector of a fresh random block, until no probe finds anything larger than the smallest
// value returned, or until `frobenius2`, the sum of all squared eigenvalues, proves that nothing larger is left. The bits depend on `seed`
// and on those of the operator only. About `most_products` products at most, 0: as many as 300 restarts take.
LeadingEigenvalues leading_eigenvalues(const SymmetricOperator& a, std::size_t count, std::optional<double> frobenius2, std::uint64_t seed,
                                       const Context& context, std::size_t most_products = 0);

}  // namespace entrospect::detail
