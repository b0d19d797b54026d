#include "device/runtime/cuda/look_for_gpus.hpp"

#include <cublasLt.h>
#include <cuda_runtime_api.h>
#include <fmt/format.h>

namespace arete::device {

namespace {

Probe::Outcome outcome_of(cudaError_t status) {
  switch (status) {
    case cudaSuccess:
      return Probe::Outcome::devices;
    case cudaErrorNoDevice:
      return Probe::Outcome::no_device;
    case cudaErrorInsufficientDriver:
      return Probe::Outcome::driver_insufficient;
    default:
      return Probe::Outcome::failed;
  }
}

}  // namespace

Probe look_for_gpus() {
  Probe probe;
  probe.runtime.number = CUDART_VERSION;
  probe.cublas_version = static_cast<int>(cublasLtGetVersion());
  int version = 0;
  if (cudaDriverGetVersion(&version) == cudaSuccess) probe.driver.number = version;
  int count = 0;  // left untouched where there is no driver
  cudaError_t status = cudaGetDeviceCount(&count);
  for (int i = 0; i < count && status == cudaSuccess; ++i) {
    cudaDeviceProp properties{};
    status = cudaGetDeviceProperties(&properties, i);
    probe.gpus.push_back(
        {properties.name, properties.major, properties.minor, properties.totalGlobalMem});
  }
  probe.outcome = outcome_of(status);
  if (probe.outcome == Probe::Outcome::devices && count == 0) {
    probe.outcome = Probe::Outcome::no_device;
  }
  if (probe.outcome == Probe::Outcome::failed) {
    probe.failure = fmt::format("{}, {}", cudaGetErrorName(status), cudaGetErrorString(status));
  }
  return probe;
}

}  // namespace arete::device
