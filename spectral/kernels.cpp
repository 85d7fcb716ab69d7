#include "entrospect/spectral/kernels.hpp"

namespace entrospect {

const Choices<KernelKind>& kernel_choices() {
  static const Choices<KernelKind> choices{
      {"linear", KernelKind::linear},
      {"cosine", KernelKind::cosine},
      {"gaussian", KernelKind::gaussian},
      {"laplacian_l1", KernelKind::laplacian_l1},
      {"laplacian_l2", KernelKind::laplacian_l2},
      {"polynomial", KernelKind::polynomial},
      {"exponential", KernelKind::exponential},
      {"precomputed", KernelKind::precomputed},
  };
  return choices;
}

std::string_view name(KernelKind kind) {
  for (const auto& [word, value] : kernel_choices())
    if (value == kind) return word;
  return {};
}

const Choices<BandwidthRule>& bandwidth_choices() {
  static const Choices<BandwidthRule> choices{{"median", BandwidthRule::median},
                                              {"median/2", BandwidthRule::half_median},
                                              {"sqrt_half_d", BandwidthRule::sqrt_half_d},
                                              {"knn", BandwidthRule::knn},
                                              {"max_slope", BandwidthRule::max_slope}};
  return choices;
}

bool has_bandwidth(KernelKind kind) {
  return kind == KernelKind::gaussian || kind == KernelKind::laplacian_l1 || kind == KernelKind::laplacian_l2 ||
         kind == KernelKind::exponential;
}

bool has_feature_side(KernelKind kind) { return kind == KernelKind::linear || kind == KernelKind::cosine; }

}  // namespace entrospect
