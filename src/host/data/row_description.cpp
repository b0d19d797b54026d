#include "arete/data/row_description.hpp"

#include <fmt/ranges.h>

#include <algorithm>
#include <vector>

#include "arete/core/checked.hpp"
#include "arete/core/checksum.hpp"

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

void check_column_names(std::span<const std::string> names, std::size_t features,
                        std::string_view file) {
  if (!names.empty() && names.size() != features) {
    fail(ErrorKind::input, "{}: has {} names of columns for {} features", file, names.size(),
         features);
  }
  for (std::size_t j = 0; j < names.size(); ++j) {
    if (!is_class_name(names[j])) {
      fail(ErrorKind::input, "{}: the name of column {} is empty, or no UTF-8 text of one line",
           file, j);
    }
  }
  std::vector<std::string_view> sorted(names.begin(), names.end());
  std::ranges::sort(sorted);
  const auto twin = std::ranges::adjacent_find(sorted);
  if (twin != sorted.end()) {
    fail(ErrorKind::input, "{}: several columns are called '{}'; names must differ", file, *twin);
  }
}

void check_same_columns(std::span<const std::string> found, std::span<const std::string> expected,
                        std::string_view file, std::string_view whose) {
  if (std::ranges::equal(found, expected)) return;
  if (found.size() != expected.size()) {
    fail(ErrorKind::input, "{}: its features are {}, but those of {} are {}", file,
         describe_columns(found), whose, describe_columns(expected));
  }
  const auto first = std::ranges::mismatch(found, expected);
  fail(ErrorKind::input,
       "{}: feature {} is column '{}', but that of {} is '{}'; the same columns are needed in the "
       "same order",
       file, first.in1 - found.begin(), *first.in1, whose, *first.in2);
}

std::string describe_columns(std::span<const std::string> names) {
  if (names.empty()) return "numbers without names";
  return fmt::format("{} columns, '{}' to '{}'", names.size(), names.front(), names.back());
}

std::uint32_t checksum_of_names(std::span<const std::string> names) {
  std::uint32_t crc = 0;
  for (const std::string& name : names) {
    // With the zero at its end, which no name contains.
    crc = checksum_of(std::span<const char>(name.c_str(), name.size() + 1), crc);
  }
  return crc;
}

}  // namespace arete
