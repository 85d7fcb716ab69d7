#pragma once
// Misuse throws; numerical trouble is a Status (status.hpp). Messages name the offending value and the allowed range.

#include <stdexcept>

namespace entrospect {

// A value outside its allowed range, or data that the quantity is not defined on. Python: ValueError.
class InvalidArgument : public std::invalid_argument {
 public:
  using std::invalid_argument::invalid_argument;
};

// An argument of the wrong kind (integers as samples, text for a number). Python: TypeError.
class WrongType : public std::invalid_argument {
 public:
  using std::invalid_argument::invalid_argument;
};

// The caller asked to stop (Ctrl-C, SIGTERM); no partial result exists. Python: KeyboardInterrupt is raised by the caller.
class Cancelled : public std::runtime_error {
 public:
  Cancelled() : std::runtime_error("cancelled") {}
};

}  // namespace entrospect
