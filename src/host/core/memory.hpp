#pragma once

#include <cstddef>

namespace arete {

/// Bytes that this process can still take: what the system calls available, or what its control
/// group leaves, whichever is less.
[[nodiscard]] std::size_t available_memory();

/// The most bytes of memory that were resident in this process so far.
[[nodiscard]] std::size_t peak_memory();

}  // namespace arete
