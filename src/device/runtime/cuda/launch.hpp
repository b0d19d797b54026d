#pragma once

#include <cuda_runtime_api.h>

#include "device/runtime/device.hpp"

/// What nvcc compiles: kernels, and the calls of CUB. Everything is given to `stream`; temporary
/// memory is the caller's, `bytes` of it, and grows where it does not suffice.
namespace arete::device {

/// Memory that CUB works in; one for each stream.
class Scratch {
 public:
  Scratch() = default;
  ~Scratch();
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;
  /// At least `bytes`.
  [[nodiscard]] void* reserve(std::size_t bytes);

 private:
  void* memory_ = nullptr;
  std::size_t bytes_ = 0;
};

void launch(const Kernel& kernel, cudaStream_t stream);
void launch(const RowReduction& reduction, Scratch& scratch, cudaStream_t stream);
void launch_sum_magnitudes(const std::int8_t* rows, std::size_t count, std::size_t columns,
                           std::int32_t* into, Scratch& scratch, cudaStream_t stream);
void launch_count_ones(const std::uint8_t* rows, std::size_t count, std::size_t columns,
                       std::uint64_t* into, Scratch& scratch, cudaStream_t stream);
/// `into` is in device memory.
void launch(const ExamineRows& rows, ValueSummary* into, Scratch& scratch, cudaStream_t stream);

}  // namespace arete::device
