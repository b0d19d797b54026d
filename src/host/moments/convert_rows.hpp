#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "arete/data/row_source.hpp"

namespace arete {

/// Rows of one element type, wherever they lie, with what is known of each.
struct RowGroup {
  ElementType type = ElementType::uint8;
  std::size_t features = 0;
  std::vector<const std::byte*> rows;
  std::vector<std::int32_t> labels;    ///< class of each row; may be empty where none is needed
  std::vector<std::uint64_t> numbers;  ///< global number of each row, for messages
};

/// What the values of floating-point rows turned out to be.
struct ValueRange {
  bool integral = true;    ///< all integers of magnitude 2^16 at most
  bool fits_uint8 = true;  ///< all integers from 0 to 255
  bool fits_int8 = true;   ///< all integers from -128 to 127
};

/// Looks at every value of rows of floats. Throws Error (input) for the first NaN or infinity,
/// naming `source`, row and column.
[[nodiscard]] ValueRange examine(const RowGroup& group, std::string_view source);

/// Converts `count` elements to float64. Exact.
void to_float64(ElementType type, const std::byte* from, std::size_t count, double* into);

/// Converts `count` floats, known to be integers in range, to 8-bit integers.
void to_int8(ElementType type, const std::byte* from, std::size_t count, bool is_signed,
             std::byte* into);

}  // namespace arete
