#pragma once

#include <cstddef>
#include <cstring>
#include <span>
#include <type_traits>
#include <vector>

#include "arete/core/error.hpp"

// Values as the bytes of a message. All ranks run the same build on the same kind of machine, which
// is what lets bytes be copied as they are.
namespace arete {

template <typename T>
void pack(std::span<const T> values, std::vector<std::byte>& message) {
  static_assert(std::is_trivially_copyable_v<T>);
  const auto bytes = std::as_bytes(values);
  message.insert(message.end(), bytes.begin(), bytes.end());
}

/// Takes values off the front of `message`. Throws Error (internal) when it is too short.
template <typename T>
void unpack(std::span<const std::byte>& message, std::span<T> values) {
  static_assert(std::is_trivially_copyable_v<T>);
  if (message.size() < values.size_bytes()) {
    fail(ErrorKind::internal, "a message of another rank ends too soon");
  }
  if (!values.empty()) std::memcpy(values.data(), message.data(), values.size_bytes());
  message = message.subspan(values.size_bytes());
}

}  // namespace arete
