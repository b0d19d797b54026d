#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "arete/backend/backend.hpp"

namespace arete {

/// What Int8Gram needs of an instruction set that sums products of 8-bit integers in int32.
///
/// A chunk of rows is packed in panels of columns: second factors, and first ones where there are
/// no others, as [panel][group of rows][column][row]. A group is as many rows as an instruction
/// multiplies and adds at once. How first factors lie in a group is known to the kernel alone.
///
/// Where the instruction multiplies unsigned by signed bytes, one factor of each product is
/// shifted, and a chunk is packed twice: as unsigned and as signed bytes. For unsigned x: sum x_j
/// (x_i - shift) = G_ij - shift s_j.  For signed x:  sum (x_j + shift) x_i = G_ij + shift s_i.
/// Where the shift is zero, both factors are read from the same panels.
struct Int8Instructions {
  /// Packs `width` columns (at most panel_columns) of `rows`, which begin `offset` bytes into each
  /// row, into one panel of `first` factors, and of `second` ones where there is a shift. Rows that
  /// are missing add nothing to any product; what columns that are missing add is never read.
  using Pack = void (*)(std::span<const std::byte* const> rows, std::size_t offset,
                        std::size_t width, std::byte* first, std::byte* second);
  /// sums[i][j] += over all groups of  second factor (column i of `tile`) x first factor (column j
  /// of `panel`), i < tile_columns, j < panel_columns.
  using Multiply = void (*)(const std::byte* panel, const std::byte* tile, std::size_t groups,
                            std::int32_t* sums);
  /// sums[j] += first factors of rows first .. last of `panel`.
  using SumRows = void (*)(const std::byte* panel, std::size_t first, std::size_t last,
                           std::int32_t* sums);

  Pack pack_unsigned;
  Pack pack_signed;
  Multiply multiply;
  SumRows sum_rows;
  /// Called by a thread before it multiplies, and after; nullptr: nothing is. In between nothing
  /// else runs on that thread.
  void (*begin)();
  void (*end)();

  std::size_t panel_columns;
  std::size_t tile_columns;  ///< divides panel_columns
  std::size_t group_rows;
  std::size_t value_bytes;   ///< of a packed value
  std::size_t block_groups;  ///< multiplied at once: of a panel, what stays in the L1 cache
  std::size_t unit_columns;  ///< the longest share of a panel's tiles that one thread takes
  std::size_t most_rows;     ///< before an int32 sum could overflow
  std::int64_t shift;
  double rate;  ///< multiply-adds a second of one thread, roughly: half of current server cores'

  [[nodiscard]] std::size_t column_bytes() const noexcept { return group_rows * value_bytes; }
  [[nodiscard]] std::size_t group_bytes() const noexcept { return panel_columns * column_bytes(); }
};

/// AMX, AVX-512 VNNI, AVX2; nullptr where this CPU lacks them. The first call for AMX asks Linux
/// (5.16 or later) for tiles, for the whole process, which from then on may give no thread a stack
/// for signals that is too small for their state (some 11 KB); nullptr too where Linux refuses.
[[nodiscard]] const Int8Instructions* amx_instructions() noexcept;
[[nodiscard]] const Int8Instructions* vnni_instructions() noexcept;
[[nodiscard]] const Int8Instructions* avx2_instructions() noexcept;

/// Those of `kernel`; nullptr: none, products are float64. Throws Error (unavailable) where the
/// kernel is asked for and this CPU lacks it.
[[nodiscard]] const Int8Instructions* int8_instructions(IntegerKernel kernel);

}  // namespace arete
