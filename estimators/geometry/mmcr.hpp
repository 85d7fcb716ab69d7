#pragma once
// Loss of maximum manifold capacity representations (Yerxa et al., NeurIPS 2023).
//
//   mmcr(x, labels) = local_weight / B sum_b |Z_b|_* - |C|_*
//
// Z = x, each row divided by its norm; labels say which of B samples a row is a view of; Z_b the views of sample b, row b of C their mean;
// |.|_* the nuclear norm, a sum of singular values. Small when the views of a sample agree and the samples are spread over all directions.
// x: n x d.  Unit: none.  Range at local_weight = 0: [-sqrt(B min(B, d)), 0].  cap: local_weight / B sum_b sqrt(n_b min(n_b, d)).
// Errors: a sample with fewer than 2 views, one sample only, labels that are real numbers, non-finite values, too few rows, rows without a
// direction.
// Cost: O(B d min(B, d)) time, for local_weight > 0 O(n d min(n, d)) more, on one thread; O(n d) memory.

#include <string>

#include "entrospect/core/registry.hpp"
#include "entrospect/core/survey.hpp"

namespace entrospect {

struct MmcrOptions {
  double local_weight = 0;  // the paper's lambda
  ZeroRows zero_rows = ZeroRows::error;
  std::string convention = "paper";
  std::string compat{};
};

Estimate mmcr(const SampleMatrix& x, const Labels& labels, const MmcrOptions& options = {}, const Context& context = {});
const EstimatorInfo& mmcr_info();

}  // namespace entrospect
