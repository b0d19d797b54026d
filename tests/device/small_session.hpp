#pragma once

#include <memory>

#include "device/host_device.hpp"
#include "device/session/device_session.hpp"
#include "reference/session.hpp"

/// Sessions on the host's own device.
namespace arete::test {

using reference::add_rows;
using reference::options_for;

/// Small enough that small data crosses every border: several slices, panels, strips and tiles.
inline device::Tuning small_tuning() {
  device::Tuning tuning;
  tuning.slice_bytes = 1000;
  tuning.panel_rows = 64;
  tuning.least_panel_rows = 16;
  tuning.strip_width = 16;
  tuning.score_tile_bytes = 1;
  tuning.digit_tile_bytes = 1;
  return tuning;
}

inline std::unique_ptr<device::DeviceSession> on_host_device(
    const SessionOptions& options, Schedule schedule = Schedule::as_late_as_possible,
    const device::Tuning& tuning = small_tuning()) {
  return device::open_session(host_device(schedule), options, nullptr, tuning);
}

}  // namespace arete::test
