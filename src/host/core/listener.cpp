#include "arete/core/listener.hpp"

namespace arete {

void Listener::progress(std::string_view /*stage*/, std::uint64_t /*done*/,
                        std::uint64_t /*total*/) {}

void Listener::resumed(std::uint64_t /*rows*/, std::uint64_t /*total*/) {}

void Listener::warning(const std::string& /*text*/) {}

}  // namespace arete
