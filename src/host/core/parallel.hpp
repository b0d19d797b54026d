#pragma once

#include <atomic>
#include <cstddef>
#include <exception>

namespace arete {

/// Calls body(0) ... body(count - 1) on `threads` threads, in any order. An exception must not
/// leave an OpenMP region: that of the lowest index is thrown in the end; later indices are then
/// passed over.
template <typename Body>
void parallel_for(std::size_t count, int threads, const Body& body) {
  std::exception_ptr error;
  std::atomic<std::size_t> error_index = count;
#pragma omp parallel for schedule(dynamic) num_threads(threads)
  for (std::size_t i = 0; i < count; ++i) {
    if (i > error_index) continue;
    try {
      body(i);
    } catch (...) {
#pragma omp critical(arete_parallel_for)
      if (i < error_index) {
        error_index = i;
        error = std::current_exception();
      }
    }
  }
  if (error) std::rethrow_exception(error);
}

}  // namespace arete
