#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "arete/data/row_source.hpp"

namespace arete {

/// A set of row numbers, as sorted ranges.
class NumberRanges {
 public:
  void add(RowRange range);

  /// Sorted, disjoint and coalesced. Throws Error (input) naming `source` and a number that was
  /// added twice.
  [[nodiscard]] std::vector<RowRange> finish(std::string_view source) &&;

 private:
  std::vector<RowRange> ranges_;
};

/// The numbers of the rows at these positions.
[[nodiscard]] std::vector<RowRange> numbers_of(const RowSource& source, RowRange positions);

}  // namespace arete
