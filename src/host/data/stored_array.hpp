#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "arete/data/gzip.hpp"
#include "arete/data/row_source.hpp"

namespace arete {

/// How an array lies in a file: what the header of an IDX or NPY file says.
struct StoredArray {
  char kind = 'u';       ///< NumPy's letter: b bool, u unsigned, i signed, f floating
  std::size_t size = 1;  ///< bytes of one element
  std::endian order = std::endian::little;
  bool fortran_order = false;  ///< the first index runs fastest, not the last
  std::vector<std::size_t> shape;
  std::uint64_t offset = 0;  ///< byte of the first element
};

/// The number of elements. Throws Error (input) naming the file when the array, its header
/// included, is not exactly as long as the content.
std::size_t check_length(const StoredArray& array, const ContentFile& content);

/// "int32", "float16", ...
[[nodiscard]] std::string type_name(const StoredArray& array);

/// What such elements become in a row (bool: uint8, float16: float32); nothing where they are not
/// read.
[[nodiscard]] std::optional<ElementType> row_type(const StoredArray& array) noexcept;

/// An array as a data set: the first dimension counts the rows. Throws Error (input) naming the
/// file for fewer than two dimensions, no rows, no features, or elements that are not read.
[[nodiscard]] SourceInfo describe_rows(const StoredArray& array, const std::string& name);

}  // namespace arete
