#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace arete::report {

/// How the features of a row lie in an image.
struct ImageLayout {
  std::size_t height = 0;
  std::size_t width = 0;
  std::size_t channels = 1;  ///< 1 or 3
  bool planar = false;       ///< channel by channel, not pixel by pixel

  [[nodiscard]] std::size_t pixels() const noexcept { return height * width; }
  /// Index of the feature.
  [[nodiscard]] std::size_t feature(std::size_t pixel, std::size_t channel) const noexcept {
    return planar ? channel * pixels() + pixel : pixel * channels + channel;
  }
};

/// Of a row of this shape: height x width, height x width x 1 or 3, 1 or 3 x height x width;
/// nothing for any other.
[[nodiscard]] std::optional<ImageLayout> image_layout(std::span<const std::size_t> shape);

/// Red, green and blue, row-major.
struct Image {
  std::size_t width = 0;
  std::size_t height = 0;
  std::vector<std::uint8_t> rgb;
};

/// Values from `low` (black) to `high` (white, or the full colour); those beyond are cut off.
[[nodiscard]] Image row_image(const ImageLayout& layout, std::span<const double> row, double low,
                              double high);

/// Weights from -scale to scale: of one channel blue, white and red; of three grey where they are
/// zero, each in its colour. Those beyond are cut off.
[[nodiscard]] Image weight_image(const ImageLayout& layout, std::span<const double> weights,
                                 double scale);

/// "data:image/png;base64,...". Throws Error (resource) where there is no memory.
[[nodiscard]] std::string png_uri(const Image& image);

}  // namespace arete::report
