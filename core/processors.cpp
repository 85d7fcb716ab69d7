#include "entrospect/core/processors.hpp"

#include <algorithm>
#include <cmath>
#include <fstream>
#include <sstream>
#include <string>
#include <thread>

#ifdef __linux__
#include <sched.h>
#endif

namespace entrospect {
namespace {

// "<quota> <period>" in microseconds; a quota of "max" or -1 is no limit.
std::optional<double> quota_over_period(std::istream& in) {
  std::string quota;
  double period = 0;
  if (!(in >> quota >> period) || !(period > 0)) return std::nullopt;
  char* end = nullptr;
  const double microseconds = std::strtod(quota.c_str(), &end);
  if (end == quota.c_str() || !(microseconds > 0)) return std::nullopt;
  return microseconds / period;
}

std::optional<double> limit_v2(const std::filesystem::path& group) {
  std::ifstream in(group / "cpu.max");
  return quota_over_period(in);
}

std::optional<double> limit_v1(const std::filesystem::path& group) {
  std::ifstream quota(group / "cpu.cfs_quota_us"), period(group / "cpu.cfs_period_us");
  std::stringstream both;
  both << quota.rdbuf() << ' ' << period.rdbuf();
  return quota_over_period(both);
}

unsigned affinity_processors() {
#ifdef __linux__
  cpu_set_t set;
  CPU_ZERO(&set);
  if (sched_getaffinity(0, sizeof set, &set) == 0 && CPU_COUNT(&set) > 0) return static_cast<unsigned>(CPU_COUNT(&set));
#endif
  return std::max(1U, std::thread::hardware_concurrency());  // also for masks wider than cpu_set_t
}

}  // namespace

namespace detail {

std::optional<double> cgroup_processors(const std::filesystem::path& mount, std::string_view membership) {
  std::optional<double> smallest;
  const auto take = [&](std::optional<double> limit) {
    if (limit && (!smallest || *limit < *smallest)) smallest = limit;
  };
  std::istringstream lines{std::string(membership)};
  for (std::string line; std::getline(lines, line);) {  // id:controllers:path
    const std::size_t first = line.find(':'), second = line.find(':', first + 1);
    if (first == std::string::npos || second == std::string::npos) continue;
    const std::string controllers = "," + line.substr(first + 1, second - first - 1) + ",";
    const bool v2 = controllers == ",,";
    if (!v2 && controllers.find(",cpu,") == std::string::npos) continue;
    const std::filesystem::path root = v2 ? mount : mount / "cpu";
    // A container often sees its own group mounted as the root, so every ancestor is asked, the root included.
    std::filesystem::path group = std::filesystem::path(line.substr(second + 1)).relative_path().lexically_normal();
    while (true) {
      take(v2 ? limit_v2(root / group) : limit_v1(root / group));
      if (group.empty() || !group.has_relative_path()) break;
      group = group.parent_path();
    }
  }
  return smallest;
}

}  // namespace detail

unsigned available_processors() {
  static const unsigned count = [] {
    unsigned processors = affinity_processors();
    std::ifstream self("/proc/self/cgroup");
    std::stringstream membership;
    membership << self.rdbuf();
    if (const auto limit = detail::cgroup_processors("/sys/fs/cgroup", membership.str()))
      processors = std::min(processors, static_cast<unsigned>(std::max(1.0, std::ceil(std::min(*limit, 1e6)))));
    return processors;
  }();
  return count;
}

}  // namespace entrospect
