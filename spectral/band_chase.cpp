// Bulge chasing (Schwarz 1968; in blocks of Householder reflections Haidar, Ltaief & Dongarra 2011). Sweep s maps column s to tridiagonal
// form by a reflector of rows s + 1 .. s + b. Its step 0 applies it to the diagonal block of these rows. Applied from the right to the
// block below, it fills that block; step k = 1, 2, ... clears the first column of the block by the next reflector, of rows s + 1 + k b and
// on, and applies that one, until the matrix ends. What is left of the bulge the next sweep pushes down by its own steps.
//
// Step k of a sweep touches what step k + 1 of the sweep before touched and nothing that its step k + 2 touches, so sweeps follow one
// another down the matrix. Every entry meets the reflectors in the order of the sweeps whoever applies them: the bits do not depend on the
// threads.
#include "entrospect/spectral/band_chase.hpp"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <limits>
#include <thread>

#include "entrospect/core/parallel.hpp"

namespace entrospect::detail {
namespace {

constexpr std::size_t kBand = kBandWidth;
constexpr std::size_t kSweeps = 8;  // of an item; they follow one another closely enough for their blocks to stay in the cache

template <class T>
class Chase {
 public:
  Chase(BandMatrix<T>& band, const Context& context)
      : band_(band),
        context_(context),
        kernels_(chase_kernels<T>()),
        sweeps_(band.n < 3 ? 0 : band.n - 2),
        finished_((sweeps_ + kSweeps - 1) / kSweeps) {}

  void run() {
    parallel_for(context_, finished_.size(), [&](std::size_t item) { chase(item); });
  }

 private:
  struct Reflector {
    alignas(64) T v[kBand];
    T tau;
  };

  [[nodiscard]] std::size_t steps(std::size_t sweep) const { return (band_.n - 1 - sweep + kBand - 1) / kBand; }

  void chase(std::size_t item) {
    const std::size_t first = item * kSweeps, count = std::min(kSweeps, sweeps_ - first);
    Reflector reflectors[kSweeps];
    // At tick t the i-th sweep does its step t - i, so that step k + 1 of the sweep before is done.
    const std::size_t ticks = steps(first) + count - 1;
    for (std::size_t tick = 0; tick < ticks; ++tick) {
      if (item > 0) wait_for(item - 1, tick + kSweeps + 1);  // by then the last sweep of that item has done its step `tick` + 1
      for (std::size_t i = 0; i < count && i <= tick; ++i)
        if (tick - i < steps(first + i)) step(first + i, tick - i, reflectors[i]);
      finished_[item].store(tick + 1, std::memory_order_release);
    }
    finished_[item].store(std::numeric_limits<std::size_t>::max(), std::memory_order_release);
  }

  // Items are claimed in order, so somebody is at work on the one waited for, unless the computation is being stopped.
  void wait_for(std::size_t item, std::size_t ticks) const {
    while (finished_[item].load(std::memory_order_acquire) < ticks) {
      check_cancelled(context_);
      std::this_thread::yield();
    }
  }

  void step(std::size_t sweep, std::size_t k, Reflector& reflector) {
    const std::size_t row = sweep + 1 + k * kBand;
    if (k == 0) {
      reflector.tau = kernels_.reflect_column(band_.column(sweep) + 1, reflector.v);
    } else {
      Reflector next;
      next.tau = kernels_.reflect_block(band_.column(row - kBand) + kBand, reflector.v, reflector.tau, next.v);
      reflector = next;
    }
    kernels_.reflect_diagonal(band_.column(row), reflector.v, reflector.tau);
  }

  BandMatrix<T>& band_;
  const Context& context_;
  const ChaseKernels<T>& kernels_;
  const std::size_t sweeps_;
  std::vector<std::atomic<std::size_t>> finished_;  // ticks, by item
};

}  // namespace

template <class T>
bool reduce_to_tridiagonal(BandMatrix<T>& band, T* diagonal, T* off_diagonal, const Context& context) {
  T largest = 0;
  for (const T x : band.values) {
    if (!std::isfinite(x)) return false;
    largest = std::max(largest, std::abs(x));
  }
  int exponent = 0;
  (void)std::frexp(largest, &exponent);
  for (T& x : band.values) x = std::ldexp(x, -exponent);  // exact, and squares of entries that matter can neither overflow nor underflow
  Chase<T>(band, context).run();
  for (std::size_t j = 0; j < band.n; ++j) {
    diagonal[j] = std::ldexp(band.column(j)[0], exponent);
    off_diagonal[j] = std::ldexp(band.column(j)[1], exponent);
  }
  return true;
}

template bool reduce_to_tridiagonal(BandMatrix<double>&, double*, double*, const Context&);
template bool reduce_to_tridiagonal(BandMatrix<float>&, float*, float*, const Context&);

}  // namespace entrospect::detail
