#pragma once

#include <filesystem>
#include <memory>

#include "arete/data/open.hpp"
#include "arete/data/row_source.hpp"

namespace arete {

/// Whether `folder` holds data_batch_1.bin or another of CIFAR-10's training batches.
[[nodiscard]] bool holds_cifar_batches(const std::filesystem::path& folder);

/// Opens CIFAR-10's binary batches (https://www.cs.toronto.edu/~kriz/cifar.html): records of one
/// label byte, 0..9, and 3 planes (red, green, blue) of 32 x 32 bytes. `path` is one such file, or
/// a folder whose data_batch_N.bin are read in the order of N.
///
/// Rows are 32 x 32 x 3, colours innermost, as image folders have them, so that a model serves
/// both. Classes are the ten lines of batches.meta.txt beside the batches where there is one, else
/// "0".."9". Throws Error (input) naming the file for another length than whole records, a label
/// above 9 (when it is read) and another batches.meta.txt; (usage) for options.labels, since
/// batches have them.
[[nodiscard]] std::unique_ptr<RowSource> open_cifar(const std::filesystem::path& path,
                                                    const OpenOptions& options);

}  // namespace arete
