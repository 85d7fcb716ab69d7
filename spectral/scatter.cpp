// X^T X without a copy of X. Rows are loaded in units, centred about the unit's own mean and packed; blocks of packed rows update the upper
// triangle by register tiles. The scatter between unit means is itself a scatter matrix: merging a unit of m rows into n earlier ones adds
// (n m / (n + m)) d d^T, d the difference of means (Chan, Golub & LeVeque 1983, eq. 2.1b), so it is one more row, sqrt(n m / (n + m)) d.
#include <algorithm>
#include <cmath>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "entrospect/core/errors.hpp"
#include "entrospect/core/parallel.hpp"
#include "entrospect/core/row_loader.hpp"
#include "entrospect/spectral/affinity.hpp"
#include "entrospect/spectral/aligned_buffer.hpp"
#include "entrospect/spectral/mirror.hpp"
#include "entrospect/spectral/products.hpp"
#include "entrospect/spectral/tile_kernels.hpp"

namespace entrospect {
namespace {

using detail::AlignedBuffer;
using detail::TileKernels;

constexpr std::size_t kUnit = 128;  // rows loaded and centred together
template <class T>
constexpr std::size_t kDepth = sizeof(T) == 8 ? 384 : 512;  // rows of a packed block, whole units
constexpr std::size_t kTile = 192;                          // edge of a tile of the result; a multiple of every panel width
constexpr std::size_t kMegabyte = std::size_t{1} << 20;

std::size_t ceil_div(std::size_t a, std::size_t b) { return (a + b - 1) / b; }

// Number and mean of the rows merged so far; the mean is relative to the source's origin.
struct Moments {
  double count = 0;
  std::vector<double> mean;

  // Takes in `more` rows of mean `other` and writes the row that their merge adds to the scatter.
  void merge(double more, const double* other, double* row) {
    const double total = count + more, weight = std::sqrt(count * more / total);
    for (std::size_t j = 0; j < mean.size(); ++j) {
      const double difference = other[j] - mean[j];
      row[j] = weight * difference;
      mean[j] += difference * (more / total);
    }
    count = total;
  }
};

// Where rows come from and what is done to them on the way into a panel.
struct Source {
  const RowLoader& loader;
  std::span<const double> weights;
  bool center = false;
  std::vector<double> origin;  // a sample: subtracted first and exactly, so that a large common offset costs no digits

  // Rows [first, first + count) into panels at depth positions from `at` on; with centring, their mean relative to the origin.
  template <class T>
  void pack(std::size_t first, std::size_t count, T* panels, std::size_t depth, std::size_t at, double* mean) const {
    const TileKernels<T>& kernels = detail::tile_kernels<T>();
    const RowLoader::Direct wide = weights.empty() ? loader.direct(DType::f64) : RowLoader::Direct{};
    const RowLoader::Direct narrow = weights.empty() ? loader.direct(DType::f32) : RowLoader::Direct{};
    const std::size_t d = loader.d();
    const auto pack_rows = [&](const auto* rows, std::size_t ld, auto sums, auto pack_block) {
      if (center) {
        sums(rows, ld, count, d, origin.data(), mean);
        for (std::size_t j = 0; j < d; ++j) mean[j] /= static_cast<double>(count);
      }
      pack_block(rows, ld, count, d, center ? origin.data() : nullptr, mean, panels, depth, at);
    };
    if (wide.data != nullptr)
      return pack_rows(static_cast<const double*>(wide.data) + first * wide.ld, wide.ld, kernels.sums_f64, kernels.pack_f64);
    if (narrow.data != nullptr)
      return pack_rows(static_cast<const float*>(narrow.data) + first * narrow.ld, narrow.ld, kernels.sums_f32, kernels.pack_f32);
    const AlignedBuffer<double> rows(count * d);
    loader.load(first, count, rows.data(), d);
    for (std::size_t i = 0; i < count && !weights.empty(); ++i) {
      const double factor = std::sqrt(weights[first + i]);
      for (std::size_t j = 0; j < d; ++j) rows.data()[i * d + j] *= factor;
    }
    pack_rows(rows.data(), d, kernels.sums_f64, kernels.pack_f64);
  }
};

// Adds the scatter of ranges of rows to a matrix. Uses every thread when called outside a parallel region.
template <class T>
class Accumulator {
 public:
  // `blocks` packed blocks are held at a time.
  Accumulator(const Source& source, std::size_t blocks, const Context& context)
      : source_(source),
        context_(context),
        d_(source.loader.d()),
        rows_(blocks * kDepth<T>),
        padded_(ceil_div(d_, detail::tile_kernels<T>().panel) * detail::tile_kernels<T>().panel),
        panels_(rows_ * padded_),
        means_(source.center ? rows_ / kUnit * d_ : 0) {
    // Squares of the grid, those off the diagonal first: they take twice the time.
    const std::size_t edge = ceil_div(d_, kTile);
    for (std::size_t column = 0; column < edge; ++column)
      for (std::size_t row = 0; row < column; ++row) tiles_.emplace_back(row * kTile, column * kTile);
    for (std::size_t i = 0; i < edge; ++i) tiles_.emplace_back(i * kTile, i * kTile);
  }

  // Adds the scatter of rows [first, last), about their mean with centring, which is returned.
  Moments add(std::size_t first, std::size_t last, SymmetricMatrix<double>& c) {
    Moments moments = none();
    for (; first < last; first += rows_) add_chunk(first, std::min(rows_, last - first), c, moments);
    flush(c);
    return moments;
  }
  // Adds the scatter of the means of parts; that of every part about its own mean is already in the matrix.
  void merge(const std::vector<Moments>& parts, SymmetricMatrix<double>& c) {
    Moments moments = none();
    for (const Moments& part : parts) merge_mean(part.count, part.mean.data(), c, moments);
    flush(c);
  }

 private:
  [[nodiscard]] Moments none() const { return {0, std::vector<double>(source_.center ? d_ : 0)}; }
  [[nodiscard]] T* block(std::size_t index) const { return panels_.data() + index * kDepth<T> * padded_; }

  void add_chunk(std::size_t first, std::size_t count, SymmetricMatrix<double>& c, Moments& moments) {
    parallel_for(context_, ceil_div(count, kUnit), [&](std::size_t unit) {
      const std::size_t at = unit * kUnit, index = at / kDepth<T>;
      const std::size_t depth = std::min(kDepth<T>, count - index * kDepth<T>);
      source_.pack(first + at, std::min(kUnit, count - at), block(index), depth, at - index * kDepth<T>,
                   source_.center ? means_.data() + unit * d_ : nullptr);
    });
    multiply(count, c);
    for (std::size_t at = 0; source_.center && at < count; at += kUnit)
      merge_mean(static_cast<double>(std::min(kUnit, count - at)), means_.data() + at / kUnit * d_, c, moments);
  }

  // Adds the packed blocks of `count` rows.
  void multiply(std::size_t count, SymmetricMatrix<double>& c) {
    const TileKernels<T>& kernels = detail::tile_kernels<T>();
    parallel_for(context_, tiles_.size(), [&](std::size_t item) {
      const auto [row, column] = tiles_[item];
      for (std::size_t at = 0; at < count; at += kDepth<T>)
        kernels.accumulate(block(at / kDepth<T>), std::min(kDepth<T>, count - at), d_, column, std::min(column + kTile, d_), row,
                           std::min(row + kTile, d_), c.data());
    });
  }

  void merge_mean(double count, const double* mean, SymmetricMatrix<double>& c, Moments& moments) {
    if (pending_.size() == kDepth<T> * d_) flush(c);
    pending_.resize(pending_.size() + d_);
    moments.merge(count, mean, pending_.data() + pending_.size() - d_);
  }

  void flush(SymmetricMatrix<double>& c) {
    const std::size_t count = d_ == 0 ? 0 : pending_.size() / d_;
    if (count == 0) return;
    detail::tile_kernels<T>().pack_f64(pending_.data(), d_, count, d_, nullptr, nullptr, block(0), count, 0);
    multiply(count, c);
    pending_.clear();
  }

  const Source& source_;
  const Context& context_;
  const std::size_t d_, rows_, padded_;
  const AlignedBuffer<T> panels_;
  std::vector<double> means_;    // of the chunk's units
  std::vector<double> pending_;  // rows of merges that are not yet in the matrix
  std::vector<std::pair<std::size_t, std::size_t>> tiles_;
};

void clear_upper(SymmetricMatrix<double>& c) {
  for (std::size_t i = 0; i < c.n(); ++i) std::fill(c.data() + i * c.n() + i, c.data() + (i + 1) * c.n(), 0.0);
}

void add_upper(SymmetricMatrix<double>& c, const SymmetricMatrix<double>& more) {
  for (std::size_t i = 0; i < c.n(); ++i)
    for (std::size_t j = i; j < c.n(); ++j) c(i, j) += more(i, j);
}

SymmetricMatrix<double> zero_upper(std::size_t d) {
  SymmetricMatrix<double> c(d);
  clear_upper(c);
  return c;
}

// Things that are made when none is spare: memory that was touched before is several times faster than new memory.
template <class Thing>
class Spare {
 public:
  template <class Make>
  Thing take(Make make) {
    const std::lock_guard lock(mutex_);
    if (things_.empty()) return make();
    Thing thing = std::move(things_.back());
    things_.pop_back();
    return thing;
  }
  void give(Thing thing) {
    const std::lock_guard lock(mutex_);
    things_.push_back(std::move(thing));
  }

 private:
  std::mutex mutex_;
  std::vector<Thing> things_;
};

// The sum of parts in the fixed order of a binary tree, whoever computes them: a part waits until its neighbour is there.
class TreeSum {
 public:
  TreeSum(std::size_t parts, std::size_t d) : parts_(parts), d_(d), waiting_(2 * parts) {}  // parts: a power of two

  [[nodiscard]] SymmetricMatrix<double> zero() {
    SymmetricMatrix<double> c = spare_.take([&] { return SymmetricMatrix<double>(d_); });
    clear_upper(c);
    return c;
  }
  void add(std::size_t part, SymmetricMatrix<double> sum) {
    for (std::size_t node = parts_ + part; node > 1; node /= 2) {
      std::optional<SymmetricMatrix<double>> other;
      {
        const std::lock_guard lock(mutex_);
        if (!waiting_[node ^ 1U]) {
          waiting_[node] = std::move(sum);
          return;
        }
        other = std::exchange(waiting_[node ^ 1U], std::nullopt);
      }
      add_upper(sum, *other);  // of two terms: the order does not show
      spare_.give(std::move(*other));
    }
    waiting_[1] = std::move(sum);
  }
  SymmetricMatrix<double> total() { return std::move(*waiting_[1]); }

 private:
  std::size_t parts_, d_;
  Spare<SymmetricMatrix<double>> spare_;
  std::mutex mutex_;
  std::vector<std::optional<SymmetricMatrix<double>>> waiting_;  // by node of the tree, the root 1
};

// Ranges of rows that are accumulated side by side, each into a matrix of its own: none of them waits for another, and a packed block stays
// in the cache of one core. Their matrices may take 64 MiB; where that is too few of them to be worth it, 1, and threads share tiles.
std::size_t group_count(std::size_t n, std::size_t d) {
  constexpr std::size_t kMost = 16, kFewest = 4, kFewestRows = 2048;
  const std::size_t limit = std::min({kMost, 64 * kMegabyte / (d * d * sizeof(double)), n / kFewestRows});
  std::size_t groups = 1;
  while (2 * groups <= limit) groups *= 2;
  return groups < kFewest ? 1 : groups;
}

template <class T>
SymmetricMatrix<double> accumulate(const Source& source, const Context& context) {
  const std::size_t n = source.loader.n(), d = source.loader.d(), groups = group_count(n, d);
  if (groups == 1) {
    const std::size_t most = std::clamp<std::size_t>(32 * kMegabyte / (kDepth<T> * d * sizeof(T)), 1, 8);
    SymmetricMatrix<double> c = zero_upper(d);
    Accumulator<T>(source, std::min(most, ceil_div(n, kDepth<T>)), context).add(0, n, c);
    return c;
  }
  TreeSum sum(groups, d);
  Spare<std::unique_ptr<Accumulator<T>>> accumulators;
  const auto make = [&] { return std::make_unique<Accumulator<T>>(source, 1, context); };
  std::vector<Moments> moments(groups);
  parallel_for(context, groups, [&](std::size_t g) {
    SymmetricMatrix<double> c = sum.zero();
    auto accumulator = accumulators.take(make);
    moments[g] = accumulator->add(g * n / groups, (g + 1) * n / groups, c);
    accumulators.give(std::move(accumulator));
    sum.add(g, std::move(c));
  });
  SymmetricMatrix<double> c = sum.total();
  if (source.center) accumulators.take(make)->merge(moments, c);
  return c;
}

}  // namespace

template <class T>
SymmetricMatrix<double> scatter_matrix(const SampleMatrix& x, std::span<const double> row_weights, const Context& context) {
  if (!row_weights.empty()) detail::check_weights(row_weights, x.n());
  if (x.n() == 0 || x.d() == 0) {
    SymmetricMatrix<double> c = zero_upper(x.d());
    detail::mirror_upper(c, context);
    return c;
  }
  // Normalising needs the means before the first row is used, and weights change what a merge adds: the loader then makes a pass of its
  // own.
  const bool one_pass = x.is_centered() && x.normalization() == Normalize::none && row_weights.empty();
  const RowLoader loader(one_pass ? x.plain() : x, context);
  Source source{loader, row_weights, one_pass, {}};
  if (one_pass) {
    source.origin.resize(x.d());
    loader.load(0, 1, source.origin.data(), x.d());
  }
  SymmetricMatrix<double> c = accumulate<T>(source, context);
  detail::mirror_upper(c, context);
  return c;
}

template SymmetricMatrix<double> scatter_matrix<double>(const SampleMatrix&, std::span<const double>, const Context&);
template SymmetricMatrix<double> scatter_matrix<float>(const SampleMatrix&, std::span<const double>, const Context&);

}  // namespace entrospect
