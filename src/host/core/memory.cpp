#include "arete/core/memory.hpp"

#include <fmt/format.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <limits>
#include <string>

namespace arete {

namespace {

constexpr std::size_t unknown = std::numeric_limits<std::size_t>::max();

namespace fs = std::filesystem;

/// The number in a file of one number; `unknown` for "max" or where there is no such file.
std::size_t number_in(const fs::path& path) {
  std::ifstream file(path);
  std::size_t value = 0;
  return file >> value ? value : unknown;
}

/// The number behind `key` in a file of lines "key number"; `unknown` where there is none.
std::size_t number_of(const std::string& key, const fs::path& path) {
  std::ifstream file(path);
  for (std::string name; file >> name;) {
    std::size_t value = 0;
    if (name == key && file >> value) return value;
    file.ignore(std::numeric_limits<std::streamsize>::max(), '\n');
  }
  return unknown;
}

std::size_t available_in_system() {
  const std::size_t kibibytes = number_of("MemAvailable:", "/proc/meminfo");
  return kibibytes == unknown ? unknown : kibibytes * 1024;
}

/// Names of the files of a control group.
struct GroupFiles {
  const char* limit;
  const char* high;  ///< above it a process is slowed down to a standstill; empty: there is none
  const char* usage;
  const char* cache;  ///< the key in memory.stat
};

constexpr GroupFiles version_1{"memory.limit_in_bytes", "", "memory.usage_in_bytes",
                               "total_inactive_file"};
constexpr GroupFiles version_2{"memory.max", "memory.high", "memory.current", "inactive_file"};

/// What is left of the limit of one group. The usage counts pages of files that the kernel drops
/// when memory is wanted; those, `cache`, are as good as free.
std::size_t left_in(const fs::path& group, const GroupFiles& files) {
  const std::size_t most = std::min(number_in(group / files.limit), number_in(group / files.high));
  const std::size_t used = number_in(group / files.usage);
  if (most == unknown || used == unknown) return unknown;
  const std::size_t cache = number_of(files.cache, group / "memory.stat");
  const std::size_t kept = cache == unknown ? used : used - std::min(used, cache);
  return most > kept ? most - kept : 0;
}

std::size_t address_space_limit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_AS, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY) return unknown;
  return limit.rlim_cur;
}

/// The least that is left in the group `name` (a path from `root`) and in those that it lies in
/// below `root`. A container may see the names of groups that it does not see.
std::size_t left_up_from(const fs::path& root, fs::path name, const GroupFiles& files) {
  std::size_t left = unknown;
  name = name.relative_path();
  if (name.begin() != name.end() && *name.begin() == "..") name.clear();  // above what is seen
  for (; !name.empty(); name = name.parent_path()) {
    left = std::min(left, left_in(root / name, files));
  }
  return left;
}

}  // namespace

std::size_t memory_left_in_control_groups(const fs::path& root, const fs::path& listing) {
  const fs::path beside_v1 = root / "unified";
  const fs::path v1 = root / "memory";
  std::size_t left =
      std::min({left_in(root, version_2), left_in(beside_v1, version_2), left_in(v1, version_1)});
  std::ifstream file(listing);
  // "0::/name" (version 2), "4:cpu,memory:/name".
  for (std::string number, controllers, name; std::getline(file, number, ':') &&
                                              std::getline(file, controllers, ':') &&
                                              std::getline(file, name);) {
    if (controllers.empty()) {
      left = std::min(left, left_up_from(root, name, version_2));
      left = std::min(left, left_up_from(beside_v1, name, version_2));
    }
    if (fmt::format(",{},", controllers).find(",memory,") != std::string::npos) {
      left = std::min(left, left_up_from(v1, name, version_1));
    }
  }
  return left;
}

std::size_t available_memory() {
  const std::size_t available = std::min(
      {available_in_system(), memory_left_in_control_groups("/sys/fs/cgroup", "/proc/self/cgroup"),
       address_space_limit()});
  if (available != unknown) return available;
  return static_cast<std::size_t>(::sysconf(_SC_PHYS_PAGES)) *
         static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
}

std::size_t memory_budget(std::size_t wanted, std::size_t held) {
  return wanted > 0 ? wanted : (available_memory() + held) / 2;
}

std::size_t peak_memory() {
  const std::size_t kibibytes = number_of("VmHWM:", "/proc/self/status");
  if (kibibytes != unknown) return kibibytes * 1024;
  rusage usage{};  // begins with the peak of whoever started this process
  ::getrusage(RUSAGE_SELF, &usage);
  return static_cast<std::size_t>(usage.ru_maxrss) * 1024;
}

}  // namespace arete
