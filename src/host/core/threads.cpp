#include "arete/core/threads.hpp"

#include <omp.h>

#include <algorithm>

namespace arete {

int available_threads() {
  return std::max(1, std::min(omp_get_max_threads(), omp_get_num_procs()));
}

}  // namespace arete
