#pragma once

#include <cstddef>

namespace arete::device {

/// The least multiple of `unit` that is not below `n`.
[[nodiscard]] constexpr std::size_t round_up(std::size_t n, std::size_t unit) noexcept {
  return (n + unit - 1) / unit * unit;
}

}  // namespace arete::device
