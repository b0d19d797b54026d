#pragma once

#include <cstdint>

#include "arete/data/row_source.hpp"

namespace arete {

/// The rows that rank `rank` of `size` takes: consecutive, in the order of the ranks, as equally as
/// can be, and cut only where `first_number` + row is a multiple of `align`. May be empty.
[[nodiscard]] RowRange share_of(RowRange rows, int rank, int size, std::uint64_t first_number = 0,
                                std::uint64_t align = 1) noexcept;

}  // namespace arete
