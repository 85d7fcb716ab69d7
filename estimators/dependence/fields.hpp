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

}  // namespace entrospect::fields
