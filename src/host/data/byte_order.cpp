#include "arete/data/byte_order.hpp"

#include <cstdint>
#include <cstring>

namespace arete {

namespace {

std::uint16_t reversed(std::uint16_t value) { return __builtin_bswap16(value); }
std::uint32_t reversed(std::uint32_t value) { return __builtin_bswap32(value); }
std::uint64_t reversed(std::uint64_t value) { return __builtin_bswap64(value); }

template <typename T>
void reverse_bytes(std::size_t count, const std::byte* from, std::byte* into) {
  for (std::size_t i = 0; i < count; ++i) {
    T value;
    std::memcpy(&value, from + i * sizeof(T), sizeof(T));
    value = reversed(value);
    std::memcpy(into + i * sizeof(T), &value, sizeof(T));
  }
}

}  // namespace

void to_native(std::endian order, std::size_t size, std::size_t count, const std::byte* from,
               std::byte* into) noexcept {
  if (order == std::endian::native || size == 1) {
    if (from != into) std::memmove(into, from, count * size);
  } else if (size == 2) {
    reverse_bytes<std::uint16_t>(count, from, into);
  } else if (size == 4) {
    reverse_bytes<std::uint32_t>(count, from, into);
  } else {
    reverse_bytes<std::uint64_t>(count, from, into);
  }
}

}  // namespace arete
