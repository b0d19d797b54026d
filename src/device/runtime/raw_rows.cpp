#include "device/runtime/raw_rows.hpp"

namespace arete::device {

RawRows raw_rows(const std::byte* memory, ElementType type, std::size_t features) {
  RawRows rows;
  rows.type = type;
  rows.features = features;
  switch (type) {
    case ElementType::uint8:
      rows.uint8 = reinterpret_cast<const std::uint8_t*>(memory);
      break;
    case ElementType::int8:
      rows.int8 = reinterpret_cast<const std::int8_t*>(memory);
      break;
    case ElementType::int16:
      rows.int16 = reinterpret_cast<const std::int16_t*>(memory);
      break;
    case ElementType::float32:
      rows.float32 = reinterpret_cast<const float*>(memory);
      break;
    case ElementType::float64:
      rows.float64 = reinterpret_cast<const double*>(memory);
      break;
  }
  return rows;
}

}  // namespace arete::device
