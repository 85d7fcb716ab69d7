#include "entrospect/bindings/io/detail/memory.hpp"

#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <limits>
#include <optional>
#include <string>

namespace entrospect::io {
namespace {

constexpr std::uint64_t unlimited = std::numeric_limits<std::uint64_t>::max();

std::optional<std::uint64_t> number_in(const std::filesystem::path& path) {
  std::ifstream in(path);
  std::uint64_t value = 0;
  if (in >> value) return value;
  return std::nullopt;  // missing, or "max"
}

// Value of `name` in a file of "name value" lines.
std::uint64_t entry_in(const std::filesystem::path& path, const std::string& name) {
  std::ifstream in(path);
  std::string word, line;
  while (in >> word) {
    std::uint64_t value = 0;
    if (word == name && in >> value) return value;
    in.clear();
    std::getline(in, line);
  }
  return 0;
}

// What one group leaves. Its page cache that nothing uses counts as used but is given back on demand.
std::uint64_t left_in(const std::filesystem::path& group, const char* limit_name, const char* usage_name, const char* cache_name) {
  const auto limit = number_in(group / limit_name), usage = number_in(group / usage_name);
  if (!limit || !usage) return unlimited;
  const std::uint64_t cache = std::min(entry_in(group / "memory.stat", cache_name), *usage);
  const std::uint64_t used = *usage - cache;
  return *limit > used ? *limit - used : 0;
}

// Groups limit their descendants, so every ancestor counts. /proc/self/cgroup has lines "hierarchy:controllers:/path".
std::uint64_t left_in_groups() {
  std::uint64_t left = unlimited;
  std::ifstream in("/proc/self/cgroup");
  for (std::string line; std::getline(in, line);) {
    const std::size_t first = line.find(':');
    const std::size_t second = first == std::string::npos ? first : line.find(':', first + 1);
    if (second == std::string::npos) continue;
    const std::string controllers = line.substr(first + 1, second - first - 1);
    const bool v2 = controllers.empty();
    if (!v2 && controllers != "memory") continue;
    const std::filesystem::path root = v2 ? "/sys/fs/cgroup" : "/sys/fs/cgroup/memory";
    for (std::filesystem::path part = std::filesystem::path(line.substr(second + 1)).relative_path();; part = part.parent_path()) {
      left = std::min(left, v2 ? left_in(root / part, "memory.max", "memory.current", "inactive_file")
                               : left_in(root / part, "memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file"));
      if (part.empty()) break;
    }
  }
  return left;
}

std::uint64_t left_in_machine() {
  if (const std::uint64_t kibibytes = entry_in("/proc/meminfo", "MemAvailable:"); kibibytes > 0) return kibibytes * 1024;
  const long pages = ::sysconf(_SC_PHYS_PAGES), page = ::sysconf(_SC_PAGESIZE);
  return pages > 0 && page > 0 ? static_cast<std::uint64_t>(pages) * static_cast<std::uint64_t>(page) : unlimited;
}

}  // namespace

std::uint64_t available_memory() { return std::min(left_in_machine(), left_in_groups()); }

}  // namespace entrospect::io
