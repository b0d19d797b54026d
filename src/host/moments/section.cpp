#include "arete/moments/section.hpp"

#include <bit>

#include "arete/core/checksum.hpp"
#include "arete/core/error.hpp"

namespace arete {

namespace {

static_assert(std::endian::native == std::endian::little, "the file is little-endian");

}  // namespace

void SectionWriter::put_bytes(std::span<const std::byte> bytes) {
  crc_ = checksum(bytes, crc_);
  file_.write(bytes);
}

void SectionWriter::end() { file_.write(std::as_bytes(std::span<const std::uint32_t>(&crc_, 1))); }

void SectionReader::get_bytes(std::span<std::byte> bytes) {
  file_.read(position_, bytes);
  crc_ = checksum(bytes, crc_);
  position_ += bytes.size();
}

std::uint64_t SectionReader::end(std::string_view name) {
  const std::uint32_t computed = crc_;
  const auto stored = get<std::uint32_t>();
  if (stored != computed) {
    fail(ErrorKind::input,
         "{}: {} (bytes {} to {}) is damaged: its CRC is {:08x}, but {:08x} is stored; make the "
         "file again or take another copy",
         file_.path().string(), name, begin_, position_ - 1, computed, stored);
  }
  return position_;
}

}  // namespace arete
