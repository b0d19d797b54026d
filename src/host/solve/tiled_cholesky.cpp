#include <cblas.h>
#include <lapack.h>

#include <algorithm>
#include <atomic>
#include <vector>

#include "arete/solve/cholesky.hpp"

namespace arete {

namespace {

/// A lower triangle in column-major order, seen as square tiles (the last ones are smaller).
struct Tiles {
  double* data;
  std::size_t n;
  std::size_t size;

  [[nodiscard]] std::size_t count() const { return (n + size - 1) / size; }
  [[nodiscard]] int width(std::size_t t) const {
    return static_cast<int>(std::min(size, n - t * size));
  }
  [[nodiscard]] double* at(std::size_t i, std::size_t j) const {
    return data + j * size * n + i * size;
  }
  [[nodiscard]] int stride() const { return static_cast<int>(n); }
};

bool factorise_diagonal(const Tiles& t, std::size_t k) {
  const lapack_int n = t.width(k);
  const lapack_int stride = t.stride();
  lapack_int info = 0;
  LAPACK_dpotrf("L", &n, t.at(k, k), &stride, &info);
  return info == 0;
}

void solve_below(const Tiles& t, std::size_t i, std::size_t k) {
  cblas_dtrsm(CblasColMajor, CblasRight, CblasLower, CblasTrans, CblasNonUnit, t.width(i),
              t.width(k), 1.0, t.at(k, k), t.stride(), t.at(i, k), t.stride());
}

void update(const Tiles& t, std::size_t i, std::size_t j, std::size_t k) {
  if (i == j) {
    cblas_dsyrk(CblasColMajor, CblasLower, CblasNoTrans, t.width(i), t.width(k), -1.0, t.at(i, k),
                t.stride(), 1.0, t.at(i, i), t.stride());
  } else {
    cblas_dgemm(CblasColMajor, CblasNoTrans, CblasTrans, t.width(i), t.width(j), t.width(k), -1.0,
                t.at(i, k), t.stride(), t.at(j, k), t.stride(), 1.0, t.at(i, j), t.stride());
  }
}

}  // namespace

// The right-looking tiled factorisation (Buttari, Langou, Kurzak, Dongarra: A class of parallel
// tiled linear algebra algorithms for multicore architectures, 2009). Each tile goes through the
// same calls in the same order whatever the number of threads; tasks only wait for the tiles they
// read.
bool factorise_tiled(Matrix<double>& a, std::size_t tile, int threads,
                     const std::function<bool()>& goes_on) {
  const Tiles t{a.data(), a.rows(), tile};
  const std::size_t count = t.count();
  std::vector<char> ready(count * count);     // one element per tile, for OpenMP to order tasks by
  [[maybe_unused]] char* tag = ready.data();  // used by the depend clauses alone
  std::atomic<bool> is_stopped = false;  // A is not positive definite, or the caller wants no more
  const auto proceeds = [&] {
    if (!is_stopped && goes_on && !goes_on()) is_stopped = true;
    return !is_stopped;
  };
#pragma omp parallel num_threads(threads)
#pragma omp single
  for (std::size_t k = 0; k < count; ++k) {
#pragma omp task depend(inout : tag[k * count + k]) priority(2)
    if (proceeds() && !factorise_diagonal(t, k)) is_stopped = true;
    for (std::size_t i = k + 1; i < count; ++i) {
#pragma omp task depend(in : tag[k * count + k]) depend(inout : tag[i * count + k]) priority(1)
      if (proceeds()) solve_below(t, i, k);
    }
    for (std::size_t j = k + 1; j < count; ++j) {
      for (std::size_t i = j; i < count; ++i) {
#pragma omp task depend(in                                                     \
                        : tag[i * count + k], tag[j * count + k]) depend(inout \
                                                                         : tag[i * count + j])
        if (proceeds()) update(t, i, j, k);
      }
    }
  }
  return !is_stopped;
}

}  // namespace arete
