#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "arete/moments/moments_file.hpp"

namespace arete {

/// What a moments file says before its parts; docs/moments-file.md has the bytes.
struct MomentsHeader {
  MomentsSet set;  ///< without parts
  std::size_t features = 0;
  ClassList classes;
};

/// The fields of the header of a file that will hold `set`.
[[nodiscard]] std::vector<std::byte> header_fields(const MomentsSet& set);

/// The inverse of header_fields; the first byte of `fields` is byte `begin` of `file`. Throws Error
/// (input) for fields that are cut, out of range, or contradict each other.
[[nodiscard]] MomentsHeader parse_header(std::span<const std::byte> fields, std::uint64_t begin,
                                         const std::string& file);

}  // namespace arete
