#pragma once

#include <cstddef>
#include <filesystem>
#include <span>
#include <vector>

#include "arete/data/gzip.hpp"
#include "arete/data/stored_array.hpp"

namespace arete {

/// Whether content that begins with these bytes is an IDX array (the format of MNIST: two zero
/// bytes, a type, the number of dimensions, the dimensions as big-endian 32-bit integers).
[[nodiscard]] bool is_idx(std::span<const std::byte> start) noexcept;

/// Reads the header of IDX content. Throws Error (input) naming the file, the byte, what was found
/// and what was expected, also when the content is shorter or longer than the header says.
[[nodiscard]] StoredArray read_idx_header(const ContentFile& content);

/// Where the labels of an IDX file of images customarily are, in the order to look:
/// train-images-idx3-ubyte[.gz] has train-labels-idx1-ubyte[.gz] beside it.
[[nodiscard]] std::vector<std::filesystem::path> customary_idx_labels(
    const std::filesystem::path& images);

}  // namespace arete
