#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

namespace arete {

/// Width and height in pixels; 1 channel (grey) or 3 (red, green, blue).
struct ImageShape {
  std::uint32_t width = 0;
  std::uint32_t height = 0;
  std::uint32_t channels = 0;
  bool operator==(const ImageShape&) const = default;
};

struct Image {
  ImageShape shape;
  std::vector<std::uint8_t> pixels;  ///< height x width x channels
};

/// The largest width or height of an image, and the most pixels.
inline constexpr std::uint32_t max_image_side = 65'535;
inline constexpr std::uint64_t max_image_pixels = std::uint64_t{1} << 28;

/// Whether the first bytes of `file` are those of a JPEG or PNG file; false for what is not a
/// regular file. Throws Error (input) when it cannot be opened.
[[nodiscard]] bool is_image_file(const std::filesystem::path& file);

/// The shape that decode_image will give, from the header alone. Throws what decode_image throws
/// for a file that is neither JPEG nor PNG, is too large, or has a damaged header.
[[nodiscard]] ImageShape read_image_shape(const std::filesystem::path& file);

/// Decodes a JPEG file (Huffman-coded, 8 bits; grey, YCbCr or RGB; the accurate integer DCT) or a
/// PNG file (any). Palettes become RGB, alpha is dropped, fewer than 8 bits are scaled to 0..255
/// and of 16 bits the upper 8 are kept. Gamma, colour profiles and EXIF orientation are not
/// applied. Throws Error (input) naming the file for anything else and for any damage, also where a
/// decoder could go on with a warning.
[[nodiscard]] Image decode_image(const std::filesystem::path& file);

/// Whether what begins with these bytes, eight or more, is a JPEG or PNG file.
[[nodiscard]] bool is_image(std::span<const std::byte> start) noexcept;

/// The same of a file that lies in memory; `name` is for messages.
[[nodiscard]] Image decode_image(std::span<const std::byte> bytes, const std::string& name);

}  // namespace arete
