#pragma once
// Groups of options that the estimators of dependence share, as ../spectral_entropy/fields.hpp has them for spectra.

#include "entrospect/estimators/permutation_null.hpp"
#include "entrospect/estimators/spectral_entropy/fields.hpp"

namespace entrospect::fields {

template <class O>
void add_pair_side(FieldTable<O>& table) {
  table.choice(
      "side", [](O& o) -> Side& { return o.side; }, side_choices(),
      "Form the n x n kernel matrices, or, for the linear kernel, only products of columns; 'auto' takes the cheaper");
}

template <class O>
void add_null(FieldTable<O>& table) {
  table.choice(
      "null", [](O& o) -> PermutationNull& { return o.null; }, permutation_null_choices(),
      "'permutation' compares with permuted rows: null_mean, null_sd and p_value in the diagnostics");
  table.integer(
      "n_null", [](O& o) -> std::size_t& { return o.n_null; }, {1, 1e6, false, false}, "Permutations of null = permutation");
}

// What HSIC and CKA have besides their statistics.
template <class O>
void add_hsic_options(FieldTable<O>& table, const EstimatorCard& card) {
  table.integer(
      "batch_size", [](O& o) -> std::size_t& { return o.batch_size; }, {0, 1e9, false, false},
      "Rows of a batch of statistic = minibatch, at least 4; 0 is 256, or n if that is less");
  add_kernel(table);
  add_pair_side(table);
  add_null(table);
  add_seed(table, "Names the permutations, the batches, and the rows that the median rule draws for n > 4096");
  add_convention(table, card);
}

}  // namespace entrospect::fields
