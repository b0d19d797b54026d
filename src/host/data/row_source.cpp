#include "arete/data/row_source.hpp"

#include <array>
#include <cstring>

#include "arete/core/checked.hpp"

namespace arete {

namespace {

struct TypeEntry {
  std::string_view name;
  std::size_t size;
};

/// In the order of ElementType.
constexpr std::array<TypeEntry, 5> types{
    {{"uint8", 1}, {"int8", 1}, {"int16", 2}, {"float32", 4}, {"float64", 8}}};

const TypeEntry& entry(ElementType type) noexcept { return types[static_cast<std::size_t>(type)]; }

void set_shape(RowBlock& block, const SourceInfo& info, RowRange range) {
  if (range.first > range.last || range.last > info.rows) {
    fail(ErrorKind::internal, "{}: rows {} to {} were asked for, but there are {}", info.name,
         range.first, range.last, info.rows);
  }
  block.first_row = range.first;
  block.numbers.clear();
  block.rows = range.size();
  block.features = info.features;
  block.type = info.type;
}

}  // namespace

std::size_t element_size(ElementType type) noexcept { return entry(type).size; }

std::string_view name_of(ElementType type) noexcept { return entry(type).name; }

std::optional<ElementType> element_type_named(std::string_view name) noexcept {
  for (std::size_t i = 0; i < types.size(); ++i) {
    if (types[i].name == name) return static_cast<ElementType>(i);
  }
  return std::nullopt;
}

std::byte* RowBlock::prepare(const SourceInfo& info, RowRange range) {
  set_shape(*this, info, range);
  const std::size_t row_bytes = checked_multiply(features, element_size(type), info.name);
  const std::size_t bytes = checked_multiply(rows, row_bytes, info.name);
  if (storage.size() < bytes) {
    storage = Buffer<std::byte>();  // so that never both are held
    storage = Buffer<std::byte>(bytes);
  }
  data = storage.data();
  return storage.data();
}

void RowBlock::point_into(const std::byte* all_rows, const SourceInfo& info, RowRange range) {
  set_shape(*this, info, range);
  data = all_rows + range.first * features * element_size(type);
}

RowBlock pick_rows(const RowBlock& block, const std::function<bool(std::uint64_t)>& is_wanted) {
  std::vector<std::size_t> places;
  for (std::size_t i = 0; i < block.rows; ++i) {
    if (is_wanted(block.number(i))) places.push_back(i);
  }
  const std::size_t row_bytes = block.features * element_size(block.type);
  RowBlock picked;
  picked.rows = places.size();
  picked.features = block.features;
  picked.type = block.type;
  picked.storage = Buffer<std::byte>(places.size() * row_bytes);
  picked.data = picked.storage.data();
  picked.numbers.reserve(places.size());
  if (!block.labels.empty()) picked.labels.reserve(places.size());
  for (std::size_t i = 0; i < places.size(); ++i) {
    picked.numbers.push_back(block.number(places[i]));
    if (!block.labels.empty()) picked.labels.push_back(block.labels[places[i]]);
    std::memcpy(picked.storage.data() + i * row_bytes, block.row(places[i]), row_bytes);
  }
  if (!places.empty()) picked.first_row = picked.numbers.front();
  return picked;
}

}  // namespace arete
