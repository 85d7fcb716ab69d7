#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <memory>
#include <string>
#include <vector>

#include "entrospect/core/errors.hpp"
#include "entrospect/core/parallel.hpp"
#include "entrospect/core/random.hpp"
#include "entrospect/core/sum.hpp"
#include "entrospect/spectral/aligned_buffer.hpp"
#include "entrospect/spectral/kernels.hpp"
#include "entrospect/spectral/neighbors.hpp"
#include "entrospect/spectral/pair_tiles.hpp"

namespace entrospect {
namespace {

// Up to this many rows every pair counts; above it, every pair of this many seeded rows.
constexpr std::size_t kMedianRows = 4096;
constexpr std::size_t kSlopeRows = 1024;              // the same for max_slope, which looks at every pair a hundred times
constexpr std::size_t kNeighbor = 15;                 // of knn
constexpr std::size_t kAbandonableFrom = 1024;        // from here on the selection takes milliseconds, and a stop must not wait for it
constexpr std::uint64_t kRowStream = 0x6d656469616e;  // names the random stream of the row subset

// Distances of all pairs. Not filled when made: that would take as long as the distances, and no stop is seen meanwhile.
struct PairDistances {
  explicit PairDistances(std::size_t n) : PairDistances(n, n * (n - 1) / 2) {}
  PairDistances(std::size_t, std::size_t numbers) : count(numbers), values(count) {}
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

SampleMatrix sampled_rows(const SampleMatrix& x, std::size_t most, std::uint64_t seed, Diagnostics& diagnostics) {
  if (x.n() < 2) throw InvalidArgument("an automatic bandwidth needs at least 2 rows, not " + std::to_string(x.n()));
  if (x.n() <= most) return x;
  diagnostics.set("bandwidth_rows", static_cast<std::int64_t>(most));
  diagnostics.set("bandwidth_pairs", static_cast<std::int64_t>(most * (most - 1) / 2));
  return x.select(RandomStream(seed, kRowStream).subset(x.n(), most));
}

double median_distance(const SampleMatrix& x, bool l1, std::uint64_t seed, Diagnostics& diagnostics, const Context& context) {
  const SampleMatrix rows = sampled_rows(x, kMedianRows, seed, diagnostics);
  struct Selection {
    PairDistances distances;
    double median = 0;
  };
  const auto selection = std::make_shared<Selection>(Selection{pairwise_distances(rows, l1, context)});
  const auto select = [selection] { selection->median = median_in_place(selection->distances); };
  if (x.n() < kAbandonableFrom)
    select();
  else
    run_abandonable(context, select);
  return selection->median;
}

double neighbor_distance(const SampleMatrix& x, bool l1, Diagnostics& diagnostics, const Context& context) {
  if (x.n() < 2) throw InvalidArgument("an automatic bandwidth needs at least 2 rows, not " + std::to_string(x.n()));
  const std::size_t k = std::min(kNeighbor, x.n() - 1);
  const NearestNeighbors near = nearest_neighbors(x, k, l1 ? Metric::l1 : Metric::l2, context);
  PairDistances scales(x.n(), x.n());
  for (std::size_t i = 0; i < x.n(); ++i) scales.values.data()[i] = near.scale(i);
  diagnostics.set("bandwidth_k", static_cast<std::int64_t>(k));
  return median_in_place(scales);
}

// |dH_2 / d ln sigma| = m A / B with A = sum g e^-g and B = sum e^-g over all pairs of n rows, and its own derivative
// m^2 (C / B - A / B - (A / B)^2) with C = sum g^2 e^-g.
class Slope {
 public:
  struct At {
    double value, derivative;
  };
  Slope(const PairDistances& distances, std::size_t n, bool gaussian, const Context& context)
      : distances_(distances), n_(static_cast<double>(n)), gaussian_(gaussian), context_(context) {}

  At operator()(double log_sigma) const {
    constexpr std::size_t kPairs = 8192;
    const std::size_t blocks = (distances_.count + kPairs - 1) / kPairs;
    const double inverse = std::exp(-log_sigma), m = gaussian_ ? 2 : 1;
    std::vector<double> a(blocks), b(blocks), c(blocks);
    parallel_for(context_, blocks, [&](std::size_t block) {
      for (std::size_t p = block * kPairs; p < std::min((block + 1) * kPairs, distances_.count); ++p) {
        const double ratio = distances_.values.data()[p] * inverse, g = gaussian_ ? ratio * ratio : 2 * ratio, k = std::exp(-g);
        if (k == 0) continue;  // g may be infinite
        a[block] += g * k;
        b[block] += k;
        c[block] += g * g * k;
      }
    });
    const double all = n_ + 2 * sum(b), mean = 2 * sum(a) / all;  // every pair counts twice, every row once with g = 0
    return {m * mean, m * m * (2 * sum(c) / all - mean - mean * mean)};
  }

 private:
  const PairDistances& distances_;
  double n_;
  bool gaussian_;
  const Context& context_;
};

// The largest slope: the best of a grid from below the smallest distance to above the largest, then bisection for its derivative's zero.
double steepest(const SampleMatrix& x, KernelKind kind, std::uint64_t seed, Diagnostics& diagnostics, const Context& context) {
  constexpr int kGrid = 64, kHalvings = 56;
  const SampleMatrix rows = sampled_rows(x, kSlopeRows, seed, diagnostics);
  const PairDistances distances = pairwise_distances(rows, kind == KernelKind::laplacian_l1, context);
  double least = std::numeric_limits<double>::infinity(), most = 0;
  for (std::size_t p = 0; p < distances.count; ++p) {
    const double value = distances.values.data()[p];
    if (value > 0) least = std::min(least, value);
    most = std::max(most, value);
  }
  if (most == 0) return 0;
  const Slope slope(distances, rows.n(), kind == KernelKind::gaussian, context);
  const double low = std::log(least) - 3, step = (std::log(most) + 3 - low) / kGrid;
  int best = 0;
  double highest = -1;
  for (int i = 0; i <= kGrid; ++i)
    if (const double value = slope(low + i * step).value; value > highest) {
      highest = value;
      best = i;
    }
  double left = low + (best - 1) * step, right = low + (best + 1) * step;
  for (int i = 0; i < kHalvings; ++i) {
    const double middle = (left + right) / 2;
    (slope(middle).derivative > 0 ? left : right) = middle;
  }
  diagnostics.set("bandwidth_slope", slope((left + right) / 2).value);
  return std::exp((left + right) / 2);
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
  const bool l1 = kernel.kind == KernelKind::laplacian_l1;
  double bandwidth = 0;
  switch (rule) {
    case BandwidthRule::sqrt_half_d:
      bandwidth = std::sqrt(static_cast<double>(x.d()) / 2);
      break;
    case BandwidthRule::median:
      bandwidth = median_distance(x, l1, seed, diagnostics, context);
      break;
    case BandwidthRule::half_median:
      bandwidth = median_distance(x, l1, seed, diagnostics, context) / 2;
      break;
    case BandwidthRule::knn:
      bandwidth = neighbor_distance(x, l1, diagnostics, context);
      break;
    case BandwidthRule::max_slope:
      if (kernel.kind == KernelKind::exponential)
        throw InvalidArgument(
            "bandwidth 'max_slope' needs a kernel of distances (gaussian, laplacian_l1, laplacian_l2), not 'exponential'");
      bandwidth = steepest(x, kernel.kind, seed, diagnostics, context);
      break;
  }
  std::string word;
  for (const auto& [choice, value] : bandwidth_choices())
    if (value == rule) word = choice;
  if (!(bandwidth > 0) || !std::isfinite(bandwidth))
    throw InvalidArgument("bandwidth '" + word + "' is " + to_text(OptionValue(bandwidth)) +
                          (bandwidth == 0 ? ": half or more of the distances that it looks at are 0; give a number in (0, inf)"
                                          : "; give a number in (0, inf)"));
  diagnostics.set("bandwidth", bandwidth);
  diagnostics.set("bandwidth_rule", word);
  return bandwidth;
}

}  // namespace entrospect
