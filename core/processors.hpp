#pragma once
// How many processors this process may use: affinity mask and container (cgroup v1 and v2) limits, not the machine's size.

#include <filesystem>
#include <optional>
#include <string_view>

namespace entrospect {

// At least 1; found once.
unsigned available_processors();

namespace detail {
// Smallest quota in processors along the process's control group and its ancestors. `mount` is where control groups are mounted
// (/sys/fs/cgroup), `membership` the text of /proc/self/cgroup.
std::optional<double> cgroup_processors(const std::filesystem::path& mount, std::string_view membership);
}  // namespace detail

}  // namespace entrospect
