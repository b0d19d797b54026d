#include "arete/data/image_preprocess.hpp"

#include <gmock/gmock.h>

namespace arete {
namespace {

using ::testing::ElementsAre;

Preprocessing binarising(std::uint8_t threshold) {
  Preprocessing preprocessing;
  preprocessing.binarise = threshold;
  return preprocessing;
}

TEST(ImagePreprocess, LumaIsThatOfBt601) {
  const Image colours{{5, 1, 3}, {255, 0, 0, 0, 255, 0, 0, 0, 255, 255, 255, 255, 1, 2, 3}};
  const Image grey = to_grayscale(colours);
  EXPECT_EQ(grey.shape, (ImageShape{5, 1, 1}));
  EXPECT_THAT(grey.pixels, ElementsAre(76, 150, 29, 255, 2));  // 76.245, 149.685, 29.07, 255, 1.815
  EXPECT_EQ(to_grayscale(grey).pixels, grey.pixels);
}

TEST(ImagePreprocess, GreyIsRepeatedInThreeChannels) {
  const Image rgb = to_rgb({{2, 1, 1}, {7, 8}});
  EXPECT_EQ(rgb.shape, (ImageShape{2, 1, 3}));
  EXPECT_THAT(rgb.pixels, ElementsAre(7, 7, 7, 8, 8, 8));
  EXPECT_EQ(to_rgb(rgb).pixels, rgb.pixels);
}

TEST(ImagePreprocess, BinarisesAboveTheThreshold) {
  EXPECT_THAT(preprocess({{4, 1, 1}, {0, 127, 128, 255}}, binarising(127)).pixels,
              ElementsAre(0, 0, 1, 1));
  EXPECT_THAT(preprocess({{3, 1, 1}, {0, 1, 255}}, binarising(0)).pixels, ElementsAre(0, 1, 1));
  EXPECT_THAT(preprocess({{2, 1, 1}, {0, 255}}, binarising(255)).pixels, ElementsAre(0, 0));
}

TEST(ImagePreprocess, ResizesLumaAndThenBinarises) {
  // Luma 76 and 29: their mean 52.5 becomes 53. Averaging first would give 52 for (128, 0, 128).
  const Image image{{2, 1, 3}, {255, 0, 0, 0, 0, 255}};
  Preprocessing resized;
  resized.grayscale = true;
  resized.image_size = {{1, 1}};
  EXPECT_THAT(preprocess(image, resized).pixels, ElementsAre(53));
  Preprocessing binarised = resized;
  binarised.binarise = 52;
  EXPECT_THAT(preprocess(image, binarised).pixels, ElementsAre(1));
  binarised.binarise = 53;
  EXPECT_THAT(preprocess(image, binarised).pixels, ElementsAre(0));
}

TEST(ImagePreprocess, DoesNothingUnasked) {
  const Image image{{1, 2, 3}, {1, 2, 3, 4, 5, 6}};
  EXPECT_EQ(preprocess(image, {}).pixels, image.pixels);
}

}  // namespace
}  // namespace arete
