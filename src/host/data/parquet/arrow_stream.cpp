#include "arrow_stream.hpp"

#include <arrow/array.h>
#include <arrow/io/stdio.h>
#include <arrow/ipc/reader.h>
#include <arrow/memory_pool.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <limits>
#include <string>
#include <string_view>
#include <utility>

#include "arrow_error.hpp"
#include "feature_layout.hpp"
#include "feature_values.hpp"
#include "label_values.hpp"
#include "table_columns.hpp"

namespace arete::parquet_module {

namespace {

const std::string stream_name = "standard input";

/// Standard input, and whether a stream has ended there.
class Stdin final : public arrow::io::StdinStream {
 public:
  arrow::Result<std::int64_t> Read(std::int64_t size, void* into) override {
    ARROW_ASSIGN_OR_RAISE(const std::int64_t count, StdinStream::Read(size, into));
    last_.assign(static_cast<const char*>(into), static_cast<std::size_t>(std::min(count, kept)));
    return count;
  }
  arrow::Result<std::shared_ptr<arrow::Buffer>> Read(std::int64_t size) override {
    ARROW_ASSIGN_OR_RAISE(auto buffer, StdinStream::Read(size));
    last_ = std::string(static_cast<std::string_view>(*buffer).substr(0, kept));
    return buffer;
  }

  /// Arrow takes a stream that ends without the mark of its end for a whole one, and says nothing
  /// of what comes after it: sums would lack the rows of a writer that died, or of a second stream.
  /// The mark is a length of zero, and the last that is read.
  void check_end() {
    if (last_ != std::string(4, '\0')) {
      fail(ErrorKind::input,
           "{}: has no mark of its end, as closing a stream writes it; was its writer cut short?",
           stream_name);
    }
    pollfd more{STDIN_FILENO, POLLIN, 0};
    char byte = 0;
    if (::poll(&more, 1, 0) > 0 && value_of(StdinStream::Read(1, &byte), stream_name) > 0) {
      fail(ErrorKind::input, "{}: goes on after the end of its stream; give one stream",
           stream_name);
    }
  }

 private:
  static constexpr std::int64_t kept = 8;

  std::string last_;  ///< how what was last read begins
};

class ArrowStream final : public RowStream {
 public:
  explicit ArrowStream(const OpenOptions& options) {
    open(options);
    if (!advance()) {
      fail(ErrorKind::input, "{}: has no rows; leave out what is empty", stream_name);
    }
    columns_ = choose_columns(*reader_->schema(), {}, options, stream_name);
    layout_ = layout_of(columns_, *batch_, options, place().chunk);
    learn_classes();
    info_.name = stream_name;
    info_.features = layout_.features;
    info_.type = layout_.type;
    info_.shape = layout_.shape;
    if (columns_.are_numbers) info_.column_names = columns_.features;
    info_.preprocessing = layout_.preprocessing;
    info_.is_numbered = columns_.row.has_value();
    threads_ = options.threads;
  }

  [[nodiscard]] const SourceInfo& info() const noexcept override { return info_; }

  bool next(std::size_t rows, RowBlock& into) override {
    SourceInfo endless = info_;
    endless.rows = std::numeric_limits<std::uint64_t>::max();
    std::byte* target = into.prepare(endless, {position_, position_ + rows});
    into.labels.clear();
    into.rows = 0;
    while (into.rows < rows && (has_rows() || advance())) {
      const auto some = take(rows - into.rows);
      into.rows += static_cast<std::size_t>(some->num_rows());
      append(*some, target, into);
      target +=
          static_cast<std::size_t>(some->num_rows()) * info_.features * element_size(info_.type);
    }
    position_ += into.rows;
    return into.rows > 0;
  }

 private:
  void open(const OpenOptions& options) {
    if (options.labels) {
      fail(ErrorKind::usage, "--labels: the labels of {} are a column of it", stream_name);
    }
    auto ipc = arrow::ipc::IpcReadOptions::Defaults();
    ipc.use_threads = false;
    ipc.memory_pool = arrow::system_memory_pool();
    reader_ = guarded(stream_name, [&] {
      return value_of(arrow::ipc::RecordBatchStreamReader::Open(stdin_, ipc), stream_name);
    });
  }

  [[nodiscard]] bool has_rows() const { return batch_ && used_ < batch_->num_rows(); }

  [[nodiscard]] BatchPlace place() const {
    return {fmt::format("{}: record batch {}", stream_name, batches_ - 1),
            static_cast<std::uint64_t>(used_)};
  }

  /// To the next batch that has rows; false where there is none.
  bool advance() {
    do {
      batch_ = guarded(stream_name, [&] { return value_of(reader_->Next(), stream_name); });
      ++batches_;
      used_ = 0;
      if (batch_) check(batch_->ValidateFull(), place().chunk);
    } while (batch_ && batch_->num_rows() == 0);
    if (!batch_) stdin_->check_end();
    return batch_ != nullptr;
  }

  std::shared_ptr<arrow::RecordBatch> take(std::size_t most) {
    const auto rows =
        std::min<std::int64_t>(batch_->num_rows() - used_, static_cast<std::int64_t>(most));
    taken_from_ = place();
    auto some = batch_->Slice(used_, rows);
    used_ += rows;
    return some;
  }

  [[nodiscard]] static const arrow::DictionaryArray& labels_of(const arrow::RecordBatch& batch,
                                                               const std::string& column) {
    const auto array = batch.GetColumnByName(column);
    if (array->type_id() != arrow::Type::DICTIONARY) {
      fail(ErrorKind::input,
           "{}: column '{}' is of type {}; in a stream it must be dictionary-encoded, with a "
           "dictionary of all classes, since the rows to come are not known",
           stream_name, column, array->type()->ToString());
    }
    return static_cast<const arrow::DictionaryArray&>(*array);
  }

  void learn_classes() {
    if (!columns_.label) {
      fail(ErrorKind::input, "{}: has no column 'label'; name it by --label-column", stream_name);
    }
    dictionary_ = labels_of(*batch_, *columns_.label).dictionary();
    std::vector<std::int32_t> entries;
    add_labels(*dictionary_, *columns_.label, {stream_name + ": dictionary", 0}, collector_,
               entries);
    info_.classes = collector_.names();
    std::ranges::sort(info_.classes, class_less);
    rank_ = index_into(collector_.names(), info_.classes);
  }

  void append(const arrow::RecordBatch& batch, std::byte* target, RowBlock& into) {
    const arrow::DictionaryArray& labels = labels_of(batch, *columns_.label);
    if (!labels.dictionary()->Equals(*dictionary_)) {
      fail(ErrorKind::input, "{}: has another dictionary of classes than the first batch",
           taken_from_.chunk);
    }
    const std::size_t before = into.labels.size();
    add_labels(labels, *columns_.label, taken_from_, collector_, into.labels);
    for (std::size_t i = before; i < into.labels.size(); ++i) {
      into.labels[i] = rank_[static_cast<std::size_t>(into.labels[i])];
    }
    if (columns_.row) {
      add_row_numbers(*batch.GetColumnByName(*columns_.row), *columns_.row, taken_from_,
                      into.numbers);
    }
    write_features(batch, columns_, layout_, taken_from_, threads_, target);
  }

  std::shared_ptr<Stdin> stdin_ = std::make_shared<Stdin>();
  std::shared_ptr<arrow::ipc::RecordBatchStreamReader> reader_;
  std::shared_ptr<arrow::RecordBatch> batch_;
  std::uint64_t batches_ = 0;
  std::int64_t used_ = 0;  ///< rows of the batch
  BatchPlace taken_from_;
  TableColumns columns_;
  FeatureLayout layout_;
  LabelCollector collector_;
  std::shared_ptr<arrow::Array> dictionary_;
  std::vector<std::int32_t> rank_;
  SourceInfo info_;
  std::uint64_t position_ = 0;
  int threads_ = 1;
};

}  // namespace

std::unique_ptr<RowStream> open_stream(const OpenOptions& options) {
  return std::make_unique<ArrowStream>(options);
}

}  // namespace arete::parquet_module
