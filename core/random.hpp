#pragma once
// Counter-based random numbers (Philox 4x32-10; Salmon et al. 2011). A stream is named by (seed, stream): the same name gives the
// same numbers whatever thread asks and whatever was drawn elsewhere.

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace entrospect {

// One block of Philox 4x32-10: a bijection of the counter for every key.
std::array<std::uint32_t, 4> philox_4x32_10(std::array<std::uint32_t, 4> counter, std::array<std::uint32_t, 2> key);

class RandomStream {
 public:
  RandomStream(std::uint64_t seed, std::uint64_t stream) : key_(seed), stream_(stream) {}

  std::uint64_t next();                      // 64 uniform bits
  double uniform();                          // [0, 1), 53 bits
  double normal();                           // standard normal (Box-Muller)
  std::uint64_t below(std::uint64_t bound);  // unbiased integer in [0, bound); bound >= 1
  std::vector<std::size_t> permutation(std::size_t n);
  // m distinct indices of [0, n), ascending.
  std::vector<std::size_t> subset(std::size_t n, std::size_t m);

 private:
  std::uint64_t key_, stream_, counter_ = 0;
  std::array<std::uint64_t, 2> block_{};
  unsigned left_ = 0;
  double spare_normal_ = 0;
  bool has_spare_normal_ = false;
};

}  // namespace entrospect
