#pragma once

#include <array>
#include <cstddef>
#include <functional>
#include <map>

#include "arete/backend/backend.hpp"
#include "device/moments/slice.hpp"
#include "device/runtime/memory.hpp"
#include "device/runtime/tuning.hpp"

namespace arete::device {

/// Brings rows to the device in slices, through two slots of pinned memory: while one slice is
/// computed with, the next one travels. Slices are kept on the device where there is room, so that
/// the rows need not travel again to be scored.
class RowFeed {
 public:
  /// `keep_bytes` of the device's memory may be taken for keeping slices.
  RowFeed(Device& device, const SessionOptions& options, const Tuning& tuning,
          std::size_t keep_bytes);

  /// Rows are cut into slices where their global numbers are multiples of this.
  [[nodiscard]] static std::size_t slice_rows(const SessionOptions& options, const Tuning& tuning);
  /// Bytes of one slot, on the device as in pinned memory.
  [[nodiscard]] static std::size_t slot_bytes(const SessionOptions& options, const Tuning& tuning);

  /// Calls `visit` for every slice of the block, in order; what it gives to the main lane comes
  /// after the slice has arrived. `keep`: keep the slices, and forget those of earlier calls that
  /// began at the same rows.
  void for_each(const RowBlock& block, bool keep, const std::function<void(const Slice&)>& visit);

  /// Gives back the memory of all slices that were kept, and keeps no more.
  void forget();
  /// Bytes that are kept.
  [[nodiscard]] std::size_t kept_bytes() const noexcept { return kept_bytes_; }

 private:
  struct Kept {
    Memory<std::byte> memory;
    Slice slice;
  };
  struct Slot {
    Pinned<std::byte> host;
    Memory<std::byte> device;
    bool taken = false;  ///< at least once
  };

  [[nodiscard]] const Slice* find(std::uint64_t first_row, std::size_t rows) const;
  void bring(const RowBlock& block, std::size_t first, std::size_t rows, bool keep,
             const std::function<void(const Slice&)>& visit);
  void fill(Slot& slot, const RowBlock& block, std::size_t first, const Slice& slice) const;

  Device& device_;
  const SessionOptions& options_;
  std::size_t slice_rows_;
  std::size_t keep_bytes_;
  std::size_t kept_bytes_ = 0;
  std::array<Slot, 2> slots_;
  int next_slot_ = 0;
  std::map<std::uint64_t, Kept> kept_;  ///< by first row
};

}  // namespace arete::device
