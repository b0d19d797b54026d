#include "arete/data/image_decode.hpp"

// jpeglib.h needs size_t and FILE from here.
#include <cstddef>
#include <cstdio>

#include <jpeglib.h>
#include <spng.h>

#include <algorithm>
#include <array>
#include <csetjmp>
#include <memory>
#include <span>
#include <string>

#include "arete/core/error.hpp"
#include "arete/core/file.hpp"

namespace arete {

namespace {

using Bytes = std::span<const std::byte>;

/// Where an encoded image comes from.
struct Origin {
  std::string name;        ///< for messages
  std::uint64_t size = 0;  ///< bytes of the whole of it
};

constexpr std::array<unsigned char, 3> jpeg_signature = {0xFF, 0xD8, 0xFF};
constexpr std::array<unsigned char, 8> png_signature = {0x89, 'P',  'N',  'G',
                                                        '\r', '\n', 0x1A, '\n'};

/// The chunk that ends a PNG file: no data, "IEND", its CRC.
constexpr std::array<unsigned char, 12> png_end = {0,   0,   0,    0,    'I',  'E',
                                                   'N', 'D', 0xAE, 0x42, 0x60, 0x82};

/// Most headers lie within so many bytes; what precedes them is metadata.
constexpr std::uint64_t header_bytes = std::uint64_t{1} << 16;

/// An ancillary PNG chunk (text, colour profile) may be as large as this, and all of them together.
constexpr std::size_t png_chunk_limit = std::size_t{1} << 26;

/// A progressive JPEG has about ten scans. A file of thousands takes hours to decode.
constexpr int jpeg_scan_limit = 500;

enum class Format : std::uint8_t { neither, jpeg, png };

template <std::size_t Size>
bool begins_with(Bytes bytes, const std::array<unsigned char, Size>& signature) {
  return bytes.size() >= Size &&
         std::ranges::equal(bytes.first(Size), std::as_bytes(std::span(signature)));
}

Format format_of(Bytes bytes) {
  if (begins_with(bytes, jpeg_signature)) return Format::jpeg;
  if (begins_with(bytes, png_signature)) return Format::png;
  return Format::neither;
}

std::vector<std::byte> read_front(const InputFile& file, std::uint64_t length) {
  std::vector<std::byte> bytes(std::min(length, file.size()));
  file.read(0, bytes);
  return bytes;
}

[[noreturn]] void fail_unknown(const Origin& file, Bytes bytes) {
  if (bytes.empty()) {
    fail(ErrorKind::input, "{}: is empty, but a JPEG or PNG image was expected", file.name);
  }
  std::string found;
  for (const std::byte byte : bytes.first(std::min<std::size_t>(bytes.size(), 8))) {
    found += fmt::format(" {:02x}", static_cast<unsigned>(byte));
  }
  fail(ErrorKind::input, "{}: is neither a JPEG nor a PNG image: it begins with the bytes{}",
       file.name, found);
}

/// `bits_per_byte`: to how many bits of pixels one byte of the file can at most decode.
void check_shape(const Origin& file, const ImageShape& shape, std::uint64_t pixel_bits,
                 std::uint64_t bits_per_byte) {
  const std::uint64_t pixels = std::uint64_t{shape.width} * shape.height;
  if (shape.width > max_image_side || shape.height > max_image_side || pixels > max_image_pixels) {
    fail(ErrorKind::input,
         "{}: is {}x{} pixels; at most {} on a side and {} in all can be read; make it smaller",
         file.name, shape.width, shape.height, max_image_side, max_image_pixels);
  }
  if (pixels * pixel_bits / bits_per_byte > file.size) {
    fail(ErrorKind::input, "{}: is damaged: {} bytes are too few for the {}x{} pixels it announces",
         file.name, file.size, shape.width, shape.height);
  }
}

// ---- JPEG ----

/// libjpeg reports errors by a call that must not return: it jumps back to `escape`.
struct JpegReader {
  jpeg_decompress_struct info{};
  jpeg_error_mgr errors{};
  jpeg_progress_mgr progress{};
  std::jmp_buf escape{};
  std::array<char, JMSG_LENGTH_MAX> message{};

  JpegReader();
  ~JpegReader() { jpeg_destroy_decompress(&info); }
  JpegReader(const JpegReader&) = delete;
  JpegReader& operator=(const JpegReader&) = delete;
};

JpegReader& reader_of(j_common_ptr info) { return *static_cast<JpegReader*>(info->client_data); }

[[noreturn]] void give_up(j_common_ptr info) {
  JpegReader& reader = reader_of(info);
  info->err->format_message(info, reader.message.data());
  std::longjmp(reader.escape, 1);
}

void refuse_warnings(j_common_ptr info, int level) {
  if (level < 0) give_up(info);
}

void limit_scans(j_common_ptr info) {
  JpegReader& reader = reader_of(info);
  if (reader.info.input_scan_number <= jpeg_scan_limit) return;
  fmt::format_to_n(reader.message.data(), reader.message.size() - 1, "more than {} scans",
                   jpeg_scan_limit);
  std::longjmp(reader.escape, 1);
}

JpegReader::JpegReader() {
  info.err = jpeg_std_error(&errors);
  info.client_data = this;
  errors.error_exit = give_up;
  errors.emit_message = refuse_warnings;
  progress.progress_monitor = limit_scans;
}

/// Runs calls of libjpeg; false when it gave up, with the reason in reader.message. `calls` must
/// not own anything: the jump passes over destructors.
template <typename Calls>
bool guarded(JpegReader& reader, const Calls& calls) {
  if (setjmp(reader.escape) != 0) return false;
  calls();
  return true;
}

bool open_jpeg(JpegReader& reader, Bytes bytes) {
  return guarded(reader, [&reader, bytes] {
    jpeg_create_decompress(&reader.info);
    reader.info.progress = &reader.progress;
    jpeg_mem_src(&reader.info, reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size());
    jpeg_read_header(&reader.info, TRUE);
  });
}

[[noreturn]] void fail_jpeg(const Origin& file, const JpegReader& reader) {
  fail(ErrorKind::input, "{}: cannot be decoded as JPEG: {}", file.name, reader.message.data());
}

/// Of an open reader.
ImageShape jpeg_shape(const Origin& file, const JpegReader& reader) {
  const jpeg_decompress_struct& info = reader.info;
  const J_COLOR_SPACE colours = info.jpeg_color_space;
  if (colours != JCS_GRAYSCALE && colours != JCS_YCbCr && colours != JCS_RGB) {
    fail(ErrorKind::input,
         "{}: is a JPEG of {} colours{}; grey and RGB are read; convert it to RGB", file.name,
         info.num_components, colours == JCS_CMYK || colours == JCS_YCCK ? " (CMYK)" : "");
  }
  if (info.arith_code != 0) {
    fail(ErrorKind::input, "{}: is an arithmetic-coded JPEG; Huffman-coded ones are read",
         file.name);
  }
  const ImageShape shape{info.image_width, info.image_height, colours == JCS_GRAYSCALE ? 1U : 3U};
  // The shortest Huffman code is one bit, and each block of 8 x 8 pixels has one for its mean.
  check_shape(file, shape, 1, std::uint64_t{64} * 8);
  return shape;
}

Image decode_jpeg(const Origin& file, Bytes bytes) {
  JpegReader reader;
  if (!open_jpeg(reader, bytes)) fail_jpeg(file, reader);
  Image image{jpeg_shape(file, reader), {}};
  const std::size_t stride = std::size_t{image.shape.width} * image.shape.channels;
  image.pixels.resize(stride * image.shape.height);
  const bool decoded = guarded(reader, [&reader, &image, stride] {
    jpeg_decompress_struct& info = reader.info;
    info.out_color_space = image.shape.channels == 1 ? JCS_GRAYSCALE : JCS_RGB;
    info.dct_method = JDCT_ISLOW;
    jpeg_start_decompress(&info);
    while (info.output_scanline < info.output_height) {
      JSAMPROW row = image.pixels.data() + info.output_scanline * stride;
      jpeg_read_scanlines(&info, &row, 1);
    }
    jpeg_finish_decompress(&info);
  });
  if (!decoded) fail_jpeg(file, reader);
  return image;
}

// ---- PNG ----

struct FreePng {
  void operator()(spng_ctx* context) const noexcept { spng_ctx_free(context); }
};
using PngReader = std::unique_ptr<spng_ctx, FreePng>;

void check_png(const Origin& file, int status) {
  if (status == SPNG_OK) return;
  fail(ErrorKind::input, "{}: cannot be decoded as PNG: {}", file.name, spng_strerror(status));
}

PngReader open_png(const Origin& file, Bytes bytes) {
  PngReader reader(spng_ctx_new(0));
  if (!reader) {
    fail(ErrorKind::resource, "{}: no memory for a PNG decoder", file.name);
  }
  check_png(file, spng_set_crc_action(reader.get(), SPNG_CRC_ERROR, SPNG_CRC_ERROR));
  check_png(file, spng_set_chunk_limits(reader.get(), png_chunk_limit, png_chunk_limit));
  check_png(file, spng_set_png_buffer(reader.get(), bytes.data(), bytes.size()));
  return reader;
}

ImageShape png_shape(const Origin& file, spng_ctx* reader) {
  spng_ihdr header{};
  check_png(file, spng_get_ihdr(reader, &header));
  const bool grey = header.color_type == SPNG_COLOR_TYPE_GRAYSCALE ||
                    header.color_type == SPNG_COLOR_TYPE_GRAYSCALE_ALPHA;
  const ImageShape shape{header.width, header.height, grey ? 1U : 3U};
  // Deflate expands to at most 1032 times its size.
  check_shape(file, shape, header.bit_depth, std::uint64_t{1032} * 8);
  return shape;
}

Image decode_png(const Origin& file, Bytes bytes) {
  const PngReader reader = open_png(file, bytes);
  Image image{png_shape(file, reader.get()), {}};
  // RGB8 is the one format that libspng decodes everything to.
  image.pixels.resize(std::size_t{image.shape.width} * image.shape.height * 3);
  check_png(file, spng_decode_image(reader.get(), image.pixels.data(), image.pixels.size(),
                                    SPNG_FMT_RGB8, 0));
  check_png(file, spng_decode_chunks(reader.get()));
  // libspng does not mind a file that ends within its last chunk.
  const auto end = std::as_bytes(std::span(png_end));
  if (std::search(bytes.begin(), bytes.end(), end.begin(), end.end()) == bytes.end()) {
    fail(ErrorKind::input, "{}: cannot be decoded as PNG: its end is missing", file.name);
  }
  if (image.shape.channels == 1) {
    const std::size_t pixels = image.pixels.size() / 3;
    for (std::size_t i = 0; i < pixels; ++i) image.pixels[i] = image.pixels[3 * i];
    image.pixels.resize(pixels);
  }
  return image;
}

/// `read_all` gives the whole file, for a header that `bytes`, its front, does not hold entirely.
template <typename ReadAll>
ImageShape shape_of(const Origin& file, Bytes bytes, const ReadAll& read_all) {
  switch (format_of(bytes)) {
    case Format::png:
      return png_shape(file, open_png(file, bytes).get());
    case Format::jpeg: {
      JpegReader reader;
      if (open_jpeg(reader, bytes)) return jpeg_shape(file, reader);
      if (bytes.size() < file.size) return shape_of(file, read_all(), read_all);
      fail_jpeg(file, reader);
    }
    case Format::neither:
      break;
  }
  fail_unknown(file, bytes);
}

}  // namespace

bool is_image_file(const std::filesystem::path& file) {
  if (!is_file(file)) return false;
  const std::vector<std::byte> front = read_front(InputFile(file), png_signature.size());
  return is_image(front);
}

bool is_image(std::span<const std::byte> start) noexcept {
  return format_of(start) != Format::neither;
}

ImageShape read_image_shape(const std::filesystem::path& path) {
  const InputFile file(path);
  const std::vector<std::byte> front = read_front(file, header_bytes);
  std::vector<std::byte> all;
  return shape_of({path.string(), file.size()}, front, [&] {
    all = read_front(file, file.size());
    return Bytes(all);
  });
}

Image decode_image(const std::filesystem::path& path) {
  const InputFile file(path);
  return decode_image(read_front(file, file.size()), path.string());
}

Image decode_image(std::span<const std::byte> bytes, const std::string& name) {
  const Origin origin{name, bytes.size()};
  switch (format_of(bytes)) {
    case Format::jpeg:
      return decode_jpeg(origin, bytes);
    case Format::png:
      return decode_png(origin, bytes);
    case Format::neither:
      break;
  }
  fail_unknown(origin, bytes);
}

}  // namespace arete
