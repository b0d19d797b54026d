#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace arete {

/// The text without what a terminal would obey: names come from files that others wrote.
[[nodiscard]] std::string printable(std::string_view text);

/// 1234567 as "1,234,567".
[[nodiscard]] std::string grouped(std::uint64_t value);

}  // namespace arete
