#pragma once

#include "device/runtime/device.hpp"

/// Who uses which event of a device.
namespace arete::device::events {

inline constexpr int uploaded = 0;    ///< and 1: a slot of rows has arrived
inline constexpr int used = 2;        ///< and 3: a slot of rows may be overwritten
inline constexpr int class_rows = 4;  ///< the counts of a panel have arrived
inline constexpr int fork = 5;        ///< the other lanes may begin
inline constexpr int join = 6;        ///< and following: a lane has done its share
static_assert(join + Device::lanes <= Device::events);

}  // namespace arete::device::events

namespace arete::device {

/// The other lanes wait for what the main lane was given so far.
inline void fork_lanes(Device& device) {
  device.record(Device::main_lane, events::fork);
  for (int lane = 0; lane < Device::lanes; ++lane) {
    if (lane != Device::main_lane) device.wait(lane, events::fork);
  }
}

/// The main lane waits for what the other lanes were given so far.
inline void join_lanes(Device& device) {
  for (int lane = 0; lane < Device::lanes; ++lane) {
    if (lane == Device::main_lane) continue;
    device.record(lane, events::join + lane);
    device.wait(Device::main_lane, events::join + lane);
  }
}

}  // namespace arete::device
