#include "device/moments/row_feed.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

#include "arete/core/parallel.hpp"
#include "device/runtime/events.hpp"
#include "device/runtime/sizes.hpp"

namespace arete::device {

namespace {

constexpr std::size_t section_alignment = 256;

/// Where the sections of a slice lie in its memory.
struct Sections {
  std::size_t labels = 0;
  std::size_t order = 0;
  std::size_t class_begin = 0;
  std::size_t bytes = 0;

  Sections(std::size_t rows, std::size_t row_bytes, std::size_t positions)
      : labels(round_up(rows * row_bytes, section_alignment)),
        order(labels + round_up(rows * sizeof(std::int32_t), section_alignment)),
        class_begin(order + round_up(rows * sizeof(std::uint32_t), section_alignment)),
        bytes(class_begin + positions * sizeof(std::uint32_t)) {}
};

std::size_t row_bytes(const SessionOptions& options) {
  return checked_multiply(options.features, element_size(options.type), "a row");
}

Sections sections_of(const SessionOptions& options, std::size_t rows) {
  const auto parts = static_cast<std::size_t>(part_count(options.rule));
  return {rows, row_bytes(options), parts * (options.classes.size() + 1)};
}

/// The slice whose sections lie in `memory`.
void point_into(const std::byte* memory, const SessionOptions& options, Slice& slice) {
  const Sections sections = sections_of(options, slice.rows);
  slice.raw = raw_rows(memory, options.type, options.features);
  slice.labels = reinterpret_cast<const std::int32_t*>(memory + sections.labels);
  slice.order = reinterpret_cast<const std::uint32_t*>(memory + sections.order);
  slice.class_begin = reinterpret_cast<const std::uint32_t*>(memory + sections.class_begin);
}

}  // namespace

RowFeed::RowFeed(Device& device, const SessionOptions& options, const Tuning& tuning,
                 std::size_t keep_bytes)
    : device_(device),
      options_(options),
      slice_rows_(slice_rows(options, tuning)),
      keep_bytes_(tuning.keep_rows ? keep_bytes : 0) {
  for (Slot& slot : slots_) {
    slot.host = Pinned<std::byte>(device, slot_bytes(options, tuning));
    slot.device = Memory<std::byte>(device, slot_bytes(options, tuning));
  }
}

std::size_t RowFeed::slice_rows(const SessionOptions& options, const Tuning& tuning) {
  // The sums of floats depend on where they are cut.
  if (!is_integer(options.type)) return shard_rows(options.features);
  return std::max<std::size_t>(1, tuning.slice_bytes / row_bytes(options));
}

std::size_t RowFeed::slot_bytes(const SessionOptions& options, const Tuning& tuning) {
  const std::size_t rows = slice_rows(options, tuning);
  static_cast<void>(checked_multiply(rows, row_bytes(options), "rows on the device"));
  return sections_of(options, rows).bytes;
}

const Slice* RowFeed::find(std::uint64_t first_row, std::size_t rows) const {
  const auto found = kept_.find(first_row);
  return found != kept_.end() && found->second.slice.rows == rows ? &found->second.slice : nullptr;
}

void RowFeed::for_each(const RowBlock& block, bool keep,
                       const std::function<void(const Slice&)>& visit) {
  const bool is_picked = !block.numbers.empty();  // those have been kept among others, if at all
  for (std::size_t first = 0; first < block.rows;) {
    const std::uint64_t number = block.number(first);
    const std::uint64_t before = is_picked ? 0 : number % slice_rows_;
    const std::size_t rows = std::min<std::size_t>(block.rows - first, slice_rows_ - before);
    const Slice* const slice = keep || is_picked ? nullptr : find(number, rows);
    if (slice != nullptr) {
      visit(*slice);
    } else {
      bring(block, first, rows, keep, visit);
    }
    first += rows;
  }
}

void RowFeed::fill(Slot& slot, const RowBlock& block, std::size_t first, const Slice& slice) const {
  const Sections sections = sections_of(options_, slice.rows);
  std::byte* const into = slot.host.data();
  const std::size_t bytes = row_bytes(options_);
  const auto threads = static_cast<std::size_t>(options_.threads);
  parallel_for(threads, options_.threads, [&](std::size_t t) {
    const std::size_t begin = slice.rows * t / threads;
    const std::size_t end = slice.rows * (t + 1) / threads;
    if (begin < end) {
      std::memcpy(into + begin * bytes, block.row(first + begin), (end - begin) * bytes);
    }
  });
  std::memcpy(into + sections.labels, block.labels.data() + first,
              slice.rows * sizeof(std::int32_t));
  std::memcpy(into + sections.order, slice.layout.order.data(), slice.rows * sizeof(std::uint32_t));
  std::memcpy(into + sections.class_begin, slice.layout.class_begin.data(),
              slice.layout.class_begin.size() * sizeof(std::uint32_t));
}

void RowFeed::bring(const RowBlock& block, std::size_t first, std::size_t rows, bool keep,
                    const std::function<void(const Slice&)>& visit) {
  const int s = std::exchange(next_slot_, 1 - next_slot_);
  Slot& slot = slots_[static_cast<std::size_t>(s)];
  Slice slice;
  slice.first_row = block.number(first);
  slice.rows = rows;
  slice.layout = lay_out(block, first, rows, options_.rule, options_.classes.size());
  if (slot.taken) device_.synchronise_event(events::uploaded + s);
  fill(slot, block, first, slice);

  const std::size_t bytes = sections_of(options_, rows).bytes;
  Memory<std::byte> own;
  const bool kept = keep && kept_bytes_ + bytes <= keep_bytes_;
  if (kept) {
    own = Memory<std::byte>(device_, bytes);
  } else if (slot.taken) {
    device_.wait(Device::upload_lane, events::used + s);
  }
  std::byte* const memory = kept ? own.data() : slot.device.data();
  {
    const StageTime time(device_, Device::upload_lane, Stage::upload);
    device_.upload(Device::upload_lane, memory, slot.host.data(), bytes);
  }
  device_.record(Device::upload_lane, events::uploaded + s);
  device_.wait(Device::main_lane, events::uploaded + s);
  point_into(memory, options_, slice);
  visit(slice);
  device_.record(Device::main_lane, events::used + s);
  slot.taken = true;
  if (!kept) return;
  kept_bytes_ += bytes;
  const std::uint64_t first_row = slice.first_row;
  kept_.insert_or_assign(first_row, Kept{std::move(own), std::move(slice)});
}

void RowFeed::forget() {
  kept_.clear();
  kept_bytes_ = 0;
  keep_bytes_ = 0;
}

}  // namespace arete::device
