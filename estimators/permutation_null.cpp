#include "entrospect/estimators/permutation_null.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <vector>

#include "entrospect/core/sum.hpp"
#include "entrospect/estimators/spectral_entropy/reporting.hpp"

namespace entrospect {

const Choices<PermutationNull>& permutation_null_choices() {
  static const Choices<PermutationNull> choices{{"none", PermutationNull::none}, {"permutation", PermutationNull::permutation}};
  return choices;
}

RandomStream null_stream(std::uint64_t seed, std::uint64_t m) { return {seed, (std::uint64_t{1} << 63) + m}; }

PermutationSource null_permutations(std::uint64_t seed, std::uint64_t first) {
  return [seed, first](std::size_t m, std::span<std::uint32_t> rows) {
    if (m == 0) return std::iota(rows.begin(), rows.end(), 0U);
    const std::vector<std::size_t> p = null_stream(seed, first + m - 1).permutation(rows.size());
    std::transform(p.begin(), p.end(), rows.begin(), [](std::size_t row) { return static_cast<std::uint32_t>(row); });
  };
}

namespace {

// Linear between the order statistics (Hyndman and Fan 1996, type 7).
double quantile(const std::vector<double>& sorted, double share) {
  const double place = share * static_cast<double>(sorted.size() - 1);
  const auto below = static_cast<std::size_t>(place);
  const std::size_t above = std::min(below + 1, sorted.size() - 1);
  const double weight = place - static_cast<double>(below);
  return weight > 0 ? sorted[below] + weight * (sorted[above] - sorted[below]) : sorted[below];
}

}  // namespace

void add_null(Estimate& e, std::span<const double> null, double tie, std::uint64_t seed, const std::string& method) {
  const auto count = static_cast<double>(null.size());
  const double mean = sum(null) / count;
  Sum squares;
  for (const double v : null) squares.add((v - mean) * (v - mean));
  const auto exceeding = std::count_if(null.begin(), null.end(), [&](double v) { return v >= e.value - tie; });
  std::vector<double> sorted(null.begin(), null.end());
  std::sort(sorted.begin(), sorted.end());
  e.seed = seed;
  e.null = {method,
            null.size(),
            mean,
            null.size() > 1 ? std::sqrt(squares.value() / (count - 1)) : 0.0,
            {quantile(sorted, 0.025), quantile(sorted, 0.975)},
            static_cast<double>(1 + exceeding) / (1 + count)};
  e.diagnostics.set("null", method);
  e.diagnostics.set("n_null", static_cast<std::int64_t>(null.size()));
  e.diagnostics.set("null_mean", mean);
  if (null.size() > 1) e.diagnostics.set("null_sd", e.null->sd);
  e.diagnostics.set("p_value", e.null->p_value);
  if (e.value < mean) e.flag(Status::below_null, "the mean under permutation is larger: " + shown(mean));
}

}  // namespace entrospect
