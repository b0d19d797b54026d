#pragma once

#include <cstdint>
#include <vector>

#include "arete/backend/backend.hpp"
#include "arete/solve/centring.hpp"

namespace arete {

/// What a session says of its rows before anything is solved, from the totals over all parts.
/// Throws Error (input) when `integers`, whose sums must be exact, have outgrown 2^53.
[[nodiscard]] DataSummary summarise(const ColumnTotals& all, std::vector<std::uint64_t> part_rows,
                                    bool integers);

}  // namespace arete
