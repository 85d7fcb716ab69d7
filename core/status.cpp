#include "entrospect/core/status.hpp"

namespace entrospect {

std::string_view name(Status status) {
  switch (status) {
    case Status::ok:
      return "ok";
    case Status::truncated:
      return "truncated";
    case Status::not_converged:
      return "not_converged";
    case Status::degenerate:
      return "degenerate";
    case Status::nonfinite:
      return "nonfinite";
    case Status::below_null:
      return "below_null";
    case Status::above_entropy:
      return "above_entropy";
    case Status::out_of_valid_range:
      return "out_of_valid_range";
    case Status::nonsmooth:
      break;
  }
  return "nonsmooth";
}

std::string_view advice(Status status) {
  switch (status) {
    case Status::ok:
      return "Nothing stood in the way of this number. What it assumes and what was used is listed by explain().";
    case Status::truncated:
      return "Only part of the spectrum or of the data entered the computation, so the exact value is not known. The interval holds every "
             "value that the missing part allows. Ask for more eigenvalues, for a dense backend, or for the whole data if the interval is "
             "too wide for your question; do not renormalise the known part.";
    case Status::not_converged:
      return "The solver stopped before it reached the tolerance asked for. The value is its best one so far and the residual says how far "
             "it was. Raise the work limit, loosen the tolerance to what you need, or choose a direct (dense) backend, which always "
             "finishes.";
    case Status::degenerate:
      return "The data carry no variation that this quantity can measure: all rows are equal, or every direction has the same single "
             "value. The value given is the limit where one exists and is missing otherwise. Look at the input first: a collapsed "
             "representation, a layer that was never run, or a mask that keeps copies of one row.";
    case Status::nonfinite:
      return "The computation overflowed or met an operation without a result, although the input was finite. Rescale the data (for "
             "example divide by its largest absolute value), or lower the order or the kernel degree that makes the numbers grow.";
    case Status::below_null:
      return "The value is smaller than what unrelated data of the same shape give. It is no evidence of dependence; report it as not "
             "distinguishable from zero, or collect more rows.";
    case Status::above_entropy:
      return "A mutual information came out larger than the entropy of the label, which no true mutual information can be. The estimator's "
             "bias is larger than the signal: use more rows per class, fewer dimensions, or another estimator.";
    case Status::out_of_valid_range:
      return "The formula was evaluated, but this n, d or kind of data is outside the range in which the estimator can be trusted. The "
             "reason says which limit was crossed. Compare with the cap: a value close to it measures the number of samples, not the "
             "data. Use more rows, fewer dimensions, or the estimator named in the reason.";
    case Status::nonsmooth:
      break;
  }
  return "A gradient was asked for at a point where the quantity has none (an eigenvalue at zero for orders up to 1/2, or tied largest "
         "eigenvalues for order infinity). The gradient returned is one valid choice on the support; a small ridge or another order makes "
         "the quantity smooth.";
}

}  // namespace entrospect
