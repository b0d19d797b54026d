#include "arete/data/stored_array.hpp"

#include <fmt/ranges.h>

#include "arete/core/checked.hpp"

namespace arete {

std::size_t check_length(const StoredArray& array, const ContentFile& content) {
  const std::string name = content.path().string();
  std::size_t count = 1;
  for (const std::size_t dimension : array.shape) count = checked_multiply(count, dimension, name);
  const std::uint64_t bytes = checked_multiply(count, array.size, name);
  const std::uint64_t expected = checked_add(bytes, array.offset, name);
  if (content.size() != expected) {
    fail(ErrorKind::input,
         "{}: is too {}: its header says {} {} values, which makes {} bytes with the header, but "
         "there are {}",
         name, content.size() < expected ? "short" : "long", fmt::join(array.shape, " x "),
         type_name(array), expected, content.size());
  }
  return count;
}

std::string type_name(const StoredArray& array) {
  switch (array.kind) {
    case 'b':
      return "bool";
    case 'u':
      return fmt::format("uint{}", 8 * array.size);
    case 'i':
      return fmt::format("int{}", 8 * array.size);
    default:
      return fmt::format("float{}", 8 * array.size);
  }
}

std::optional<ElementType> row_type(const StoredArray& array) noexcept {
  if (array.size == 1) return array.kind == 'i' ? ElementType::int8 : ElementType::uint8;
  if (array.kind == 'i' && array.size == 2) return ElementType::int16;
  if (array.kind != 'f') return std::nullopt;
  return array.size == 8 ? ElementType::float64 : ElementType::float32;
}

SourceInfo describe_rows(const StoredArray& array, const std::string& name) {
  if (array.shape.size() < 2) {
    fail(ErrorKind::input,
         "{}: holds an array of {} dimension(s), but data have two or more (rows, and the features "
         "of each); a file of labels is passed with --labels",
         name, array.shape.size());
  }
  const std::optional<ElementType> type = row_type(array);
  if (!type) {
    fail(
        ErrorKind::input,
        "{}: holds {} values, but data are read from uint8, int8, int16, float16, float32, float64 "
        "and bool; convert it, for example to float64",
        name, type_name(array));
  }
  SourceInfo info;
  info.name = name;
  info.rows = array.shape[0];
  info.type = *type;
  info.shape.assign(array.shape.begin() + 1, array.shape.end());
  info.features = 1;
  for (const std::size_t dimension : info.shape) {
    info.features = checked_multiply(info.features, dimension, name);
  }
  if (info.rows == 0 || info.features == 0) {
    fail(ErrorKind::input, "{}: holds no values: its shape is {}", name,
         fmt::join(array.shape, " x "));
  }
  return info;
}

}  // namespace arete
