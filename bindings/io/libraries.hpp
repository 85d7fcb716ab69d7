#pragma once
// What this build is made of.

#include <string>
#include <utility>
#include <vector>

namespace entrospect::io {

// The library itself, the compiler, and every library that is linked or compiled in, with its version.
std::vector<std::pair<std::string, std::string>> library_versions();

}  // namespace entrospect::io
