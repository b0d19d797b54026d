#pragma once

#include <cstddef>
#include <filesystem>
#include <span>
#include <vector>

#include "arete/data/gzip.hpp"
#include "arete/data/stored_array.hpp"

namespace arete {

/// Whether content that begins with these bytes is a NumPy array file.
[[nodiscard]] bool is_npy(std::span<const std::byte> start) noexcept;

/// Reads the header of a NumPy array file, version 1, 2 or 3 (numpy.lib.format), of boolean,
/// integer or floating-point elements. Throws Error (input) naming the file, the byte, what was
/// found and what was expected, also when the content is shorter or longer than the header says.
[[nodiscard]] StoredArray read_npy_header(const ContentFile& content);

/// Where the labels of such a file customarily are, in the order to look: X_train.npy has
/// y_train.npy beside it, train_images.npy has train_labels.npy.
[[nodiscard]] std::vector<std::filesystem::path> customary_npy_labels(
    const std::filesystem::path& rows);

}  // namespace arete
