#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace arete::device {

/// A version as CUDA numbers it: 1000 x major + 10 x minor.
struct CudaVersion {
  int number = 0;
  [[nodiscard]] std::string text() const;
};

/// One GPU.
struct GpuFacts {
  std::string model;
  int major = 0;  ///< compute capability
  int minor = 0;
  std::uint64_t memory = 0;  ///< bytes
};

/// What was found when GPUs were looked for.
struct Probe {
  enum class Outcome : std::uint8_t { devices, no_device, driver_insufficient, failed };
  Outcome outcome = Outcome::devices;
  std::string failure;     ///< for `failed`: what CUDA said
  CudaVersion driver;      ///< the latest CUDA that the driver serves; 0 without a driver
  CudaVersion runtime;     ///< the CUDA that this was built with
  int cublas_version = 0;  ///< 10000 x major + 100 x minor + patch
  std::vector<GpuFacts> gpus;
};

/// The first cuBLAS whose int8 products are right for the layout that is used here: that of CUDA
/// 13.0 update 1.
inline constexpr int least_cublas_version = 130002;
/// The first compute capability that the module is compiled for.
inline constexpr int least_major = 8;

/// Why GPU `index` cannot be used, and what to do; nothing when it can.
[[nodiscard]] std::optional<std::string> obstacle(const Probe& probe, int index);

/// The GPU for a request as ModuleTable::open_backend has it: its number itself, or the one that
/// process -1 - request of this machine is given of `gpus`.
[[nodiscard]] int chosen_gpu(int request, std::size_t gpus) noexcept;

/// "NVIDIA H200, compute capability 9.0, 150.8 GB".
[[nodiscard]] std::string describe(const GpuFacts& gpu);

/// The cuBLAS from which on float64 can be emulated: 13.1.
inline constexpr std::size_t least_version_of_emulation = 130100;

/// Whether float64 is to be emulated where nobody says otherwise: on cards whose float32 is this
/// many times as fast, 32 or more (workstation cards: 64), where the cuBLAS has it.
[[nodiscard]] bool is_emulation_worthwhile(int float32_per_float64,
                                           std::size_t cublas_version) noexcept;

}  // namespace arete::device
