#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "arete/train/fit.hpp"

namespace arete {

/// Appends an entry of a path to a message to other ranks.
void pack_entry(const PathEntry& entry, std::vector<std::byte>& message);

/// The inverse: takes an entry of `folds` held-out parts off the front of `message`; `counted` says
/// whether rows were counted. Throws Error (internal) when the message is too short.
[[nodiscard]] PathEntry unpack_entry(std::span<const std::byte>& message, std::size_t folds,
                                     bool counted);

}  // namespace arete
