#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace arete {

/// CRC-32 (the one of gzip) of bytes, continuing that of what came before them.
[[nodiscard]] std::uint32_t checksum(std::span<const std::byte> bytes, std::uint32_t before = 0);

/// The same of the elements of an array.
template <typename T>
[[nodiscard]] std::uint32_t checksum_of(std::span<const T> elements, std::uint32_t before = 0) {
  return checksum(std::as_bytes(elements), before);
}

}  // namespace arete
