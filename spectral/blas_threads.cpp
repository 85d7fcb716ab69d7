#include "entrospect/spectral/blas_threads.hpp"

#include <condition_variable>
#include <mutex>

// Weak, so that any BLAS links: the address is null where the library does not have the function.
extern "C" {
void openblas_set_num_threads(int) __attribute__((weak));
int openblas_get_num_threads() __attribute__((weak));
void MKL_Set_Num_Threads(int) __attribute__((weak));
int MKL_Get_Max_Threads() __attribute__((weak));
}

namespace entrospect::detail {
namespace {

int get_blas_threads() {
  if (openblas_get_num_threads != nullptr) return openblas_get_num_threads();
  if (MKL_Get_Max_Threads != nullptr) return MKL_Get_Max_Threads();
  return 0;
}

void set_blas_threads(int threads) {
  if (openblas_set_num_threads != nullptr)
    openblas_set_num_threads(threads);
  else if (MKL_Set_Num_Threads != nullptr)
    MKL_Set_Num_Threads(threads);
}

// Leaked on purpose: an abandoned solve may still hold a guard while static objects are destroyed.
struct State {
  std::mutex mutex;
  std::condition_variable released;
  unsigned holders = 0;
  unsigned current = 0;
  int before = 0;
};
State& state() {
  static State* s = new State;
  return *s;
}

}  // namespace

BlasThreads::BlasThreads(unsigned threads) {
  State& s = state();
  std::unique_lock lock(s.mutex);
  s.released.wait(lock, [&] { return s.holders == 0 || s.current == threads; });
  if (s.holders++ > 0) return;
  s.current = threads;
  s.before = get_blas_threads();
  if (s.before != static_cast<int>(threads)) set_blas_threads(static_cast<int>(threads));
}

BlasThreads::~BlasThreads() {
  State& s = state();
  const std::scoped_lock lock(s.mutex);
  if (--s.holders > 0) return;
  if (s.before != static_cast<int>(s.current)) set_blas_threads(s.before);
  s.released.notify_all();
}

}  // namespace entrospect::detail
