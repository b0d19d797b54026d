#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "arete/data/row_source.hpp"

namespace arete {

/// The name of no column, for what is not to be guessed.
inline constexpr std::string_view no_column = "-";

/// Which columns of a table are what; nothing where that is guessed by customary names.
struct TableOptions {
  std::optional<std::string> features = {};  ///< a column; else features, pixels or image
  /// Many columns of one number each: those whose names match (fnmatch), in the table's order.
  std::optional<std::string> features_pattern = {};
  std::optional<std::string> label = {};  ///< a column, or the key of folders; else label
  /// A column of global row numbers; else row. no_column: rows are numbered in their order.
  std::optional<std::string> row = {};
  bool unsigned_bytes = false;  ///< 8-bit integers that are stored as signed are not
  bool operator==(const TableOptions&) const = default;
};

/// How a data set is to be read.
struct OpenOptions {
  std::optional<std::filesystem::path> labels = {};  ///< NPY, IDX or text; else by customary name
  Preprocessing preprocessing = {};                  ///< for images; refused for other data
  /// Bytes that a gzipped file may take in memory, packed and inflated; 0: no limit.
  std::size_t memory = 0;
  int threads = 1;  ///< for decoding images
  /// Of images: 3 repeats grey where no image has colours; 1 needs preprocessing.grayscale.
  std::optional<std::size_t> channels = {};
  TableOptions table = {};  ///< refused for other data
  /// Of tables: the columns that the features are already known to be, as those of a model are.
  /// They are taken in this order, whatever else the table has; table.features_pattern must match
  /// just these. A table that has none of them but one column of features is read as ever.
  std::vector<std::string> column_names = {};
};

/// Recognises what `path` is (an IDX or NPY file, gzipped IDX, CIFAR-10 binary batches, a folder of
/// class folders of images, a folder of images, one image, or a folder that holds MNIST's or
/// CIFAR's files under their customary names, or `train` and `test` with class folders in both, of
/// which what is for training is meant; Parquet or Arrow files: one, a folder of them, or a glob)
/// and opens it. Its labels, where they are in a file of their
/// own, are read whole; rows are read when asked for, unless gzipped. Throws Error: (input) naming
/// the file, what was found there and what is read, (usage) for options that do not apply,
/// (resource) when more than options.memory is needed, (unavailable) for Parquet and Arrow files
/// where the module that reads them is missing.
[[nodiscard]] std::unique_ptr<RowSource> open_source(const std::filesystem::path& path,
                                                     const OpenOptions& options);

/// Opens standard input as a stream of Arrow record batches with the columns features, label
/// (dictionary-encoded: the dictionary is the list of all classes) and, where there is one, row.
/// Throws as open_source does.
[[nodiscard]] std::unique_ptr<RowStream> open_standard_input(const OpenOptions& options);

/// The `channels` with which images become rows of this shape: 3 for height x width x 3.
[[nodiscard]] std::optional<std::size_t> channels_of(std::span<const std::size_t> shape) noexcept;

/// The test set that comes with `path`, a folder or a file of training rows: t10k-images for
/// train-images, test_batch.bin for data_batch_*.bin, and `test` where a folder has `train` and
/// `test` with class folders in both. Nothing when there is none.
[[nodiscard]] std::optional<std::filesystem::path> customary_test_set(
    const std::filesystem::path& path);

}  // namespace arete
