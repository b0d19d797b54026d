#pragma once

#include <bit>
#include <concepts>
#include <cstddef>

namespace arete {

/// The integer that these sizeof(T) bytes are, most significant byte first.
template <std::unsigned_integral T>
[[nodiscard]] T load_big(const std::byte* bytes) noexcept {
  T value = 0;
  for (std::size_t i = 0; i < sizeof(T); ++i) {
    value = static_cast<T>(value << 8U | std::to_integer<T>(bytes[i]));
  }
  return value;
}

/// The integer that these sizeof(T) bytes are, least significant byte first.
template <std::unsigned_integral T>
[[nodiscard]] T load_little(const std::byte* bytes) noexcept {
  T value = 0;
  for (std::size_t i = sizeof(T); i-- > 0;) {
    value = static_cast<T>(value << 8U | std::to_integer<T>(bytes[i]));
  }
  return value;
}

/// Copies `count` elements of `size` bytes (1, 2, 4 or 8) from the order of bytes in a file to this
/// machine's. The two may overlap when `into` is not behind `from`.
void to_native(std::endian order, std::size_t size, std::size_t count, const std::byte* from,
               std::byte* into) noexcept;

}  // namespace arete
