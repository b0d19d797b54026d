#include "arete/data/row_description.hpp"

#include <fmt/ranges.h>

#include "arete/core/checked.hpp"

namespace arete {

void check_classes(const ClassList& classes, std::string_view file) {
  for (std::size_t k = 0; k < classes.size(); ++k) {
    if (!is_class_name(classes[k])) {
      fail(ErrorKind::input, "{}: the name of class {} is empty, or no UTF-8 text of one line",
           file, k);
    }
    if (k > 0 && !class_less(classes[k - 1], classes[k])) {
      fail(ErrorKind::input,
           R"({}: class "{}" follows class "{}"; classes must be sorted, each once)", file,
           classes[k], classes[k - 1]);
    }
  }
}

void check_row_shape(std::span<const std::size_t> shape, std::size_t features,
                     const Preprocessing& preprocessing, std::string_view file) {
  std::size_t product = 1;
  for (const std::size_t side : shape) product = checked_multiply(product, side, file);
  if (shape.empty() || features == 0 || product != features) {
    fail(ErrorKind::input, "{}: rows of shape [{}] cannot have {} features", file,
         fmt::join(shape, ", "), features);
  }
  if (!preprocessing.image_size) return;
  const auto [width, height] = *preprocessing.image_size;
  const std::uint64_t pixels = std::uint64_t{width} * height;
  if (pixels == 0 || features % pixels != 0 || features / pixels > 4) {
    fail(ErrorKind::input, "{}: images of {} x {} pixels cannot have {} features", file, width,
         height, features);
  }
}

}  // namespace arete
