#pragma once
// SIGINT and SIGTERM. The first lets the current cell finish, the second stops the computation through a CancelToken, the third ends the
// process at once. Results are whole at any of these points: rows are written line by line.

#include "entrospect/core/context.hpp"

namespace entrospect::cli {

// Installs the handlers for its lifetime; one at a time.
class Interrupt {
 public:
  Interrupt();
  ~Interrupt();
  Interrupt(const Interrupt&) = delete;
  Interrupt& operator=(const Interrupt&) = delete;

  [[nodiscard]] bool requested() const;  // start no further cell
  [[nodiscard]] CancelToken& token() { return token_; }

 private:
  CancelToken token_;
};

}  // namespace entrospect::cli
