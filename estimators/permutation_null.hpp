#pragma once
// A value among those of the same statistic when chance alone pairs the data: permutation nulls, reported in one way by every estimator.

#include <cstdint>
#include <span>
#include <string>

#include "entrospect/core/estimate.hpp"
#include "entrospect/core/random.hpp"
#include "entrospect/core/registry.hpp"
#include "entrospect/spectral/permuted_products.hpp"

namespace entrospect {

enum class PermutationNull { none, permutation };
const Choices<PermutationNull>& permutation_null_choices();  // "none", "permutation"

// The random stream of permutation m: one of its own, whatever thread asks, apart from the streams below 2^63 that an estimator uses.
RandomStream null_stream(std::uint64_t seed, std::uint64_t m);

// Permutations of rows for a null: the first of them moves nothing, so that a later one which restores the pairs gives the same bits;
// the m-th after it is that of null_stream(seed, first + m).
PermutationSource null_permutations(std::uint64_t seed, std::uint64_t first = 0);

// Sets e.null, with p_value = (1 + #{null >= value}) / (1 + n_null) (Phipson and Smyth 2010), writes null, n_null, null_mean, null_sd and
// p_value to the diagnostics, the seed, and status `below_null` when the value is below null_mean. `null` is in the unit of e.value. Null
// values less than `tie` below the value count as equal to it: what should be a tie differs by round-off.
void add_null(Estimate& e, std::span<const double> null, double tie, std::uint64_t seed, const std::string& method = "permutation");

}  // namespace entrospect
