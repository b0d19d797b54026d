#pragma once

namespace arete {

/// Threads that this process may use: the processors it is allowed to run on, or fewer where
/// OMP_NUM_THREADS says so.
[[nodiscard]] int available_threads();

}  // namespace arete
