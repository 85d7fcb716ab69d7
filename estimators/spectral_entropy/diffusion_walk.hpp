#pragma once
// A random walk on samples and the entropy of its spectrum: the part that diffusion spectral entropy and diffusion spectral mutual
// information share. Formulas in diffusion.hpp.

#include <cstddef>
#include <limits>
#include <memory>
#include <string>
#include <string_view>

#include "entrospect/core/context.hpp"
#include "entrospect/core/diagnostics.hpp"
#include "entrospect/core/options.hpp"
#include "entrospect/core/sample_matrix.hpp"
#include "entrospect/spectral/kernels.hpp"
#include "entrospect/spectral/spectrum.hpp"

namespace entrospect {

enum class Graph { dense, knn };
const Choices<Graph>& graph_choices();                  // "dense", "knn"
const Choices<KernelKind>& diffusion_kernel_choices();  // the kernels without negative values

struct DiffusionWalk {
  Kernel kernel{};
  Graph graph = Graph::dense;
  std::size_t k = 15;
  double anisotropy = 0.5;
  double t = 1;
  double order = 1;
  double epsilon = 0;      // added to every p without renormalizing
  double least_scale = 0;  // local scales below it are raised to it
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
  DiffusionWalk walk{o.kernel, o.graph, o.k, o.anisotropy, o.t, o.order};
  if (!o.compat.empty()) {
    walk.epsilon = kDiffusionToolEpsilon;
    walk.least_scale = kDiffusionToolLeastScale;
  }
  check_walk(walk, who);
  return walk;
}

// "lam eigenvalues of S = ...", in symbols.
std::string walk_formula();

// "gaussian kernel, sigma = 3; a = 0.5; t = 1": for Estimate::substituted.
std::string walk_text(const DiffusionWalk& walk, const DiagnosticValue* bandwidth);

// H_q of |lam|^t in nats.
double diffusion_entropy(const Spectrum& s, const DiffusionWalk& walk);

}  // namespace entrospect
