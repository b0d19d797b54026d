#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <vector>

#include "arete/data/row_source.hpp"

namespace arete {

/// Reads rows of a source in blocks, in their order, as often as asked. While the caller works on
/// one block the next is read. The rows that later passes want are kept for them where all of those
/// fit the memory budget.
///
/// Blocks are cut where the global row number (`first_number` + index) is a multiple of `align`.
class BlockReader {
 public:
  struct Options {
    std::uint64_t first_number = 0;  ///< global number of row 0 of the source
    std::size_t align = 1;           ///< rows
    std::size_t memory = 0;          ///< bytes that blocks may take
    std::size_t shards = 1;        ///< wanted in a block, of `align` rows each: one for each thread
    std::size_t row_overhead = 0;  ///< bytes that the visitor takes for each row of its block
    /// Whether later passes want the row of this global number; nothing where there are none.
    std::function<bool(std::uint64_t)> is_wanted_later = {};
  };

  /// Throws Error (resource) when two blocks of `align` rows exceed the memory.
  BlockReader(const RowSource& source, RowRange rows, const Options& options);

  /// Calls `visit` for every block; block.first_row is a global number. All rows come in the first
  /// pass; of the others, at least those that are wanted.
  void for_each(const std::function<void(const RowBlock&)>& visit);

  /// Seconds that for_each spent waiting for rows so far.
  [[nodiscard]] double seconds_waited() const noexcept { return seconds_waited_; }
  [[nodiscard]] RowRange rows() const noexcept { return rows_; }
  /// How many rows the next pass gives.
  [[nodiscard]] std::uint64_t next_rows() const noexcept;
  [[nodiscard]] std::size_t block_rows() const noexcept { return block_rows_; }

 private:
  /// What is kept of the rows of the first pass: nothing, all, or those that are wanted.
  enum class Keeping : std::uint8_t { nothing, blocks, wanted };

  void plan_keeping(const Options& options, std::size_t held_row_bytes, std::size_t budget);
  [[nodiscard]] RowRange range_of(std::size_t block) const noexcept;
  [[nodiscard]] std::size_t block_count() const noexcept;
  void read(std::size_t block, RowBlock& into) const;

  const RowSource& source_;
  RowRange rows_;
  std::uint64_t first_number_;
  std::size_t block_rows_ = 0;
  std::function<bool(std::uint64_t)> is_wanted_later_;
  Keeping keeping_ = Keeping::nothing;
  std::vector<RowBlock> kept_;
  double seconds_waited_ = 0;
};

}  // namespace arete
