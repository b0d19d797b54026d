#pragma once

#include <string>

namespace arete {

/// While one lives, every call of BLAS and LAPACK that the thread makes uses one thread, and so do
/// those of parallel regions that it opens: the bits of their results change with the number of
/// threads, and the parallelism of this library is around them. May be nested.
///
/// The OpenMP build of OpenBLAS takes as many threads as omp_get_max_threads() says, outside of
/// parallel regions and in teams of one; tasks inherit that number from the thread that made them.
/// Regions of this library therefore say num_threads() themselves.
class SingleThreadBlas {
 public:
  SingleThreadBlas();
  ~SingleThreadBlas();
  SingleThreadBlas(const SingleThreadBlas&) = delete;
  SingleThreadBlas& operator=(const SingleThreadBlas&) = delete;

 private:
  int threads_before_;
};

/// The kernels that OpenBLAS runs on this CPU: "SkylakeX", "Haswell", "Zen", ...
[[nodiscard]] std::string blas_kernels();

/// Throws Error (unavailable) when the OpenBLAS that was loaded is not the OpenMP build: two thread
/// pools would share the processors, and results would depend on them.
void check_blas();

}  // namespace arete
