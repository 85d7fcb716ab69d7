#pragma once
// Centered kernel alignment: how similar two representations of the same n samples are (Cortes, Mohri, Rostamizadeh, JMLR 2012; Kornblith,
// Norouzi, Lee, Hinton, ICML 2019).
//
//   CKA = HSIC(x, y) / sqrt(HSIC(x, x) HSIC(y, y))
//
// x: n x d_x, y: n x d_y, n >= 4 (biased: n >= 2), or both n x n kernel matrices with kernel = precomputed.  Unit: none.  Range: [-1, 1]
// for statistic = unbiased (the default), where 0 is what unrelated representations have on average; [0, 1] for biased, where it is more
// the larger d / n is.  Equal representations have 1.  Linear kernel: invariant to rotations, scaling and shifts of either, not to general
// linear maps.
// kernel, side, null, cost: as hsic.
// statistic = minibatch: HSIC as hsic has it for minibatch, averaged before the ratio (Nguyen, Raghu, Kornblith, ICLR 2021). The limit of
// many batches is that of the unbiased form of many rows, for any batch_size; a ratio of means has a bias of the order of 1 / batches. The
// standard error is that of the ratio, linearized in the three means.
// compat: `platonic` adds 1e-6 to the denominator of the undivided biased form, and has sigma 1 for a Gaussian kernel.
// Errors: as hsic; nothing is divided by zero.

#include <string>

#include "entrospect/core/registry.hpp"
#include "entrospect/estimators/permutation_null.hpp"
#include "entrospect/spectral/kernels.hpp"
#include "entrospect/spectral/spectrum.hpp"

namespace entrospect {

enum class CkaStatistic { unbiased, biased, minibatch };

struct CkaOptions {
  CkaStatistic statistic = CkaStatistic::unbiased;
  std::size_t batch_size = 0;  // of minibatch; 0: 256, or n if that is less
  Kernel kernel{KernelKind::linear};
  Side side = Side::automatic;
  PermutationNull null = PermutationNull::none;
  std::size_t n_null = 999;
  std::uint64_t seed = 0;
  std::string convention = "unbiased";  // "biased", "minibatch"
  std::string compat{};                 // "platonic"
};

// Options from names and values, as for the catalogue; and those of a caller in C++, validated, the preset of convention applied.
CkaOptions cka_options(const OptionMap& given);
CkaOptions cka_options(CkaOptions options);

Estimate cka(const SampleMatrix& x, const SampleMatrix& y, const CkaOptions& options = {}, const Context& context = {});
const EstimatorInfo& cka_info();

}  // namespace entrospect
