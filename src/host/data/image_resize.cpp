#include "arete/data/image_resize.hpp"

#include <algorithm>
#include <cstddef>
#include <vector>

#include "arete/core/error.hpp"

namespace arete {

namespace {

/// a(x, X) > 0 of the header's formula. At most 65,535, since it is at most min(w, W).
struct Overlap {
  std::uint32_t source = 0;
  std::uint32_t target = 0;
  std::uint32_t weight = 0;
};

/// In order of `target`, then `source`: a walk along the boundaries of both grids.
std::vector<Overlap> overlaps(std::uint32_t sources, std::uint32_t targets) {
  std::vector<Overlap> result;
  result.reserve(std::size_t{sources} + targets);
  std::uint64_t position = 0;
  const std::uint64_t end = std::uint64_t{sources} * targets;
  for (Overlap next; position < end;) {
    const std::uint64_t source_end = (std::uint64_t{next.source} + 1) * targets;
    const std::uint64_t target_end = (std::uint64_t{next.target} + 1) * sources;
    const std::uint64_t stop = std::min(source_end, target_end);
    next.weight = static_cast<std::uint32_t>(stop - position);
    result.push_back(next);
    next.source += stop == source_end ? 1 : 0;
    next.target += stop == target_end ? 1 : 0;
    position = stop;
  }
  return result;
}

/// One row of the result from the weighted sums of source rows. Sums are at most 255 w h < 2^36.
template <std::size_t Channels>
void resize_row(const std::vector<std::uint32_t>& columns, const std::vector<Overlap>& across,
                std::uint64_t area, std::uint8_t* row) {
  for (auto at = across.begin(); at != across.end();) {
    const std::uint32_t target = at->target;
    std::uint64_t sums[Channels] = {};
    for (; at != across.end() && at->target == target; ++at) {
      for (std::size_t c = 0; c < Channels; ++c) {
        sums[c] += std::uint64_t{at->weight} * columns[std::size_t{at->source} * Channels + c];
      }
    }
    for (const std::uint64_t sum : sums) {
      *row++ = static_cast<std::uint8_t>((sum + area / 2) / area);
    }
  }
}

template <std::size_t Channels>
void resize_rows(const Image& image, Image& result) {
  const std::size_t stride = std::size_t{image.shape.width} * Channels;
  const std::size_t result_stride = std::size_t{result.shape.width} * Channels;
  const std::uint64_t area = std::uint64_t{image.shape.width} * image.shape.height;
  const std::vector<Overlap> across = overlaps(image.shape.width, result.shape.width);
  const std::vector<Overlap> down = overlaps(image.shape.height, result.shape.height);
  std::vector<std::uint32_t> columns(stride);  // at most 255 h < 2^24
  for (auto at = down.begin(); at != down.end();) {
    const std::uint32_t target = at->target;
    std::ranges::fill(columns, 0U);
    for (; at != down.end() && at->target == target; ++at) {
      const std::uint8_t* source = image.pixels.data() + at->source * stride;
      for (std::size_t i = 0; i < stride; ++i) columns[i] += at->weight * source[i];
    }
    resize_row<Channels>(columns, across, area, result.pixels.data() + target * result_stride);
  }
}

}  // namespace

void check_image_size(std::uint32_t width, std::uint32_t height) {
  if (width == 0 || height == 0 || width > max_image_side || height > max_image_side ||
      std::uint64_t{width} * height > max_image_pixels) {
    fail(ErrorKind::usage,
         "image size {}x{}: each side must be 1 to {}, with at most {} pixels in all", width,
         height, max_image_side, max_image_pixels);
  }
}

Image resize_area(const Image& image, std::uint32_t width, std::uint32_t height) {
  check_image_size(width, height);
  if (width == image.shape.width && height == image.shape.height) return image;
  Image result{{width, height, image.shape.channels}, {}};
  result.pixels.resize(std::size_t{width} * height * image.shape.channels);
  if (image.shape.channels == 1) {
    resize_rows<1>(image, result);
  } else {
    resize_rows<3>(image, result);
  }
  return result;
}

}  // namespace arete
