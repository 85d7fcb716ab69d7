#include "entrospect/estimators/catalogue.hpp"

#include <algorithm>
#include <array>
#include <string>
#include <vector>

#include "entrospect/core/errors.hpp"
#include "entrospect/entrospect.hpp"
#include "entrospect/estimators/common_options.hpp"

namespace entrospect {

std::span<const EstimatorInfo* const> catalogue() {
  // clang-format off
  static const std::array list{
      &von_neumann_entropy_info(),
      &matrix_entropy_info(),
      &effective_rank_info(),
      &rankme_info(),
      &vendi_score_info(),
      &diffusion_spectral_entropy_info(),
      &diffusion_spectral_mutual_information_info(),
      &diffusion_matrix_entropy_info(),
      &adjacency_spectral_entropy_info(),
      &eigenvalue_count_info(),
      &classic_shannon_entropy_info(),
      &participation_ratio_info(),
      &stable_rank_info(),
      &top_share_info(),
      &spectral_gap_info(),
      &anisotropy_info(),
      &numerical_rank_info(),
      &condition_number_info(),
      &hsic_info(),
      &cka_info(),
      &mmd2_info(),
      &cs_divergence_info(),
      &cs_qmi_info(),
      &conditional_cs_divergence_info(),
      &ksd2_info(),
      &uniformity_info(),
      &alignment_info(),
      &hyperspherical_energy_info(),
      &nuclear_norm_info(),
      &alpha_req_info(),
      &log_det_info(),
      &coding_rate_info(),
      &eigenscore_info(),
      &tsallis_entropy_info(),
      &matrix_joint_entropy_info(),
      &matrix_conditional_entropy_info(),
      &matrix_mutual_information_info(),
      &matrix_conditional_mutual_information_info(),
      &matrix_total_correlation_info(),
      &matrix_dual_total_correlation_info(),
      &o_information_info(),
      &s_information_info(),
      &difference_of_entropies_info(),
      &difference_of_powers_info(),
      &jensen_renyi_info(),
      &quantum_jsd_info(),
      &quantum_kl_info(),
      &lidar_info(),
      &coding_rate_reduction_info(),
      &mmcr_info(),
      &neural_collapse_info(),
      &diff_erank_info(),
      &weight_entropy_info(),
      &power_law_alpha_info(),
      &vector_participation_ratio_info(),
      &mp_soft_rank_info(),
      &mp_spike_share_info(),
      &snne_info(),
      &kernel_language_entropy_info(),
      &u_eigv_info(),
      &semantic_entropy_info(),
      &attention_entropy_info(),
  };
  // clang-format on
  static const std::vector<EstimatorInfo> complete = [] {
    std::vector<EstimatorInfo> out;
    for (const EstimatorInfo* info : list) out.push_back(with_common_options(*info));
    return out;
  }();
  static const std::vector<const EstimatorInfo*> pointers = [] {
    std::vector<const EstimatorInfo*> out;
    for (const EstimatorInfo& info : complete) out.push_back(&info);
    return out;
  }();
  return pointers;
}

const EstimatorInfo& find_estimator(std::string_view name_or_alias) {
  std::string wanted(name_or_alias);
  std::replace(wanted.begin(), wanted.end(), '-', '_');
  std::vector<std::string> names;
  for (const EstimatorInfo* info : catalogue()) {
    if (info->card.name == wanted) return *info;
    names.push_back(info->card.name);
    for (const std::string& alias : info->card.aliases) {
      if (alias == wanted) return *info;
      names.push_back(alias);
    }
  }
  std::string known;
  for (const std::string& name : names) known += (known.empty() ? "" : ", ") + name;
  throw InvalidArgument("unknown estimator '" + std::string(name_or_alias) + "'" + did_you_mean(wanted, names, ".") + " Known: " + known);
}

Estimate run(std::string_view name, const Inputs& inputs, const OptionMap& options, const Context& context) {
  return find_estimator(name).run(inputs, options, context);
}

}  // namespace entrospect
