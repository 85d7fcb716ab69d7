#pragma once
// The number of threads inside the linked BLAS, for as long as a guard lives. Private to spectral/.

namespace entrospect::detail {

// Guards that ask for the same number run side by side; one that asks for another number waits until they are gone, because the setting is
// global to the process and the number of threads may change the last bits. Does nothing for a BLAS without such a setting.
class BlasThreads {
 public:
  explicit BlasThreads(unsigned threads);
  ~BlasThreads();
  BlasThreads(const BlasThreads&) = delete;
  BlasThreads& operator=(const BlasThreads&) = delete;
};

}  // namespace entrospect::detail
