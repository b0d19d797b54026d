#pragma once

#include <cstddef>
#include <string>

namespace arete {

/// Bytes that this process can still take: what the system calls available, or what its control
/// group leaves, whichever is less.
[[nodiscard]] std::size_t available_memory();

/// What the control groups mounted at `root` leave: version 2, or the memory controller of version
/// 1, as containers mount them. The largest number where they set no limit.
[[nodiscard]] std::size_t memory_left_in_control_group(const std::string& root);

/// The most bytes of memory that were resident in this process so far.
[[nodiscard]] std::size_t peak_memory();

}  // namespace arete
