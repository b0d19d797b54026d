#pragma once

#include <arrow/memory_pool.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>
#include <parquet/metadata.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "arete/data/table_files.hpp"

namespace arete::parquet_module {

/// One file of a table, whose footer has been read: rows lie in chunks (Parquet's row groups, the
/// record batches of Arrow files) that can be read in any order.
struct StoredTable {
  TableFile file;
  std::string name;  ///< of the file, for messages
  /// What Arrow allocates from: limited, since a page says itself how large it becomes.
  std::shared_ptr<arrow::MemoryPool> memory;
  std::shared_ptr<arrow::Schema> schema;
  std::vector<std::uint64_t> chunk_rows;
  std::shared_ptr<parquet::FileMetaData> parquet;  ///< null for an Arrow file
};

/// Reads the footer; of it and of all rows read later, Arrow may hold `memory` bytes at a time (0:
/// no limit). Throws Error (input) naming the file when it is damaged, or tells of more than the
/// file holds.
[[nodiscard]] StoredTable open_table(const TableFile& file, std::size_t memory);

/// Reads some columns of one chunk from its beginning, in batches of at most `batch_rows` rows.
/// Holds a page of each column, not the chunk.
[[nodiscard]] std::shared_ptr<arrow::RecordBatchReader> read_chunk(
    const StoredTable& table, int chunk, const std::vector<std::string>& columns,
    std::int64_t batch_rows);

/// "file: row group 3" or "file: record batch 3".
[[nodiscard]] std::string place_of(const StoredTable& table, int chunk);

}  // namespace arete::parquet_module
