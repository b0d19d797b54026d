#include "arete/core/memory.hpp"

#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <limits>
#include <string>

namespace arete {

namespace {

constexpr std::size_t unknown = std::numeric_limits<std::size_t>::max();

/// The number in a file of one number; `unknown` for "max" or where there is no such file.
std::size_t number_in(const std::string& path) {
  std::ifstream file(path);
  std::size_t value = 0;
  return file >> value ? value : unknown;
}

std::size_t available_in_system() {
  std::ifstream file("/proc/meminfo");
  for (std::string name; file >> name;) {
    std::size_t kibibytes = 0;
    if (name == "MemAvailable:" && file >> kibibytes) return kibibytes * 1024;
    file.ignore(std::numeric_limits<std::streamsize>::max(), '\n');
  }
  return unknown;
}

/// What is left of a limit in one folder of control groups.
std::size_t left_in(const std::string& limit, const std::string& usage) {
  const std::size_t most = number_in(limit);
  const std::size_t used = number_in(usage);
  if (most == unknown || used == unknown) return unknown;
  return most > used ? most - used : 0;
}

/// Version 2 of control groups, and the memory controller of version 1, as containers mount them.
std::size_t available_in_control_group() {
  const std::string v2 = "/sys/fs/cgroup/";
  const std::string v1 = "/sys/fs/cgroup/memory/";
  return std::min(left_in(v2 + "memory.max", v2 + "memory.current"),
                  left_in(v1 + "memory.limit_in_bytes", v1 + "memory.usage_in_bytes"));
}

std::size_t address_space_limit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_AS, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY) return unknown;
  return limit.rlim_cur;
}

}  // namespace

std::size_t available_memory() {
  const std::size_t available =
      std::min({available_in_system(), available_in_control_group(), address_space_limit()});
  if (available != unknown) return available;
  return static_cast<std::size_t>(::sysconf(_SC_PHYS_PAGES)) *
         static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
}

std::size_t peak_memory() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  return static_cast<std::size_t>(usage.ru_maxrss) * 1024;
}

}  // namespace arete
