#include "entrospect/estimators/permutation_null.hpp"

#include <algorithm>
#include <cmath>

#include "entrospect/core/sum.hpp"
#include "entrospect/estimators/spectral_entropy/reporting.hpp"

namespace entrospect {

const Choices<PermutationNull>& permutation_null_choices() {
  static const Choices<PermutationNull> choices{{"none", PermutationNull::none}, {"permutation", PermutationNull::permutation}};
  return choices;
}

RandomStream null_stream(std::uint64_t seed, std::uint64_t m) { return {seed, (std::uint64_t{1} << 63) + m}; }

void add_null(Estimate& e, std::span<const double> null, double tie, std::uint64_t seed) {
  const auto count = static_cast<double>(null.size());
  const double mean = sum(null) / count;
  Sum squares;
  for (const double v : null) squares.add((v - mean) * (v - mean));
  const auto exceeding = std::count_if(null.begin(), null.end(), [&](double v) { return v >= e.value - tie; });
  e.seed = seed;
  e.diagnostics.set("null", std::string("permutation"));
  e.diagnostics.set("n_null", static_cast<std::int64_t>(null.size()));
  e.diagnostics.set("null_mean", mean);
  if (null.size() > 1) e.diagnostics.set("null_sd", std::sqrt(squares.value() / (count - 1)));
  e.diagnostics.set("p_value", static_cast<double>(1 + exceeding) / (1 + count));
  if (e.value < mean) e.flag(Status::below_null, "the mean under permutation is larger: " + shown(mean));
}

}  // namespace entrospect
