#pragma once

#include <bit>
#include <cstdint>

namespace arete {

/// IEEE 754 binary16 to binary32, exactly. The exponents' biases differ by 112; multiplying by
/// 2^112 also normalises what is subnormal.
[[nodiscard]] inline float from_half(std::uint16_t half) noexcept {
  const std::uint32_t sign = static_cast<std::uint32_t>(half & 0x8000U) << 16U;
  const std::uint32_t rest = static_cast<std::uint32_t>(half & 0x7FFFU) << 13U;
  const auto scaled = std::bit_cast<std::uint32_t>(std::bit_cast<float>(rest) * 0x1p112F);
  const std::uint32_t infinite = rest >= 0x0F800000U ? 0x7F800000U : 0U;
  return std::bit_cast<float>(sign | scaled | infinite);
}

}  // namespace arete
