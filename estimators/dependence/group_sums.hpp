#pragma once
// Sums of kernel values within and between two samples: the one computation behind differences of their distributions.

#include <cstdint>
#include <functional>
#include <vector>

#include "entrospect/core/estimate.hpp"
#include "entrospect/estimators/dependence/pair.hpp"
#include "entrospect/spectral/gradient.hpp"
#include "entrospect/spectral/kernels.hpp"

namespace entrospect {

// Over all pairs of rows; `x_diagonal` and `y_diagonal` are what pairs of a row with itself add to xx and yy.
struct GroupSums {
  double xx = 0, xy = 0, yy = 0, x_diagonal = 0, y_diagonal = 0;
};

struct GroupPlan {
  Kernel kernel;
  bool shift = false;      // the statistic does not change when a constant is added to all samples, so a linear kernel may center them
  std::size_t n_null = 0;  // times that the rows of both are dealt out anew
  std::uint64_t seed = 0;  // of the deals and of the median rule
};

struct TwoSampleSums {
  GroupSums given;
  std::vector<GroupSums> null;
  double largest = 0;                  // k(z, z) over all rows
  [[nodiscard]] double error() const;  // of a mean of kernel values: round-off below this

  std::size_t n_x = 0, n_y = 0;
};

// Examines both (rows need not be as many, columns must) and sets the bandwidth by the rows of both together. Writes what is known of the
// samples to `e`.
struct Together {
  SampleMatrix rows;  // of x, then of y
  double bandwidth = 1;
};
Together together(const Pair& pair, const GroupPlan& plan, Estimate& e, const Context& context);

// Over all rows of both, and with the rows dealt out anew.
TwoSampleSums group_sums(const Pair& pair, const GroupPlan& plan, Estimate& e, const Context& context);

// Derivative with respect to x of a function of the sums within x and between x and y; slopes(sums) are its derivatives with respect to
// them. `e` knows the bandwidth, which counts as a constant.
SampleGradient group_gradient(const Pair& pair, const Kernel& kernel, const Estimate& e,
                              const std::function<GroupSums(const GroupSums&)>& slopes, const Context& context);

// Kernels of samples, all but `precomputed`; those whose values are never negative.
const Choices<KernelKind>& sample_kernel_choices();
const Choices<KernelKind>& nonnegative_kernel_choices();

}  // namespace entrospect
