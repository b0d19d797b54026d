#include "arete/core/blas.hpp"

#include <cblas.h>
#include <dlfcn.h>
#include <omp.h>

#include <cstdlib>
#include <cstring>

#include "arete/core/error.hpp"

namespace arete {

namespace {

/// The kernels that this CPU can run and an OpenBLAS of 2020 or later has; null for others, where
/// OpenBLAS's own choice is as good as ours.
const char* kernels_for_this_cpu() {
#if defined(__x86_64__)
  __builtin_cpu_init();
  if (__builtin_cpu_supports("avx512f") != 0 && __builtin_cpu_supports("avx512dq") != 0 &&
      __builtin_cpu_supports("avx512bw") != 0 && __builtin_cpu_supports("avx512vl") != 0) {
    return "SkylakeX";
  }
  if (__builtin_cpu_supports("avx2") != 0 && __builtin_cpu_supports("fma") != 0) return "Haswell";
#endif
  return nullptr;
}

/// An OpenBLAS that is older than the CPU falls back to kernels of 2004 ("Prescott"), five times
/// slower than need be: it goes by model numbers, not by what the CPU can do. It reads
/// OPENBLAS_CORETYPE when it is loaded, which was before this; so it is made to choose again, by
/// two functions that it exports for its own tests. Where they are missing, nothing changes but
/// speed. Runs when this library is loaded, after OpenBLAS, before any thread could call it.
__attribute__((constructor)) void choose_blas_kernels() {
  constexpr const char* variable = "OPENBLAS_CORETYPE";
  if (std::getenv(variable) != nullptr) return;
  if (std::strcmp(openblas_get_corename(), "Prescott") != 0) return;
  const char* kernels = kernels_for_this_cpu();
  auto* quit = reinterpret_cast<void (*)()>(::dlsym(RTLD_DEFAULT, "gotoblas_dynamic_quit"));
  auto* init = reinterpret_cast<void (*)()>(::dlsym(RTLD_DEFAULT, "gotoblas_dynamic_init"));
  if (kernels == nullptr || quit == nullptr || init == nullptr) return;
  ::setenv(variable, kernels, 0);
  quit();
  init();
  ::unsetenv(variable);
}

}  // namespace

SingleThreadBlas::SingleThreadBlas() : threads_before_(omp_get_max_threads()) {
  omp_set_num_threads(1);
}

SingleThreadBlas::~SingleThreadBlas() { omp_set_num_threads(threads_before_); }

std::string blas_kernels() { return openblas_get_corename(); }

void check_blas() {
  if (openblas_get_parallel() == OPENBLAS_OPENMP) return;
  fail(
      ErrorKind::unavailable,
      "the OpenBLAS that was loaded ({}) is not the OpenMP build that Arete was linked with; check "
      "LD_LIBRARY_PATH and LD_PRELOAD, or install libopenblas0-openmp",
      openblas_get_config());
}

}  // namespace arete
