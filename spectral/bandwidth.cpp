#include <algorithm>
#include <cmath>
#include <cstdint>
#include <memory>
#include <string>

#include "entrospect/core/errors.hpp"
#include "entrospect/core/parallel.hpp"
#include "entrospect/core/random.hpp"
#include "entrospect/spectral/aligned_buffer.hpp"
#include "entrospect/spectral/kernels.hpp"
#include "entrospect/spectral/pair_tiles.hpp"

namespace entrospect {
namespace {

// Up to this many rows every pair counts; above it, every pair of this many seeded rows.
constexpr std::size_t kMedianRows = 4096;
constexpr std::size_t kAbandonableFrom = 1024;        // from here on the selection takes milliseconds, and a stop must not wait for it
constexpr std::uint64_t kRowStream = 0x6d656469616e;  // names the random stream of the row subset

// Distances of all pairs. Not filled when made: that would take as long as the distances, and no stop is seen meanwhile.
struct PairDistances {
  explicit PairDistances(std::size_t n) : count(n * (n - 1) / 2), values(count) {}
  std::size_t count;
  detail::AlignedBuffer<double> values;
};

// The pairs (i, j), j > i, of row i lie together.
PairDistances pairwise_distances(const SampleMatrix& x, bool l1, const Context& context) {
  const std::size_t n = x.n();
  PairDistances out(n);
  double* const values = out.values.data();
  detail::PairFunction<double> f;
  f.function = l1 ? detail::TileFunction::distance_l1 : detail::TileFunction::distance_l2;
  f.center = true;
  f.norms = !l1;
  detail::for_each_pair_tile<double>(x, f, context, [&](const detail::PairTile<double>& t) {
    for (std::size_t i = t.row; i < t.row + t.rows; ++i)
      for (std::size_t j = std::max(t.column, i + 1); j < t.column + t.columns; ++j)
        values[i * (2 * n - i - 1) / 2 + (j - i - 1)] = t.values[(i - t.row) * t.ld + (j - t.column)];
  });
  return out;
}

double median_in_place(PairDistances& distances) {
  double* const first = distances.values.data();
  double* const middle = first + distances.count / 2;
  std::nth_element(first, middle, first + distances.count);
  if (distances.count % 2 == 1) return *middle;
  return (*std::max_element(first, middle) + *middle) / 2;
}

double median_distance(const SampleMatrix& x, bool l1, std::uint64_t seed, Diagnostics& diagnostics, const Context& context) {
  if (x.n() < 2) throw InvalidArgument("bandwidth 'median' needs at least 2 rows, not " + std::to_string(x.n()));
  const bool sampled = x.n() > kMedianRows;
  const SampleMatrix rows = sampled ? x.select(RandomStream(seed, kRowStream).subset(x.n(), kMedianRows)) : x;
  struct Selection {
    PairDistances distances;
    double median = 0;
  };
  const auto selection = std::make_shared<Selection>(Selection{pairwise_distances(rows, l1, context)});
  if (sampled) {
    diagnostics.set("bandwidth_rows", static_cast<std::int64_t>(kMedianRows));
    diagnostics.set("bandwidth_pairs", static_cast<std::int64_t>(selection->distances.count));
  }
  const auto select = [selection] { selection->median = median_in_place(selection->distances); };
  if (x.n() < kAbandonableFrom)
    select();
  else
    run_abandonable(context, select);
  return selection->median;
}

}  // namespace

double resolve_bandwidth(const SampleMatrix& x, const Kernel& kernel, std::uint64_t seed, Diagnostics& diagnostics,
                         const Context& context) {
  if (!has_bandwidth(kernel.kind)) return 1;
  if (const double* number = std::get_if<double>(&kernel.bandwidth)) {
    if (!(*number > 0) || !std::isfinite(*number))
      throw InvalidArgument("bandwidth must be a number in (0, inf), not " + to_text(OptionValue(*number)));
    diagnostics.set("bandwidth", *number);
    diagnostics.set("bandwidth_rule", std::string("number"));
    return *number;
  }
  const auto rule = std::get<BandwidthRule>(kernel.bandwidth);
  double bandwidth = 0;
  if (rule == BandwidthRule::sqrt_half_d) {
    bandwidth = std::sqrt(static_cast<double>(x.d()) / 2);
  } else {
    bandwidth = median_distance(x, kernel.kind == KernelKind::laplacian_l1, seed, diagnostics, context);
    if (rule == BandwidthRule::half_median) bandwidth /= 2;
  }
  std::string word;
  for (const auto& [choice, value] : bandwidth_choices())
    if (value == rule) word = choice;
  if (!(bandwidth > 0) || !std::isfinite(bandwidth))
    throw InvalidArgument(
        "bandwidth '" + word + "' is " + to_text(OptionValue(bandwidth)) +
        (bandwidth == 0 ? ": at least half of the pairs of rows coincide; give a number in (0, inf)" : "; give a number in (0, inf)"));
  diagnostics.set("bandwidth", bandwidth);
  diagnostics.set("bandwidth_rule", word);
  return bandwidth;
}

}  // namespace entrospect
