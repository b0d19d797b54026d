#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <vector>

#include "arete/backend/backend.hpp"
#include "device/moments/slice.hpp"
#include "device/runtime/memory.hpp"
#include "device/runtime/tuning.hpp"

namespace arete::device {

/// Fills `into`, in the memory of the device, with `rows` rows from number `first` on, by work on
/// the main lane or before it returns.
using MakeRows = std::function<void(std::uint64_t first, std::size_t rows, std::byte* into)>;

/// Brings rows to the device in slices, through two slots of pinned memory: while one slice is
/// computed with, the next one travels. Copies of the rows that are held out stay on the device
/// where there is room, so that they need not travel again to be scored.
class RowFeed {
 public:
  using Visit = std::function<void(const Slice&)>;

  /// `keep_bytes` of the device's memory may be taken for rows that are kept.
  RowFeed(Device& device, const SessionOptions& options, const Tuning& tuning,
          std::size_t keep_bytes);

  /// Rows are cut into slices where their positions are multiples of this.
  [[nodiscard]] static std::size_t slice_rows(const SessionOptions& options, const Tuning& tuning);
  /// Bytes of one slot, on the device as in pinned memory.
  [[nodiscard]] static std::size_t slot_bytes(const SessionOptions& options, const Tuning& tuning);

  /// Calls `visit` for every slice of a block that is to be summed, in order; what it gives to the
  /// main lane comes after the slice has arrived. Keeps the rows that are held out. With `make` the
  /// rows do not travel: the block has labels, but no data.
  void sum(const RowBlock& block, const Visit& visit, const MakeRows& make = {});
  /// The same for a block that is to be scored, whole or picked out: of rows that were kept,
  /// `visit` gets those that are held out, and the block's data are not looked at.
  void score(const RowBlock& block, const Visit& visit);

  /// Gives back the memory of all rows that were kept, and keeps no more.
  void forget();
  /// Bytes that are kept.
  [[nodiscard]] std::size_t kept_bytes() const noexcept { return kept_bytes_; }

 private:
  /// The held-out rows of a slice.
  struct Kept {
    std::size_t of_rows = 0;  ///< rows of that slice
    std::vector<std::int32_t> labels;
    Slice slice;
    Memory<std::byte> memory;  ///< released first, which waits for uploads of the others
  };
  struct Slot {
    Pinned<std::byte> host;
    Memory<std::byte> device;
    bool taken = false;  ///< at least once
  };
  /// Rows that were found on the device.
  struct Found {
    const Slice* slice = nullptr;
    std::size_t rows = 0;  ///< of the block that they stand for
  };

  [[nodiscard]] std::size_t rows_to_border(const RowBlock& block, std::size_t first) const;
  [[nodiscard]] Found find(const RowBlock& block, std::size_t first) const;
  Slice bring(const RowBlock& block, std::size_t first, std::size_t rows, const MakeRows& make);
  void finish();
  void fill(Slot& slot, const RowBlock& block, std::size_t first, const Slice& slice,
            bool with_rows) const;
  [[nodiscard]] static Kept describe(const Slice& slice, std::size_t begin, std::size_t count,
                                     const std::int32_t* labels);
  void keep_held_out(const Slice& slice, const RowBlock& block, std::size_t first);

  Device& device_;
  const SessionOptions& options_;
  std::size_t slice_rows_;
  std::size_t keep_bytes_;
  std::size_t kept_bytes_ = 0;
  std::array<Slot, 2> slots_;
  int slot_ = 0;                        ///< that was used last
  std::map<std::uint64_t, Kept> kept_;  ///< by the first row of the slice
};

}  // namespace arete::device
