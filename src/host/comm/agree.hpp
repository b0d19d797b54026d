#pragma once

#include <algorithm>
#include <span>

#include "arete/comm/communicator.hpp"
#include "arete/comm/packing.hpp"

namespace arete {

/// What every rank gives, by rank, on every rank.
template <typename T>
[[nodiscard]] std::vector<T> gather(const T& value, Communicator& communicator) {
  std::vector<T> values;
  for (const auto& message : communicator.all_gather(std::as_bytes(std::span(&value, 1)))) {
    std::span<const std::byte> bytes(message);
    unpack(bytes, std::span(&values.emplace_back(), 1));
  }
  return values;
}

/// The smallest of what the ranks give, on every rank.
template <typename T>
[[nodiscard]] T smallest(T value, Communicator& communicator) {
  for (const T other : gather(value, communicator)) value = std::min(value, other);
  return value;
}

/// The largest of what the ranks give, on every rank.
template <typename T>
[[nodiscard]] T largest(T value, Communicator& communicator) {
  for (const T other : gather(value, communicator)) value = std::max(value, other);
  return value;
}

}  // namespace arete
