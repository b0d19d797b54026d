#include "arete/train/gather_moments.hpp"

#include <algorithm>
#include <utility>

#include "arete/comm/same_input.hpp"
#include "arete/core/checked.hpp"
#include "arete/data/number_ranges.hpp"
#include "arete/train/accumulate.hpp"

namespace arete {

namespace {

MomentsSet set_of(Session& session, const SourceInfo& info, const FitOptions& options,
                  std::vector<RowRange> numbers) {
  MomentsSet set;
  set.rule = options.rule;
  set.parts = session.moments();
  set.rows = std::move(numbers);
  set.type = info.type;
  set.shape = info.shape;
  set.preprocessing = info.preprocessing;
  set.column_names = info.column_names;
  return set;
}

/// Whole shards, as floats ask for.
std::size_t stream_block_rows(const SourceInfo& info, std::size_t memory) {
  constexpr std::size_t customary_bytes = std::size_t{16} << 20;
  const std::size_t shard = shard_rows(info.features);
  const std::size_t shard_bytes =
      checked_multiply(shard, info.features * element_size(info.type), info.name);
  if (shard_bytes > memory) {
    fail(ErrorKind::resource,
         "{}: blocks of {} rows need {} bytes, but --memory leaves {} for them; allow more",
         info.name, shard, shard_bytes, memory);
  }
  return shard * std::max<std::size_t>(1, std::min(memory, customary_bytes) / shard_bytes);
}

}  // namespace

MomentsSet gather_moments(const RowSource& source, RowRange rows, const FitOptions& options,
                          Backend& backend, Communicator& communicator, Listener& listener) {
  check_trainable(source.info(), rows);
  SessionOptions session_setup = session_options(source.info(), options);
  const MemoryPlan plan =
      plan_memory(backend, session_setup, options.memory, source.info().held_bytes);
  session_setup.memory = plan.session;

  check_same_options(options, communicator);
  check_same_data(source.info(), rows, communicator);
  const auto session = backend.open(session_setup);
  const RowRange own = own_rows(source.info(), rows, options, communicator);
  BlockReader blocks = block_reader(source, own, options, plan.blocks, Passes::one);
  StageSeconds seconds;
  accumulate({source, rows, options, plan.blocks, *session, communicator, listener}, blocks,
             seconds);
  session->reduce(communicator);

  std::vector<RowRange> numbers = numbers_of(source, rows);
  for (RowRange& range : numbers) {
    range = {range.first + options.first_row, range.last + options.first_row};
  }
  return set_of(*session, source.info(), options, std::move(numbers));
}

MomentsSet gather_moments(RowStream& stream, const FitOptions& options, Backend& backend,
                          Listener& listener) {
  const SourceInfo& info = stream.info();
  SessionOptions session_setup = session_options(info, options);
  const MemoryPlan plan = plan_memory(backend, session_setup, options.memory, info.held_bytes);
  session_setup.memory = plan.session;
  const auto session = backend.open(session_setup);
  const std::size_t rows = stream_block_rows(info, plan.blocks);
  NumberRanges numbers;
  RowBlock block;
  std::uint64_t done = 0;
  while (stream.next(rows, block)) {
    block.first_row += options.first_row;
    for (std::uint64_t& number : block.numbers) number += options.first_row;
    session->add(block, info.name);
    for (std::size_t i = 0; i < block.rows; ++i) {
      numbers.add({block.number(i), block.number(i) + 1});
    }
    done += block.rows;
    listener.progress("moments", done, 0);
  }
  return set_of(*session, info, options, std::move(numbers).finish(info.name));
}

}  // namespace arete
