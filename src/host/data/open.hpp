#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <span>

#include "arete/data/row_source.hpp"

namespace arete {

/// How a data set is to be read.
struct OpenOptions {
  std::optional<std::filesystem::path> labels = {};  ///< NPY, IDX or text; else by customary name
  Preprocessing preprocessing = {};                  ///< for images; refused for other data
  std::size_t memory = 0;  ///< bytes that data held in memory may take; 0: no limit
  int threads = 1;         ///< for decoding images
  /// Of images: 3 repeats grey where no image has colours; 1 needs preprocessing.grayscale.
  std::optional<std::size_t> channels = {};
};

/// Recognises what `path` is (an IDX or NPY file, gzipped IDX, CIFAR-10 binary batches, a folder of
/// class folders of images, a folder of images, one image, or a folder that holds MNIST's or
/// CIFAR's files under their customary names, of which the training files are meant) and opens it.
/// Throws Error (input) naming the file, what was found there and what is read; (usage) for options
/// that do not apply.
[[nodiscard]] std::unique_ptr<RowSource> open_source(const std::filesystem::path& path,
                                                     const OpenOptions& options);

/// The `channels` with which images become rows of this shape: 3 for height x width x 3.
[[nodiscard]] std::optional<std::size_t> channels_of(std::span<const std::size_t> shape) noexcept;

/// The test set that comes with `path`: t10k-images beside train-images (or in the same folder),
/// test_batch.bin beside data_batch_*.bin. Nothing when there is none.
[[nodiscard]] std::optional<std::filesystem::path> customary_test_set(
    const std::filesystem::path& path);

}  // namespace arete
