#pragma once
// Replicates of the data: the same inputs with some of what was drawn independently left out. Never a bootstrap that draws n of n rows with
// replacement: a repeated row adds no direction, so every spectral entropy of such a sample is too small.

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "entrospect/core/context.hpp"
#include "entrospect/core/registry.hpp"

namespace entrospect {

// What a replicate holds, and its share of what was drawn independently (rows; groups of rows for Resampling::groups).
struct Replicate {
  Inputs inputs;
  double kept = 1;
};

class Resampler {
 public:
  // Throws InvalidArgument when the card says that nothing can be left out. `kernel_matrices`: rows and columns go together.
  Resampler(const EstimatorCard& card, Inputs inputs, bool kernel_matrices, std::uint64_t seed);

  // Replicate b holds everything but block b of `blocks` random blocks of equal size, classes in equal shares. Of sample matrices that are
  // not paired each loses a block of its own. Throws when there are fewer rows than blocks or a class would keep fewer than two.
  [[nodiscard]] std::function<Replicate(std::size_t)> without_blocks(std::size_t blocks) const;
  // Replicate r holds a random subset of round(fraction * size) rows (of each class), one stream of random numbers for each r.
  [[nodiscard]] std::function<Replicate(std::size_t)> subsamples(double fraction) const;

 private:
  // The rows of one sample matrix, or of all if they are paired. What is drawn independently are its items: rows, or groups of them.
  struct Population {
    std::size_t n = 0;
    std::vector<std::vector<std::size_t>> strata;   // items of each class, or all
    std::vector<std::string> names;                 // of the classes
    std::vector<std::vector<std::size_t>> members;  // the rows of each item; empty: item i is row i
    [[nodiscard]] std::size_t items() const { return members.empty() ? n : members.size(); }
  };
  [[nodiscard]] Population population(const EstimatorCard& card, std::size_t n) const;
  [[nodiscard]] std::string what(const Population& population, std::size_t stratum) const;
  // `keep[p][i]`: whether item i of population p stays.
  [[nodiscard]] Replicate kept(const std::vector<std::vector<char>>& keep) const;

  Inputs inputs_;
  bool kernel_matrices_, groups_;
  std::uint64_t seed_;
  std::vector<Population> populations_;
};

// The stream of draw r of a baseline, for sample matrix s; those of replicates are apart from it and from an estimator's own.
inline std::uint64_t baseline_stream(std::size_t r, std::size_t s) { return (std::uint64_t{7} << 60) + 1024 * r + s; }

// Calls body(r, context) for r in [0, count), side by side where `bytes`, the working memory of one, leaves room in side_by_side_bytes,
// else one after the other with all threads inside each. Progress is that of the count; nothing is remembered in the memo.
inline constexpr double side_by_side_bytes = 256e6;
void for_each_replicate(std::size_t count, double bytes, std::string_view stage, const Context& context,
                        const std::function<void(std::size_t, const Context&)>& body);

}  // namespace entrospect
