#include "entrospect/estimators/spectral_entropy/diffusion_walk.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "entrospect/core/errors.hpp"
#include "entrospect/core/random.hpp"
#include "entrospect/estimators/functional.hpp"
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
  static const Choices<Graph> choices{{"dense", Graph::dense}, {"knn", Graph::knn}, {"knn01", Graph::knn01}};
  return choices;
}

namespace {

std::string word_of(Graph graph) {
  for (const auto& [word, value] : graph_choices())
    if (value == graph) return word;
  return {};
}

}  // namespace

GraphWeights weights_of(Graph graph) { return graph == Graph::knn01 ? GraphWeights::ones : GraphWeights::local_scale; }

SampleMatrix at_most(const SampleMatrix& x, std::size_t most, std::uint64_t seed) {
  return x.n() <= most ? x : x.select(RandomStream(seed, 0).subset(x.n(), most));
}

std::shared_ptr<const Spectrum> diffusion_spectrum(const SampleMatrix& x, const DiffusionWalk& walk, const SpectrumOptions& solver,
                                                   const Context& context) {
  if (walk.graph == Graph::dense) {
    if (walk.anisotropy) return spectrum(x, Diffusion{walk.kernel, *walk.anisotropy}, solver, context);
    Gram affinities;
    affinities.kernel = walk.kernel;
    affinities.side = Side::gram;
    Spectrum s = *spectrum(x, affinities, solver, context);
    s.psd_tolerance = std::numeric_limits<double>::infinity();  // weights are |lam|
    s.semidefinite = walk.kernel.kind != KernelKind::precomputed;
    return std::make_shared<const Spectrum>(std::move(s));
  }
  SpectrumOptions chosen = solver;
  if (walk.complete) chosen.solver.backend = select_backend(x.n(), solver.solver.backend);
  return spectrum(x, NeighborGraph{walk.k, weights_of(walk.graph), walk.symmetrize, walk.least_scale, walk.anisotropy}, chosen, context);
}

Footprint walk_footprint(Graph graph, std::size_t k, std::size_t leading, Backend backend, std::size_t n) {
  if (graph == Graph::dense || n <= kDenseGraphRows || backend != Backend::automatic) return pairs_footprint(n);
  const auto rows = static_cast<double>(n), values = static_cast<double>(leading == 0 ? kGraphLeading : leading);
  return {false, rows * (96 * static_cast<double>(k) + 48 * values)};
}

double diffusion_entropy(const Spectrum& s, const DiffusionWalk& walk) {
  if (s.status == Status::nonfinite) return std::numeric_limits<double>::quiet_NaN();
  // At t = 1 as they are, which has the same bits as entropy() of the spectrum.
  const std::vector<double> weights = walk.t == 1 ? psd_weights(s, "diffusion") : power_weights(s.values, walk.t, s.rank_tolerance);
  return shifted_renyi_entropy(weights, walk.order, walk.epsilon, std::pow(s.rank_tolerance, walk.t));
}

EntropyFound walk_entropy(Estimate& e, const Spectrum& s, const DiffusionWalk& walk, Unit unit) {
  const std::string doubt = doubt_of_powers(s.values, walk.t, s.rank_tolerance);
  if (!doubt.empty()) e.flag(Status::out_of_valid_range, doubt);
  if (!s.complete) return bounded_entropy(e, s, walk.order, walk.t, [unit](double nats) { return nats * nats_to(unit); });
  const double nats = diffusion_entropy(s, walk);
  return {nats, entropy_steps(walk.order, nats) + unit_step(nats, unit)};
}

WalkRows walk_rows(const SampleMatrix& x, const RowPlan& plan, const DiffusionWalk& walk, std::uint64_t seed, Estimate& e,
                   const Context& context) {
  const bool given = walk.kernel.kind == KernelKind::precomputed && walk.graph == Graph::dense;
  WalkRows out{given ? prepare_kernel_matrix(x, plan, e, context) : prepare_rows(x, plan, e, context), given};
  if (e.compat.empty() || given || out.rows.x.n() <= kDiffusionToolRows) return out;
  e.diagnostics.set("rows_before_subsampling", static_cast<std::int64_t>(out.rows.x.n()));
  e.seed = seed;
  out.rows.x = at_most(out.rows.x, kDiffusionToolRows, seed);
  e.n = out.rows.x.n();
  return out;
}

void check_walk(const DiffusionWalk& walk, std::string_view who) {
  if (walk.epsilon != 0 && walk.order != 1)
    throw InvalidArgument(std::string(who) + ": compat defines order = 1 only, got order = " + to_text(OptionValue(walk.order)));
  if (walk.graph != Graph::dense && walk.kernel.kind == KernelKind::precomputed)
    throw InvalidArgument(std::string(who) + ": graph = '" + word_of(walk.graph) +
                          "' compares samples, kernel = 'precomputed' gives none; use graph = 'dense'");
}

std::string adjacency_formula() { return "lam eigenvalues of K, K of kernel or graph"; }

std::string walk_formula() {
  return "lam eigenvalues of S = D^-1/2 K_a D^-1/2, D = diag(K_a 1), K_a = diag(K 1)^-a K diag(K 1)^-a, K of kernel or graph";
}

std::string walk_text(const DiffusionWalk& walk, const DiagnosticValue* bandwidth) {
  std::string out = std::string(name(walk.kernel.kind)) + " kernel";
  if (walk.graph == Graph::dense && bandwidth != nullptr) out += ", sigma = " + shown(std::get<double>(*bandwidth));
  if (walk.graph != Graph::dense)
    out = std::string("nearest-neighbor graph with ") + (walk.graph == Graph::knn ? "local scales" : "weights 1") +
          (walk.symmetrize == Symmetrize::mutual ? ", mutual" : "") + ", k = " + std::to_string(walk.k);
  if (walk.anisotropy) out += "; a = " + shown(*walk.anisotropy);
  return out;
}

}  // namespace entrospect
