#include "arete/data/image_decode.hpp"

#include <span>
#include <vector>

#include "arete/core/checksum.hpp"
#include "fuzz/fuzz.hpp"

namespace {

constexpr std::size_t png_signature = 8;
constexpr std::size_t png_frame = 12;  // of a chunk: its length, its type, its CRC
constexpr std::uint64_t most_pixels =
    1 << 16;  // a large image takes as long as thousands of small ones

std::uint32_t big_endian(std::span<const std::uint8_t> bytes) {
  return std::uint32_t{bytes[0]} << 24U | std::uint32_t{bytes[1]} << 16U |
         std::uint32_t{bytes[2]} << 8U | bytes[3];
}

/// The CRCs of a PNG file's chunks, made right as far as its chunks are whole.
void put_crcs(std::span<std::uint8_t> bytes) {
  if (bytes.size() < png_signature) return;
  std::span<std::uint8_t> rest = bytes.subspan(png_signature);
  while (rest.size() >= png_frame) {
    const std::size_t length = big_endian(rest);
    if (length > rest.size() - png_frame) return;
    const auto content = rest.subspan(4, length + 4);
    const std::uint32_t crc = arete::checksum_of(std::span<const std::uint8_t>(content));
    for (std::size_t i = 0; i < 4; ++i) {
      rest[length + 8 + i] = static_cast<std::uint8_t>(crc >> (24U - 8U * i));
    }
    rest = rest.subspan(length + png_frame);
  }
}

void decode(std::span<const std::uint8_t> bytes) {
  const arete::fuzz::MemoryFile file(bytes.data(), bytes.size());
  arete::fuzz::attempt([&] {
    const arete::ImageShape shape = arete::read_image_shape(file.path());
    if (std::uint64_t{shape.width} * shape.height > most_pixels) return;
    static_cast<void>(arete::decode_image(std::as_bytes(bytes), "image"));
  });
}

}  // namespace

/// A JPEG or PNG image, as it is and, as PNG, with checksums made right.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::vector<std::uint8_t> bytes(data, data + size);
  decode(bytes);
  put_crcs(bytes);
  decode(bytes);
  return 0;
}
