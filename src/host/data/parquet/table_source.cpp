#include "table_source.hpp"

#include <algorithm>
#include <mutex>
#include <numeric>
#include <span>
#include <utility>

#include "arete/core/checked.hpp"
#include "arete/core/checksum.hpp"
#include "arete/core/parallel.hpp"
#include "arete/data/labels.hpp"
#include "arete/data/number_ranges.hpp"
#include "batch_cursor.hpp"
#include "feature_layout.hpp"
#include "feature_values.hpp"
#include "label_values.hpp"
#include "table_columns.hpp"

namespace arete::parquet_module {

namespace {

/// Decoded at a time by each thread: several times a page, and within a processor's cache.
constexpr std::size_t batch_bytes = std::size_t{2} << 20;
/// Of labels and row numbers at a time.
constexpr std::int64_t narrow_batch_rows = 16'384;

std::int64_t batch_rows(const FeatureLayout& layout) {
  const std::size_t row_bytes = layout.features * element_size(layout.type);
  return static_cast<std::int64_t>(std::clamp<std::size_t>(batch_bytes / row_bytes, 1, 8192));
}

// ---- Opening ----

/// All files use the same columns of the same types.
void check_same_columns(const StoredTable& first, const StoredTable& other,
                        const TableColumns& columns) {
  std::vector<std::string> names = columns.beside_features();
  names.insert(names.end(), columns.features.begin(), columns.features.end());
  for (const std::string& name : names) {
    const auto expected = first.schema->GetFieldByName(name);
    const auto found = other.schema->GetFieldByName(name);
    if (found && found->type()->Equals(*expected->type())) continue;
    fail(ErrorKind::input, "{}: column '{}' is {}, but in {} it is {}", other.name, name,
         found ? "of type " + found->type()->ToString() : "missing", first.name,
         expected->type()->ToString());
  }
}

std::vector<StoredTable> open_tables(const TableFiles& files, const OpenOptions& options) {
  std::vector<StoredTable> tables(files.files.size());
  parallel_for(tables.size(), options.threads,
               [&](std::size_t i) { tables[i] = open_table(files.files[i], options.memory); });
  return tables;
}

/// Where rows lie: one entry for each chunk that has any.
struct Chunk {
  std::size_t table = 0;
  int number = 0;  ///< in its file
  RowRange rows;   ///< their positions
};

std::vector<Chunk> list_chunks(const std::vector<StoredTable>& tables, const std::string& name) {
  std::vector<Chunk> chunks;
  std::uint64_t position = 0;
  for (std::size_t t = 0; t < tables.size(); ++t) {
    for (std::size_t c = 0; c < tables[t].chunk_rows.size(); ++c) {
      const std::uint64_t end = checked_add(position, tables[t].chunk_rows[c], name);
      if (end > position) chunks.push_back({t, static_cast<int>(c), {position, end}});
      position = end;
    }
  }
  if (chunks.empty()) fail(ErrorKind::input, "{}: has no rows", name);
  return chunks;
}

FeatureLayout find_layout(const StoredTable& table, const Chunk& chunk, const TableColumns& columns,
                          const OpenOptions& options) {
  BatchCursor cursor(table, chunk.number, columns.features, 1);
  const auto batch = cursor.next(1);
  return layout_of(columns, *batch, options, place_of(table, chunk.number));
}

/// The labels and numbers of the rows of one file.
struct NarrowColumns {
  LabelCollector classes;
  std::vector<std::int32_t> labels;
  std::vector<std::uint64_t> numbers;
};

const std::string& value_of_key(const StoredTable& table, const std::string& key) {
  for (const auto& [name, value] : table.file.keys) {
    if (name != key) continue;
    if (is_class_name(value)) return value;
    fail(ErrorKind::input, "{}: the value of {} in its folder's name is no name of a class",
         table.name, key);
  }
  fail(ErrorKind::input, "{}: lies in no folder {}=..., which the labels come from", table.name,
       key);
}

void read_narrow_chunk(const StoredTable& table, int chunk, const TableColumns& columns,
                       NarrowColumns& into) {
  const std::uint64_t rows = table.chunk_rows[static_cast<std::size_t>(chunk)];
  if (rows == 0) return;
  BatchCursor cursor(table, chunk, columns.beside_features(), narrow_batch_rows);
  while (cursor.position() < rows) {
    const BatchPlace place = cursor.place();
    const auto batch = cursor.next(rows - cursor.position());
    if (columns.label) {
      add_labels(*batch->GetColumnByName(*columns.label), *columns.label, place, into.classes,
                 into.labels);
    }
    if (columns.row) {
      add_row_numbers(*batch->GetColumnByName(*columns.row), *columns.row, place, into.numbers);
    }
  }
}

/// A folder's name that tells the label of its rows must not contradict their column.
void check_key(const StoredTable& table, const TableColumns& columns, const NarrowColumns& narrow) {
  for (const auto& [key, value] : table.file.keys) {
    if (key != columns.label) continue;
    for (std::size_t row = 0; row < narrow.labels.size(); ++row) {
      const std::string& label =
          narrow.classes.names()[static_cast<std::size_t>(narrow.labels[row])];
      if (label == value) continue;
      fail(ErrorKind::input, "{}: row {} has the {} '{}', but lies in the folder {}={}", table.name,
           row, key, label, key, value);
    }
  }
}

NarrowColumns read_narrow(const StoredTable& table, const TableColumns& columns) {
  NarrowColumns narrow;
  if (!columns.beside_features().empty()) {
    for (std::size_t c = 0; c < table.chunk_rows.size(); ++c) {
      read_narrow_chunk(table, static_cast<int>(c), columns, narrow);
    }
  }
  check_key(table, columns, narrow);
  if (columns.label_key) {
    const auto rows =
        std::accumulate(table.chunk_rows.begin(), table.chunk_rows.end(), std::uint64_t{0});
    const std::int32_t label =
        narrow.classes.index_of(std::string_view(value_of_key(table, *columns.label_key)));
    narrow.labels.resize(rows, label);
  }
  return narrow;
}

/// Of all files, in their order.
Labels join_labels(std::vector<NarrowColumns>& files) {
  Labels labels;
  for (const NarrowColumns& file : files) {
    ClassList sorted = file.classes.names();
    std::ranges::sort(sorted, class_less);
    labels.classes = unite(labels.classes, sorted);
  }
  for (NarrowColumns& file : files) {
    const std::vector<std::int32_t> rank = index_into(file.classes.names(), labels.classes);
    for (const std::int32_t label : file.labels) {
      labels.indices.push_back(rank[static_cast<std::size_t>(label)]);
    }
    file.labels = {};
  }
  return labels;
}

/// Of all files; empty where they are the positions anyway.
std::vector<std::uint64_t> join_numbers(std::vector<NarrowColumns>& files,
                                        const std::string& name) {
  std::vector<std::uint64_t> numbers;
  NumberRanges ranges;
  bool are_positions = true;
  for (NarrowColumns& file : files) {
    for (const std::uint64_t number : file.numbers) {
      are_positions = are_positions && number == numbers.size();
      numbers.push_back(number);
      ranges.add({number, checked_add(number, std::uint64_t{1}, name)});
    }
    file.numbers = {};
  }
  static_cast<void>(std::move(ranges).finish(name));  // each once
  return are_positions ? std::vector<std::uint64_t>{} : numbers;
}

// ---- The source ----

/// What a source is made of.
struct OpenTables {
  std::vector<StoredTable> tables;
  std::vector<Chunk> chunks;
  TableColumns columns;
  FeatureLayout layout;
  Labels labels;
  std::vector<std::uint64_t> numbers;  ///< empty: the positions
};

class TableSource final : public RowSource {
 public:
  TableSource(SourceInfo info, OpenTables open, int threads)
      : info_(std::move(info)), open_(std::move(open)), threads_(threads) {}

  [[nodiscard]] const SourceInfo& info() const noexcept override { return info_; }

  void read(RowRange range, RowBlock& into) const override {
    std::byte* const rows = into.prepare(info_, range);
    copy_labels(open_.labels, range, into);
    if (!open_.numbers.empty()) {
      const auto first = open_.numbers.begin() + static_cast<std::ptrdiff_t>(range.first);
      into.numbers.assign(first, first + static_cast<std::ptrdiff_t>(range.size()));
    }
    const std::vector<RowRange> pieces = cut_at_chunks(range);
    const std::size_t row_bytes = info_.features * element_size(info_.type);
    // Images take longer to decode than all else: their rows are shared out, not the chunks.
    const bool by_row = open_.layout.kind == FeatureLayout::Kind::images;
    parallel_for(pieces.size(), by_row ? 1 : threads_, [&](std::size_t i) {
      read_piece(pieces[i], rows + (pieces[i].first - range.first) * row_bytes);
    });
  }

  [[nodiscard]] std::uint64_t number(std::uint64_t position) const override {
    return open_.numbers.empty() ? position : open_.numbers[position];
  }

 private:
  [[nodiscard]] const Chunk& chunk_of(std::uint64_t position) const {
    return *std::ranges::upper_bound(open_.chunks, position, {},
                                     [](const Chunk& chunk) { return chunk.rows.last; });
  }

  [[nodiscard]] std::vector<RowRange> cut_at_chunks(RowRange range) const {
    std::vector<RowRange> pieces;
    while (range.first < range.last) {
      const std::uint64_t end = std::min(range.last, chunk_of(range.first).rows.last);
      pieces.push_back({range.first, end});
      range.first = end;
    }
    return pieces;
  }

  void read_piece(RowRange piece, std::byte* into) const {
    const Chunk& chunk = chunk_of(piece.first);
    const std::uint64_t last = piece.last - chunk.rows.first;
    BatchCursor cursor = take_cursor(chunk, piece.first - chunk.rows.first);
    while (cursor.position() < last) {
      const BatchPlace place = cursor.place();
      const auto batch = cursor.next(last - cursor.position());
      write_features(*batch, open_.columns, open_.layout, place, threads_, into);
      into +=
          static_cast<std::size_t>(batch->num_rows()) * info_.features * element_size(info_.type);
    }
    if (piece.last < chunk.rows.last) give_back(std::move(cursor));
  }

  /// One that stands at this row of the chunk: where an earlier read ended, or a new one.
  [[nodiscard]] BatchCursor take_cursor(const Chunk& chunk, std::uint64_t position) const {
    const StoredTable& table = open_.tables[chunk.table];
    {
      const std::lock_guard lock(mutex_);
      const auto found = std::ranges::find_if(cursors_, [&](const BatchCursor& cursor) {
        return &cursor.table() == &table && cursor.chunk() == chunk.number &&
               cursor.position() == position;
      });
      if (found != cursors_.end()) {
        BatchCursor cursor = std::move(*found);
        cursors_.erase(found);
        return cursor;
      }
    }
    BatchCursor cursor(table, chunk.number, open_.columns.features, batch_rows(open_.layout));
    cursor.skip_to(position);
    return cursor;
  }

  /// As many are kept as there are threads: each holds a page of every column.
  void give_back(BatchCursor cursor) const {
    const std::lock_guard lock(mutex_);
    if (cursors_.size() >= static_cast<std::size_t>(threads_)) cursors_.erase(cursors_.begin());
    cursors_.push_back(std::move(cursor));
  }

  SourceInfo info_;
  OpenTables open_;
  int threads_;
  mutable std::mutex mutex_;
  mutable std::vector<BatchCursor> cursors_;  ///< where reads have ended, the latest last
};

SourceInfo describe(const std::string& name, const OpenTables& open,
                    std::vector<std::string> warnings) {
  SourceInfo info;
  info.name = name;
  info.rows = open.chunks.back().rows.last;
  info.features = open.layout.features;
  info.type = open.layout.type;
  info.shape = open.layout.shape;
  if (open.columns.are_numbers) info.column_names = open.columns.features;
  info.classes = open.labels.classes;
  info.labels_checksum =
      checksum_of(std::span<const std::uint64_t>(open.numbers),
                  checksum_of(std::span<const std::int32_t>(open.labels.indices)));
  info.held_bytes = open.labels.indices.capacity() * sizeof(std::int32_t) +
                    open.numbers.capacity() * sizeof(std::uint64_t);
  info.preprocessing = open.layout.preprocessing;
  info.is_numbered = !open.numbers.empty();
  info.warnings = std::move(warnings);
  return info;
}

void read_narrow_columns(const std::filesystem::path& path, const OpenOptions& options,
                         OpenTables& open) {
  const std::string name = path.string();
  std::vector<NarrowColumns> narrow(open.tables.size());
  parallel_for(narrow.size(), options.threads,
               [&](std::size_t t) { narrow[t] = read_narrow(open.tables[t], open.columns); });
  open.numbers = join_numbers(narrow, name);
  open.labels = options.labels ? labels_for(path, open.chunks.back().rows.last, options.labels, {},
                                            options.memory)
                               : join_labels(narrow);
}

}  // namespace

std::unique_ptr<RowSource> open_rows(const std::filesystem::path& path,
                                     const OpenOptions& options) {
  const std::string name = path.string();
  const TableFiles files = find_table_files(path);
  OpenTables open;
  open.tables = open_tables(files, options);
  open.chunks = list_chunks(open.tables, name);
  const StoredTable& first = open.tables.front();
  open.columns = choose_columns(*first.schema, first.file.keys, options, first.name);
  for (const StoredTable& table : open.tables) check_same_columns(first, table, open.columns);
  const Chunk& begin = open.chunks.front();
  open.layout = find_layout(open.tables[begin.table], begin, open.columns, options);
  read_narrow_columns(path, options, open);
  SourceInfo info = describe(name, open, files.warnings);
  return std::make_unique<TableSource>(std::move(info), std::move(open), options.threads);
}

}  // namespace arete::parquet_module
