#include "arete/core/checksum.hpp"

#include <libdeflate.h>

namespace arete {

std::uint32_t checksum(std::span<const std::byte> bytes, std::uint32_t before) {
  return libdeflate_crc32(before, bytes.data(), bytes.size());
}

}  // namespace arete
