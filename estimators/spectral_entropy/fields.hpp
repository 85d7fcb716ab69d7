#pragma once
// Groups of options that the spectral estimators share: each name, range and help line is written once. A group expects members of the
// same names in the options aggregate (`kernel` and `solver` are the aggregates of spectral/).

#include <limits>
#include <string>
#include <vector>

#include "entrospect/core/options.hpp"
#include "entrospect/core/registry.hpp"
#include "entrospect/core/sample_matrix.hpp"
#include "entrospect/core/survey.hpp"
#include "entrospect/core/unit.hpp"
#include "entrospect/estimators/spectral_entropy/diffusion_walk.hpp"
#include "entrospect/spectral/backend.hpp"
#include "entrospect/spectral/kernels.hpp"
#include "entrospect/spectral/spectrum.hpp"

namespace entrospect::fields {

inline constexpr double kInfinity = std::numeric_limits<double>::infinity();
inline constexpr Range kPositive{0, kInfinity, true, true};

const Choices<Unit>& entropy_unit_choices();                           // "nats", "bits"
const Choices<Normalize>& normalize_choices();                         // "none", "l2", "standardize"
const Choices<ZeroRows>& zero_rows_choices();                          // "error", "drop"
std::vector<std::string> ids(const EstimatorCard& card, bool compat);  // compat ids start with "", which means none

template <class O>
void add_order(FieldTable<O>& table) {
  table.number(
      "order", [](O& o) -> double& { return o.order; }, {0, kInfinity, false, false},
      "Order of the entropy: 1 is Shannon, 2 is collision entropy, inf is min-entropy, 0 counts the eigenvalues above the rank tolerance");
}

template <class O>
void add_zero_rows(FieldTable<O>& table) {
  table.choice(
      "zero_rows", [](O& o) -> ZeroRows& { return o.zero_rows; }, zero_rows_choices(),
      "What to do with rows that have no direction (zero, or equal to the mean when centered): refuse them, or drop and count them");
}

template <class O>
void add_rows(FieldTable<O>& table) {
  table.flag(
      "center", [](O& o) -> bool& { return o.center; }, "Subtract the column means first");
  table.choice(
      "normalize", [](O& o) -> Normalize& { return o.normalize; }, normalize_choices(),
      "After centering: 'l2' divides each row by its norm, 'standardize' each centered column by its standard deviation");
  add_zero_rows(table);
}

template <class O>
void add_kernel_and_bandwidth(FieldTable<O>& table, const Choices<KernelKind>& kinds) {
  table.choice(
      "kernel", [](O& o) -> KernelKind& { return o.kernel.kind; }, kinds,
      std::string("Similarity of two rows") +
          (kinds.back().second == KernelKind::precomputed ? "; 'precomputed' takes the samples as the n x n kernel matrix itself" : ""));
  table.number_or_choice(
      "bandwidth", [](O& o) -> Bandwidth& { return o.kernel.bandwidth; }, kPositive, bandwidth_choices(),
      "The sigma of the kernel's formula, or the rule that finds it: 'median' of the pairwise distances, half of it, sqrt(d/2), 'knn' for "
      "the "
      "median distance to the 15th neighbor, 'max_slope' where the kernel's entropy of order 2 changes fastest");
}

template <class O>
void add_kernel(FieldTable<O>& table, const Choices<KernelKind>& kinds = kernel_choices()) {
  add_kernel_and_bandwidth(table, kinds);
  table.number(
      "degree", [](O& o) -> double& { return o.kernel.degree; }, {1, 64, false, false}, "Degree of the polynomial kernel (a whole number)");
  table.number(
      "offset", [](O& o) -> double& { return o.kernel.offset; }, {0, kInfinity, false, true}, "Offset of the polynomial kernel");
}

// The kernel without its polynomial options, graph, k and symmetrize.
template <class O>
void add_graph(FieldTable<O>& table) {
  add_kernel_and_bandwidth(table, diffusion_kernel_choices());
  table.choice(
      "graph", [](O& o) -> Graph& { return o.graph; }, graph_choices(),
      "'dense' compares all pairs by kernel and bandwidth; 'knn' links the k nearest neighbors with local scales instead, 'knn01' with "
      "weights 1");
  table.integer(
      "k", [](O& o) -> std::size_t& { return o.k; }, {1, 1e9, false, false}, "Neighbors of graph = knn or knn01");
  table.choice(
      "symmetrize", [](O& o) -> Symmetrize& { return o.symmetrize; }, symmetrize_choices(),
      "Of graph = knn or knn01: 'union' links rows where one is a neighbor of the other, 'mutual' where each is");
}

template <class O>
void add_anisotropy(FieldTable<O>& table) {
  table.number(
      "anisotropy", [](O& o) -> double& { return o.anisotropy; }, {0, 1, false, false},
      "Share of the sampling density that is removed: 0 random walk, 0.5 Fokker-Planck, 1 Laplace-Beltrami");
}

template <class O>
void add_time(FieldTable<O>& table) {
  table.number(
      "t", [](O& o) -> double& { return o.t; }, kPositive, "Diffusion time: eigenvalues are raised to this power; larger t forgets detail");
}

// t, anisotropy, order and what add_graph() adds.
template <class O>
void add_diffusion(FieldTable<O>& table) {
  add_time(table);
  add_anisotropy(table);
  add_order(table);
  add_graph(table);
}

inline const std::string kLeadingOfGraphs = ". Neighbor graphs of more than 4000 rows take 100 unless told otherwise";

template <class O>
void add_leading(FieldTable<O>& table, const std::string& more = "") {
  table.integer(
      "leading", [](O& o) -> std::size_t& { return o.leading; }, {0, 1e9, false, false},
      "At least so many eigenvalues of largest magnitude instead of all (0), by Lanczos where that pays (order of the matrix >= 2000, at "
      "most 1/200 of it); the result is then an interval where the others matter" +
          more);
}

template <class O>
void add_seed(FieldTable<O>& table, std::string help) {
  table.integer(
      "seed", [](O& o) -> std::uint64_t& { return o.seed; }, {0, 9007199254740992.0, false, false}, std::move(help));
}

template <class O>
void add_side(FieldTable<O>& table) {
  table.choice(
      "side", [](O& o) -> Side& { return o.side; }, side_choices(),
      "Solve the n x n Gram matrix or the d x d matrix, which share their non-zero eigenvalues; 'auto' takes the smaller");
}

template <class O>
void add_solver(FieldTable<O>& table) {
  table.choice(
      "backend", [](O& o) -> Backend& { return o.solver.backend; }, complete_backend_choices(),
      "Eigenvalue solver; 'auto' chooses by size");
  table.choice(
      "precision", [](O& o) -> Precision& { return o.solver.precision; }, precision_choices(),
      "'single' computes products and eigenvalues in float32; refused where small eigenvalues matter");
  table.integer(
      "lapack_threads", [](O& o) -> unsigned& { return o.solver.lapack_threads; }, {1, 1024, false, false},
      "BLAS threads inside one eigenvalue solve; the last bits may depend on it");
}

template <class O>
void add_entropy_unit(FieldTable<O>& table) {
  table.choice(
      "unit", [](O& o) -> Unit& { return o.unit; }, entropy_unit_choices(), "Unit of the result");
}

template <class O>
void add_convention(FieldTable<O>& table, const EstimatorCard& card) {
  table.word(
      "convention", [](O& o) -> std::string& { return o.convention; }, ids(card, false),
      "Which definition; sets every option left at its default");
  table.word(
      "compat", [](O& o) -> std::string& { return o.compat; }, ids(card, true),
      "Reproduce a named tool's number, its faults included, in its unit; sets every option left at its default");
}

}  // namespace entrospect::fields
