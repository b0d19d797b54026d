#include "arete/data/block_reader.hpp"

#include <algorithm>
#include <chrono>
#include <future>

#include "arete/core/checked.hpp"
#include "arete/core/error.hpp"

namespace arete {

namespace {

/// Large enough that reading and computing pay for their start, small enough to overlap.
constexpr std::size_t customary_block_bytes = std::size_t{32} << 20;

/// Allowed for what is made of rows that lie in memory already, however little is left beside them.
constexpr std::size_t least_resident_budget = std::size_t{8} << 20;

/// Of each row in use: its place in lists of pointers, numbers and labels.
constexpr std::size_t bookkeeping_bytes = 64;

}  // namespace

BlockReader::BlockReader(const RowSource& source, RowRange rows, const Options& options)
    : source_(source),
      rows_(rows),
      first_number_(options.first_number),
      is_wanted_later_(options.is_wanted_later) {
  const SourceInfo& info = source.info();
  const bool is_resident = info.resident_bytes > 0;
  const std::size_t row_bytes = info.features * element_size(info.type);
  const std::size_t overhead = checked_add(bookkeeping_bytes, options.row_overhead, info.name);
  // One block is read while another is used. Blocks of rows that lie in memory only point at them.
  const std::size_t held = is_resident ? 0 : row_bytes;
  const std::size_t budget =
      is_resident ? std::max(options.memory / 2, least_resident_budget) : options.memory / 2;
  const auto shard_bytes = [&](std::size_t row) {
    return checked_multiply(checked_add(row, overhead, info.name), options.align, info.name);
  };
  const std::size_t wanted =
      std::max(options.shards, customary_block_bytes / shard_bytes(row_bytes));
  const std::size_t affordable = budget / shard_bytes(held);
  block_rows_ = std::max<std::size_t>(1, std::min(wanted, affordable)) * options.align;
  if (block_rows_ * held > budget) {
    fail(ErrorKind::resource,
         "{}: blocks of {} rows need {} bytes, but --memory leaves {} for them; allow more",
         info.name, block_rows_, 2 * block_rows_ * row_bytes, options.memory);
  }
  if (is_wanted_later_) plan_keeping(options, held, budget);
}

/// Blocks are kept as they are where all of their rows are wanted, or lie in memory anyway.
void BlockReader::plan_keeping(const Options& options, std::size_t held_row_bytes,
                               std::size_t budget) {
  constexpr std::size_t label_bytes = sizeof(RowBlock::labels[0]);
  constexpr std::size_t number_bytes = sizeof(RowBlock::numbers[0]);
  const auto count_wanted = [&] {
    std::uint64_t wanted = 0;
    for (std::uint64_t row = rows_.first; row < rows_.last; ++row) {
      wanted += is_wanted_later_(first_number_ + source_.number(row)) ? 1 : 0;
    }
    return wanted;
  };
  const std::uint64_t wanted = held_row_bytes == 0 ? rows_.size() : count_wanted();
  if (wanted == rows_.size()) {
    // The last blocks of a first pass are kept as well, so they need no room for reading ahead.
    const bool fits = rows_.size() <= budget / (held_row_bytes + label_bytes);
    keeping_ = fits ? Keeping::blocks : Keeping::nothing;
    return;
  }
  // Two blocks, and what is made of them, come beside the rows that are kept.
  const std::size_t in_flight =
      std::min<std::uint64_t>(2 * block_rows_, rows_.size()) * (held_row_bytes + bookkeeping_bytes);
  const std::size_t rest = options.memory - std::min(options.memory, in_flight);
  const bool fits = wanted <= rest / (held_row_bytes + label_bytes + number_bytes);
  keeping_ = fits ? Keeping::wanted : Keeping::nothing;
}

std::uint64_t BlockReader::next_rows() const noexcept {
  if (kept_.empty()) return rows_.size();
  std::uint64_t rows = 0;
  for (const RowBlock& block : kept_) rows += block.rows;
  return rows;
}

std::size_t BlockReader::block_count() const noexcept {
  if (rows_.size() == 0) return 0;
  const std::uint64_t first = (first_number_ + rows_.first) / block_rows_;
  return static_cast<std::size_t>((first_number_ + rows_.last - 1) / block_rows_ - first + 1);
}

RowRange BlockReader::range_of(std::size_t block) const noexcept {
  const std::uint64_t start = ((first_number_ + rows_.first) / block_rows_ + block) * block_rows_;
  const std::uint64_t end = start + block_rows_;
  return {std::max(start, first_number_ + rows_.first) - first_number_,
          std::min(end, first_number_ + rows_.last) - first_number_};
}

void BlockReader::read(std::size_t block, RowBlock& into) const {
  source_.read(range_of(block), into);
  into.first_row += first_number_;
  for (std::uint64_t& number : into.numbers) number += first_number_;
}

void BlockReader::for_each(const std::function<void(const RowBlock&)>& visit) {
  const std::size_t count = block_count();
  if (kept_.size() == count && count > 0) {
    std::ranges::for_each(kept_, visit);
    return;
  }
  const bool keeps_blocks = keeping_ == Keeping::blocks;
  std::vector<RowBlock> blocks(keeps_blocks ? count : std::min<std::size_t>(2, count));
  std::vector<RowBlock> wanted(keeping_ == Keeping::wanted ? count : 0);
  const auto slot = [&](std::size_t b) -> RowBlock& { return blocks[keeps_blocks ? b : b % 2]; };
  std::future<void> next;
  const auto start = [&](std::size_t b) {
    next = std::async(std::launch::async, [&, b] {
      read(b, slot(b));
      if (!wanted.empty()) wanted[b] = pick_rows(slot(b), is_wanted_later_);
    });
  };
  if (count > 0) start(0);
  for (std::size_t b = 0; b < count; ++b) {
    const auto before = std::chrono::steady_clock::now();
    next.get();
    seconds_waited_ +=
        std::chrono::duration<double>(std::chrono::steady_clock::now() - before).count();
    if (b + 1 < count) start(b + 1);
    visit(slot(b));
  }
  if (keeping_ != Keeping::nothing) kept_ = std::move(keeps_blocks ? blocks : wanted);
}

}  // namespace arete
