#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "arete/data/row_source.hpp"
#include "arete/moments/part_rule.hpp"
#include "device/runtime/raw_rows.hpp"

namespace arete::device {

/// Rows by part, then class, then number: the order in which they are summed.
struct SliceLayout {
  std::vector<std::uint32_t> order;        ///< indices of rows
  std::vector<std::uint32_t> class_begin;  ///< per part classes + 1 positions in `order`
  std::size_t classes = 0;

  [[nodiscard]] std::size_t begin(int part) const { return class_begin[first(part)]; }
  [[nodiscard]] std::size_t end(int part) const { return class_begin[first(part) + classes]; }
  [[nodiscard]] std::size_t rows(int part) const { return end(part) - begin(part); }
  [[nodiscard]] std::size_t rows(int part, std::size_t k) const {
    return class_begin[first(part) + k + 1] - class_begin[first(part) + k];
  }
  /// Where the positions of a part begin in `class_begin`.
  [[nodiscard]] std::size_t first(int part) const {
    return static_cast<std::size_t>(part) * (classes + 1);
  }
};

/// Of the rows of `block` from `first` on. Throws Error (internal) for a label that is no class.
[[nodiscard]] SliceLayout lay_out(const RowBlock& block, std::size_t first, std::size_t rows,
                                  const PartRule& rule, std::size_t classes);

/// Rows of one block in the memory of the device.
struct Slice {
  std::uint64_t first_row = 0;         ///< position of the first
  std::vector<std::uint64_t> numbers;  ///< of all, where they are not first_row and on
  std::size_t rows = 0;
  RawRows raw;
  const std::int32_t* labels = nullptr;
  const std::uint32_t* order = nullptr;
  const std::uint32_t* class_begin = nullptr;
  SliceLayout layout;  ///< what `order` and `class_begin` hold

  [[nodiscard]] std::uint64_t number(std::size_t i) const {
    return numbers.empty() ? first_row + i : numbers[i];
  }
  /// The rows of a part.
  [[nodiscard]] const std::uint32_t* order_of(int part) const { return order + layout.begin(part); }
};

}  // namespace arete::device
