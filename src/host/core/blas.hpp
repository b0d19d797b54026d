#pragma once

#include <string>

namespace arete {

/// While one lives, every call of BLAS and LAPACK uses one thread: their bits change with the number
/// of threads, and the parallelism of this library is around them. May be nested, and held by
/// several threads at once; the last to go restores what was before.
class SingleThreadBlas {
 public:
  SingleThreadBlas();
  ~SingleThreadBlas();
  SingleThreadBlas(const SingleThreadBlas&) = delete;
  SingleThreadBlas& operator=(const SingleThreadBlas&) = delete;
};

/// The kernels that OpenBLAS runs on this CPU: "SkylakeX", "Haswell", "Zen", ...
[[nodiscard]] std::string blas_kernels();

/// Throws Error (unavailable) when the OpenBLAS that was loaded is not the OpenMP build: two thread
/// pools would share the processors, and results would depend on them.
void check_blas();

}  // namespace arete
