#include "label_values.hpp"

#include <arrow/type_traits.h>

#include <limits>
#include <optional>

#include "arete/core/error.hpp"
#include "arete/data/class_list.hpp"

namespace arete::parquet_module {

namespace {

using arrow::Type;

void check_valid(const arrow::Array& array, const std::string& column, const BatchPlace& place,
                 const char* advice) {
  if (array.null_count() == 0) return;
  for (std::int64_t row = 0; row < array.length(); ++row) {
    if (array.IsNull(row)) {
      fail(ErrorKind::input, "{}: is null; {}", place.of(static_cast<std::uint64_t>(row), column),
           advice);
    }
  }
}

/// Calls visit(row, integer) for an array of any integer type; false for others.
template <typename Visit>
bool for_each_integer(const arrow::Array& array, const Visit& visit) {
  const auto each = [&]<typename ArrowType>(const ArrowType&) {
    const auto& typed = static_cast<const typename arrow::TypeTraits<ArrowType>::ArrayType&>(array);
    for (std::int64_t row = 0; row < typed.length(); ++row) visit(row, typed.Value(row));
    return true;
  };
  switch (array.type_id()) {
    case Type::INT8:
      return each(arrow::Int8Type());
    case Type::INT16:
      return each(arrow::Int16Type());
    case Type::INT32:
      return each(arrow::Int32Type());
    case Type::INT64:
      return each(arrow::Int64Type());
    case Type::UINT8:
      return each(arrow::UInt8Type());
    case Type::UINT16:
      return each(arrow::UInt16Type());
    case Type::UINT32:
      return each(arrow::UInt32Type());
    case Type::UINT64:
      return each(arrow::UInt64Type());
    default:
      return false;
  }
}

/// Calls visit(row, text) for an array of texts; false for others.
template <typename Visit>
bool for_each_text(const arrow::Array& array, const Visit& visit) {
  const auto each = [&](const auto& typed) {
    for (std::int64_t row = 0; row < typed.length(); ++row) visit(row, typed.GetView(row));
    return true;
  };
  if (array.type_id() == Type::STRING) return each(static_cast<const arrow::StringArray&>(array));
  if (array.type_id() != Type::LARGE_STRING) return false;
  return each(static_cast<const arrow::LargeStringArray&>(array));
}

template <typename Visit>
bool for_each_float(const arrow::Array& array, const Visit& visit) {
  const auto each = [&](const auto& typed) {
    for (std::int64_t row = 0; row < typed.length(); ++row) visit(row, double{typed.Value(row)});
    return true;
  };
  if (array.type_id() == Type::FLOAT) return each(static_cast<const arrow::FloatArray&>(array));
  if (array.type_id() != Type::DOUBLE) return false;
  return each(static_cast<const arrow::DoubleArray&>(array));
}

template <typename Visit>
bool for_each_boolean(const arrow::Array& array, const Visit& visit) {
  if (array.type_id() != Type::BOOL) return false;
  const auto& typed = static_cast<const arrow::BooleanArray&>(array);
  for (std::int64_t row = 0; row < typed.length(); ++row) visit(typed.Value(row));
  return true;
}

/// Spark ML keeps labels as float64.
std::int64_t label_of(double value, std::int64_t row, const std::string& column,
                      const BatchPlace& place) {
  if (const auto integer = whole_number(value)) return *integer;
  fail(ErrorKind::input, "{}: is {}, but labels are whole numbers or texts",
       place.of(static_cast<std::uint64_t>(row), column), value);
}

template <typename Integer>
std::int32_t index_of_integer(Integer value, LabelCollector& classes) {
  if constexpr (std::is_unsigned_v<Integer> && sizeof(Integer) == 8) {
    if (value > static_cast<Integer>(std::numeric_limits<std::int64_t>::max())) {
      return classes.index_of(std::string_view(std::to_string(value)));
    }
  }
  return classes.index_of(static_cast<std::int64_t>(value));
}

void add_dictionary_labels(const arrow::DictionaryArray& array, const std::string& column,
                           const BatchPlace& place, LabelCollector& classes,
                           std::vector<std::int32_t>& indices) {
  // Entries that no row uses are no classes.
  std::vector<std::optional<std::int32_t>> of_entry(
      static_cast<std::size_t>(array.dictionary()->length()));
  std::vector<std::int32_t> found;
  for (std::int64_t row = 0; row < array.length(); ++row) {
    const std::int64_t entry = array.GetValueIndex(row);
    std::optional<std::int32_t>& index = of_entry.at(static_cast<std::size_t>(entry));
    if (!index) {
      add_labels(*array.dictionary()->Slice(entry, 1), column,
                 {place.chunk, place.first_row + static_cast<std::uint64_t>(row)}, classes, found);
      index = found.back();
    }
    indices.push_back(*index);
  }
}

}  // namespace

std::int32_t LabelCollector::index_of(std::string_view name) {
  const auto found = by_name_.find(name);
  if (found != by_name_.end()) return found->second;
  const auto index = static_cast<std::int32_t>(names_.size());
  names_.emplace_back(name);
  by_name_.emplace(name, index);
  return index;
}

std::int32_t LabelCollector::index_of(std::int64_t number) {
  const auto found = by_number_.find(number);
  if (found != by_number_.end()) return found->second;
  const std::int32_t index = index_of(std::string_view(std::to_string(number)));
  by_number_.emplace(number, index);
  return index;
}

void add_labels(const arrow::Array& array, const std::string& column, const BatchPlace& place,
                LabelCollector& classes, std::vector<std::int32_t>& indices) {
  check_valid(array, column, place, "every row needs a label; leave such rows out of the export");
  if (array.type_id() == Type::DICTIONARY) {
    return add_dictionary_labels(static_cast<const arrow::DictionaryArray&>(array), column, place,
                                 classes, indices);
  }
  const auto add_text = [&](std::int64_t row, std::string_view text) {
    if (!is_class_name(text)) {
      fail(ErrorKind::input,
           "{}: is no name of a class: it is empty, not UTF-8, or has control characters",
           place.of(static_cast<std::uint64_t>(row), column));
    }
    indices.push_back(classes.index_of(text));
  };
  const bool added = for_each_integer(array,
                                      [&](std::int64_t, auto value) {
                                        indices.push_back(index_of_integer(value, classes));
                                      }) ||
                     for_each_text(array, add_text) ||
                     for_each_boolean(array,
                                      [&](bool value) {
                                        const std::string_view name = value ? "true" : "false";
                                        indices.push_back(classes.index_of(name));
                                      }) ||
                     for_each_float(array, [&](std::int64_t row, double value) {
                       indices.push_back(classes.index_of(label_of(value, row, column, place)));
                     });
  if (!added) {
    fail(ErrorKind::input,
         "{}: is of type {}; labels are integers, whole floats, booleans or texts",
         place.of(0, column), array.type()->ToString());
  }
}

void add_row_numbers(const arrow::Array& array, const std::string& column, const BatchPlace& place,
                     std::vector<std::uint64_t>& numbers) {
  check_valid(array, column, place,
              "every row needs its number; name another --row-column, or - for none");
  const bool added = for_each_integer(array, [&](std::int64_t row, auto value) {
    if (value < decltype(value){0}) {
      fail(ErrorKind::input, "{}: is {}; row numbers are 0 or larger",
           place.of(static_cast<std::uint64_t>(row), column), value);
    }
    numbers.push_back(static_cast<std::uint64_t>(value));
  });
  if (!added) {
    fail(ErrorKind::input,
         "{}: is of type {}; row numbers are integers; name another --row-column, or - for none",
         place.of(0, column), array.type()->ToString());
  }
}

}  // namespace arete::parquet_module
