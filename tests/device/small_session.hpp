#pragma once

#include <algorithm>
#include <memory>

#include "device/host_device.hpp"
#include "device/session/device_session.hpp"
#include "reference/data_set.hpp"

/// Sessions on the host's own device, and their rows.
namespace arete::test {

inline SessionOptions options_for(const reference::DataSet& data, const PartRule& rule = {}) {
  SessionOptions options;
  options.rule = rule;
  options.features = data.features;
  options.type = data.type;
  options.classes = data.classes;
  options.threads = 2;
  return options;
}

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

inline std::unique_ptr<Session> on_host_device(const SessionOptions& options,
                                               Schedule schedule = Schedule::as_late_as_possible,
                                               const device::Tuning& tuning = small_tuning()) {
  return device::open_session(host_device(schedule), options, nullptr, tuning);
}

inline void add_blocks(Session& session, const reference::DataSet& data, std::size_t block_rows) {
  const auto source = reference::open(data);
  RowBlock block;
  for (std::size_t first = 0; first < data.rows.size(); first += block_rows) {
    source->read({first, std::min(data.rows.size(), first + block_rows)}, block);
    session.add(block, "memory");
  }
}

}  // namespace arete::test
