#pragma once
// A random walk on samples and the entropy of its spectrum: the part that diffusion spectral entropy and diffusion spectral mutual
// information share. Formulas in diffusion.hpp.

#include <cstddef>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "entrospect/core/context.hpp"
#include "entrospect/core/diagnostics.hpp"
#include "entrospect/core/estimate.hpp"
#include "entrospect/core/options.hpp"
#include "entrospect/core/registry.hpp"
#include "entrospect/core/sample_matrix.hpp"
#include "entrospect/estimators/spectral_entropy/preparation.hpp"
#include "entrospect/estimators/spectral_entropy/reporting.hpp"
#include "entrospect/spectral/kernels.hpp"
#include "entrospect/spectral/spectrum.hpp"

namespace entrospect {

enum class Graph { dense, knn, knn01 };
const Choices<Graph>& graph_choices();                  // "dense", "knn", "knn01"
const Choices<KernelKind>& diffusion_kernel_choices();  // the kernels without negative values

GraphWeights weights_of(Graph graph);  // of a neighbor graph

struct DiffusionWalk {
  Kernel kernel{};
  Graph graph = Graph::dense;
  std::size_t k = 15;
  Symmetrize symmetrize = Symmetrize::either;
  std::optional<double> anisotropy = 0.5;  // empty: the eigenvalues of the affinities themselves
  double t = 1;
  double order = 1;
  double epsilon = 0;      // added to every p without renormalizing
  double least_scale = 0;  // local scales below it are raised to it
  bool complete = true;    // every eigenvalue, however many rows
};

// What the released tools do: they look at no more rows than this, drawn at random, add an epsilon to p, and raise small local scales.
inline constexpr std::size_t kDiffusionToolRows = 10000;
inline constexpr double kDiffusionToolEpsilon = std::numeric_limits<double>::epsilon();
inline constexpr double kDiffusionToolLeastScale = 1e-10;

// x itself, or `most` of its rows drawn with `seed`.
SampleMatrix at_most(const SampleMatrix& x, std::size_t most, std::uint64_t seed);

// Shared by every t and order when the context has a memo.
std::shared_ptr<const Spectrum> diffusion_spectrum(const SampleMatrix& x, const DiffusionWalk& walk, const SpectrumOptions& solver,
                                                   const Context& context);

// Combinations that have no meaning: an order other than 1 with a tool's epsilon, a graph of samples from a precomputed matrix.
void check_walk(const DiffusionWalk& walk, std::string_view who);

// The walk that the options of an estimator ask for, checked.
template <class Options>
DiffusionWalk walk_of(const Options& o, std::string_view who) {
  DiffusionWalk walk{.kernel = o.kernel, .graph = o.graph, .k = o.k, .symmetrize = o.symmetrize};
  if constexpr (requires { o.anisotropy; })
    walk.anisotropy = o.anisotropy;
  else
    walk.anisotropy.reset();
  if constexpr (requires { o.t; }) walk.t = o.t;
  if constexpr (requires { o.order; }) walk.order = o.order;
  if (!o.compat.empty()) {
    walk.epsilon = kDiffusionToolEpsilon;
    walk.least_scale = kDiffusionToolLeastScale;
  }
  check_walk(walk, who);
  return walk;
}

// "lam eigenvalues of S = ...", in symbols.
std::string walk_formula();
// The same for the affinities themselves.
std::string adjacency_formula();

// "gaussian kernel, sigma = 3; a = 0.5": for Estimate::substituted.
std::string walk_text(const DiffusionWalk& walk, const DiagnosticValue* bandwidth);

// All pairs, or a neighbor graph with the vectors of the iterative solver.
Footprint walk_footprint(Graph graph, std::size_t k, std::size_t leading, Backend backend, std::size_t n);

// H_q of |lam|^t of a complete spectrum, in nats.
double diffusion_entropy(const Spectrum& s, const DiffusionWalk& walk);

// The same of any spectrum: bounded_entropy() of an incomplete one. Flags powers that round-off decides.
EntropyFound walk_entropy(Estimate& e, const Spectrum& s, const DiffusionWalk& walk, Unit unit);

// The samples of a walk, surveyed: rows, or the affinities themselves with kernel = precomputed. A tool looks at 10000 rows at most.
struct WalkRows {
  PreparedRows rows;
  bool matrix_given = false;
  // "Z = x; gaussian kernel, sigma = 3; a = 0.5"
  [[nodiscard]] std::string text(const DiffusionWalk& walk, const Estimate& e) const {
    return (matrix_given ? "" : rows_text(rows.x) + "; ") + walk_text(walk, e.diagnostics.find("bandwidth"));
  }
};
WalkRows walk_rows(const SampleMatrix& x, const RowPlan& plan, const DiffusionWalk& walk, std::uint64_t seed, Estimate& e,
                   const Context& context);
template <class Options>
WalkRows walk_rows(const SampleMatrix& x, const Options& o, const DiffusionWalk& walk, Estimate& e, const Context& context) {
  return walk_rows(x, RowPlan{o.center, o.normalize, o.zero_rows, o.normalize == Normalize::l2, false}, walk, o.seed, e, context);
}

}  // namespace entrospect
