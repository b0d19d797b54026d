#pragma once

#include <arrow/array.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "arete/data/labels.hpp"
#include "feature_values.hpp"

namespace arete::parquet_module {

/// Numbers the classes in the order in which they appear.
class LabelCollector {
 public:
  [[nodiscard]] std::int32_t index_of(std::string_view name);
  [[nodiscard]] std::int32_t index_of(std::int64_t number);
  [[nodiscard]] const std::vector<std::string>& names() const noexcept { return names_; }

 private:
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const noexcept {
      return std::hash<std::string_view>{}(text);
    }
  };
  std::vector<std::string> names_;
  std::unordered_map<std::string, std::int32_t, Hash, std::equal_to<>> by_name_;
  std::unordered_map<std::int64_t, std::int32_t> by_number_;  ///< the same, for quick numbers
};

/// Appends the classes of an array of integers, whole floats, booleans or texts, plain or
/// dictionary-encoded, to `indices`. Throws Error (input) naming the place of a null, a fraction,
/// or what cannot be the name of a class, and other types.
void add_labels(const arrow::Array& array, const std::string& column, const BatchPlace& place,
                LabelCollector& classes, std::vector<std::int32_t>& indices);

/// Appends row numbers: integers, 0 or larger. Throws Error (input) naming the place.
void add_row_numbers(const arrow::Array& array, const std::string& column, const BatchPlace& place,
                     std::vector<std::uint64_t>& numbers);

}  // namespace arete::parquet_module
