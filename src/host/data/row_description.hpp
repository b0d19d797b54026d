#pragma once

#include <cstddef>
#include <span>
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

}  // namespace arete
