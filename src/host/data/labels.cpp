#include "arete/data/labels.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <numeric>
#include <string>
#include <string_view>
#include <type_traits>
#include <unordered_map>

#include "arete/core/error.hpp"
#include "arete/core/file.hpp"
#include "arete/data/byte_order.hpp"
#include "arete/data/gzip.hpp"
#include "arete/data/idx.hpp"
#include "arete/data/npy.hpp"
#include "arete/data/stored_array.hpp"

namespace arete {

namespace {

template <typename Value>
std::string class_name(Value value) {
  if constexpr (std::is_integral_v<Value>) {
    return std::to_string(value);
  } else {
    return std::string(value);
  }
}

/// Numbers the distinct values in the order of their names.
template <typename Value>
Labels index_values(const std::vector<Value>& values) {
  Labels labels;
  labels.indices.reserve(values.size());
  std::unordered_map<Value, std::int32_t> numbers;  // in order of appearance
  std::vector<std::string> names;
  for (const Value& value : values) {
    const auto [entry, is_new] =
        numbers.try_emplace(value, static_cast<std::int32_t>(names.size()));
    if (is_new) names.push_back(class_name(value));
    labels.indices.push_back(entry->second);
  }
  std::vector<std::size_t> sorted(names.size());
  std::iota(sorted.begin(), sorted.end(), std::size_t{0});
  std::sort(sorted.begin(), sorted.end(),
            [&](std::size_t a, std::size_t b) { return class_less(names[a], names[b]); });
  std::vector<std::int32_t> rank(names.size());
  for (std::size_t i = 0; i < sorted.size(); ++i) {
    rank[sorted[i]] = static_cast<std::int32_t>(i);
    labels.classes.push_back(std::move(names[sorted[i]]));
  }
  for (std::int32_t& index : labels.indices) index = rank[static_cast<std::size_t>(index)];
  return labels;
}

template <typename Value>
std::vector<Value> values_of(std::span<const std::byte> bytes) {
  std::vector<Value> values(bytes.size() / sizeof(Value));
  if (!values.empty()) std::memcpy(values.data(), bytes.data(), bytes.size());
  return values;
}

template <typename Float>
Labels index_floats(const std::string& name, std::span<const std::byte> bytes) {
  std::vector<std::int64_t> integers;
  integers.reserve(bytes.size() / sizeof(Float));
  for (const Float value : values_of<Float>(bytes)) {
    const auto integer = whole_number(double{value});
    if (!integer) {
      fail(ErrorKind::input, "{}: the label of row {} is {}, but labels are whole numbers", name,
           integers.size(), value);
    }
    integers.push_back(*integer);
  }
  return index_values(integers);
}

Labels index_elements(const std::string& name, const StoredArray& array,
                      std::span<const std::byte> bytes) {
  const bool is_signed = array.kind == 'i';
  if (array.kind == 'f') {
    if (array.size == 4) return index_floats<float>(name, bytes);
    if (array.size == 8) return index_floats<double>(name, bytes);
    fail(ErrorKind::input, "{}: labels are {} values; store them as integers", name,
         type_name(array));
  }
  switch (array.size) {
    case 1:
      return is_signed ? index_values(values_of<std::int8_t>(bytes))
                       : index_values(values_of<std::uint8_t>(bytes));
    case 2:
      return is_signed ? index_values(values_of<std::int16_t>(bytes))
                       : index_values(values_of<std::uint16_t>(bytes));
    case 4:
      return is_signed ? index_values(values_of<std::int32_t>(bytes))
                       : index_values(values_of<std::uint32_t>(bytes));
    default:
      return is_signed ? index_values(values_of<std::int64_t>(bytes))
                       : index_values(values_of<std::uint64_t>(bytes));
  }
}

Labels array_labels(const ContentFile& content, const StoredArray& array) {
  const std::string name = content.path().string();
  if (array.shape.size() != 1) {
    fail(ErrorKind::input, "{}: holds an array of {} dimensions, but labels have one", name,
         array.shape.size());
  }
  const std::size_t count = array.shape[0];  // of elements that the content is as long as
  Buffer<std::byte> bytes(count * array.size);
  content.read(array.offset, bytes.span());
  to_native(array.order, array.size, count, bytes.data(), bytes.data());
  return index_elements(name, array, bytes.span());
}

Labels text_labels(const ContentFile& content) {
  const std::string name = content.path().string();
  std::string text(content.size(), '\0');
  content.read(0, std::as_writable_bytes(std::span(text)));
  std::string_view rest = text;
  if (rest.starts_with("\xEF\xBB\xBF")) rest.remove_prefix(3);  // the mark that some editors leave
  std::vector<std::string_view> lines;
  while (!rest.empty()) {
    const std::size_t end = std::min(rest.find('\n'), rest.size());
    std::string_view line = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (!is_class_name(line)) {
      fail(ErrorKind::input,
           "{}: line {} {}, but a file of labels is an IDX or NPY array or has one name a line, in "
           "UTF-8 and without control characters",
           name, lines.size() + 1, line.empty() ? "is empty" : "is not text");
    }
    lines.push_back(line);
  }
  return index_values(lines);
}

}  // namespace

std::optional<std::int64_t> whole_number(double value) noexcept {
  constexpr double limit = 9007199254740992.0;  // 2^53: beyond, not every integer is a double
  if (!(std::abs(value) <= limit) || value != std::trunc(value)) return std::nullopt;
  return static_cast<std::int64_t>(value);
}

Labels read_labels(const std::filesystem::path& path, std::size_t memory) {
  const ContentFile content(path, memory);
  std::array<std::byte, 8> bytes{};
  const auto start = std::span(bytes).first(std::min<std::uint64_t>(content.size(), bytes.size()));
  content.read(0, start);
  Labels labels = is_npy(start)   ? array_labels(content, read_npy_header(content))
                  : is_idx(start) ? array_labels(content, read_idx_header(content))
                                  : text_labels(content);
  if (labels.indices.empty()) fail(ErrorKind::input, "{}: holds no labels", path.string());
  return labels;
}

Labels labels_for(const std::filesystem::path& data, std::uint64_t rows,
                  const std::optional<std::filesystem::path>& given,
                  std::span<const std::filesystem::path> customary, std::size_t memory) {
  std::optional<std::filesystem::path> path = given;
  for (const std::filesystem::path& candidate : customary) {
    if (!path && is_file(candidate)) path = candidate;
  }
  if (!path) return {};
  Labels labels = read_labels(*path, memory);
  if (labels.indices.size() != rows) {
    fail(ErrorKind::input, "{}: holds {} labels, but {} holds {} rows", path->string(),
         labels.indices.size(), data.string(), rows);
  }
  return labels;
}

void copy_labels(const Labels& labels, RowRange range, RowBlock& into) {
  into.labels.clear();
  if (labels.indices.empty()) return;
  const auto first = labels.indices.begin();
  into.labels.assign(first + static_cast<std::ptrdiff_t>(range.first),
                     first + static_cast<std::ptrdiff_t>(range.last));
}

}  // namespace arete
