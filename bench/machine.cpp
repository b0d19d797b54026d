#include "machine.hpp"

#include <cblas.h>
#include <omp.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "arete/core/blas.hpp"
#include "arete/core/matrix.hpp"
#include "arete/core/stopwatch.hpp"
#include "arete/moments/int8_instructions.hpp"
#include "disturbance.hpp"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace arete::bench {

namespace {

constexpr int attempts = 5;

/// `work` per second, of the fastest of several runs.
template <typename Run>
double best_rate(double work, const Run& run) {
  run();  // starts threads, touches memory, lets the clock settle
  double best = 0;
  for (int i = 0; i < attempts; ++i) {
    double seconds = 0;
    {
      const Stopwatch watch(seconds);
      run();
    }
    best = std::max(best, work / seconds);
  }
  return best;
}

constexpr std::uint64_t rounds_of_products = 1'500'000;
constexpr double amx_products = static_cast<double>(rounds_of_products) * 6 * 16 * 16 * 64;
constexpr double vnni_products = static_cast<double>(rounds_of_products) * 24 * 64;
constexpr double avx2_products = static_cast<double>(rounds_of_products) * 12 * 16;

#if defined(__x86_64__)
/// Six independent chains of products of full tiles, which hide their latency.
__attribute__((target("amx-tile,amx-int8"))) void multiply_by_amx() {
  amx_instructions()->begin();
  for (std::uint64_t round = 0; round < rounds_of_products; ++round) {
    _tile_dpbsud(0, 6, 7);
    _tile_dpbsud(1, 6, 7);
    _tile_dpbsud(2, 6, 7);
    _tile_dpbsud(3, 6, 7);
    _tile_dpbsud(4, 6, 7);
    _tile_dpbsud(5, 6, 7);
  }
  amx_instructions()->end();
}

/// 24 independent chains of vpdpbusd, which fill both multipliers whatever their latency. In
/// assembly, as a compiler merges accumulators that hold the same value.
__attribute__((target("avx512f"))) void multiply_by_vnni() {
  std::uint64_t rounds = rounds_of_products;
  asm volatile(
      "1:\n"
      ".irp r,0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23\n"
      "vpdpbusd %%zmm30, %%zmm31, %%zmm\\r\n"
      ".endr\n"
      "dec %0\n"
      "jnz 1b\n"
      : "+r"(rounds)
      :
      : "cc", "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", "xmm7", "xmm8", "xmm9",
        "xmm10", "xmm11", "xmm12", "xmm13", "xmm14", "xmm15", "xmm16", "xmm17", "xmm18", "xmm19",
        "xmm20", "xmm21", "xmm22", "xmm23");
}

/// 12 independent chains of additions, each of a product: as many sums as fit the 16 registers.
__attribute__((target("avx2"))) void multiply_by_avx2() {
  std::uint64_t rounds = rounds_of_products;
  asm volatile(
      "1:\n"
      ".irp r,0,1,2,3,4,5,6,7,8,9,10,11\n"
      "vpmaddwd %%ymm14, %%ymm15, %%ymm13\n"
      "vpaddd %%ymm13, %%ymm\\r, %%ymm\\r\n"
      ".endr\n"
      "dec %0\n"
      "jnz 1b\n"
      "vzeroupper\n"
      : "+r"(rounds)
      :
      : "cc", "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", "xmm7", "xmm8", "xmm9",
        "xmm10", "xmm11", "xmm12", "xmm13", "xmm14", "xmm15");
}
#else
// Never called: there are no int8 products.
void multiply_by_amx() {}
void multiply_by_vnni() {}
void multiply_by_avx2() {}
#endif

double rate_of(void (*multiply)(), double products, int threads) {
  return best_rate(products * threads, [&] {
#pragma omp parallel num_threads(threads)
    multiply();
  });
}

double dgemm_rate() {
  constexpr int n = 2048;
  const Matrix<double> a(n, n, 0.5);
  const Matrix<double> b(n, n, 0.25);
  Matrix<double> c(n, n, 0.0);
  return best_rate(2.0 * n * n * n, [&] {
    cblas_dgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, n, n, n, 1.0, a.data(), n, b.data(), n,
                0.0, c.data(), n);
  });
}

double dgemm_rate_of_one() {
  const SingleThreadBlas guard;
  return dgemm_rate();
}

double read_rate(int threads) {
  constexpr std::size_t count = std::size_t{1} << 26;  // 512 MiB: beyond most caches
  Matrix<std::uint64_t> memory(1, count);
#pragma omp parallel for num_threads(threads)
  for (std::size_t i = 0; i < count; ++i) memory(0, i) = i;
  const std::uint64_t* values = memory.data();
  return best_rate(static_cast<double>(count) * sizeof(std::uint64_t), [&] {
    std::uint64_t sum = 0;
#pragma omp parallel for num_threads(threads) reduction(+ : sum)
    for (std::size_t i = 0; i < count; ++i) sum += values[i];
    volatile std::uint64_t keep = sum;
    static_cast<void>(keep);
  });
}

}  // namespace

Machine measure_machine(int threads) {
  const DisturbanceMonitor monitor;
  Machine machine;
  machine.threads = threads;
  const auto measure = [&](void (*multiply)(), double products) {
    return Rate{rate_of(multiply, products, 1), rate_of(multiply, products, threads)};
  };
  if (amx_instructions() != nullptr) machine.amx = measure(multiply_by_amx, amx_products);
  if (vnni_instructions() != nullptr) machine.vnni = measure(multiply_by_vnni, vnni_products);
  if (avx2_instructions() != nullptr) machine.avx2 = measure(multiply_by_avx2, avx2_products);
  machine.float64 = {dgemm_rate_of_one(), dgemm_rate()};
  machine.read_all = read_rate(threads);
  machine.disturbed = monitor.share_of_others();
  return machine;
}

}  // namespace arete::bench
