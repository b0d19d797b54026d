#pragma once

#include <cstdint>
#include <cstring>
#include <optional>
#include <span>
#include <vector>

#include "arete/core/checksum.hpp"

namespace arete::fuzz {

/// The bytes of a moments file with checksums that are right, of its header and of all that follows
/// as one part: few inputs would come past them otherwise. Nothing where there is no room for them.
inline std::optional<std::vector<std::uint8_t>> with_right_checksums(
    std::span<const std::uint8_t> data) {
  constexpr std::size_t fields_at = 16;  // docs/moments-file.md
  constexpr std::size_t crc_size = 4;
  if (data.size() < fields_at + crc_size) return std::nullopt;
  std::vector<std::uint8_t> bytes(data.begin(), data.end());
  std::uint32_t fields = 0;
  std::memcpy(&fields, &bytes[fields_at - sizeof fields], sizeof fields);
  const std::size_t header = fields_at + fields + crc_size;
  if (header + crc_size > bytes.size()) return std::nullopt;
  const auto put_crc = [](std::span<std::uint8_t> section) {
    const auto content = section.first(section.size() - crc_size);
    const std::uint32_t crc = checksum_of(std::span<const std::uint8_t>(content));
    std::memcpy(section.data() + content.size(), &crc, crc_size);
  };
  put_crc(std::span(bytes).first(header));
  put_crc(std::span(bytes).subspan(header));
  return bytes;
}

}  // namespace arete::fuzz
