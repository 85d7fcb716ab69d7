#pragma once
// What the estimators of this folder share, besides the way from a call to an estimate (estimators/detail/quantity.hpp): a computation that
// finds a number and, if asked, its null.

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "entrospect/core/registry.hpp"
#include "entrospect/estimators/dependence/fields.hpp"
#include "entrospect/estimators/dependence/pair.hpp"
#include "entrospect/estimators/detail/quantity.hpp"
#include "entrospect/estimators/permutation_null.hpp"
#include "entrospect/estimators/spectral_entropy/reporting.hpp"

namespace entrospect::detail {

// In nats where the unit is one of entropy. NaN says that the data leave nothing to measure.
struct Outcome {
  double value = std::numeric_limits<double>::quiet_NaN();
  std::optional<double> cap;
  std::string steps;  // with the values used, ending in the value
  std::vector<double> null{};
  double tie = 0;  // values of the null that are less than this below the value are equal to it but for round-off
  std::string null_method = "permutation";
  std::optional<double> std_error{};  // in the limit of many independent terms
  bool ratio = false;                 // of two entropies: has no unit
};

void report(Estimate& e, const Outcome& found, Unit unit, std::uint64_t seed);

template <class O>
void report(Estimate& e, const Outcome& found, const O& o) {
  Unit unit = Unit::none;
  if constexpr (requires { o.unit; }) unit = o.unit;
  std::uint64_t seed = 0;
  if constexpr (requires { o.seed; }) seed = o.seed;
  report(e, found, unit, seed);
}

// The word of a choice: choices list the enumerators in their order.
template <class Enum>
const std::string& word_of(const Choices<Enum>& choices, Enum value) {
  return choices[static_cast<std::size_t>(value)].first;
}

// How many permutations the options ask for.
template <class O>
std::size_t null_count(const O& o) {
  return o.null == decltype(o.null){} ? 0 : o.n_null;
}

}  // namespace entrospect::detail
