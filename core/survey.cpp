#include "entrospect/core/survey.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>
#include <numeric>
#include <span>

#include "entrospect/core/errors.hpp"
#include "entrospect/core/options.hpp"
#include "entrospect/core/parallel.hpp"
#include "entrospect/core/row_loader.hpp"
#include "entrospect/core/row_tiles.hpp"

namespace entrospect {
namespace {

// + 0.0 turns -0 into 0: the two are one value.
std::uint64_t value_bits(double value) { return std::bit_cast<std::uint64_t>(value + 0.0); }

// Four independent multiply-xorshift chains, so that the multiplier never waits. Rows with equal hashes are compared: only speed depends on
// it.
std::uint64_t row_hash(const double* row, std::size_t d) {
  constexpr std::uint64_t multiplier = 0x9e3779b97f4a7c15U;
  const auto mix = [](std::uint64_t chain, std::uint64_t bits) {
    chain = (chain ^ bits) * multiplier;
    return chain ^ chain >> 32;
  };
  std::array<std::uint64_t, 4> chains{1, 2, 3, 4};
  std::size_t j = 0;
  for (; j + 4 <= d; j += 4)
    for (std::size_t l = 0; l < 4; ++l) chains[l] = mix(chains[l], value_bits(row[j + l]));
  for (; j < d; ++j) chains[0] = mix(chains[0], value_bits(row[j]));
  return mix(mix(mix(chains[0], chains[1]), chains[2]), chains[3]);
}

// v * 0 is NaN for NaN and Inf, and 0 otherwise.
bool all_finite(const double* row, std::size_t d) {
  std::array<double, 8> probe{};
  std::size_t j = 0;
  for (; j + 8 <= d; j += 8)
    for (std::size_t l = 0; l < 8; ++l) probe[l] += row[j + l] * 0.0;
  for (; j < d; ++j) probe[0] += row[j] * 0.0;
  return std::accumulate(probe.begin(), probe.end(), 0.0) == 0;
}

// Of the finite values: a comparison with NaN is false.
double largest_of(const double* row, std::size_t d) {
  std::array<double, 8> most{};
  std::size_t j = 0;
  for (; j + 8 <= d; j += 8)
    for (std::size_t l = 0; l < 8; ++l) most[l] = std::abs(row[j + l]) > most[l] ? std::abs(row[j + l]) : most[l];
  for (; j < d; ++j) most[0] = std::abs(row[j]) > most[0] ? std::abs(row[j]) : most[0];
  return *std::max_element(most.begin(), most.end());
}

struct BlockFacts {
  std::size_t nonfinite = 0, first_row = 0, first_column = 0;
  double largest = 0;
  std::vector<std::size_t> zero_rows;
  std::vector<std::uint64_t> differs;  // per column; 0 while every row equals row 0
};

void count_nonfinite(const double* row, std::size_t d, std::size_t at, BlockFacts& block) {
  for (std::size_t j = 0; j < d; ++j) {
    if (std::isfinite(row[j])) continue;
    if (block.nonfinite++ == 0) {
      block.first_row = at;
      block.first_column = j;
    }
  }
}

bool rows_equal(const double* a, const double* b, std::size_t d) {
  return std::equal(a, a + d, b, [](double u, double v) { return value_bits(u) == value_bits(v); });
}

// Rows equal to an earlier one, by an open-addressing table of the distinct rows met so far.
std::size_t count_duplicates(const RowLoader& loader, std::span<const std::uint64_t> hashes, const Context& context) {
  const std::size_t n = hashes.size(), d = loader.d(), slots = std::bit_ceil(2 * n);
  constexpr std::size_t empty = std::numeric_limits<std::size_t>::max();
  std::vector<std::size_t> table(slots, empty);
  std::vector<double> left(d), right(d);
  std::size_t duplicates = 0;
  for (std::size_t i = 0; i < n; ++i) {
    bool loaded = false;
    for (std::size_t slot = hashes[i] & (slots - 1);; slot = (slot + 1) & (slots - 1)) {
      const std::size_t other = table[slot];
      if (other == empty) {
        table[slot] = i;
        break;
      }
      if (hashes[other] != hashes[i]) continue;
      check_cancelled(context);  // reading rows again may take long
      if (!loaded) loader.load(i, 1, left.data(), d);
      loaded = true;
      loader.load(other, 1, right.data(), d);
      if (rows_equal(left.data(), right.data(), d)) {
        ++duplicates;
        break;
      }
    }
  }
  return duplicates;
}

// Rows whose centred form is nothing but round-off of the mean.
std::vector<std::size_t> rows_at_mean(const SampleMatrix& x, const Context& context) {
  const std::size_t d = x.d();
  const std::vector<double> mean = column_means(x, context);
  constexpr double tolerance = 2 * std::numeric_limits<double>::epsilon();
  std::vector<std::vector<std::size_t>> found(row_blocks(x.n(), d).count);
  for_each_tile(RowLoader(x.plain()), context, [&](const RowTile& tile) {
    for (std::size_t i = 0; i < tile.count; ++i) {
      const double* row = tile.row(i);
      std::size_t j = 0;
      while (j < d && std::abs(row[j] - mean[j]) <= tolerance * std::abs(mean[j])) ++j;
      if (j == d) found[tile.block].push_back(tile.first + i);
    }
  });
  std::vector<std::size_t> rows;
  for (const auto& block : found) rows.insert(rows.end(), block.begin(), block.end());
  return rows;
}

std::string listed(const std::vector<std::size_t>& rows) {
  constexpr std::size_t most = 10;
  std::string out;
  for (std::size_t i = 0; i < std::min(most, rows.size()); ++i) out += (i == 0 ? "" : ", ") + std::to_string(rows[i]);
  return rows.size() > most ? out + " and " + std::to_string(rows.size() - most) + " more" : out;
}

std::string prefix(std::string_view who) { return who.empty() ? std::string() : std::string(who) + ": "; }

}  // namespace

Survey survey(const SampleMatrix& x, const Context& context) {
  Survey out;
  out.n = x.n();
  out.d = x.d();
  if (out.n == 0 || out.d == 0) return out;
  const std::size_t d = out.d;
  const RowLoader loader(x.plain());
  std::vector<double> origin(d);
  loader.load(0, 1, origin.data(), d);
  std::vector<std::uint64_t> origin_bits(d), hashes(out.n);
  std::transform(origin.begin(), origin.end(), origin_bits.begin(), value_bits);
  std::vector<BlockFacts> blocks(row_blocks(out.n, d).count);
  for_each_tile(loader, context, [&](const RowTile& tile) {
    BlockFacts& block = blocks[tile.block];
    if (block.differs.empty()) block.differs.assign(d, 0);
    std::uint64_t* differs = block.differs.data();
    const std::uint64_t* first = origin_bits.data();
    for (std::size_t i = 0; i < tile.count; ++i) {
      const double* row = tile.row(i);
      const std::size_t at = tile.first + i;
      for (std::size_t j = 0; j < d; ++j) differs[j] |= value_bits(row[j]) ^ first[j];
      if (!all_finite(row, d)) count_nonfinite(row, d, at, block);
      const double largest = largest_of(row, d);
      block.largest = std::max(block.largest, largest);
      if (largest == 0 && all_finite(row, d)) block.zero_rows.push_back(at);
      hashes[at] = row_hash(row, d);
    }
  });
  std::vector<std::uint64_t> differs(d);
  for (const BlockFacts& block : blocks) {
    if (out.nonfinite == 0 && block.nonfinite > 0) {
      out.first_row = block.first_row;
      out.first_column = block.first_column;
    }
    out.nonfinite += block.nonfinite;
    out.largest = std::max(out.largest, block.largest);
    out.zero_rows.insert(out.zero_rows.end(), block.zero_rows.begin(), block.zero_rows.end());
    for (std::size_t j = 0; j < d; ++j) differs[j] |= block.differs[j];
  }
  out.constant_columns = static_cast<std::size_t>(std::count(differs.begin(), differs.end(), 0U));
  out.all_rows_equal = out.constant_columns == d;
  out.duplicate_rows = out.all_rows_equal ? out.n - 1 : count_duplicates(loader, hashes, context);
  if (x.is_centered()) {
    out.zero_rows.clear();
    if (x.normalization() == Normalize::l2 && out.nonfinite == 0) out.zero_rows = rows_at_mean(x, context);
  }
  return out;
}

void require_finite(const Survey& s, std::string_view who) {
  if (s.nonfinite == 0) return;
  throw InvalidArgument(prefix(who) + std::to_string(s.nonfinite) + " of " + std::to_string(s.n) + " x " + std::to_string(s.d) +
                        " values are NaN or Inf, the first at row " + std::to_string(s.first_row) + ", column " +
                        std::to_string(s.first_column) + "; every value must be finite");
}

void require_rows(std::size_t n, std::size_t least, std::string_view who, std::string_view why) {
  if (n >= least) return;
  throw InvalidArgument(prefix(who) + "n = " + std::to_string(n) + " rows; at least " + std::to_string(least) + " are needed" +
                        (why.empty() ? "" : " (" + std::string(why) + ")"));
}

void require_scale(const Survey& s, std::string_view who) {
  constexpr double low = 1e-120, high = 1e140;
  if (s.largest == 0 || (s.largest >= low && s.largest <= high)) return;
  throw InvalidArgument(prefix(who) + "the largest absolute value is " + to_text(OptionValue(s.largest)) + ", not in [" +
                        to_text(OptionValue(low)) + ", " + to_text(OptionValue(high)) +
                        "]: squares leave float64; multiply the samples by " + (s.largest < low ? "a large" : "a small") + " constant");
}

void require_features(std::size_t d, std::string_view who) {
  if (d == 0) throw InvalidArgument(prefix(who) + "d = 0 features; at least 1 is needed");
}

SampleMatrix resolve_zero_rows(const SampleMatrix& x, const Survey& s, ZeroRows policy, std::string_view who) {
  if (s.zero_rows.empty()) return x;
  if (policy == ZeroRows::error)
    throw InvalidArgument(prefix(who) + std::to_string(s.zero_rows.size()) + (s.zero_rows.size() == 1 ? " row" : " rows") +
                          " cannot be normalized to length 1, being " + (x.is_centered() ? "equal to the mean" : "zero") +
                          (s.zero_rows.size() == 1 ? ": row " : ": rows ") + listed(s.zero_rows) +
                          "; remove them, or set zero_rows=drop where that is an option");
  std::vector<std::uint8_t> keep(x.n(), 1);
  for (const std::size_t row : s.zero_rows) keep[row] = 0;
  return x.where(keep);
}

}  // namespace entrospect
