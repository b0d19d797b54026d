#include "arete/report/image.hpp"

#include <spng.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>
#include <memory>
#include <string_view>

#include "arete/core/error.hpp"

namespace arete::report {

namespace {

using Colour = std::array<double, 3>;

// The ends of ColorBrewer's diverging scheme RdBu, which those who are colour-blind can read.
constexpr Colour most_negative = {33, 102, 172};
constexpr Colour most_positive = {178, 24, 43};
constexpr double white = 255;

std::uint8_t to_byte(double value) {
  return static_cast<std::uint8_t>(std::lround(std::clamp(value, 0.0, white)));
}

/// 0 to 1 for low to high.
double position(double value, double low, double high) {
  return high > low ? std::clamp((value - low) / (high - low), 0.0, 1.0) : 0.0;
}

Image blank(const ImageLayout& layout) {
  return {layout.width, layout.height, std::vector<std::uint8_t>(3 * layout.pixels())};
}

void free_png(spng_ctx* context) { spng_ctx_free(context); }

void check_png(int status) {
  if (status != 0)
    fail(ErrorKind::resource, "an image cannot be encoded: {}", spng_strerror(status));
}

std::string base64(std::span<const std::uint8_t> bytes) {
  constexpr std::string_view digits =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string text;
  text.reserve((bytes.size() + 2) / 3 * 4);
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    const std::size_t count = std::min<std::size_t>(3, bytes.size() - i);
    std::uint32_t group = 0;
    for (std::size_t j = 0; j < 3; ++j) group = group << 8U | (j < count ? bytes[i + j] : 0U);
    for (std::size_t j = 0; j < 4; ++j) {
      text += j <= count ? digits[group >> (18U - 6U * j) & 63U] : '=';
    }
  }
  return text;
}

}  // namespace

std::optional<ImageLayout> image_layout(std::span<const std::size_t> shape) {
  const auto is_channels = [](std::size_t extent) { return extent == 1 || extent == 3; };
  if (shape.size() == 2) return ImageLayout{shape[0], shape[1], 1, false};
  if (shape.size() != 3) return std::nullopt;
  if (is_channels(shape[2])) return ImageLayout{shape[0], shape[1], shape[2], false};
  if (is_channels(shape[0])) return ImageLayout{shape[1], shape[2], shape[0], true};
  return std::nullopt;
}

Image row_image(const ImageLayout& layout, std::span<const double> row, double low, double high) {
  Image image = blank(layout);
  for (std::size_t pixel = 0; pixel < layout.pixels(); ++pixel) {
    for (std::size_t colour = 0; colour < 3; ++colour) {
      const std::size_t channel = layout.channels == 1 ? 0 : colour;
      const double value = row[layout.feature(pixel, channel)];
      image.rgb[3 * pixel + colour] = to_byte(white * position(value, low, high));
    }
  }
  return image;
}

Image weight_image(const ImageLayout& layout, std::span<const double> weights, double scale) {
  Image image = blank(layout);
  for (std::size_t pixel = 0; pixel < layout.pixels(); ++pixel) {
    for (std::size_t colour = 0; colour < 3; ++colour) {
      std::uint8_t& byte = image.rgb[3 * pixel + colour];
      if (layout.channels == 3) {
        byte = to_byte(white * position(weights[layout.feature(pixel, colour)], -scale, scale));
        continue;
      }
      const double weight = weights[layout.feature(pixel, 0)];
      const double share = position(std::abs(weight), 0, scale);
      const double end = (weight < 0 ? most_negative : most_positive)[colour];
      byte = to_byte(white + share * (end - white));
    }
  }
  return image;
}

std::string png_uri(const Image& image) {
  const std::unique_ptr<spng_ctx, void (*)(spng_ctx*)> context(spng_ctx_new(SPNG_CTX_ENCODER),
                                                               free_png);
  if (context == nullptr) fail(ErrorKind::resource, "an image cannot be encoded: out of memory");
  check_png(spng_set_option(context.get(), SPNG_ENCODE_TO_BUFFER, 1));
  spng_ihdr header{};
  header.width = static_cast<std::uint32_t>(image.width);
  header.height = static_cast<std::uint32_t>(image.height);
  header.bit_depth = 8;
  header.color_type = SPNG_COLOR_TYPE_TRUECOLOR;
  check_png(spng_set_ihdr(context.get(), &header));
  check_png(spng_encode_image(context.get(), image.rgb.data(), image.rgb.size(), SPNG_FMT_PNG,
                              SPNG_ENCODE_FINALIZE));
  std::size_t size = 0;
  int status = 0;
  const std::unique_ptr<void, void (*)(void*)> bytes(
      spng_get_png_buffer(context.get(), &size, &status), std::free);
  check_png(status);
  return "data:image/png;base64," + base64({static_cast<const std::uint8_t*>(bytes.get()), size});
}

}  // namespace arete::report
