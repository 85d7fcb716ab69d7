#pragma once
// Eigenvalues, and what is known about the ones that were not computed.

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "entrospect/core/context.hpp"
#include "entrospect/core/diagnostics.hpp"
#include "entrospect/core/sample_matrix.hpp"
#include "entrospect/core/status.hpp"
#include "entrospect/spectral/backend.hpp"
#include "entrospect/spectral/kernels.hpp"
#include "entrospect/spectral/neighbors.hpp"
#include "entrospect/spectral/operator.hpp"

namespace entrospect {

struct Decomposition;  // decomposition.hpp

struct Spectrum {
  std::vector<double> values;        // descending, as the solver returned them (round-off negatives included); of an incomplete spectrum
                                     // those of largest magnitude
  bool complete = true;              // every eigenvalue is in `values`
  std::size_t size = 0;              // order of the matrix on the side that was solved
  std::size_t max_rank = 0;          // most non-zero eigenvalues possible: min(n, d), n - 1 when centred, n for kernels
  double trace = 0;                  // of the matrix, not of `values`; NaN when an operator does not tell it
  std::optional<double> frobenius2;  // sum of squared eigenvalues
  std::optional<double> fourth;      // sum of their fourth powers, where SpectrumOptions::fourth asked for it
  std::vector<double> residuals;     // per value, for iterative backends: an eigenvalue lies within it
  double psd_tolerance = 0;          // relative to the largest: below it a negative eigenvalue is round-off; inf: signs carry no meaning
  bool semidefinite = false;         // no negative eigenvalues but round-off, by construction
  double rank_tolerance = 0;         // relative to the largest: at or below it an eigenvalue counts as zero
  Status status = Status::ok;
  std::string reason;
  std::string backend_requested, backend_used;
  std::string side;          // "covariance" (d x d), "gram" (n x n), "operator"
  std::size_t n = 0, d = 0;  // of the samples
  Diagnostics diagnostics;   // bandwidth, side, precision, lapack_threads, work done
};

enum class Side { automatic, gram, covariance };
const Choices<Side>& side_choices();  // "auto", "gram", "cov"

// Affinities: how samples become a symmetric matrix.
// X^T X / denominator, or X X^T / denominator on the cheaper side (same non-zero eigenvalues). Centring and normalising are notes on x.
struct Covariance {
  double denominator = 1;  // divides the scatter matrix
  Side side = Side::automatic;
};
// Kernel matrix, undivided. Linear and cosine kernels use the d x d side when that is cheaper.
struct Gram {
  Kernel kernel;
  Side side = Side::automatic;
  std::vector<double> weights;      // K o sqrt(w) sqrt(w)^T; empty: none
  bool normalize_diagonal = false;  // K_ij / sqrt(K_ii K_jj)
  bool require_unit_diagonal = false;
};
// S = D^-1/2 K_a D^-1/2 with K_a = diag(q)^-a K diag(q)^-a, q = K 1, D = diag(K_a 1): similar to the random walk of anisotropy a.
struct Diffusion {
  Kernel kernel;
  double anisotropy = 0.5;
};

// The graph of the k nearest neighbors, by neighbor_graph(): as it is, or the diffusion operator of an anisotropy on it. Up to
// kDenseGraphRows rows the spectrum is complete unless `leading` values are asked; for more rows it is that of the `leading` (kGraphLeading
// unless asked) eigenvalues of largest magnitude, found without a dense matrix. A backend that computes every eigenvalue can be asked for
// at any n.
inline constexpr std::size_t kDenseGraphRows = 4000, kGraphLeading = 100;
struct NeighborGraph {
  std::size_t k = 15;
  GraphWeights weights = GraphWeights::local_scale;
  Symmetrize symmetrize = Symmetrize::either;
  double least_scale = 0;
  std::optional<double> anisotropy = 0.5;  // empty: the eigenvalues of the graph's adjacency
};

struct SpectrumOptions {
  SolverOptions solver;
  std::uint64_t seed = 0;  // of the bandwidth's pair sample
  bool values = true;      // false: only trace and frobenius2, which is all that order 2 needs; `values` stays empty, `complete` false
                           // (ignored where the powers leave the normal range of float64)
  Decomposition* decomposition = nullptr;  // filled with what gradient() needs, float64 only; such a request is not answered from a memo
  // At least this many of the eigenvalues of largest magnitude; 0: all. A dense solver, which select_backend() takes when it is cheaper,
  // gives all of them. One that does not reports status `truncated` where the norm of the matrix leaves room for a larger one.
  std::size_t leading = 0;
  // With the matrix, of an iterative solver; 0: lanczos_products() where it was chosen automatically, else any number.
  std::size_t most_products = 0;
  bool fourth = false;  // with `values` off: fourth powers too, which is all that order 4 needs, by one product; float64 only
};

// Each call builds the matrix and solves it; with context.memo, equal requests are answered once.
std::shared_ptr<const Spectrum> spectrum(const SampleMatrix& x, const Covariance& affinity, const SpectrumOptions& options = {},
                                         const Context& context = {});
std::shared_ptr<const Spectrum> spectrum(const SampleMatrix& x, const Gram& affinity, const SpectrumOptions& options = {},
                                         const Context& context = {});
std::shared_ptr<const Spectrum> spectrum(const SampleMatrix& x, const Diffusion& affinity, const SpectrumOptions& options = {},
                                         const Context& context = {});
std::shared_ptr<const Spectrum> spectrum(const SampleMatrix& x, const NeighborGraph& affinity, const SpectrumOptions& options = {},
                                         const Context& context = {});
Spectrum spectrum(const SymmetricOperator& a, const SpectrumOptions& options = {}, const Context& context = {});
// Consumes the matrix (the solver works in place).
Spectrum spectrum(SymmetricMatrix<double> a, const SpectrumOptions& options = {}, const Context& context = {});
Spectrum spectrum(SymmetricMatrix<float> a, const SpectrumOptions& options = {}, const Context& context = {});

}  // namespace entrospect
