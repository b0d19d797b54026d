#pragma once

#include <memory>

#include "device/runtime/device.hpp"

namespace arete::test {

/// When the lanes of a host device do what they were given.
enum class Schedule {
  at_once,
  /// Not before something waits for it, and then no more than that: whoever forgets to wait, or
  /// overwrites memory that is still in use, gets wrong results.
  as_late_as_possible,
  /// The same, but of the main lane alone: the others go as far ahead of it as they may.
  main_lane_late,
};

/// The seam's operations by plain loops, in host memory. Checks what the libraries of a GPU ask
/// for, and that nothing reaches beyond what was allocated; a failure fails the test. `memory`
/// bytes can be allocated; with `slow_float64` it asks that float64 be emulated.
[[nodiscard]] std::unique_ptr<device::Device> host_device(
    Schedule schedule = Schedule::as_late_as_possible, std::size_t memory = std::size_t{8} << 30,
    bool slow_float64 = false);

}  // namespace arete::test
