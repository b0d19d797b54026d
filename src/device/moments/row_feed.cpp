#include "device/moments/row_feed.hpp"

#include <algorithm>
#include <cstring>
#include <iterator>
#include <span>

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

std::size_t RowFeed::rows_to_border(const RowBlock& block, std::size_t first) const {
  const std::uint64_t position = block.first_row + first;
  return std::min<std::size_t>(block.rows - first, slice_rows_ - position % slice_rows_);
}

void RowFeed::sum(const RowBlock& block, const Visit& visit, const MakeRows& make) {
  for (std::size_t first = 0; first < block.rows;) {
    const std::size_t rows = rows_to_border(block, first);
    const Slice slice = bring(block, first, rows, make);
    visit(slice);
    // Rows with numbers of their own could not be told from others that were picked out.
    if (block.numbers.empty()) keep_held_out(slice, block, first);
    finish();
    first += rows;
  }
}

void RowFeed::score(const RowBlock& block, const Visit& visit) {
  const bool may_be_kept = block.numbers.empty() || std::ranges::is_sorted(block.numbers);
  for (std::size_t first = 0; first < block.rows;) {
    const Found found = may_be_kept ? find(block, first) : Found{};
    if (found.slice != nullptr) {
      visit(*found.slice);
      first += found.rows;
      continue;
    }
    const bool is_whole = block.numbers.empty();
    const std::size_t rows =
        is_whole ? rows_to_border(block, first) : std::min(block.rows - first, slice_rows_);
    const Slice slice = bring(block, first, rows, {});
    visit(slice);
    finish();
    first += rows;
  }
}

/// Of a whole block the slice must begin and end as one that was summed; of rows that were picked
/// out, all that such a slice has must come.
RowFeed::Found RowFeed::find(const RowBlock& block, std::size_t first) const {
  const std::uint64_t number = block.number(first);
  const auto after = kept_.upper_bound(number);
  if (after == kept_.begin()) return {};
  const auto& [begin, kept] = *std::prev(after);
  if (block.numbers.empty()) {
    const bool same = begin == number && kept.of_rows == rows_to_border(block, first);
    return same ? Found{&kept.slice, kept.of_rows} : Found{};
  }
  const auto rest = std::span(block.numbers).subspan(first);
  const auto end = std::ranges::lower_bound(rest, begin + kept.of_rows);
  const auto rows = static_cast<std::size_t>(end - rest.begin());
  return rows > 0 && rows == kept.slice.rows ? Found{&kept.slice, rows} : Found{};
}

void RowFeed::fill(Slot& slot, const RowBlock& block, std::size_t first, const Slice& slice,
                   bool with_rows) const {
  const Sections sections = sections_of(options_, slice.rows);
  std::byte* const into = slot.host.data();
  const std::size_t bytes = row_bytes(options_);
  const auto threads = static_cast<std::size_t>(options_.threads);
  parallel_for(with_rows ? threads : 0, options_.threads, [&](std::size_t t) {
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

/// The slice lies in the other slot than the one before it, until finish().
Slice RowFeed::bring(const RowBlock& block, std::size_t first, std::size_t rows,
                     const MakeRows& make) {
  slot_ = 1 - slot_;
  Slot& slot = slots_[static_cast<std::size_t>(slot_)];
  Slice slice;
  slice.first_row = block.first_row + first;
  slice.rows = rows;
  if (!block.numbers.empty()) {
    const auto begin = block.numbers.begin() + static_cast<std::ptrdiff_t>(first);
    slice.numbers.assign(begin, begin + static_cast<std::ptrdiff_t>(rows));
  }
  slice.layout = lay_out(block, first, rows, options_.rule, options_.classes.size());
  if (slot.taken) device_.synchronise_event(events::uploaded + slot_);
  fill(slot, block, first, slice, !make);
  if (slot.taken) device_.wait(Device::upload_lane, events::used + slot_);
  const Sections sections = sections_of(options_, rows);
  const std::size_t begin = make ? sections.labels : 0;
  {
    const StageTime time(device_, Device::upload_lane, Stage::upload);
    device_.upload(Device::upload_lane, slot.device.data() + begin, slot.host.data() + begin,
                   sections.bytes - begin);
  }
  device_.record(Device::upload_lane, events::uploaded + slot_);
  device_.wait(Device::main_lane, events::uploaded + slot_);
  if (make) make(slice.first_row, rows, slot.device.data());
  point_into(slot.device.data(), options_, slice);
  return slice;
}

/// What the main lane was given until now is all that needs the slot.
void RowFeed::finish() {
  device_.record(Device::main_lane, events::used + slot_);
  slots_[static_cast<std::size_t>(slot_)].taken = true;
}

/// Describes rows begin..begin+count-1 of a slice, in its order by part and class, as a slice of
/// their own, and their labels.
RowFeed::Kept RowFeed::describe(const Slice& slice, std::size_t begin, std::size_t count,
                                const std::int32_t* labels) {
  Kept kept;
  kept.of_rows = slice.rows;
  kept.slice.first_row = slice.first_row;
  kept.slice.rows = count;
  kept.slice.layout.classes = slice.layout.classes;
  for (const std::uint32_t position : slice.layout.class_begin) {
    const std::size_t place = std::clamp<std::size_t>(position, begin, begin + count) - begin;
    kept.slice.layout.class_begin.push_back(static_cast<std::uint32_t>(place));
  }
  for (std::size_t r = 0; r < count; ++r) {
    kept.labels.push_back(labels[slice.layout.order[begin + r]]);
    kept.slice.layout.order.push_back(static_cast<std::uint32_t>(r));
  }
  return kept;
}

/// The parts that are held out are one, or all: their rows follow each other.
void RowFeed::keep_held_out(const Slice& slice, const RowBlock& block, std::size_t first) {
  const std::vector<int> parts = held_out_parts(options_.rule);
  if (parts.empty() || keep_bytes_ == 0) return;
  if (const auto before = kept_.find(slice.first_row); before != kept_.end()) {
    kept_bytes_ -= before->second.memory.bytes();
    kept_.erase(before);
  }
  const std::size_t begin = slice.layout.begin(parts.front());
  const std::size_t count = slice.layout.end(parts.back()) - begin;
  const Sections sections = sections_of(options_, count);
  if (kept_bytes_ + sections.bytes > keep_bytes_) return;
  Kept& kept = kept_[slice.first_row];
  kept = describe(slice, begin, count, block.labels.data() + first);
  kept.memory = Memory<std::byte>(device_, sections.bytes);
  kept_bytes_ += sections.bytes;

  constexpr int lane = Device::main_lane;
  const Slot& slot = slots_[static_cast<std::size_t>(slot_)];
  std::byte* const into = kept.memory.data();
  const StageTime time(device_, lane, Stage::moments);
  device_.run(
      lane, CopyRows{reinterpret_cast<const std::uint8_t*>(slot.device.data()), row_bytes(options_),
                     slice.order + begin, count, reinterpret_cast<std::uint8_t*>(into)});
  const auto upload = [&](std::size_t section, const auto& values) {
    if (values.empty()) return;
    device_.upload(lane, into + section, values.data(), values.size() * sizeof(values[0]));
  };
  upload(sections.labels, kept.labels);
  upload(sections.order, kept.slice.layout.order);
  upload(sections.class_begin, kept.slice.layout.class_begin);
  point_into(into, options_, kept.slice);
}

void RowFeed::forget() {
  kept_.clear();
  kept_bytes_ = 0;
  keep_bytes_ = 0;
}

}  // namespace arete::device
