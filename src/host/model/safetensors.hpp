#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "arete/core/buffer.hpp"

namespace arete {

/// Named arrays of float64 with string metadata, in the safetensors format
/// (https://huggingface.co/docs/safetensors): the length of a JSON header as a little-endian 64-bit
/// number, the header, and the row-major elements of all tensors without gaps.

struct Tensor {
  std::string name;
  std::vector<std::uint64_t> shape;
  Buffer<double> values;
};

/// A tensor that belongs to someone else.
struct TensorView {
  std::string name;
  std::vector<std::uint64_t> shape;
  std::span<const double> values;
};

using TensorMetadata = std::map<std::string, std::string>;

struct TensorFile {
  TensorMetadata metadata;
  std::vector<Tensor> tensors;  ///< in the order of their elements in the file
};

/// Writes the tensors in the order given. All texts are UTF-8. Throws Error (resource) when the
/// file cannot be written, (usage) when it exists and `overwrite` is false.
void write_tensors(std::span<const TensorView> tensors, const TensorMetadata& metadata,
                   const std::filesystem::path& path, bool overwrite);

/// Reads a file of float64 tensors, and no other. Throws Error (input) naming the file, the byte or
/// the tensor, what was found and what was expected; nothing is allocated that the file is too
/// short for.
[[nodiscard]] TensorFile read_tensors(const std::filesystem::path& path);

/// Whether the file begins as a safetensors file does.
[[nodiscard]] bool is_tensor_file(const std::filesystem::path& path);

}  // namespace arete
