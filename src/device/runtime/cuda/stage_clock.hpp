#pragma once

#include <array>
#include <vector>

#include "device/runtime/cuda/handles.hpp"
#include "device/runtime/device.hpp"

namespace arete::device {

/// Times stages by events. What fails here is not worth an error: the time is then not counted.
class StageClock {
 public:
  void begin(Stage stage, cudaStream_t stream) noexcept;
  void end(Stage stage, cudaStream_t stream) noexcept;
  /// So far; waits for what is still being done.
  [[nodiscard]] double seconds(Stage stage) noexcept;

 private:
  struct Span {
    Event begin;
    Event end;
  };
  struct Times {
    Span open;
    std::vector<Span> closed;
    double seconds = 0;
  };
  static Event mark(cudaStream_t stream) noexcept;
  static void collect(Times& times) noexcept;
  Times& of(Stage stage) { return times_[static_cast<std::size_t>(stage)]; }

  std::array<Times, stages> times_;
};

}  // namespace arete::device
