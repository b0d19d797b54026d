#pragma once

#include <cstddef>
#include <cstdint>

#include "arete/data/row_source.hpp"

namespace arete::device {

/// Rows of any element type as they were read, row-major, in the memory of the device. Functions
/// here run on the device: they are constexpr, and nvcc is told (--expt-relaxed-constexpr) to
/// compile such functions for it too, so that no file but the CUDA ones need know of CUDA.
struct RawRows {  // NOLINT(cppcoreguidelines-pro-type-member-init): one pointer of the union
  ElementType type = ElementType::uint8;
  std::size_t features = 0;
  union {
    const std::uint8_t* uint8 = nullptr;
    const std::int8_t* int8;
    const std::int16_t* int16;
    const float* float32;
    const double* float64;
  };

  [[nodiscard]] constexpr double value(std::size_t row, std::size_t column) const {
    const std::size_t i = row * features + column;
    switch (type) {
      case ElementType::uint8:
        return uint8[i];
      case ElementType::int8:
        return int8[i];
      case ElementType::int16:
        return int16[i];
      case ElementType::float32:
        return float32[i];
      case ElementType::float64:
        return float64[i];
    }
    return 0;
  }

  /// The value as an integer, where it is known to be one of 8 bits.
  [[nodiscard]] constexpr int byte(std::size_t row, std::size_t column) const {
    const std::size_t i = row * features + column;
    if (type == ElementType::uint8) return uint8[i];
    if (type == ElementType::int8) return int8[i];
    return static_cast<int>(value(row, column));
  }
};

/// `memory` holds rows of `features` elements of `type`.
[[nodiscard]] RawRows raw_rows(const std::byte* memory, ElementType type, std::size_t features);

}  // namespace arete::device
