#pragma once
// The one computation behind every matrix-based quantity of several variables: each sample matrix becomes an n x n kernel matrix with unit
// diagonal, a set of variables the entrywise product of theirs, and its entropy that of the product's eigenvalues over their sum. Matrices
// are built once and a set's eigenvalues when they are first asked for; Context::memo shares both between calls.

#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "entrospect/estimators/detail/quantity.hpp"
#include "entrospect/estimators/spectral_entropy/fields.hpp"
#include "entrospect/spectral/hadamard.hpp"

namespace entrospect::detail {

const Choices<Diagonal>& diagonal_choices();  // "error", "normalize"

// What the options of these quantities have in common.
struct BlockPlan {
  double order = 1;
  Kernel kernel{};
  Diagonal diagonal = Diagonal::error;
  Side side = Side::automatic;
  SolverOptions solver{};
  std::uint64_t seed = 0;  // of the median rule
};
template <class O>
BlockPlan block_plan(const O& o) {
  return {o.order, o.kernel, o.diagonal, o.side, o.solver, o.seed};
}

class Blocks {
 public:
  // Indices of variables, ascending.
  using Set = std::vector<std::size_t>;
  // Entropies of sets, each with its sign.
  using Sum = std::vector<std::pair<int, Set>>;

  // Examines the samples and builds their matrices; e.estimator and e.compat say whose rules hold.
  Blocks(std::span<const SampleMatrix> samples, const EstimatorCard& card, const BlockPlan& plan, Estimate& e, const Context& context);

  [[nodiscard]] std::size_t count() const { return matrices_.size(); }
  [[nodiscard]] const SymmetricMatrix<double>& matrix(std::size_t i) const { return *matrices_[i]; }
  // One more variable that is known by its matrix only.
  void add(std::string name, SymmetricMatrix<double> matrix);

  double entropy(const Set& set);  // nats; also in the diagnostics, as entropy_x, entropy_x_y, ...
  // Of the first two variables, with the rows of the second permuted.
  [[nodiscard]] double permuted_entropy(std::span<const std::size_t> p) const;
  // The same for many permutations at once; permutation(m) gives the m-th, in any thread.
  using Permutation = std::function<std::vector<std::size_t>(std::size_t m)>;
  [[nodiscard]] std::vector<double> permuted_entropies(std::size_t count, const Permutation& permutation) const;

  double value(const Sum& sum);

  // Real numbers times entropies, as a derivative has them.
  using Factors = std::vector<std::pair<double, Set>>;
  static Factors scaled(const Sum& sum, double factor);
  static void add(Factors& to, double factor, const Set& set);
  // d(sum of factor * H(set)) / dx, x the first variable, in nats.
  [[nodiscard]] SampleGradient gradient(const Factors& factors) const;
  // Hands it to `wanted`, unless that is null or there is no value.
  void differentiate(Differentiation* wanted, const Factors& factors) const;

  // "H(x) = 0.5 nats; H(x, y) = 0.7 nats; I = 0.5 + 0.5 - 0.7 = 0.3 nats": the sets of the sum, then the sum under its symbol.
  std::string steps(const std::string& symbol, const Sum& sum);
  std::string entropy_step(const Set& set);  // "H(x, y) = 0.7 nats"

  [[nodiscard]] Set all() const;
  [[nodiscard]] Set all_but(std::size_t i) const;
  [[nodiscard]] std::string kernels() const;  // "gaussian kernel, sigma = 1, y_sigma = 2; "

 private:
  [[nodiscard]] double entropy_of(SymmetricMatrix<double> product) const;
  // `matrix`: what errors add to the estimator's name.
  [[nodiscard]] double entropy_of(const Spectrum& s, const std::string& matrix = {}) const;
  [[nodiscard]] Spectrum solved(SymmetricMatrix<double> product) const;
  [[nodiscard]] bool norms_suffice() const;
  [[nodiscard]] std::string key_of(const Set& set) const;
  void describe(const Spectrum& s);
  [[nodiscard]] std::string text(const Set& set, const std::string& between) const;

  BlockPlan plan_;
  Estimate* e_;
  const Context* context_;
  std::vector<std::string> names_, keys_;
  std::vector<std::size_t> ranks_;  // most non-zero eigenvalues of each matrix
  SampleMatrix x_;                  // the first variable, with the kernel and bandwidth that its matrix is of
  Kernel kernel_;
  double bandwidth_ = 1;
  std::vector<std::shared_ptr<const SymmetricMatrix<double>>> matrices_;
  double stored_epsilon_ = 0;  // of the coarsest type that a given matrix is stored in
  std::map<Set, double> entropies_;
};

// ---- cards and options

// The rule of every convention, and the compat ids repitl and yu. `formula` is in terms of H, such as "I = H(x) + H(y) - H(x, y)".
void set_formulas(EstimatorCard& card, const std::string& formula);

// A value in nats with the cap that unit diagonals give it.
void set_blocks(Estimate& e, double nats, double cap_nats, Unit unit, std::string steps);

// With a footprint for the named matrices, a product and its solver's copy.
Footprint blocks_footprint(std::size_t matrices, std::size_t n);

template <class O>
void add_block_fields(FieldTable<O>& t, const EstimatorCard& card) {
  fields::add_order(t);
  fields::add_kernel(t);
  t.choice(
      "diagonal", [](O& o) -> Diagonal& { return o.diagonal; }, diagonal_choices(),
      "Kernel matrices are multiplied, so their diagonals must be 1: refuse others, or 'normalize' K_ij / sqrt(K_ii K_jj)");
  t.choice(
      "side", [](O& o) -> Side& { return o.side; }, side_choices(),
      "'gram' ('auto' too): n x n matrices over the same rows, the only ones whose product means the joint samples; 'cov' is refused");
  fields::add_solver(t);
  fields::add_seed(t, "Names every random draw: the rows that the median rule draws for n > 4096, permutations where there are any");
  if constexpr (requires(O o) { o.unit; }) fields::add_entropy_unit(t);
  fields::add_convention(t, card);
}

}  // namespace entrospect::detail
