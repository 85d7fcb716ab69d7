#pragma once
// Kernels k(a, b) and bandwidth rules. One word, one formula; the bandwidth is the sigma of that formula.

#include <string_view>
#include <variant>

#include "entrospect/core/context.hpp"
#include "entrospect/core/diagnostics.hpp"
#include "entrospect/core/options.hpp"
#include "entrospect/core/sample_matrix.hpp"

namespace entrospect {

enum class KernelKind {
  linear,        // a.b
  cosine,        // a.b / (|a| |b|)
  gaussian,      // exp(-|a-b|_2^2 / (2 sigma^2))
  laplacian_l1,  // exp(-|a-b|_1 / sigma)
  laplacian_l2,  // exp(-|a-b|_2 / sigma)
  polynomial,    // (a.b + offset)^degree
  exponential,   // exp(a.b / sigma)
  precomputed,   // the samples are the n x n kernel matrix itself
};
const Choices<KernelKind>& kernel_choices();
std::string_view name(KernelKind kind);
bool has_bandwidth(KernelKind kind);     // the formula contains sigma
bool has_feature_side(KernelKind kind);  // a d x d matrix has the same non-zero eigenvalues (linear, cosine)

enum class BandwidthRule {
  median,       // median of the off-diagonal distances (not of their squares)
  half_median,  // "median/2"
  sqrt_half_d,  // sqrt(d / 2)
  knn,          // median over the rows of the distance to their 15th nearest neighbor (the last one where there are fewer): a local scale
  max_slope,    // where |dH_2 / d ln sigma| of the kernel matrix is largest: between every row alone and all rows alike
};
using Bandwidth = std::variant<double, BandwidthRule>;
const Choices<BandwidthRule>& bandwidth_choices();

struct Kernel {
  KernelKind kind = KernelKind::gaussian;
  Bandwidth bandwidth = BandwidthRule::median;
  double degree = 3;  // polynomial; a whole number >= 1
  double offset = 1;  // polynomial; >= 0
};

// The number that `kernel.bandwidth` stands for on these samples, in the kernel's own metric (L1 for laplacian_l1, else L2). For n > 4096
// the median is over all pairs of 4096 rows drawn with `seed`; max_slope looks at 1024 rows at most. Writes bandwidth, bandwidth_rule and,
// if sampled, bandwidth_rows and bandwidth_pairs to `diagnostics`; of knn also bandwidth_k, of max_slope bandwidth_slope. Throws
// InvalidArgument when a rule gives 0 (more than half of the pairs, or of the neighbors, coincide), and for max_slope of a kernel that is
// no function of distances. Kernels without bandwidth return 1 and write nothing.
//
// max_slope (Coifman, Shkolnisky, Sigworth, Singer 2008): with K_ij^2 = exp(-g_ij), g = (|x_i - x_j| / sigma)^2 for the Gaussian and
// 2 |x_i - x_j| / sigma for the Laplacian kernels, and m the power of sigma,
//   H_2 = ln(n^2 / sum K_ij^2),  |dH_2 / d ln sigma| = m sum g e^-g / sum e^-g over all pairs, i = j included.
double resolve_bandwidth(const SampleMatrix& x, const Kernel& kernel, std::uint64_t seed, Diagnostics& diagnostics,
                         const Context& context = {});

}  // namespace entrospect
