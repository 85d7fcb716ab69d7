#pragma once
// How much memory this process may still take.

#include <cstdint>

namespace entrospect::io {

// The least of what the machine has available and what the control groups of this process leave, in bytes.
std::uint64_t available_memory();

}  // namespace entrospect::io
