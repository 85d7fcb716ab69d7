#include "entrospect/core/random.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <numeric>
#include <string>
#include <unordered_set>

#include "entrospect/core/errors.hpp"

namespace entrospect {
namespace {

std::uint32_t low(std::uint64_t x) { return static_cast<std::uint32_t>(x); }
std::uint32_t high(std::uint64_t x) { return static_cast<std::uint32_t>(x >> 32); }

}  // namespace

std::array<std::uint32_t, 4> philox_4x32_10(std::array<std::uint32_t, 4> counter, std::array<std::uint32_t, 2> key) {
  for (int round = 0; round < 10; ++round) {
    const std::uint64_t first = std::uint64_t{0xD2511F53U} * counter[0];
    const std::uint64_t second = std::uint64_t{0xCD9E8D57U} * counter[2];
    counter = {high(second) ^ counter[1] ^ key[0], low(second), high(first) ^ counter[3] ^ key[1], low(first)};
    key[0] += 0x9E3779B9U;
    key[1] += 0xBB67AE85U;
  }
  return counter;
}

std::uint64_t RandomStream::next() {
  if (left_ == 0) {
    const auto words = philox_4x32_10({low(counter_), high(counter_), low(stream_), high(stream_)}, {low(key_), high(key_)});
    ++counter_;
    block_ = {words[0] | std::uint64_t{words[1]} << 32, words[2] | std::uint64_t{words[3]} << 32};
    left_ = 2;
  }
  return block_[2 - left_--];
}

double RandomStream::uniform() { return static_cast<double>(next() >> 11) * 0x1p-53; }

double RandomStream::normal() {
  if (has_spare_normal_) {
    has_spare_normal_ = false;
    return spare_normal_;
  }
  const double radius = std::sqrt(-2 * std::log(1 - uniform()));  // 1 - u is in (0, 1]
  const double angle = 2 * std::numbers::pi * uniform();
  spare_normal_ = radius * std::sin(angle);
  has_spare_normal_ = true;
  return radius * std::cos(angle);
}

std::uint64_t RandomStream::below(std::uint64_t bound) {
  if (bound == 0) throw InvalidArgument("RandomStream::below: bound = 0 is not at least 1");
  const std::uint64_t excess = -bound % bound;  // 2^64 mod bound: so many smallest values are rejected, the rest divide evenly
  std::uint64_t bits = next();
  while (bits < excess) bits = next();
  return bits % bound;
}

std::vector<std::size_t> RandomStream::permutation(std::size_t n) {
  std::vector<std::size_t> out(n);
  std::iota(out.begin(), out.end(), std::size_t{0});
  for (std::size_t i = n; i > 1; --i) std::swap(out[i - 1], out[below(i)]);
  return out;
}

std::vector<std::size_t> RandomStream::subset(std::size_t n, std::size_t m) {
  if (m > n) throw InvalidArgument("RandomStream::subset: m = " + std::to_string(m) + " is not in [0, " + std::to_string(n) + "]");
  // Floyd's method (Bentley & Floyd 1987): one draw per element, whatever n is.
  std::unordered_set<std::size_t> taken;
  taken.reserve(m);
  for (std::size_t last = n - m; last < n; ++last)
    if (!taken.insert(below(last + 1)).second) taken.insert(last);
  std::vector<std::size_t> out(taken.begin(), taken.end());
  std::sort(out.begin(), out.end());
  return out;
}

}  // namespace entrospect
