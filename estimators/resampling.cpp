#include "entrospect/estimators/resampling.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cmath>
#include <cstring>
#include <memory>
#include <numeric>
#include <thread>
#include <utility>

#include "entrospect/core/errors.hpp"
#include "entrospect/core/parallel.hpp"
#include "entrospect/core/random.hpp"

namespace entrospect {
namespace {

constexpr std::uint64_t block_stream = std::uint64_t{5} << 60, subsample_stream = std::uint64_t{6} << 60;
constexpr std::size_t least = 2;  // of a class, or of all rows, in every replicate

// Rows and columns `rows` of a square matrix, in its own element type.
class Submatrix final : public RowReader {
 public:
  Submatrix(SampleMatrix k, std::vector<std::size_t> rows) : k_(std::move(k)), rows_(std::move(rows)) {}

  void read(std::size_t first, std::size_t count, std::byte* out) const override {
    const std::size_t item = size_of(k_.dtype());
    std::vector<std::byte> buffer(k_.streamed() ? k_.d() * item : 0);
    for (std::size_t i = first; i < first + count; ++i) {
      const std::size_t row = k_.selection() == nullptr ? rows_[i] : (*k_.selection())[rows_[i]];
      const std::byte* from = buffer.data();
      auto step = static_cast<std::ptrdiff_t>(item);
      if (k_.streamed()) {
        k_.reader()->read(row, 1, buffer.data());
      } else {
        from = k_.data() + static_cast<std::ptrdiff_t>(row) * k_.row_stride();
        step = k_.column_stride();
      }
      for (const std::size_t column : rows_) {
        std::memcpy(out, from + static_cast<std::ptrdiff_t>(column) * step, item);
        out += item;
      }
    }
  }

 private:
  SampleMatrix k_;
  std::vector<std::size_t> rows_;
};

SampleMatrix submatrix(const SampleMatrix& k, const std::vector<std::size_t>& rows) {
  SampleMatrix out(std::make_shared<Submatrix>(k, rows), k.dtype(), rows.size(), rows.size());
  if (k.is_centered()) out = out.centered();
  return out.normalized(k.normalization());
}

}  // namespace

Resampler::Resampler(const EstimatorCard& card, Inputs inputs, bool kernel_matrices, std::uint64_t seed)
    : inputs_(std::move(inputs)),
      kernel_matrices_(kernel_matrices || card.resampling == Resampling::similarities),
      groups_(card.resampling == Resampling::groups),
      seed_(seed) {
  if (card.resampling == Resampling::none)
    throw InvalidArgument("the data are one object whose rows were not drawn independently, so no part of them is a smaller sample");
  if (inputs_.samples.empty()) {
    populations_.push_back(population(card, inputs_.labels ? inputs_.labels->n() : inputs_.weights.size()));
  } else {
    for (std::size_t s = 0; s < (card.paired ? 1 : inputs_.samples.size()); ++s)
      populations_.push_back(population(card, inputs_.samples[s].n()));
  }
}

Resampler::Population Resampler::population(const EstimatorCard& card, std::size_t n) const {
  Population out;
  out.n = n;
  const bool first = populations_.empty();  // labels belong to the rows of the first sample matrix
  const bool classes = first && inputs_.labels && inputs_.labels->reals() == nullptr;
  if (groups_ && classes) {
    out.members = inputs_.labels->classes().rows;
  } else if (classes && card.resampling == Resampling::stratified) {
    Labels::Classes found = inputs_.labels->classes();
    out.strata = std::move(found.rows);
    out.names = std::move(found.names);
  }
  if (out.strata.empty()) {
    out.strata.emplace_back(out.items());
    std::iota(out.strata.front().begin(), out.strata.front().end(), std::size_t{0});
  }
  return out;
}

std::string Resampler::what(const Population& population, std::size_t stratum) const {
  const std::string size = "the " + std::to_string(population.strata[stratum].size());
  if (!population.names.empty()) return size + " rows of class '" + population.names[stratum] + "'";
  return size + (groups_ ? " groups" : " rows");
}

Replicate Resampler::kept(const std::vector<std::vector<char>>& keep) const {
  std::vector<std::vector<std::size_t>> rows(keep.size());
  std::size_t left = 0, all = 0;
  for (std::size_t p = 0; p < keep.size(); ++p) {
    const Population& population = populations_[p];
    for (std::size_t i = 0; i < keep[p].size(); ++i) {
      if (keep[p][i] == 0) continue;
      ++left;
      if (population.members.empty()) {
        rows[p].push_back(i);
      } else {
        rows[p].insert(rows[p].end(), population.members[i].begin(), population.members[i].end());
      }
    }
    all += keep[p].size();
    std::sort(rows[p].begin(), rows[p].end());
  }
  Replicate out{inputs_, static_cast<double>(left) / static_cast<double>(all)};
  for (std::size_t s = 0; s < out.inputs.samples.size(); ++s) {
    const auto& chosen = rows[std::min(s, rows.size() - 1)];
    SampleMatrix& x = out.inputs.samples[s];
    x = kernel_matrices_ ? submatrix(x, chosen) : x.select(chosen);
  }
  if (inputs_.labels) out.inputs.labels = inputs_.labels->select(rows.front());
  if (!inputs_.weights.empty()) {
    out.inputs.weights.clear();
    for (const std::size_t row : rows.front()) out.inputs.weights.push_back(inputs_.weights[row]);
  }
  return out;
}

std::function<Replicate(std::size_t)> Resampler::without_blocks(std::size_t blocks) const {
  std::vector<std::vector<std::size_t>> block_of;
  for (std::size_t p = 0; p < populations_.size(); ++p) {
    const Population& population = populations_[p];
    const std::size_t items = population.items();
    if (blocks > items)
      throw InvalidArgument("blocks = " + std::to_string(blocks) + " is more than the " + std::to_string(items) +
                            (groups_ ? " groups" : " rows") + "; allowed here: 2 to " + std::to_string(items));
    RandomStream random(seed_, block_stream + p);
    block_of.emplace_back(items);
    std::size_t dealt = 0;
    for (std::size_t s = 0; s < population.strata.size(); ++s) {
      const auto& stratum = population.strata[s];
      if (stratum.size() < least + (stratum.size() + blocks - 1) / blocks)
        throw InvalidArgument("leaving out one of " + std::to_string(blocks) + " blocks leaves fewer than " + std::to_string(least) +
                              " of " + what(population, s) + "; give more rows or more blocks");
      for (const std::size_t i : random.permutation(stratum.size())) block_of.back()[stratum[i]] = dealt++ % blocks;
    }
  }
  return [this, block_of = std::move(block_of)](std::size_t block) {
    std::vector<std::vector<char>> keep;
    for (const auto& population : block_of) {
      keep.emplace_back(population.size());
      std::transform(population.begin(), population.end(), keep.back().begin(), [block](std::size_t b) { return b != block; });
    }
    return kept(keep);
  };
}

std::function<Replicate(std::size_t)> Resampler::subsamples(double fraction) const {
  const auto size = [fraction](std::size_t items) { return static_cast<std::size_t>(std::lround(fraction * static_cast<double>(items))); };
  std::size_t left_out = 0;
  for (const Population& population : populations_)
    for (std::size_t s = 0; s < population.strata.size(); ++s) {
      const std::size_t items = population.strata[s].size(), m = size(items);
      if (m < least)
        throw InvalidArgument("fraction = " + to_text(OptionValue(fraction)) + " of " + what(population, s) + " is fewer than " +
                              std::to_string(least));
      left_out += items - m;
    }
  if (left_out == 0) throw InvalidArgument("fraction = " + to_text(OptionValue(fraction)) + " leaves no row out; give a smaller one");
  return [this, size](std::size_t r) {
    std::vector<std::vector<char>> keep;
    for (std::size_t p = 0; p < populations_.size(); ++p) {
      const Population& population = populations_[p];
      RandomStream random(seed_, subsample_stream + r * populations_.size() + p);
      keep.emplace_back(population.items());
      for (const auto& stratum : population.strata)
        for (const std::size_t i : random.subset(stratum.size(), size(stratum.size()))) keep.back()[stratum[i]] = 1;
    }
    return kept(keep);
  };
}

void for_each_replicate(std::size_t count, double bytes, std::string_view stage, const Context& context,
                        const std::function<void(std::size_t, const Context&)>& body) {
  Context inner = context;
  inner.memo = nullptr;
  inner.progress = nullptr;
  const std::thread::id caller = std::this_thread::get_id();
  const bool tells = context.progress && !inside_parallel_region();
  std::atomic<std::size_t> done{0};
  auto last = std::chrono::steady_clock::time_point{};
  const auto step = [&](std::size_t r) {
    body(r, inner);
    const std::size_t finished = ++done;
    if (!tells || std::this_thread::get_id() != caller) return;
    const auto now = std::chrono::steady_clock::now();
    if (now - last < std::chrono::milliseconds(100) && finished < count) return;
    last = now;
    context.progress(stage, static_cast<double>(finished) / static_cast<double>(count));
  };
  const double room = side_by_side_bytes / std::max(1.0, bytes);
  const auto lanes = static_cast<unsigned>(std::min(room, static_cast<double>(thread_count(context))));
  if (lanes < 2) {
    for (std::size_t r = 0; r < count; ++r) {
      check_cancelled(context);
      step(r);
    }
    return;
  }
  Context outer = context;
  outer.threads = lanes;
  parallel_for(outer, count, step);
}

}  // namespace entrospect
