#include "arete/core/blas.hpp"

#include <cblas.h>
#include <gtest/gtest.h>
#include <omp.h>

#include <cmath>
#include <vector>

#include "arete/core/memory.hpp"
#include "arete/core/threads.hpp"

namespace arete {
namespace {

TEST(Blas, IsTheOpenMpBuild) { EXPECT_NO_THROW(check_blas()); }

TEST(Blas, RunsKernelsThatAreNoOlderThanTheCpu) {
  if (__builtin_cpu_supports("avx2") == 0) GTEST_SKIP() << "a CPU without AVX2";
  EXPECT_NE(blas_kernels(), "Prescott");
}

TEST(SingleThreadBlas, HoldsWhileOneLivesAndRestoresWhatWasBefore) {
  omp_set_num_threads(3);
  {
    const SingleThreadBlas outer;
    EXPECT_EQ(omp_get_max_threads(), 1);
    {
      const SingleThreadBlas inner;
      EXPECT_EQ(omp_get_max_threads(), 1);
    }
    EXPECT_EQ(omp_get_max_threads(), 1);
  }
  EXPECT_EQ(omp_get_max_threads(), 3);
}

/// The bits of a product that OpenBLAS shares out over threads wherever it may.
std::vector<double> product(const std::vector<double>& a, int n) {
  std::vector<double> c(a.size());
  cblas_dgemm(CblasRowMajor, CblasNoTrans, CblasTrans, n, n, n, 1.0, a.data(), n, a.data(), n, 0.0,
              c.data(), n);
  return c;
}

TEST(SingleThreadBlas, HoldsInTeamsOfOneAndOfSeveral) {
  constexpr int n = 203;
  std::vector<double> a(n * n);
  for (std::size_t i = 0; i < a.size(); ++i) a[i] = std::sin(static_cast<double>(i));
  omp_set_num_threads(1);
  const std::vector<double> expected = product(a, n);
  omp_set_num_threads(3);
  const SingleThreadBlas guard;
  EXPECT_EQ(product(a, n), expected);
  for (const int threads : {1, 2, 3}) {
    std::vector<std::vector<double>> results(3);
#pragma omp parallel for num_threads(threads)
    for (std::size_t i = 0; i < 3; ++i) results[i] = product(a, n);
    for (const auto& result : results) EXPECT_EQ(result, expected) << threads;
  }
}

TEST(Memory, IsKnown) {
  EXPECT_GT(available_memory(), std::size_t{1} << 20);
  EXPECT_GT(peak_memory(), std::size_t{1} << 20);
  EXPECT_GE(available_threads(), 1);
}

}  // namespace
}  // namespace arete
