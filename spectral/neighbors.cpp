#include "entrospect/spectral/neighbors.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <mutex>
#include <string>
#include <utility>

#include "entrospect/core/errors.hpp"
#include "entrospect/core/row_loader.hpp"
#include "entrospect/core/row_tiles.hpp"
#include "entrospect/spectral/each_row.hpp"
#include "entrospect/spectral/pair_tiles.hpp"

namespace entrospect {
namespace {

constexpr std::size_t kSpare = 8;  // candidates beyond k: nearly always enough to tell the k-th from the rest
constexpr std::size_t kLockRows = 64;
constexpr double kInfinity = std::numeric_limits<double>::infinity();

// What is summed over the features: squares of differences, or their absolute values.
double separation(const double* a, const double* b, std::size_t d, Metric metric) {
  double out = 0;
  if (metric == Metric::l1)
    for (std::size_t j = 0; j < d; ++j) out += std::abs(a[j] - b[j]);
  else
    for (std::size_t j = 0; j < d; ++j) out += (a[j] - b[j]) * (a[j] - b[j]);
  return out;
}

struct Candidate {
  double distance = kInfinity;
  std::uint32_t index = std::numeric_limits<std::uint32_t>::max();
  auto operator<=>(const Candidate&) const = default;
};

// The `width` smallest candidates of every row. Which they are does not depend on the order of arrival.
class Shortlist {
 public:
  Shortlist(std::size_t n, std::size_t width) : width_(width), heaps_(n * width), locks_(n / kLockRows + 1) {}

  // Rows of tiles overlap only where they begin at the same row.
  std::mutex& lock(std::size_t first_row) { return locks_[first_row / kLockRows]; }
  void offer(std::size_t row, Candidate c) {
    const auto heap = heaps_.begin() + static_cast<std::ptrdiff_t>(row * width_), end = heap + static_cast<std::ptrdiff_t>(width_);
    if (!(c < *heap)) return;
    std::pop_heap(heap, end);
    *(end - 1) = c;
    std::push_heap(heap, end);
  }
  // Ascending.
  std::vector<Candidate> take(std::size_t row) const {
    const auto heap = heaps_.begin() + static_cast<std::ptrdiff_t>(row * width_);
    std::vector<Candidate> out(heap, heap + static_cast<std::ptrdiff_t>(width_));
    std::sort(out.begin(), out.end());
    return out;
  }

 private:
  std::size_t width_;
  std::vector<Candidate> heaps_;
  std::vector<std::mutex> locks_;
};

void offer_tile(Shortlist& list, const detail::PairTile<double>& t) {
  {
    const std::scoped_lock lock(list.lock(t.row));
    for (std::size_t i = 0; i < t.rows; ++i)
      for (std::size_t j = 0; j < t.columns; ++j)
        if (t.row + i != t.column + j) list.offer(t.row + i, {t.values[i * t.ld + j], static_cast<std::uint32_t>(t.column + j)});
  }
  if (t.row == t.column) return;
  const std::scoped_lock lock(list.lock(t.column));
  for (std::size_t i = 0; i < t.rows; ++i)
    for (std::size_t j = 0; j < t.columns; ++j) list.offer(t.column + j, {t.values[i * t.ld + j], static_cast<std::uint32_t>(t.row + i)});
}

// The largest separation of a row from the first: twice it bounds every distance, and four times its square every squared norm about a
// point among the rows.
double spread(const RowLoader& loader, Metric metric, const Context& context) {
  std::vector<double> first(loader.d());
  loader.load(0, 1, first.data(), loader.d());
  std::vector<double> most(row_blocks(loader.n(), loader.d()).count, 0.0);
  for_each_tile(loader, context, [&](const RowTile& tile) {
    for (std::size_t i = 0; i < tile.count; ++i)
      most[tile.block] = std::max(most[tile.block], separation(tile.row(i), first.data(), loader.d(), metric));
  });
  return *std::max_element(most.begin(), most.end());
}

// Candidates with the separations of the rows themselves, ascending.
std::vector<Candidate> measured(const RowLoader& loader, std::size_t row, const std::vector<Candidate>& candidates, Metric metric) {
  std::vector<double> mine(loader.d()), other(loader.d());
  loader.load(row, 1, mine.data(), loader.d());
  std::vector<Candidate> out;
  for (const Candidate& c : candidates) {
    loader.load(c.index, 1, other.data(), loader.d());
    out.push_back({separation(mine.data(), other.data(), loader.d(), metric), c.index});
  }
  std::sort(out.begin(), out.end());
  return out;
}

std::vector<Candidate> everyone_else(std::size_t row, std::size_t n) {
  std::vector<Candidate> out;
  for (std::size_t j = 0; j < n; ++j)
    if (j != row) out.push_back({0, static_cast<std::uint32_t>(j)});
  return out;
}

}  // namespace

NearestNeighbors nearest_neighbors(const SampleMatrix& x, std::size_t k, Metric metric, const Context& context) {
  const std::size_t n = x.n(), d = x.d();
  if (k == 0 || k >= n) throw InvalidArgument("k = " + std::to_string(k) + " neighbors is not in [1, n - 1] for n = " + std::to_string(n));
  if (n > std::numeric_limits<std::uint32_t>::max())
    throw InvalidArgument("n = " + std::to_string(n) + " rows are more than the 4294967295 that a neighbor graph numbers");
  const std::size_t width = std::min(k + kSpare, n - 1);
  const RowLoader loader(x, context);
  Shortlist list(n, width);
  detail::PairFunction<double> f;
  f.function = metric == Metric::l1 ? detail::TileFunction::distance_l1 : detail::TileFunction::distance_l2;
  f.center = true;
  f.norms = metric == Metric::l2;
  detail::for_each_pair_tile<double>(x, f, context, [&](const detail::PairTile<double>& t) { offer_tile(list, t); });

  // How far a tile's separation may be from that of the rows themselves: rounding of the centered rows, their norms and products.
  constexpr double kEps = std::numeric_limits<double>::epsilon();
  const double doubt = 32 * static_cast<double>(d + 16) * kEps * spread(loader, metric, context);
  NearestNeighbors out{n, k, std::vector<std::uint32_t>(n * k), std::vector<double>(n * k), 0};
  std::vector<std::uint8_t> again(n, 0);
  detail::for_each_row(n, context, [&](std::size_t i) {
    const std::vector<Candidate> rough = list.take(i);
    std::vector<Candidate> exact = measured(loader, i, rough, metric);
    // No other row has a smaller value in the tiles than the last candidate; among equal ones the smaller indices were taken.
    const double last = rough.back().distance, least = metric == Metric::l1 ? last : last * last, kth = exact[k - 1].distance;
    const bool certain = width == n - 1 || (last == 0 && kth == 0) || kth < least - doubt;
    if (!certain) {
      exact = measured(loader, i, everyone_else(i, n), metric);
      again[i] = 1;
    }
    for (std::size_t m = 0; m < k; ++m) {
      out.index[i * k + m] = exact[m].index;
      out.distance[i * k + m] = metric == Metric::l1 ? exact[m].distance : std::sqrt(exact[m].distance);
    }
  });
  out.searched_again = static_cast<std::size_t>(std::count(again.begin(), again.end(), 1));
  return out;
}

const Choices<Symmetrize>& symmetrize_choices() {
  static const Choices<Symmetrize> choices{{"union", Symmetrize::either}, {"mutual", Symmetrize::mutual}};
  return choices;
}

SparseMatrix neighbor_graph(const NearestNeighbors& near, GraphWeights weights, Symmetrize symmetrize, double least_scale) {
  const std::size_t n = near.n, k = near.k;
  const auto scale = [&](std::size_t i) { return std::max(near.scale(i), least_scale); };
  // One factor at a time: the product of two small scales may underflow.
  const auto weight = [&](std::size_t i, std::size_t j, double distance) {
    if (weights == GraphWeights::ones || distance == 0) return 1.0;
    return std::exp(-(distance / scale(i)) * (distance / scale(j)));
  };
  struct Edge {
    std::uint32_t column;
    double value;
    int directions;  // in which it was found
  };
  std::vector<std::vector<Edge>> rows(n);
  for (std::size_t i = 0; i < n; ++i)
    for (std::size_t m = 0; m < k; ++m) {
      const std::size_t j = near.index[i * k + m];
      const double value = weight(std::min(i, j), std::max(i, j), near.distance[i * k + m]);
      rows[i].push_back({static_cast<std::uint32_t>(j), value, 1});
      rows[j].push_back({static_cast<std::uint32_t>(i), value, 1});
    }
  SparseMatrix out{n, {0}, {}, {}};
  out.starts.reserve(n + 1);
  for (std::size_t i = 0; i < n; ++i) {
    std::vector<Edge>& row = rows[i];
    row.push_back({static_cast<std::uint32_t>(i), 1, 2});
    std::sort(row.begin(), row.end(), [](const Edge& a, const Edge& b) { return a.column < b.column; });
    for (std::size_t e = 0; e < row.size();) {
      Edge edge = row[e++];
      for (; e < row.size() && row[e].column == edge.column; ++e) edge.directions += 1;
      if (symmetrize == Symmetrize::mutual && edge.directions < 2) continue;
      out.columns.push_back(edge.column);
      out.values.push_back(edge.value);
    }
    out.starts.push_back(out.columns.size());
    std::vector<Edge>().swap(row);
  }
  return out;
}

}  // namespace entrospect
