#pragma once

#include <memory>

#include "arete/backend/backend.hpp"
#include "device/collective/collective.hpp"
#include "device/moments/row_feed.hpp"
#include "device/runtime/device.hpp"
#include "device/runtime/tuning.hpp"

namespace arete::device {

/// A session that also takes rows which are made on its device.
class DeviceSession : public Session {
 public:
  /// Adds the rows of these labels, which `labels` numbers by its first_row; it has no data. They
  /// can be scored by such a block too, where all that are held out could be kept.
  virtual void add_made(const RowBlock& labels, const MakeRows& make) = 0;
};

/// A session whose sums stay on `device` from the first block to the last solution. Throws Error
/// (resource), stating what is needed and what is free, where they do not fit; (unavailable) for a
/// kernel of CPUs.
[[nodiscard]] std::unique_ptr<DeviceSession> open_session(std::unique_ptr<Device> device,
                                                          const SessionOptions& options,
                                                          CollectiveFactory collective,
                                                          const Tuning& tuning = {});

/// Bytes of host memory that such a session takes at least, with one solution.
[[nodiscard]] std::size_t session_host_memory(const SessionOptions& options);

}  // namespace arete::device
