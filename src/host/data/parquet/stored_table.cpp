#include "stored_table.hpp"

#include <arrow/io/file.h>
#include <arrow/ipc/reader.h>
#include <arrow/memory_pool.h>
#include <arrow/type_traits.h>
#include <parquet/arrow/reader.h>
#include <parquet/arrow/schema.h>
#include <parquet/file_reader.h>
#include <parquet/properties.h>

#include <algorithm>
#include <limits>

#include "arete/core/checked.hpp"
#include "arete/core/file.hpp"
#include "arrow_error.hpp"

namespace arete::parquet_module {

namespace {

/// Read at a time, of all columns together and of each.
constexpr std::int64_t buffer_bytes = std::int64_t{1} << 21;
constexpr std::int64_t most_of_column = std::int64_t{1} << 18;
constexpr std::int64_t least_of_column = std::int64_t{1} << 13;
/// A footer's texts and lists may be as large as this: far beyond what real schemas need.
constexpr std::uint64_t footer_limit = 1 << 26;

/// Memory that is given back to the system, so that what is held is what is bounded.
std::shared_ptr<arrow::MemoryPool> limited_memory(std::size_t limit) {
  const auto most = std::numeric_limits<std::int64_t>::max();
  const bool is_limited = limit > 0 && limit < static_cast<std::size_t>(most);
  return std::make_shared<arrow::CappedMemoryPool>(
      arrow::system_memory_pool(), is_limited ? static_cast<std::int64_t>(limit) : most);
}

/// Lists have no more entries than the file has bytes: their memory is taken before they are read.
parquet::ReaderProperties reader_properties(const StoredTable& table, std::size_t columns) {
  const auto limit =
      static_cast<std::int32_t>(std::min(footer_limit, InputFile(table.file.path).size()));
  parquet::ReaderProperties properties(table.memory.get());
  properties.enable_buffered_stream();
  const auto of_each = buffer_bytes / static_cast<std::int64_t>(std::max<std::size_t>(1, columns));
  properties.set_buffer_size(std::clamp(of_each, least_of_column, most_of_column));
  properties.set_thrift_string_size_limit(limit);
  properties.set_thrift_container_size_limit(limit);
  return properties;
}

parquet::ArrowReaderProperties arrow_properties(std::int64_t batch_rows) {
  parquet::ArrowReaderProperties properties(/*use_threads=*/false);
  properties.set_batch_size(batch_rows);
  properties.set_pre_buffer(false);
  return properties;
}

std::shared_ptr<arrow::io::ReadableFile> open_file(const StoredTable& table) {
  return value_of(arrow::io::ReadableFile::Open(table.file.path.string(), table.memory.get()),
                  table.name);
}

/// A row group says where its columns lie: within the file, or it is damaged.
void check_row_group(const StoredTable& table, int number, std::uint64_t file_size) {
  const auto group = table.parquet->RowGroup(number);
  const std::string place = place_of(table, number);
  if (group->num_rows() < 0) fail(ErrorKind::input, "{}: has {} rows", place, group->num_rows());
  for (int c = 0; c < group->num_columns(); ++c) {
    const auto column = group->ColumnChunk(c);
    const std::int64_t first =
        column->has_dictionary_page() && column->dictionary_page_offset() > 0
            ? std::min(column->dictionary_page_offset(), column->data_page_offset())
            : column->data_page_offset();
    const std::int64_t bytes = column->total_compressed_size();
    if (first < 0 || bytes < 0 || static_cast<std::uint64_t>(first) > file_size ||
        static_cast<std::uint64_t>(bytes) > file_size - static_cast<std::uint64_t>(first)) {
      fail(
          ErrorKind::input,
          "{}, column {}: lies at byte {} and has {} bytes, but the file has {}; it was cut, or is "
          "damaged",
          place, c, first, bytes, file_size);
    }
  }
}

void open_parquet(StoredTable& table) {
  const auto reader = guarded(table.name, [&table] {
    return parquet::ParquetFileReader::Open(open_file(table), reader_properties(table, 1));
  });
  table.parquet = reader->metadata();
  table.schema = guarded(table.name, [&table] {
    std::shared_ptr<arrow::Schema> schema;
    check(parquet::arrow::FromParquetSchema(table.parquet->schema(), arrow_properties(1),
                                            table.parquet->key_value_metadata(), &schema),
          table.name);
    return schema;
  });
  const std::uint64_t file_size = InputFile(table.file.path).size();
  for (int group = 0; group < table.parquet->num_row_groups(); ++group) {
    guarded(place_of(table, group), [&] {
      check_row_group(table, group, file_size);
      table.chunk_rows.push_back(
          static_cast<std::uint64_t>(table.parquet->RowGroup(group)->num_rows()));
    });
  }
}

std::shared_ptr<arrow::ipc::RecordBatchFileReader> open_arrow_reader(
    const StoredTable& table, arrow::ipc::IpcReadOptions options) {
  options.memory_pool = table.memory.get();
  options.use_threads = false;
  const auto file = value_of(
      arrow::io::MemoryMappedFile::Open(table.file.path.string(), arrow::io::FileMode::READ),
      table.name);
  return guarded(table.name, [&] {
    return value_of(arrow::ipc::RecordBatchFileReader::Open(file, options), table.name);
  });
}

/// A column that is quickly read, for those who want to know how many rows there are.
int narrow_field(const arrow::Schema& schema) {
  const auto is_narrow = [](const auto& field) { return arrow::is_primitive(field->type()->id()); };
  const auto found = std::ranges::find_if(schema.fields(), is_narrow);
  return found == schema.fields().end() ? 0 : static_cast<int>(found - schema.fields().begin());
}

void open_arrow(StoredTable& table) {
  auto options = arrow::ipc::IpcReadOptions::Defaults();
  table.schema = open_arrow_reader(table, options)->schema();
  options.included_fields = {narrow_field(*table.schema)};
  const auto reader = open_arrow_reader(table, options);
  for (int batch = 0; batch < reader->num_record_batches(); ++batch) {
    const std::string place = place_of(table, batch);
    const auto rows =
        guarded(place, [&] { return value_of(reader->ReadRecordBatch(batch), place)->num_rows(); });
    table.chunk_rows.push_back(static_cast<std::uint64_t>(rows));
  }
}

/// The leaves of the tree of columns below these of its roots.
std::vector<int> leaves_of(const StoredTable& table, const std::vector<std::string>& columns) {
  std::vector<int> leaves;
  for (int leaf = 0; leaf < table.parquet->num_columns(); ++leaf) {
    const std::string root = table.parquet->schema()->GetColumnRoot(leaf)->name();
    if (std::ranges::find(columns, root) != columns.end()) leaves.push_back(leaf);
  }
  return leaves;
}

/// One record batch of an Arrow file, in slices.
std::shared_ptr<arrow::RecordBatchReader> read_batch(const StoredTable& table, int chunk,
                                                     const std::vector<std::string>& columns,
                                                     std::int64_t batch_rows) {
  auto options = arrow::ipc::IpcReadOptions::Defaults();
  for (const std::string& column : columns) {
    options.included_fields.push_back(table.schema->GetFieldIndex(column));
  }
  const auto reader = open_arrow_reader(table, options);
  const std::string place = place_of(table, chunk);
  const auto batch =
      guarded(place, [&] { return value_of(reader->ReadRecordBatch(chunk), place); });
  check(batch->ValidateFull(), place);
  arrow::RecordBatchVector slices;
  for (std::int64_t row = 0; row < batch->num_rows(); row += batch_rows) {
    slices.push_back(batch->Slice(row, batch_rows));
  }
  return value_of(arrow::RecordBatchReader::Make(std::move(slices), batch->schema()), place);
}

}  // namespace

StoredTable open_table(const TableFile& file, std::size_t memory) {
  StoredTable table{file, file.path.string(), limited_memory(memory), nullptr, {}, nullptr};
  if (first_bytes(file.path, 4) == "PAR1") {
    open_parquet(table);
  } else {
    open_arrow(table);
  }
  std::uint64_t rows = 0;
  for (const std::uint64_t chunk : table.chunk_rows) rows = checked_add(rows, chunk, table.name);
  return table;
}

std::shared_ptr<arrow::RecordBatchReader> read_chunk(const StoredTable& table, int chunk,
                                                     const std::vector<std::string>& columns,
                                                     std::int64_t batch_rows) {
  if (!table.parquet) return read_batch(table, chunk, columns, batch_rows);
  const std::string place = place_of(table, chunk);
  return guarded(place, [&]() -> std::shared_ptr<arrow::RecordBatchReader> {
    const std::vector<int> leaves = leaves_of(table, columns);
    parquet::arrow::FileReaderBuilder builder;
    check(builder.Open(open_file(table), reader_properties(table, leaves.size()), table.parquet),
          place);
    const std::shared_ptr<parquet::arrow::FileReader> file = value_of(
        builder.memory_pool(table.memory.get())->properties(arrow_properties(batch_rows))->Build(),
        place);
    std::shared_ptr<arrow::RecordBatchReader> reader =
        value_of(file->GetRecordBatchReader({chunk}, leaves), place);
    // The reader needs the file reader, which it does not own.
    return {reader.get(), [file, reader](arrow::RecordBatchReader*) mutable { reader.reset(); }};
  });
}

std::string place_of(const StoredTable& table, int chunk) {
  return fmt::format("{}: {} {}", table.name, table.parquet ? "row group" : "record batch", chunk);
}

}  // namespace arete::parquet_module
