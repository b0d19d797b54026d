#pragma once

#include <algorithm>
#include <span>

#include "arete/comm/communicator.hpp"
#include "arete/comm/packing.hpp"

namespace arete {

/// The smallest of what the ranks give, on every rank.
template <typename T>
[[nodiscard]] T smallest(T value, Communicator& communicator) {
  for (const auto& message : communicator.all_gather(std::as_bytes(std::span(&value, 1)))) {
    T other{};
    std::span<const std::byte> bytes(message);
    unpack(bytes, std::span(&other, 1));
    value = std::min(value, other);
  }
  return value;
}

}  // namespace arete
