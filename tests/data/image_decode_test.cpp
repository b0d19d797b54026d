#include "arete/data/image_decode.hpp"

#include <gmock/gmock.h>

#include <algorithm>

#include "data/image_files.hpp"

namespace arete {
namespace {

using image_files::Bytes;
using image_files::error_of;
using image_files::jpeg;
using image_files::JpegKind;
using image_files::noise;
using image_files::png;
using image_files::PngKind;
using image_files::write_file;
using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

class ImageDecode : public ::testing::Test {
 protected:
  Image decode(const Bytes& bytes) {
    write_file(file, bytes);
    const Image image = decode_image(file);
    EXPECT_EQ(read_image_shape(file), image.shape);
    return image;
  }
  std::string refusal(const Bytes& bytes) {
    write_file(file, bytes);
    return refusal();
  }
  std::string refusal() {
    const std::string text = error_of(ErrorKind::input, [this] { (void)decode_image(file); });
    EXPECT_THAT(text, HasSubstr(file.string()));
    return text;
  }
  void expect_truncations_refused(const Bytes& bytes) {
    decode(bytes);
    for (std::size_t length = bytes.size(); length-- > 0;) {
      SCOPED_TRACE(length);
      std::filesystem::resize_file(file, length);
      refusal();
    }
  }

  image_files::TemporaryFolder folder;
  std::filesystem::path file = folder / "image";
};

TEST_F(ImageDecode, PngOfGreyAndRgbIsExact) {
  const Bytes grey = noise(35);
  const Image grey_image = decode(png(7, 5, grey));
  EXPECT_EQ(grey_image.shape, (ImageShape{7, 5, 1}));
  EXPECT_EQ(grey_image.pixels, grey);

  const Bytes rgb = noise(105);
  for (const bool interlaced : {false, true}) {
    const Image image =
        decode(png(7, 5, rgb, {.colours = SPNG_COLOR_TYPE_TRUECOLOR, .interlaced = interlaced}));
    EXPECT_EQ(image.shape, (ImageShape{7, 5, 3}));
    EXPECT_EQ(image.pixels, rgb);
  }
}

TEST_F(ImageDecode, PngLosesAlphaPaletteAndDepth) {
  const PngKind rgba{.colours = SPNG_COLOR_TYPE_TRUECOLOR_ALPHA};
  EXPECT_THAT(decode(png(2, 1, {1, 2, 3, 0, 4, 5, 6, 128}, rgba)).pixels,
              ElementsAre(1, 2, 3, 4, 5, 6));
  const PngKind grey_alpha{.colours = SPNG_COLOR_TYPE_GRAYSCALE_ALPHA};
  const Image grey = decode(png(2, 1, {9, 0, 200, 128}, grey_alpha));
  EXPECT_EQ(grey.shape.channels, 1U);
  EXPECT_THAT(grey.pixels, ElementsAre(9, 200));
  const PngKind palette{.colours = SPNG_COLOR_TYPE_INDEXED,
                        .palette = {{10, 20, 30, 255}, {40, 50, 60, 255}}};
  EXPECT_THAT(decode(png(3, 1, {1, 0, 1}, palette)).pixels,
              ElementsAre(40, 50, 60, 10, 20, 30, 40, 50, 60));
  // 0x12FF and 0x8000, little-endian here as on every machine this is built for.
  EXPECT_THAT(decode(png(2, 1, {0xFF, 0x12, 0x00, 0x80}, {.depth = 16})).pixels,
              ElementsAre(0x12, 0x80));
  EXPECT_THAT(decode(png(8, 1, {0b10110001}, {.depth = 1})).pixels,
              ElementsAre(255, 0, 255, 255, 0, 0, 0, 255));
}

TEST_F(ImageDecode, JpegOfFlatColour) {
  const Image grey = decode(jpeg(9, 4, Bytes(36, 77), {.colours = JCS_GRAYSCALE}));
  EXPECT_EQ(grey.shape, (ImageShape{9, 4, 1}));
  EXPECT_THAT(grey.pixels, Each(77));
  const Image rgb = decode(jpeg(9, 4, Bytes(108, 200)));
  EXPECT_EQ(rgb.shape, (ImageShape{9, 4, 3}));
  EXPECT_THAT(rgb.pixels, Each(200));

  Bytes orange;
  for (int i = 0; i < 36; ++i) orange.insert(orange.end(), {230, 120, 20});
  const Image colours = decode(jpeg(9, 4, orange));
  for (std::size_t i = 0; i < orange.size(); ++i) EXPECT_NEAR(colours.pixels[i], orange[i], 3);
}

TEST_F(ImageDecode, JpegIsNearItsSourceInAnyForm) {
  Bytes ramp(32 * 16 * 3);
  for (std::size_t i = 0; i < ramp.size(); ++i) {
    ramp[i] = static_cast<std::uint8_t>(i / 3 % 32 * 8);
  }
  for (const JpegKind& kind :
       {JpegKind{}, JpegKind{.progressive = true}, JpegKind{.metadata = 200'000}}) {
    const Image image = decode(jpeg(32, 16, ramp, kind));
    ASSERT_EQ(image.pixels.size(), ramp.size());
    for (std::size_t i = 0; i < ramp.size(); ++i) EXPECT_NEAR(image.pixels[i], ramp[i], 6) << i;
  }
}

TEST_F(ImageDecode, BytesAfterTheImageAreIgnored) {
  Bytes bytes = jpeg(8, 8, noise(192));
  bytes.insert(bytes.end(), 100, 0xAB);
  decode(bytes);
  bytes = png(8, 8, noise(64));
  bytes.insert(bytes.end(), 100, 0xAB);
  decode(bytes);
}

TEST_F(ImageDecode, RefusesEveryTruncation) {
  expect_truncations_refused(jpeg(24, 20, noise(1440)));
  expect_truncations_refused(jpeg(24, 20, noise(1440), {.progressive = true}));
  expect_truncations_refused(jpeg(8, 8, Bytes(64, 3), {.colours = JCS_GRAYSCALE}));
  expect_truncations_refused(png(9, 7, noise(63)));
  expect_truncations_refused(png(9, 7, noise(63), {.interlaced = true}));
}

TEST_F(ImageDecode, EveryDamagedByteOfAPngIsFound) {
  const Bytes whole = png(5, 4, noise(20));
  for (std::size_t i = 0; i < whole.size(); ++i) {
    SCOPED_TRACE(i);
    Bytes bytes = whole;
    bytes[i] ^= static_cast<std::uint8_t>(1U << (i % 8));
    refusal(bytes);
  }
}

TEST_F(ImageDecode, DamagedJpegsDecodeOrAreRefused) {
  const Bytes whole = jpeg(16, 16, noise(768), {.progressive = true});
  std::size_t refused = 0;
  for (std::size_t i = 0; i < whole.size(); ++i) {
    Bytes bytes = whole;
    bytes[i] ^= static_cast<std::uint8_t>(1U << (i % 8));
    write_file(file, bytes);
    try {
      (void)decode_image(file);
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::input) << error.what();
      ++refused;
    }
  }
  EXPECT_GT(refused, whole.size() / 4);
}

TEST_F(ImageDecode, RefusesWhatItDoesNotRead) {
  EXPECT_THAT(refusal({}), HasSubstr("is empty"));
  EXPECT_THAT(refusal({'G', 'I', 'F', '8'}), HasSubstr("47 49 46 38"));
  EXPECT_THAT(refusal(jpeg(8, 8, noise(256), {.colours = JCS_CMYK})), HasSubstr("CMYK"));
  EXPECT_THAT(refusal(jpeg(8, 8, noise(192), {.arithmetic = true})), HasSubstr("arithmetic"));
  EXPECT_THAT(error_of(ErrorKind::input, [this] { (void)decode_image(folder / "none"); }),
              HasSubstr("none"));
}

TEST_F(ImageDecode, RefusesSizesBeforeAllocatingThem) {
  Bytes bytes = jpeg(8, 8, noise(192));
  const Bytes start_of_frame = {0xFF, 0xC0};
  const auto frame =
      std::search(bytes.begin(), bytes.end(), start_of_frame.begin(), start_of_frame.end());
  ASSERT_NE(frame, bytes.end());
  frame[5] = 0x20;  // height 8,200
  frame[7] = 0x20;  // width 8,200
  EXPECT_THAT(refusal(bytes), HasSubstr("too few for the 8200x8200 pixels"));
  frame[5] = 0xF0;
  frame[7] = 0xF0;
  EXPECT_THAT(refusal(bytes), HasSubstr("make it smaller"));
  EXPECT_THAT(error_of(ErrorKind::input, [this] { (void)read_image_shape(file); }),
              HasSubstr("make it smaller"));
}

TEST_F(ImageDecode, RecognisesImagesByTheirFirstBytes) {
  EXPECT_TRUE(is_image_file(write_file(folder / "a.txt", jpeg(8, 8, noise(192)))));
  EXPECT_TRUE(is_image_file(write_file(folder / "b", png(2, 2, noise(4)))));
  EXPECT_FALSE(is_image_file(write_file(folder / "c.jpg", "text")));
  EXPECT_FALSE(is_image_file(write_file(folder / "d.png", "")));
  EXPECT_FALSE(is_image_file(folder.path()));
  EXPECT_FALSE(is_image_file(folder / "none"));
}

}  // namespace
}  // namespace arete
