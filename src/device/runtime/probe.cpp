#include "device/runtime/probe.hpp"

#include <fmt/format.h>

namespace arete::device {

namespace {

std::string cublas_text(int version) {
  return fmt::format("{}.{}.{}", version / 10000, version / 100 % 100, version % 100);
}

std::optional<std::string> obstacle_of_gpu(const Probe& probe, std::size_t index) {
  const GpuFacts& gpu = probe.gpus[index];
  if (gpu.major < least_major) {
    return fmt::format(
        "cuda:{}, {}, has compute capability {}.{}, but {}.0 or later is needed; use another GPU "
        "or --device cpu",
        index, gpu.model, gpu.major, gpu.minor, least_major);
  }
  if (probe.cublas_version < least_cublas_version) {
    return fmt::format(
        "the cuBLAS that was loaded is {}, whose products of 8-bit integers may be wrong; {} or "
        "later is needed (CUDA 13.0 update 1)",
        cublas_text(probe.cublas_version), cublas_text(least_cublas_version));
  }
  return std::nullopt;
}

}  // namespace

std::string CudaVersion::text() const {
  return fmt::format("{}.{}", number / 1000, number % 1000 / 10);
}

std::optional<std::string> obstacle(const Probe& probe, int index) {
  switch (probe.outcome) {
    case Probe::Outcome::driver_insufficient:
      if (probe.driver.number == 0) {
        return "there is no NVIDIA driver on this machine; install one, or use --device cpu";
      }
      return fmt::format(
          "the NVIDIA driver is too old: it serves CUDA {} at most, but {} is needed; update the "
          "driver, or use --device cpu",
          probe.driver.text(), probe.runtime.text());
    case Probe::Outcome::no_device:
      return "there is an NVIDIA driver, but no GPU that this process may use; check nvidia-smi "
             "and CUDA_VISIBLE_DEVICES, or use --device cpu";
    case Probe::Outcome::failed:
      return fmt::format("the GPUs cannot be used: {}", probe.failure);
    case Probe::Outcome::devices:
      break;
  }
  const auto count = probe.gpus.size();
  if (index < 0 || static_cast<std::size_t>(index) >= count) {
    return fmt::format("there is no cuda:{}; this machine has {} GPU{}: cuda:0{}", index, count,
                       count == 1 ? "" : "s",
                       count == 1 ? "" : fmt::format(" to cuda:{}", count - 1));
  }
  return obstacle_of_gpu(probe, static_cast<std::size_t>(index));
}

int chosen_gpu(int request, std::size_t gpus) noexcept {
  if (request >= 0) return request;
  if (gpus == 0) return 0;
  return static_cast<int>(static_cast<std::size_t>(-1 - request) % gpus);
}

std::string describe(const GpuFacts& gpu) {
  return fmt::format("{}, compute capability {}.{}, {:.1f} GB", gpu.model, gpu.major, gpu.minor,
                     static_cast<double>(gpu.memory) / 1e9);
}

bool is_emulation_worthwhile(int float32_per_float64, std::size_t cublas_version) noexcept {
  constexpr int slow = 32;
  return float32_per_float64 >= slow && cublas_version >= least_version_of_emulation;
}

}  // namespace arete::device
