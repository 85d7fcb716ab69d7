#include "entrospect/estimators/spectral_entropy/diffusion_walk.hpp"

#include <cmath>
#include <string>
#include <vector>

#include "entrospect/core/errors.hpp"
#include "entrospect/core/random.hpp"
#include "entrospect/estimators/functional.hpp"
#include "entrospect/estimators/spectral_entropy/local_scale.hpp"
#include "entrospect/estimators/spectral_entropy/reporting.hpp"

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
    return Spectrum(*spectrum(local_scale_graph(x, walk.k, walk.least_scale, context), Diffusion{given, walk.anisotropy}, solver, inner));
  };
  if (context.memo == nullptr) return std::make_shared<const Spectrum>(solve());
  const std::string key = "local scale|" + x.identity() + "|" + std::to_string(walk.k) + "|" + to_text(OptionValue(walk.least_scale)) +
                          "|" + to_text(OptionValue(walk.anisotropy)) + "|" + std::string(name(solver.solver.backend)) + "|" +
                          std::to_string(static_cast<int>(solver.solver.precision)) + "|" + std::to_string(solver.solver.lapack_threads);
  return context.memo->get_or_compute<Spectrum>(key, solve);
}

double diffusion_entropy(const Spectrum& s, const DiffusionWalk& walk) {
  if (s.status == Status::nonfinite) return std::numeric_limits<double>::quiet_NaN();
  return shifted_renyi_entropy(power_weights(s.values, walk.t, s.rank_tolerance), walk.order, walk.epsilon,
                               std::pow(s.rank_tolerance, walk.t));
}

void check_walk(const DiffusionWalk& walk, std::string_view who) {
  if (walk.epsilon != 0 && walk.order != 1)
    throw InvalidArgument(std::string(who) + ": compat defines order = 1 only, got order = " + to_text(OptionValue(walk.order)));
  if (walk.graph == Graph::knn && walk.kernel.kind == KernelKind::precomputed)
    throw InvalidArgument(std::string(who) + ": graph = 'knn' compares samples, kernel = 'precomputed' gives none; use graph = 'dense'");
}

std::string walk_formula() {
  return "lam eigenvalues of S = D^-1/2 K_a D^-1/2, D = diag(K_a 1), K_a = diag(K 1)^-a K diag(K 1)^-a, K of kernel or graph";
}

std::string walk_text(const DiffusionWalk& walk, const DiagnosticValue* bandwidth) {
  std::string out = walk.graph == Graph::knn ? "nearest-neighbor graph with local scales, k = " + std::to_string(walk.k)
                                             : std::string(name(walk.kernel.kind)) + " kernel";
  if (walk.graph == Graph::dense && bandwidth != nullptr) out += ", sigma = " + shown(std::get<double>(*bandwidth));
  return out + "; a = " + shown(walk.anisotropy) + "; t = " + shown(walk.t);
}

}  // namespace entrospect
