#include "arete/data/cifar.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "arete/core/error.hpp"
#include "arete/core/file.hpp"
#include "arete/data/class_list.hpp"

namespace arete {

namespace {

namespace fs = std::filesystem;

constexpr std::size_t side = 32;
constexpr std::size_t plane = side * side;
constexpr std::size_t features = 3 * plane;
constexpr std::size_t record_size = 1 + features;
constexpr std::size_t class_count = 10;
constexpr std::uint64_t records_at_once = 256;
constexpr std::uint64_t max_names_size = 1 << 16;

/// N of data_batch_N.bin.
std::optional<std::uint64_t> batch_number(std::string_view name) {
  constexpr std::string_view prefix = "data_batch_";
  constexpr std::string_view suffix = ".bin";
  if (!name.starts_with(prefix) || !name.ends_with(suffix)) return std::nullopt;
  name.remove_prefix(prefix.size());
  name.remove_suffix(std::min(name.size(), suffix.size()));
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), number);
  if (error != std::errc() || end != name.data() + name.size()) return std::nullopt;
  return number;
}

/// In the order of their numbers.
std::vector<fs::path> batches_in(const fs::path& folder) {
  std::vector<std::pair<std::uint64_t, fs::path>> batches;
  for_each_entry(folder, [&](const fs::directory_entry& entry) {
    const auto number = batch_number(entry.path().filename().string());
    if (number) batches.emplace_back(*number, entry.path());
  });
  std::ranges::sort(batches);
  std::vector<fs::path> paths;
  paths.reserve(batches.size());
  for (auto& [number, path] : batches) paths.push_back(std::move(path));
  return paths;
}

/// The lines of a text without its empty last ones, which the original file has.
std::vector<std::string> lines_of(std::string_view text) {
  while (text.ends_with('\n') || text.ends_with('\r')) text.remove_suffix(1);
  std::vector<std::string> lines;
  for (std::size_t begin = 0; begin <= text.size();) {
    const std::size_t end = std::min(text.find('\n', begin), text.size());
    std::string_view line = text.substr(begin, end - begin);
    if (line.ends_with('\r')) line.remove_suffix(1);
    lines.emplace_back(line);
    begin = end + 1;
  }
  return lines;
}

/// The names of the labels 0..9.
std::vector<std::string> class_names(const fs::path& folder) {
  const fs::path path = folder / "batches.meta.txt";
  std::error_code ignored;
  if (!fs::exists(path, ignored)) return {"0", "1", "2", "3", "4", "5", "6", "7", "8", "9"};
  const InputFile file(path);
  if (file.size() > max_names_size) {
    fail(ErrorKind::input, "{}: has {} bytes; ten lines of class names were expected",
         path.string(), file.size());
  }
  std::string text(file.size(), '\0');
  file.read(0, std::as_writable_bytes(std::span(text)));
  std::vector<std::string> names = lines_of(text);
  if (names.size() != class_count) {
    fail(ErrorKind::input, "{}: has {} lines; ten class names were expected", path.string(),
         names.size());
  }
  for (auto name = names.begin(); name != names.end(); ++name) {
    const auto line = name - names.begin() + 1;
    if (!is_class_name(*name)) {
      fail(ErrorKind::input,
           "{}: line {} is empty or not UTF-8 text; ten class names were expected", path.string(),
           line);
    }
    if (std::find(names.begin(), name, *name) != name) {
      fail(ErrorKind::input, "{}: line {} is \"{}\" again; ten different class names were expected",
           path.string(), line, *name);
    }
  }
  return names;
}

/// From planes to colours innermost.
void interleave(const std::byte* planes, std::byte* row) {
  for (std::size_t i = 0; i < plane; ++i) {
    row[3 * i] = planes[i];
    row[3 * i + 1] = planes[plane + i];
    row[3 * i + 2] = planes[2 * plane + i];
  }
}

struct Batch {
  std::unique_ptr<InputFile> file;
  RowRange rows;
};

class CifarSource final : public RowSource {
 public:
  CifarSource(const fs::path& path, const std::vector<fs::path>& files, const fs::path& folder) {
    for (const fs::path& file : files) add_batch(file);
    const std::vector<std::string> names = class_names(folder);
    info_.name = path.string();
    info_.features = features;
    info_.shape = {side, side, 3};
    info_.classes = names;
    std::ranges::sort(info_.classes, class_less);
    for (std::size_t label = 0; label < class_count; ++label) {
      class_of_label_[label] = static_cast<std::int32_t>(
          std::ranges::find(info_.classes, names[label]) - info_.classes.begin());
    }
  }

  [[nodiscard]] const SourceInfo& info() const noexcept override { return info_; }

  void read(RowRange range, RowBlock& into) const override {
    std::byte* rows = into.prepare(info_, range);
    into.labels.clear();
    into.labels.reserve(range.size());
    std::vector<std::byte> records(std::min(range.size(), records_at_once) * record_size);
    for (const Batch& batch : batches_) {
      const std::uint64_t last = std::min(range.last, batch.rows.last);
      std::uint64_t row = std::max(range.first, batch.rows.first);
      while (row < last) {
        const std::uint64_t count = std::min(last - row, records_at_once);
        const std::uint64_t record = row - batch.rows.first;
        const std::span<std::byte> part = std::span(records).first(count * record_size);
        batch.file->read(record * record_size, part);
        unpack(*batch.file, record, part, rows, into.labels);
        rows += count * features;
        row += count;
      }
    }
  }

 private:
  void add_batch(const fs::path& path) {
    auto file = std::make_unique<InputFile>(path);
    if (file->size() == 0 || file->size() % record_size != 0) {
      fail(
          ErrorKind::input,
          "{}: has {} bytes; CIFAR-10 batches are whole records of {} bytes, the last here ends at "
          "byte {}",
          path.string(), file->size(), record_size, file->size() / record_size * record_size);
    }
    const std::uint64_t first = info_.rows;
    info_.rows += file->size() / record_size;
    batches_.push_back({std::move(file), {first, info_.rows}});
  }

  void unpack(const InputFile& file, std::uint64_t record, std::span<const std::byte> records,
              std::byte* rows, std::vector<std::int32_t>& labels) const {
    for (; !records.empty(); records = records.subspan(record_size), rows += features, ++record) {
      const auto label = std::to_integer<std::size_t>(records.front());
      if (label >= class_count) {
        fail(ErrorKind::input, "{}: record {} (byte {}) has the label {}; 0 to 9 were expected",
             file.path().string(), record, record * record_size, label);
      }
      labels.push_back(class_of_label_[label]);
      interleave(records.data() + 1, rows);
    }
  }

  SourceInfo info_;
  std::vector<Batch> batches_;
  std::array<std::int32_t, class_count> class_of_label_{};
};

}  // namespace

bool holds_cifar_batches(const fs::path& folder) {
  return is_folder(folder) && !batches_in(folder).empty();
}

std::unique_ptr<RowSource> open_cifar(const fs::path& path, const OpenOptions& options) {
  if (options.labels) {
    fail(ErrorKind::usage, "{}: CIFAR-10 batches hold their labels; leave out --labels {}",
         path.string(), options.labels->string());
  }
  if (!is_folder(path)) {
    return std::make_unique<CifarSource>(path, std::vector{path}, path.parent_path());
  }
  const std::vector<fs::path> files = batches_in(path);
  if (files.empty()) {
    fail(ErrorKind::input, "{}: holds no data_batch_N.bin", path.string());
  }
  return std::make_unique<CifarSource>(path, files, path);
}

}  // namespace arete
