#pragma once
// A random walk on samples and the entropy of its spectrum: the part that diffusion spectral entropy and diffusion spectral mutual
// information share. Formulas in diffusion.hpp.

#include <cstddef>
#include <limits>
#include <memory>

#include "entrospect/core/context.hpp"
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
  double epsilon = 0;  // added to every p without renormalizing
};

// What the released tools do: they look at no more rows than this, drawn at random, and add an epsilon to p.
inline constexpr std::size_t kDiffusionToolRows = 10000;
inline constexpr double kDiffusionToolEpsilon = std::numeric_limits<double>::epsilon();

// x itself, or `most` of its rows drawn with `seed`.
SampleMatrix at_most(const SampleMatrix& x, std::size_t most, std::uint64_t seed);

// Shared by every t and order when the context has a memo.
std::shared_ptr<const Spectrum> diffusion_spectrum(const SampleMatrix& x, const DiffusionWalk& walk, const SpectrumOptions& solver,
                                                   const Context& context);

// H_q of |lam|^t in nats.
double diffusion_entropy(const Spectrum& s, const DiffusionWalk& walk);

}  // namespace entrospect
