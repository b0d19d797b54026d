#include "arete/report/image.hpp"

#include <gtest/gtest.h>
#include <spng.h>

#include <cstdint>
#include <string>
#include <vector>

namespace arete::report {
namespace {

using Bytes = std::vector<std::uint8_t>;

/// The plainest inverse of base64.
Bytes from_base64(const std::string& text) {
  const std::string digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  Bytes bytes;
  unsigned bits = 0;
  int count = 0;
  for (const char c : text) {
    if (c == '=') break;
    bits = bits << 6U | static_cast<unsigned>(digits.find(c));
    count += 6;
    if (count < 8) continue;
    count -= 8;
    bytes.push_back(static_cast<std::uint8_t>(bits >> static_cast<unsigned>(count) & 255U));
  }
  return bytes;
}

Image decoded(const std::string& uri) {
  const std::string begin = "data:image/png;base64,";
  EXPECT_TRUE(uri.starts_with(begin));
  const Bytes png = from_base64(uri.substr(begin.size()));
  spng_ctx* const context = spng_ctx_new(0);
  EXPECT_EQ(spng_set_png_buffer(context, png.data(), png.size()), 0);
  spng_ihdr header{};
  EXPECT_EQ(spng_get_ihdr(context, &header), 0);
  std::size_t size = 0;
  EXPECT_EQ(spng_decoded_image_size(context, SPNG_FMT_RGB8, &size), 0);
  Image image{header.width, header.height, Bytes(size)};
  EXPECT_EQ(spng_decode_image(context, image.rgb.data(), size, SPNG_FMT_RGB8, 0), 0);
  spng_ctx_free(context);
  return image;
}

TEST(Image, LayoutsAreThoseOfImages) {
  using Shape = std::vector<std::size_t>;
  const auto grey = image_layout(Shape{4, 5});
  ASSERT_TRUE(grey);
  EXPECT_EQ(grey->height, 4U);
  EXPECT_EQ(grey->width, 5U);
  EXPECT_EQ(grey->channels, 1U);
  EXPECT_EQ(image_layout(Shape{4, 5, 3})->feature(7, 2), 23U);
  EXPECT_EQ(image_layout(Shape{3, 4, 5})->feature(7, 2), 47U);
  EXPECT_EQ(image_layout(Shape{1, 4, 5})->width, 5U);
  EXPECT_FALSE(image_layout(Shape{20}));
  EXPECT_FALSE(image_layout(Shape{4, 5, 2}));
  EXPECT_FALSE(image_layout(Shape{2, 4, 5, 3}));
}

TEST(Image, RowsGoFromBlackToWhite) {
  const ImageLayout layout{1, 4, 1, false};
  const std::vector<double> row = {-1, 0, 1, 5};
  const Image image = row_image(layout, row, 0, 2);
  EXPECT_EQ(image.rgb, (Bytes{0, 0, 0, 0, 0, 0, 128, 128, 128, 255, 255, 255}));
  // A row of one value has no contrast.
  EXPECT_EQ(row_image({1, 1, 1, false}, std::vector<double>{3}, 3, 3).rgb, (Bytes{0, 0, 0}));
}

TEST(Image, ColoursAreTakenInTheirOrder) {
  const std::vector<double> pixelwise = {1, 2, 3, 4, 5, 6};
  const std::vector<double> planar = {1, 4, 2, 5, 3, 6};
  const Image image = row_image({1, 2, 3, false}, pixelwise, 0, 255);
  EXPECT_EQ(image.rgb, (Bytes{1, 2, 3, 4, 5, 6}));
  EXPECT_EQ(row_image({1, 2, 3, true}, planar, 0, 255).rgb, image.rgb);
}

TEST(Image, WeightsAreBlueWhiteAndRed) {
  const std::vector<double> weights = {-9, -1, 0, 1, 2};
  const Image image = weight_image({1, 5, 1, false}, weights, 2);
  EXPECT_EQ(image.rgb,
            (Bytes{33, 102, 172, 144, 179, 214, 255, 255, 255, 217, 140, 149, 178, 24, 43}));
  // Nothing but zeros: white.
  EXPECT_EQ(weight_image({1, 1, 1, false}, std::vector<double>{0}, 0).rgb, (Bytes{255, 255, 255}));
}

TEST(Image, PngHoldsEveryPixel) {
  for (const std::size_t width : {1, 2, 3, 28}) {  // lengths of base64 with and without padding
    Image image{width, 3, Bytes(9 * width)};
    for (std::size_t i = 0; i < image.rgb.size(); ++i) {
      image.rgb[i] = static_cast<std::uint8_t>(i * 37);
    }
    const Image again = decoded(png_uri(image));
    EXPECT_EQ(again.width, width);
    EXPECT_EQ(again.height, 3U);
    EXPECT_EQ(again.rgb, image.rgb);
  }
}

}  // namespace
}  // namespace arete::report
