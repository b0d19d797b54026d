#pragma once

#include <gtest/gtest.h>

// jpeglib.h needs size_t and FILE from here.
#include <cstddef>
#include <cstdio>

#include <jpeglib.h>
#include <spng.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>
#include <vector>

#include "arete/data/image_decode.hpp"
#include "core/expect_error.hpp"
#include "core/temporary_folder.hpp"

/// Small image files and folders of them, for the tests of their readers.
namespace arete::image_files {

using test::error_of;
using test::TemporaryFolder;
using Bytes = std::vector<std::uint8_t>;

/// Makes the folders above it too.
inline std::filesystem::path write_file(const std::filesystem::path& path, const Bytes& bytes) {
  std::filesystem::create_directories(path.parent_path());
  std::ofstream(path, std::ios::binary)
      .write(reinterpret_cast<const char*>(bytes.data()),
             static_cast<std::streamsize>(bytes.size()));
  return path;
}

inline std::filesystem::path write_file(const std::filesystem::path& path, std::string_view text) {
  return write_file(path, Bytes(text.begin(), text.end()));
}

struct PngKind {
  spng_color_type colours = SPNG_COLOR_TYPE_GRAYSCALE;
  std::uint8_t depth = 8;
  std::vector<spng_plte_entry> palette = {};
  bool interlaced = false;
};

/// `raw`: the samples as PNG stores them, 16 bits in the machine's order.
inline Bytes png(std::uint32_t width, std::uint32_t height, const Bytes& raw,
                 const PngKind& kind = {}) {
  spng_ctx* context = spng_ctx_new(SPNG_CTX_ENCODER);
  spng_set_option(context, SPNG_ENCODE_TO_BUFFER, 1);
  spng_ihdr header{width,
                   height,
                   kind.depth,
                   static_cast<std::uint8_t>(kind.colours),
                   0,
                   0,
                   static_cast<std::uint8_t>(kind.interlaced ? 1 : 0)};
  EXPECT_EQ(spng_set_ihdr(context, &header), SPNG_OK);
  if (!kind.palette.empty()) {
    spng_plte palette{};
    palette.n_entries = static_cast<std::uint32_t>(kind.palette.size());
    std::copy(kind.palette.begin(), kind.palette.end(), palette.entries);
    EXPECT_EQ(spng_set_plte(context, &palette), SPNG_OK);
  }
  EXPECT_EQ(spng_encode_image(context, raw.data(), raw.size(), SPNG_FMT_PNG, SPNG_ENCODE_FINALIZE),
            SPNG_OK);
  std::size_t size = 0;
  int status = SPNG_OK;
  auto* bytes = static_cast<std::uint8_t*>(spng_get_png_buffer(context, &size, &status));
  EXPECT_EQ(status, SPNG_OK);
  Bytes result(bytes, bytes + size);
  std::free(bytes);
  spng_ctx_free(context);
  return result;
}

/// A PNG of one grey or RGB image.
inline Bytes png(const Image& image) {
  return png(image.shape.width, image.shape.height, image.pixels,
             {.colours = image.shape.channels == 1 ? SPNG_COLOR_TYPE_GRAYSCALE
                                                   : SPNG_COLOR_TYPE_TRUECOLOR});
}

struct JpegKind {
  J_COLOR_SPACE colours = JCS_RGB;
  bool progressive = false;
  bool arithmetic = false;
  std::size_t metadata = 0;  ///< bytes of comments before the header of the frame
};

/// `raw`: height x width x channels of kind.colours.
inline Bytes jpeg(std::uint32_t width, std::uint32_t height, const Bytes& raw,
                  const JpegKind& kind = {}) {
  jpeg_compress_struct info{};
  jpeg_error_mgr errors{};
  info.err = jpeg_std_error(&errors);
  jpeg_create_compress(&info);
  unsigned char* bytes = nullptr;
  unsigned long size = 0;
  jpeg_mem_dest(&info, &bytes, &size);
  info.image_width = width;
  info.image_height = height;
  info.in_color_space = kind.colours;
  info.input_components = kind.colours == JCS_GRAYSCALE ? 1 : kind.colours == JCS_CMYK ? 4 : 3;
  jpeg_set_defaults(&info);
  jpeg_set_quality(&info, 95, TRUE);
  info.arith_code = kind.arithmetic ? TRUE : FALSE;
  if (kind.progressive) jpeg_simple_progression(&info);
  jpeg_start_compress(&info, TRUE);
  for (std::size_t left = kind.metadata; left > 0;) {
    const Bytes comment(std::min<std::size_t>(left, 60'000));
    jpeg_write_marker(&info, JPEG_COM, comment.data(), static_cast<unsigned>(comment.size()));
    left -= comment.size();
  }
  const std::size_t stride = std::size_t{width} * static_cast<std::size_t>(info.input_components);
  while (info.next_scanline < height) {
    auto* row = const_cast<JSAMPROW>(raw.data() + info.next_scanline * stride);
    jpeg_write_scanlines(&info, &row, 1);
  }
  jpeg_finish_compress(&info);
  jpeg_destroy_compress(&info);
  Bytes result(bytes, bytes + size);
  std::free(bytes);
  return result;
}

/// Values without a pattern, the same each time.
inline Bytes noise(std::size_t size, std::uint32_t seed = 1) {
  Bytes bytes(size);
  for (std::uint8_t& byte : bytes) {
    seed = seed * 1664525U + 1013904223U;
    byte = static_cast<std::uint8_t>(seed >> 24);
  }
  return bytes;
}

}  // namespace arete::image_files
