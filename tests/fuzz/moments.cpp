#include "arete/moments/moments_file.hpp"

#include <cstring>
#include <span>
#include <vector>

#include "arete/core/checksum.hpp"
#include "fuzz/fuzz.hpp"

namespace {

constexpr std::size_t fields_at = 16;  // docs/moments-file.md
constexpr std::size_t crc_size = 4;

void read(std::span<const std::uint8_t> bytes) {
  const arete::fuzz::MemoryFile file(bytes.data(), bytes.size());
  arete::fuzz::attempt([&] {
    static_cast<void>(arete::rows_of_moments(file.path()));
    static_cast<void>(arete::read_moments(file.path()));
  });
}

void put_crc(std::span<std::uint8_t> section) {
  const auto content = section.first(section.size() - crc_size);
  const std::uint32_t crc = arete::checksum_of(std::span<const std::uint8_t>(content));
  std::memcpy(section.data() + content.size(), &crc, crc_size);
}

}  // namespace

/// A moments file; a piece of a checkpoint is one too. It is read as it is, and with checksums made
/// right, of its header and of all that follows as one part: few inputs would come past them
/// otherwise.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::vector<std::uint8_t> bytes(data, data + size);
  read(bytes);
  if (size < fields_at + crc_size) return 0;
  std::uint32_t fields = 0;
  std::memcpy(&fields, data + fields_at - sizeof fields, sizeof fields);
  const std::size_t header = fields_at + fields + crc_size;
  if (header + crc_size > size) return 0;
  put_crc(std::span(bytes).first(header));
  put_crc(std::span(bytes).subspan(header));
  read(bytes);
  return 0;
}
