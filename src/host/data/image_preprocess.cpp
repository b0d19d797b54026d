#include "arete/data/image_preprocess.hpp"

#include <cstddef>
#include <utility>

#include "arete/core/error.hpp"
#include "arete/data/image_resize.hpp"

namespace arete {

Image to_grayscale(Image image) {
  if (image.shape.channels == 1) return image;
  const std::size_t pixels = image.pixels.size() / 3;
  for (std::size_t i = 0; i < pixels; ++i) {
    const std::uint8_t* rgb = image.pixels.data() + 3 * i;
    const unsigned luma = (299U * rgb[0] + 587U * rgb[1] + 114U * rgb[2] + 500U) / 1000U;
    image.pixels[i] = static_cast<std::uint8_t>(luma);
  }
  image.pixels.resize(pixels);
  image.shape.channels = 1;
  return image;
}

Image to_rgb(Image image) {
  if (image.shape.channels == 3) return image;
  std::vector<std::uint8_t> rgb;
  rgb.reserve(image.pixels.size() * 3);
  for (const std::uint8_t grey : image.pixels) rgb.insert(rgb.end(), 3, grey);
  image.pixels = std::move(rgb);
  image.shape.channels = 3;
  return image;
}

Image preprocess(Image image, const Preprocessing& preprocessing) {
  if (preprocessing.grayscale) image = to_grayscale(std::move(image));
  if (const auto& size = preprocessing.image_size) {
    image = resize_area(image, size->width, size->height);
  }
  if (preprocessing.binarise) {
    const std::uint8_t threshold = *preprocessing.binarise;
    for (std::uint8_t& value : image.pixels) value = value > threshold ? 1 : 0;
  }
  return image;
}

void refuse_preprocessing(const std::string& data, const Preprocessing& preprocessing) {
  if (preprocessing == Preprocessing{}) return;
  fail(ErrorKind::usage,
       "{}: --image-size, --grayscale and --binarise are for JPEG and PNG files, which this is not",
       data);
}

}  // namespace arete
