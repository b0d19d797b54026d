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

/// The number behind `key` in a file of lines "key number"; `unknown` where there is none.
std::size_t number_of(const std::string& key, const std::string& path) {
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

/// What is left of a limit in one folder of control groups. The usage counts pages of files that
/// the kernel drops when memory is wanted; those, `cache`, are as good as free.
std::size_t left_in(const std::string& limit, const std::string& usage, std::size_t cache) {
  const std::size_t most = number_in(limit);
  const std::size_t used = number_in(usage);
  if (most == unknown || used == unknown) return unknown;
  const std::size_t kept = cache == unknown ? used : used - std::min(used, cache);
  return most > kept ? most - kept : 0;
}

std::size_t address_space_limit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_AS, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY) return unknown;
  return limit.rlim_cur;
}

}  // namespace

std::size_t memory_left_in_control_group(const std::string& root) {
  const std::string v1 = root + "/memory";
  return std::min(left_in(root + "/memory.max", root + "/memory.current",
                          number_of("inactive_file", root + "/memory.stat")),
                  left_in(v1 + "/memory.limit_in_bytes", v1 + "/memory.usage_in_bytes",
                          number_of("total_inactive_file", v1 + "/memory.stat")));
}

std::size_t available_memory() {
  const std::size_t available =
      std::min({available_in_system(), memory_left_in_control_group("/sys/fs/cgroup"),
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
