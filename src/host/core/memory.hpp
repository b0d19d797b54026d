#pragma once

#include <cstddef>
#include <filesystem>

namespace arete {

/// Bytes that this process can still take: the least of what the system calls available, what its
/// control groups leave and its limit of address space (ulimit -v).
[[nodiscard]] std::size_t available_memory();

/// The bytes that an operation may take, those included that its data hold already: `wanted`, or
/// where that is 0 half of what would be available without the `held` bytes.
[[nodiscard]] std::size_t memory_budget(std::size_t wanted, std::size_t held = 0);

/// What the control groups of a process leave: those that `listing` names (/proc/self/cgroup), as
/// Slurm and systemd make them, all that these lie in, and the one mounted at `root`, which is that
/// of a container. Version 2, or the memory controller of version 1. Bytes; the largest number
/// where they set no limit.
[[nodiscard]] std::size_t memory_left_in_control_groups(const std::filesystem::path& root,
                                                        const std::filesystem::path& listing);

/// The most bytes of memory that were resident in this process so far.
[[nodiscard]] std::size_t peak_memory();

}  // namespace arete
