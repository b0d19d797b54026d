#include "batch_cursor.hpp"

#include <algorithm>

#include "arrow_error.hpp"

namespace arete::parquet_module {

BatchCursor::BatchCursor(const StoredTable& table, int chunk,
                         const std::vector<std::string>& columns, std::int64_t batch_rows)
    : table_(&table), chunk_(chunk), reader_(read_chunk(table, chunk, columns, batch_rows)) {}

std::shared_ptr<arrow::RecordBatch> BatchCursor::next(std::uint64_t most) {
  const std::string place = place_of(*table_, chunk_);
  while (!batch_ || batch_->num_rows() == 0) {
    batch_ = guarded(place, [&] { return value_of(reader_->Next(), place); });
    if (!batch_) {
      fail(ErrorKind::input, "{}: ends after {} rows, but the file says that it has {}", place,
           position_, table_->chunk_rows[static_cast<std::size_t>(chunk_)]);
    }
  }
  const std::int64_t rows =
      std::min<std::int64_t>(batch_->num_rows(), static_cast<std::int64_t>(most));
  auto result = batch_->Slice(0, rows);
  batch_ = batch_->Slice(rows);
  position_ += static_cast<std::uint64_t>(rows);
  return result;
}

void BatchCursor::skip_to(std::uint64_t position) {
  while (position_ < position) static_cast<void>(next(position - position_));
}

}  // namespace arete::parquet_module
