#include "arete/data/image_resize.hpp"

#include <gmock/gmock.h>

#include <numeric>

#include "arete/core/error.hpp"
#include "data/image_files.hpp"

namespace arete {
namespace {

using image_files::Bytes;
using image_files::noise;
using ::testing::Each;
using ::testing::ElementsAre;

Bytes resized(const Image& image, std::uint32_t width, std::uint32_t height) {
  const Image result = resize_area(image, width, height);
  EXPECT_EQ(result.shape, (ImageShape{width, height, image.shape.channels}));
  return result.pixels;
}

/// The header's formula, pixel by pixel.
Bytes by_formula(const Image& image, std::int64_t target_width, std::int64_t target_height) {
  const auto overlap = [](std::int64_t source, std::int64_t sources, std::int64_t target,
                          std::int64_t targets) {
    return std::max<std::int64_t>(0, std::min((source + 1) * targets, (target + 1) * sources) -
                                         std::max(source * targets, target * sources));
  };
  const std::int64_t width = image.shape.width;
  const std::int64_t height = image.shape.height;
  const std::int64_t channels = image.shape.channels;
  Bytes result;
  for (std::int64_t i = 0; i < target_height * target_width * channels; ++i) {
    std::int64_t sum = 0;
    for (std::int64_t y = 0; y < height; ++y) {
      for (std::int64_t x = 0; x < width; ++x) {
        sum += overlap(y, height, i / channels / target_width, target_height) *
               overlap(x, width, i / channels % target_width, target_width) *
               image.pixels[static_cast<std::size_t>((y * width + x) * channels + i % channels)];
      }
    }
    result.push_back(static_cast<std::uint8_t>((sum + width * height / 2) / (width * height)));
  }
  return result;
}

TEST(ImageResize, KnownValues) {
  EXPECT_THAT(resized({{2, 2, 1}, {1, 2, 3, 4}}, 1, 1), ElementsAre(3));  // 2.5 rounds up
  EXPECT_THAT(resized({{2, 2, 1}, {1, 2, 3, 3}}, 1, 1), ElementsAre(2));  // 2.25
  EXPECT_THAT(resized({{3, 1, 1}, {0, 90, 240}}, 2, 1), ElementsAre(30, 190));
  EXPECT_THAT(resized({{1, 3, 1}, {0, 90, 240}}, 1, 2), ElementsAre(30, 190));
  EXPECT_THAT(resized({{2, 1, 1}, {10, 40}}, 3, 1), ElementsAre(10, 25, 40));
  EXPECT_THAT(resized({{2, 1, 1}, {7, 9}}, 4, 2), ElementsAre(7, 7, 9, 9, 7, 7, 9, 9));
  EXPECT_THAT(resized({{2, 1, 3}, {1, 10, 100, 3, 20, 200}}, 1, 1), ElementsAre(2, 15, 150));
}

TEST(ImageResize, FollowsItsFormulaForAnySizes) {
  for (const std::uint32_t channels : {1U, 3U}) {
    const Image image{{7, 5, channels}, noise(std::size_t{35} * channels)};
    for (std::uint32_t width = 1; width <= 15; ++width) {
      for (const std::uint32_t height : {1U, 3U, 5U, 6U, 11U}) {
        EXPECT_EQ(resized(image, width, height), by_formula(image, width, height))
            << width << "x" << height;
      }
    }
  }
}

TEST(ImageResize, TheSameSizeIsTheSameImage) {
  const Image image{{6, 4, 3}, noise(72)};
  EXPECT_EQ(resized(image, 6, 4), image.pixels);
}

TEST(ImageResize, FlatImagesStayFlat) {
  for (const std::uint8_t value : {0, 1, 254, 255}) {
    EXPECT_THAT(resized({{100, 100, 1}, Bytes(10'000, value)}, 60, 40), Each(value));
    EXPECT_THAT(resized({{13, 17, 3}, Bytes(663, value)}, 31, 29), Each(value));
  }
}

TEST(ImageResize, TheMeanIsKept) {
  // Each target pixel is the mean of 24 multiples of 24: an integer, so that nothing is rounded.
  Bytes pixels = noise(24 * 24);
  for (std::uint8_t& pixel : pixels) pixel = static_cast<std::uint8_t>(pixel / 24 * 24);
  const Bytes result = resized({{24, 24, 1}, pixels}, 6, 4);
  EXPECT_EQ(std::accumulate(pixels.begin(), pixels.end(), 0),
            24 * std::accumulate(result.begin(), result.end(), 0));
}

TEST(ImageResize, TheLargestSumsDoNotOverflow) {
  EXPECT_THAT(resized({{65'535, 1, 1}, Bytes(65'535, 255)}, 65'534, 1), Each(255));
  EXPECT_THAT(resized({{1, 65'535, 1}, Bytes(65'535, 255)}, 1, 65'534), Each(255));
  EXPECT_THAT(resized({{4'096, 4'096, 1}, Bytes(std::size_t{1} << 24, 255)}, 1, 1), Each(255));
}

TEST(ImageResize, RefusesImpossibleSizes) {
  const Image image{{1, 1, 1}, {0}};
  for (const auto& [width, height] :
       {std::pair{0U, 1U}, {1U, 0U}, {65'536U, 1U}, {65'535U, 65'535U}}) {
    image_files::error_of(ErrorKind::usage, [&, width = width, height = height] {
      (void)resize_area(image, width, height);
    });
  }
}

}  // namespace
}  // namespace arete
