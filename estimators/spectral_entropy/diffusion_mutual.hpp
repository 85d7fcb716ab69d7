#pragma once
// Diffusion spectral mutual information between samples and class labels (Liao, Liu et al., CISS 2024).
//
//   DSMI = sum_c (n_c / n) [ mean over random subsets of n_c rows of DSE(subset) - DSE(rows of class c) ]
//
// x: n x d, one label per row.  Unit: nats or bits.  Not bounded by the label entropy H(labels), which is reported as cap (status
// `above_entropy` when exceeded), and negative when classes are as spread as the whole: never clipped.  DSMI(x; x) is not DSE(x).
// An automatic bandwidth is set once, on all rows.  repeats: random subsets per class, or `all` subsets.  std_error and interval describe
// the choice of subsets only, not the sampling of rows: SE^2 = sum_c (n_c / n)^2 var_c / repeats, Student quantile with Welch-Satterthwaite
// degrees of freedom.  null = permutation: labels are permuted n_null times against the same subsets; null_mean, null_sd and
// p_value = (1 + #{null >= value}) / (1 + n_null) in the diagnostics, status `below_null` when the value is below null_mean.
// target: `classes`, or `bins` for a continuous target: its values are cut into `bins` equal-width bins between their extremes, half-open
// on the right but for the last. A target of several dimensions becomes classes by spectral_clusters() (spectral_clusters.hpp). Classes
// with fewer than 2 rows: an error, or dropped with small_classes = drop and counted. compat = dse-dsmi: 5 repeats from the same seed for
// every class, real-valued labels binned into 10 equal-width bins, anisotropy 0, sigma 10, order 1 only. Errors: as
// diffusion_spectral_entropy; labels missing, real-valued without target = bins or compat, whole numbers or texts with target = bins, not
// finite, all equal with target = bins, or of another length; kernel = precomputed; repeats = all with more than 100000 subsets of a class.
// Cost: (repeats + 1 + n_null) x sum_c O(n_c^2 d + n_c^3) time, O(n_c^2) memory per thread.

#include <string>
#include <variant>

#include "entrospect/core/labels.hpp"
#include "entrospect/core/registry.hpp"
#include "entrospect/core/survey.hpp"
#include "entrospect/estimators/permutation_null.hpp"
#include "entrospect/estimators/spectral_entropy/diffusion_walk.hpp"
#include "entrospect/spectral/spectrum.hpp"

namespace entrospect {

enum class AllSubsets { all };
enum class Target { classes, bins };
enum class SmallClasses { error, drop };

struct DiffusionMutualOptions {
  double t = 1;
  double anisotropy = 0.5;
  double order = 1;
  Kernel kernel{};  // Gaussian with median bandwidth of all rows
  Graph graph = Graph::dense;
  std::size_t k = 15;
  Symmetrize symmetrize = Symmetrize::either;
  std::variant<double, AllSubsets> repeats = 20.0;
  Target target = Target::classes;
  std::size_t bins = 10;  // target = bins
  SmallClasses small_classes = SmallClasses::error;
  PermutationNull null = PermutationNull::none;
  std::size_t n_null = 100;
  double confidence = 0.95;
  bool center = false;
  Normalize normalize = Normalize::none;
  ZeroRows zero_rows = ZeroRows::error;
  SolverOptions solver{};
  std::uint64_t seed = 0;
  Unit unit = Unit::nats;
  std::string convention = "paper";
  std::string compat{};  // "dse-dsmi"
};

Estimate diffusion_spectral_mutual_information(const SampleMatrix& x, const Labels& labels, const DiffusionMutualOptions& options = {},
                                               const Context& context = {});
const EstimatorInfo& diffusion_spectral_mutual_information_info();

}  // namespace entrospect
