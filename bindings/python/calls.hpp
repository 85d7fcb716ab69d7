#pragma once
// How every long call runs: GIL released, Ctrl-C and progress polled on the calling thread, statuses turned into raise / warn / ignore.

#include <pybind11/pybind11.h>

#include <exception>
#include <string>

#include "entrospect/core/context.hpp"
#include "entrospect/core/errors.hpp"
#include "entrospect/core/estimate.hpp"

namespace entrospect::python {

enum class OnFailure { raise, warn, ignore };
OnFailure to_on_failure(const std::string& text);

// 0: automatic. Throws for anything that is not a whole number >= 1 or None.
unsigned to_threads(pybind11::handle threads);

// Raises EstimateError or warns with EstimateWarning when the status is not ok. The warning points `frames` Python frames up: 1 is the code
// that called into this module, 2 the caller of a function of the package.
void report_status(const Estimate& estimate, OnFailure on_failure, int frames);

class Call {
 public:
  // `progress` is None, True for a bar, or a callable (stage, done).
  Call(const pybind11::object& threads, pybind11::object progress);
  Call(const Call&) = delete;
  Call& operator=(const Call&) = delete;

  [[nodiscard]] Context& context() { return context_; }

  // Runs `work()` without the GIL. A pending signal handler's exception (KeyboardInterrupt) or one of the progress callback stops it.
  template <class Work>
  auto run(Work&& work) {
    try {
      const pybind11::gil_scoped_release release;
      return work();
    } catch (const Cancelled&) {
      raise_reason();
    }
  }

 private:
  bool poll();
  void report(std::string_view stage, double done);
  [[noreturn]] void raise_reason();

  CancelToken cancel_;
  Context context_;
  pybind11::object progress_;
  std::exception_ptr reason_;  // the Python exception that asked to stop
};

}  // namespace entrospect::python
