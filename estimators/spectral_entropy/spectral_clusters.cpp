#include "entrospect/estimators/spectral_entropy/spectral_clusters.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <span>
#include <string>
#include <vector>

#include "entrospect/core/errors.hpp"
#include "entrospect/core/parallel.hpp"
#include "entrospect/core/random.hpp"
#include "entrospect/core/survey.hpp"
#include "entrospect/spectral/decomposition.hpp"
#include "entrospect/spectral/spectrum.hpp"

namespace entrospect {
namespace {

constexpr std::size_t kIterations = 300;
constexpr std::uint64_t kStream = 0x636c7573;  // names the random streams of the starts
constexpr double kInfinity = std::numeric_limits<double>::infinity();

// n points of `width` coordinates.
struct Points {
  std::size_t n, width;
  std::vector<double> values;
  [[nodiscard]] const double* row(std::size_t i) const { return values.data() + i * width; }
};

double squared_distance(const double* a, const double* b, std::size_t width) {
  double out = 0;
  for (std::size_t j = 0; j < width; ++j) out += (a[j] - b[j]) * (a[j] - b[j]);
  return out;
}

struct Clustering {
  std::vector<std::size_t> cluster;
  double squares = kInfinity;
};

// Centers drawn one after the other, each point with a chance that grows with its squared distance from the nearest center so far.
Points first_centers(const Points& points, std::size_t clusters, RandomStream& random) {
  Points centers{clusters, points.width, {}};
  const auto add = [&](std::size_t i) { centers.values.insert(centers.values.end(), points.row(i), points.row(i) + points.width); };
  add(random.below(points.n));
  std::vector<double> nearest(points.n, kInfinity);
  for (std::size_t c = 1; c < clusters; ++c) {
    double total = 0;
    for (std::size_t i = 0; i < points.n; ++i) {
      nearest[i] = std::min(nearest[i], squared_distance(points.row(i), centers.row(c - 1), points.width));
      total += nearest[i];
    }
    double left = random.uniform() * total;
    std::size_t chosen = 0;
    while (chosen + 1 < points.n && left >= nearest[chosen]) left -= nearest[chosen++];
    add(chosen);
  }
  return centers;
}

// Centers move to the means of their points until no point changes its center; one without points stays where it is.
Clustering lloyd(const Points& points, Points centers) {
  Clustering out{std::vector<std::size_t>(points.n, centers.n), 0};
  for (std::size_t iteration = 0; iteration < kIterations; ++iteration) {
    bool moved = false;
    out.squares = 0;
    for (std::size_t i = 0; i < points.n; ++i) {
      std::size_t best = 0;
      double least = kInfinity;
      for (std::size_t c = 0; c < centers.n; ++c)
        if (const double d = squared_distance(points.row(i), centers.row(c), points.width); d < least) {
          least = d;
          best = c;
        }
      moved = moved || out.cluster[i] != best;
      out.cluster[i] = best;
      out.squares += least;
    }
    if (!moved) break;
    std::vector<double> sums(centers.values.size(), 0.0);
    std::vector<std::size_t> counts(centers.n, 0);
    for (std::size_t i = 0; i < points.n; ++i) {
      ++counts[out.cluster[i]];
      for (std::size_t j = 0; j < points.width; ++j) sums[out.cluster[i] * points.width + j] += points.row(i)[j];
    }
    for (std::size_t c = 0; c < centers.n; ++c)
      for (std::size_t j = 0; counts[c] > 0 && j < points.width; ++j)
        centers.values[c * points.width + j] = sums[c * points.width + j] / static_cast<double>(counts[c]);
  }
  return out;
}

// Rows of the leading eigenvectors, of length 1 where they are not 0.
Points embedded(const SampleMatrix& y, const SpectralClusterOptions& o, const Context& context) {
  Decomposition found;
  SpectrumOptions options;
  options.seed = o.seed;
  options.decomposition = &found;
  const auto s = spectrum(y, Diffusion{o.kernel, 0}, options, context);
  if (s->status == Status::not_converged || s->status == Status::nonfinite)
    throw InvalidArgument("spectral_clusters: the eigenvectors of the affinities were not found: " + s->reason);
  const std::size_t n = y.n();
  Points out{n, o.clusters, std::vector<double>(n * o.clusters)};
  for (std::size_t i = 0; i < n; ++i) {
    double length = 0;
    for (std::size_t c = 0; c < o.clusters; ++c) {
      const double v = found.vectors[(n - 1 - c) * n + i];
      out.values[i * o.clusters + c] = v;
      length += v * v;
    }
    for (std::size_t c = 0; length > 0 && c < o.clusters; ++c) out.values[i * o.clusters + c] /= std::sqrt(length);
  }
  return out;
}

}  // namespace

Labels spectral_clusters(const SampleMatrix& y, const SpectralClusterOptions& o, const Context& context) {
  const std::string who = "spectral_clusters";
  require_features(y.d(), who);
  require_rows(y.n(), 2, who);
  require_finite(survey(y, context), who);
  if (o.clusters < 2 || o.clusters > y.n())
    throw InvalidArgument(who + ": clusters = " + std::to_string(o.clusters) + " is not in [2, n] for n = " + std::to_string(y.n()));
  if (o.restarts == 0) throw InvalidArgument(who + ": restarts = 0 is not in [1, inf)");
  const Points points = embedded(y, o, context);
  std::vector<Clustering> tries(o.restarts);
  parallel_for(context, o.restarts, [&](std::size_t r) {
    RandomStream random(o.seed, kStream + r);
    tries[r] = lloyd(points, first_centers(points, o.clusters, random));
  });
  const Clustering& best =
      *std::min_element(tries.begin(), tries.end(), [](const Clustering& a, const Clustering& b) { return a.squares < b.squares; });
  std::vector<std::int64_t> number(o.clusters, -1), out;
  std::int64_t next = 0;
  for (const std::size_t c : best.cluster) {
    if (number[c] < 0) number[c] = next++;
    out.push_back(number[c]);
  }
  return Labels(std::move(out));
}

}  // namespace entrospect
