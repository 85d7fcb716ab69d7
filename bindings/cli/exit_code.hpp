#pragma once
// Exit codes; they never depend on the output format.

namespace entrospect::cli::exit_code {

inline constexpr int ok = 0;
inline constexpr int selftest_failed = 1;
inline constexpr int usage = 2;
inline constexpr int cells_failed = 3;  // some or all cells have no value
inline constexpr int no_input = 4;      // a path is missing, or nothing in it can be used
inline constexpr int internal = 5;      // a fault of ours, or output that cannot be written
inline constexpr int interrupted = 130;

}  // namespace entrospect::cli::exit_code
