#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "arete/data/row_source.hpp"

namespace arete {

/// What a model or moments file says of the rows it was made from has to hold together. These throw
/// Error (input) that begins with `file` and says what was found and what was expected.

/// `classes` are names of classes in the order of class_less, each once.
void check_classes(const ClassList& classes, std::string_view file);

/// The product of `shape` is `features`, and images of the size that `preprocessing` states have so
/// many elements, in one to four channels.
void check_row_shape(std::span<const std::size_t> shape, std::size_t features,
                     const Preprocessing& preprocessing, std::string_view file);

/// `names` are none, or one for each of `features`, each once, and what a class can be called.
void check_column_names(std::span<const std::string> names, std::size_t features,
                        std::string_view file);

/// `found` are the names `expected`, in their order; both may be none. Says where they first
/// differ, and that `expected` are those of `whose`.
void check_same_columns(std::span<const std::string> found, std::span<const std::string> expected,
                        std::string_view file, std::string_view whose);

/// "784 columns, 'p0' to 'p783'".
[[nodiscard]] std::string describe_columns(std::span<const std::string> names);

/// CRC-32 of names in their order.
[[nodiscard]] std::uint32_t checksum_of_names(std::span<const std::string> names);

}  // namespace arete
