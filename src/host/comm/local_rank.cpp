#include "arete/comm/local_rank.hpp"

#include <string_view>

namespace arete {

int local_rank(Communicator& communicator) {
  const std::string& own = communicator.host();
  const auto hosts = communicator.all_gather(std::as_bytes(std::span(own.data(), own.size())));
  int below = 0;
  for (int rank = 0; rank < communicator.rank(); ++rank) {
    const auto& bytes = hosts[static_cast<std::size_t>(rank)];
    const std::string_view host(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    if (host == own) ++below;
  }
  return below;
}

}  // namespace arete
