#include "entrospect/estimators/spectral_entropy/diffusion_walk.hpp"

#include <cmath>
#include <string>
#include <vector>

#include "entrospect/core/random.hpp"
#include "entrospect/core/sum.hpp"
#include "entrospect/estimators/functional.hpp"
#include "entrospect/estimators/spectral_entropy/local_scale.hpp"

namespace entrospect {

const Choices<KernelKind>& diffusion_kernel_choices() {
  static const Choices<KernelKind> choices = [] {
    Choices<KernelKind> out;
    for (const KernelKind kind :
         {KernelKind::gaussian, KernelKind::laplacian_l1, KernelKind::laplacian_l2, KernelKind::exponential, KernelKind::precomputed})
      out.emplace_back(std::string(name(kind)), kind);
    return out;
  }();
  return choices;
}

const Choices<Graph>& graph_choices() {
  static const Choices<Graph> choices{{"dense", Graph::dense}, {"knn", Graph::knn}};
  return choices;
}

SampleMatrix at_most(const SampleMatrix& x, std::size_t most, std::uint64_t seed) {
  return x.n() <= most ? x : x.select(RandomStream(seed, 0).subset(x.n(), most));
}

std::shared_ptr<const Spectrum> diffusion_spectrum(const SampleMatrix& x, const DiffusionWalk& walk, const SpectrumOptions& solver,
                                                   const Context& context) {
  if (walk.graph == Graph::dense) return spectrum(x, Diffusion{walk.kernel, walk.anisotropy}, solver, context);
  const auto solve = [&] {
    const Kernel given{KernelKind::precomputed};
    Context inner = context;
    inner.memo = nullptr;  // the graph is shared under its own key
    return Spectrum(*spectrum(local_scale_graph(x, walk.k, context), Diffusion{given, walk.anisotropy}, solver, inner));
  };
  if (context.memo == nullptr) return std::make_shared<const Spectrum>(solve());
  const std::string key = "local scale|" + x.identity() + "|" + std::to_string(walk.k) + "|" + to_text(OptionValue(walk.anisotropy)) + "|" +
                          std::string(name(solver.solver.backend)) + "|" + std::to_string(static_cast<int>(solver.solver.precision)) + "|" +
                          std::to_string(solver.solver.lapack_threads);
  return context.memo->get_or_compute<Spectrum>(key, solve);
}

double diffusion_entropy(const Spectrum& s, const DiffusionWalk& walk) {
  std::vector<double> weights;
  for (const double lam : s.values) weights.push_back(std::pow(std::abs(lam), walk.t));
  if (walk.epsilon == 0) return renyi_entropy(weights, walk.order, std::pow(s.rank_tolerance, walk.t));
  const double total = sum(weights);
  Sum entropy, powers;
  for (const double w : weights) {
    const double p = w / total + walk.epsilon;
    entropy.add(-p * std::log(p));
    powers.add(std::pow(p, walk.order));
  }
  return walk.order == 1 ? entropy.value() : std::log(powers.value()) / (1 - walk.order);
}

}  // namespace entrospect
