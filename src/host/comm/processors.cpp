#include "arete/comm/processors.hpp"

#include <sched.h>

#include <algorithm>

#include "arete/comm/packing.hpp"
#include "arete/core/threads.hpp"

namespace arete {

namespace {

cpu_set_t allowed_processors() {
  cpu_set_t set;
  CPU_ZERO(&set);
  ::sched_getaffinity(0, sizeof set, &set);  // where it fails, the set is empty
  return set;
}

}  // namespace

int HostProcessors::fair_threads() const noexcept {
  return std::max(1, std::min(own, shared / ranks));
}

HostProcessors host_processors(Communicator& communicator) {
  const cpu_set_t own = allowed_processors();
  std::vector<std::byte> message;
  pack(std::span(&own, 1), message);
  pack(std::span<const char>(communicator.host()), message);
  cpu_set_t all = own;
  for (const auto& bytes : communicator.all_gather(message)) {
    std::span<const std::byte> rest(bytes);
    cpu_set_t other;
    unpack(rest, std::span(&other, 1));
    const std::string_view host(reinterpret_cast<const char*>(rest.data()), rest.size());
    if (host == communicator.host()) CPU_OR(&all, &all, &other);
  }
  const int threads = available_threads();
  return {threads, std::max(threads, CPU_COUNT(&all)), communicator.ranks_on_host()};
}

}  // namespace arete
