#pragma once
// Two or more sample matrices as estimators of dependence and of difference take them: each examined under its own name, views that put
// them side by side or on top of each other.

#include <functional>
#include <span>
#include <string>
#include <vector>

#include "entrospect/core/context.hpp"
#include "entrospect/core/estimate.hpp"
#include "entrospect/core/sample_matrix.hpp"
#include "entrospect/spectral/kernels.hpp"
#include "entrospect/spectral/symmetric_matrix.hpp"

namespace entrospect {

struct Pair {
  SampleMatrix x, y;
};

// Examines each as prepare_rows does, under the name given, with messages that say which: "hsic: y: 2 of 24 x 6 values
// ...". e.n and e.d are those of the first; what is found about the others is in the diagnostics with their name in front ("y_d"). Equal
// rows in one of them set status `degenerate`. Returns the views to compute on: with `directions`, rows divided by their norms.
struct Examination {
  bool kernel_matrices = false;  // they are n x n kernel matrices themselves
  bool directions = false;       // only the directions of the rows matter; a row without one is refused
};
std::vector<SampleMatrix> examine(const std::vector<SampleMatrix>& samples, const std::vector<std::string>& names, const Examination& how,
                                  Estimate& e, const Context& context);

void examine(const Pair& pair, bool kernel_matrices, Estimate& e, const Context& context);

// What is found about one of several goes into `e`: n and d of the first, diagnostics and reasons with the name of a later one in front.
void add_facts(const Estimate& facts, const std::string& name, bool first, Estimate& e);

// Calls f(); an InvalidArgument of it gets "who: " in front.
void naming(const std::string& who, const std::function<void()>& f);

// The bandwidth of one of them, written to the diagnostics of `e` with `prefix` in front.
double named_bandwidth(const SampleMatrix& x, const std::string& name, const std::string& prefix, const Kernel& kernel, std::uint64_t seed,
                       Estimate& e, const Context& context);

// K_ij = k(x_i, x_j) of the view, or the view itself when the kernel is precomputed: then it must be square and symmetric.
SymmetricMatrix<double> kernel_matrix(const SampleMatrix& x, const Kernel& kernel, double bandwidth, const Context& context);

// Throws when k, of values stored as `stored`, has eigenvalues that are negative beyond round-off. Costs all its eigenvalues.
void require_positive(const SymmetricMatrix<double>& k, DType stored, const Context& context);

// Throws unless both have as many features.
void require_same_features(const SampleMatrix& x, const SampleMatrix& y, const std::string& x_name, const std::string& y_name,
                           const Estimate& e);

// The rows of the view, packed, every deferred operation applied; and the squared distance of two of them, by differences: exact for rows
// that are close.
struct PackedRows {
  std::size_t d = 0;
  std::vector<double> values;
  [[nodiscard]] std::span<const double> operator[](std::size_t i) const { return {values.data() + i * d, d}; }
};
PackedRows packed_rows(const SampleMatrix& x, const Context& context);
double squared_distance(std::span<const double> a, std::span<const double> b);

// The standard error of the sum of independent terms: the root of count / (count - 1) sum (term - mean)^2.
double error_of_sum(std::span<const double> terms);

// Says why a divergence is infinite: `between`, a sum of kernel values between `who`, is 0 in float64.
void flag_apart(double between, const std::string& who, Estimate& e);

// The number that it wrote; 1 for a kernel without one.
double bandwidth_used(const Estimate& e, const std::string& prefix);

// [X Y ...], n x (d_x + d_y + ...), and X over Y over ..., all of d columns, in float64: read from the views on demand, every deferred
// operation applied.
SampleMatrix side_by_side(const std::vector<SampleMatrix>& samples, const Context& context);
SampleMatrix stacked(const std::vector<SampleMatrix>& samples, const Context& context);

// "gaussian kernel, sigma = 2, y_sigma = 3": for Estimate::substituted, from the diagnostics that named_bandwidth() wrote.
std::string kernel_text(const Kernel& kernel, const Estimate& e);

}  // namespace entrospect
