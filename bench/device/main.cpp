// How near the GPU's work comes to what its datasheet allows.
#include <benchmark/benchmark.h>
#include <fmt/format.h>

#include <cstdio>

#include "arete/core/error.hpp"
#include "arete/core/version.hpp"
#include "device/runtime/cuda/cuda_device.hpp"
#include "device/runtime/cuda/look_for_gpus.hpp"
#include "gpu.hpp"

int main(int argc, char** argv) {
  using namespace arete;
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
  const device::Probe probe = device::look_for_gpus();
  if (const auto reason = device::obstacle(probe, 0)) {
    std::fputs(fmt::format("bench_device: {}\n", *reason).c_str(), stderr);
    return static_cast<int>(ErrorKind::unavailable);
  }
  benchmark::AddCustomContext("arete", build_identifier());
  benchmark::AddCustomContext("gpu", device::describe(probe.gpus.front()));
  benchmark::AddCustomContext("cublas", fmt::format("{}", probe.cublas_version));
  const auto gpu = device::cuda_device(0);
  bench::add_products(*gpu);
  bench::add_solvers(*gpu);
  bench::add_paths();
  benchmark::RunSpecifiedBenchmarks();
  benchmark::Shutdown();
  return 0;
}
