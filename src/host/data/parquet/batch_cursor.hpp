#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "feature_values.hpp"
#include "stored_table.hpp"

namespace arete::parquet_module {

/// A place in one chunk, from which rows are read onwards.
class BatchCursor {
 public:
  BatchCursor(const StoredTable& table, int chunk, const std::vector<std::string>& columns,
              std::int64_t batch_rows);

  [[nodiscard]] const StoredTable& table() const noexcept { return *table_; }
  [[nodiscard]] int chunk() const noexcept { return chunk_; }
  /// Of the next row, in the chunk.
  [[nodiscard]] std::uint64_t position() const noexcept { return position_; }
  [[nodiscard]] BatchPlace place() const { return {place_of(*table_, chunk_), position_}; }

  /// The next rows: at least one and at most `most`. Throws Error (input) where the chunk ends, or
  /// is damaged.
  [[nodiscard]] std::shared_ptr<arrow::RecordBatch> next(std::uint64_t most);
  /// Passes over the rows before `position`.
  void skip_to(std::uint64_t position);

 private:
  const StoredTable* table_;
  int chunk_;
  std::shared_ptr<arrow::RecordBatchReader> reader_;
  std::shared_ptr<arrow::RecordBatch> batch_;  ///< what is left of the last one
  std::uint64_t position_ = 0;
};

}  // namespace arete::parquet_module
