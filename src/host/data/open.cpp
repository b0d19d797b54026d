#include "arete/data/open.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <span>
#include <string>
#include <string_view>

#include "arete/core/error.hpp"
#include "arete/core/file.hpp"
#include "arete/core/module.hpp"
#include "arete/data/array_source.hpp"
#include "arete/data/cifar.hpp"
#include "arete/data/gzip.hpp"
#include "arete/data/idx.hpp"
#include "arete/data/image_decode.hpp"
#include "arete/data/image_folder.hpp"
#include "arete/data/image_preprocess.hpp"
#include "arete/data/npy.hpp"
#include "arete/data/table_files.hpp"
#include "arete/model/ridge_model.hpp"
#include "arete/moments/moments_file.hpp"

namespace arete {

namespace {

namespace fs = std::filesystem;

constexpr std::string_view what_is_read =
    "what is read: an IDX file (.gz or not), a .npy file, CIFAR-10 binary batches (.bin), JPEG and "
    "PNG files, a folder of class folders of them, a folder with MNIST's or CIFAR's files, and "
    "Parquet or Arrow files, or a folder of them";

/// MNIST's file of images in `folder`: `set` is "train" or "t10k".
std::optional<fs::path> mnist_images(const fs::path& folder, std::string_view set) {
  for (const char* rest : {"-images-idx3-ubyte", "-images-idx3-ubyte.gz", "-images.idx3-ubyte",
                           "-images.idx3-ubyte.gz"}) {
    const fs::path path = folder / fmt::format("{}{}", set, rest);
    if (is_file(path)) return path;
  }
  return std::nullopt;
}

bool holds_class_folders(const fs::path& folder) {
  if (!is_folder(folder) || !holds_images(folder)) return false;
  bool found = false;
  for_each_entry(folder, [&found](const fs::directory_entry& entry) {
    std::error_code broken_link;
    found = found || entry.is_directory(broken_link);
  });
  return found;
}

bool holds_train_and_test(const fs::path& folder) {
  return holds_class_folders(folder / "train") && holds_class_folders(folder / "test");
}

std::string start_of(const fs::path& path) {
  const InputFile file(path);
  if (file.size() == 0) fail(ErrorKind::input, "{}: is an empty file", path.string());
  return first_bytes(file, 8);
}

/// Whether the header announces just as many bytes as there are. A CIFAR-10 batch too may begin
/// with the bytes of an IDX header: black pixels of class 0.
bool is_whole_idx(const fs::path& file, std::span<const std::byte> start) {
  if (!is_idx(start)) return false;
  try {
    static_cast<void>(read_idx_header(ContentFile(file, 0)));
    return true;
  } catch (const Error&) {
    return false;
  }
}

/// Whole records, each of which begins with a label.
bool is_cifar_batch(const fs::path& path) {
  constexpr std::uint64_t record = 1 + 3 * 32 * 32;
  const InputFile file(path);
  if (file.size() % record != 0) return false;
  for (std::uint64_t at = 0; at < file.size(); at += record) {
    std::byte label{};
    file.read(at, {&label, 1});
    if (label > std::byte{9}) return false;
  }
  return true;
}

std::unique_ptr<RowSource> open_plain_array(const fs::path& path, const OpenOptions& options) {
  refuse_preprocessing(path.string(), options.preprocessing);
  return open_array(path, options);
}

std::unique_ptr<RowSource> open_batches(const fs::path& path, const OpenOptions& options) {
  refuse_preprocessing(path.string(), options.preprocessing);
  return open_cifar(path, options);
}

std::unique_ptr<RowSource> open_folder(const fs::path& folder, const OpenOptions& options) {
  if (const auto images = mnist_images(folder, "train")) return open_plain_array(*images, options);
  if (holds_cifar_batches(folder)) return open_batches(folder, options);
  if (holds_train_and_test(folder)) return open_images(folder / "train", options);
  if (holds_images(folder)) return open_images(folder, options);
  fail(ErrorKind::input, "{}: is a folder without data; {}", folder.string(), what_is_read);
}

[[noreturn]] void fail_unknown(const fs::path& file, std::span<const std::byte> start) {
  if (is_moments_file(file)) {
    fail(ErrorKind::input, "{}: is a moments file, which holds no rows; `arete fit` takes it alone",
         file.string());
  }
  if (is_model_file(file)) {
    fail(ErrorKind::input, "{}: is a model, not data; `arete predict MODEL DATA` takes it first",
         file.string());
  }
  std::string hex;
  for (const std::byte byte : start) hex += fmt::format(" {:02x}", byte);
  fail(ErrorKind::input, "{}: is of no kind that is read; it begins with the bytes{}; {}",
       file.string(), hex, what_is_read);
}

std::unique_ptr<RowSource> open_file(const fs::path& file, const OpenOptions& options) {
  const std::string text = start_of(file);
  const auto start = std::as_bytes(std::span(text));
  if (is_gzip(start) || is_npy(start) || is_whole_idx(file, start)) {
    return open_plain_array(file, options);
  }
  if (is_image_file(file)) return open_images(file, options);
  if (!is_model_file(file) && is_cifar_batch(file)) return open_batches(file, options);
  if (is_idx(start)) return open_plain_array(file, options);  // says what is wrong with it
  if (file.extension() == ".bin") return open_batches(file, options);
  fail_unknown(file, start);
}

void refuse_table_options(const fs::path& path, const OpenOptions& options) {
  if (options.table == TableOptions{}) return;
  fail(ErrorKind::usage,
       "{}: --features-column, --features-columns, --label-column, --row-column and --unsigned are "
       "for the columns of Parquet and Arrow files, which this is not",
       path.string());
}

}  // namespace

std::unique_ptr<RowStream> open_standard_input(const OpenOptions& options) {
  return load_module("parquet").open_stream(options);
}

std::unique_ptr<RowSource> open_source(const fs::path& path, const OpenOptions& options) {
  std::error_code ignored;
  const fs::file_status status = fs::status(path, ignored);
  if (is_table(path)) return load_module("parquet").open_rows(path, options);
  refuse_table_options(path, options);
  if (fs::is_directory(status)) return open_folder(path, options);
  if (status.type() == fs::file_type::not_found) {
    fail(ErrorKind::input, "{}: does not exist", path.string());
  }
  if (fs::exists(status) && !fs::is_regular_file(status)) {
    fail(ErrorKind::input, "{}: is neither a file nor a folder", path.string());
  }
  return open_file(path, options);
}

std::optional<std::size_t> channels_of(std::span<const std::size_t> shape) noexcept {
  return shape.size() == 3 && shape[2] == 3 ? std::optional(shape[2]) : std::nullopt;
}

std::optional<fs::path> customary_test_set(const fs::path& path) {
  if (is_folder(path)) {
    if (mnist_images(path, "train")) return mnist_images(path, "t10k");
    if (is_file(path / "test_batch.bin") && holds_cifar_batches(path)) {
      return path / "test_batch.bin";
    }
    return holds_train_and_test(path) ? std::optional(path / "test") : std::nullopt;
  }
  const std::string name = path.filename().string();
  if (name.starts_with("train-images")) return mnist_images(path.parent_path(), "t10k");
  if (name.starts_with("data_batch_") && is_file(path.parent_path() / "test_batch.bin")) {
    return path.parent_path() / "test_batch.bin";
  }
  return std::nullopt;
}

}  // namespace arete
