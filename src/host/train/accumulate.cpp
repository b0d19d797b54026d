#include "arete/train/accumulate.hpp"

#include "arete/core/checked.hpp"
#include "arete/core/error.hpp"
#include "arete/core/memory.hpp"
#include "arete/core/stopwatch.hpp"

namespace arete {

MemoryPlan plan_memory(const Backend& backend, const SessionOptions& options, std::size_t memory,
                       std::size_t held_bytes) {
  const std::size_t budget = memory_budget(memory, held_bytes);
  const std::size_t needed =
      checked_add(backend.host_memory(options), held_bytes, "the sums and the rows");
  if (needed > budget) {
    fail(ErrorKind::resource,
         "the sums of {} features in {} parts need {} bytes of memory, {} of them for rows that "
         "are held already, but {} are allowed; allow more with --memory, or use fewer folds",
         options.features, part_count(options.rule), needed, held_bytes, budget);
  }
  const std::size_t rest = budget - needed;
  return {rest - rest / 4, std::max<std::size_t>(1, rest / 4)};
}

void check_trainable(const SourceInfo& source, RowRange rows) {
  if (source.classes.empty()) {
    fail(ErrorKind::input, "{}: the rows have no labels to train on; give them with --labels FILE",
         source.name);
  }
  if (rows.last > source.rows) {
    fail(ErrorKind::input, "{}: has {} rows; rows up to {} were asked for", source.name,
         source.rows, rows.last);
  }
  if (rows.first >= rows.last) {
    fail(ErrorKind::input, "{}: there are no rows to train on", source.name);
  }
}

SessionOptions session_options(const SourceInfo& source, const FitOptions& options) {
  SessionOptions session;
  session.rule = options.rule;
  session.features = source.features;
  session.type = source.type;
  session.classes = source.classes;
  session.threads = options.threads;
  session.kernel = options.kernel;
  return session;
}

BlockReader block_reader(const RowSource& source, RowRange rows, const FitOptions& options,
                         std::size_t memory) {
  BlockReader::Options reader;
  reader.first_number = options.first_row;
  reader.align = is_integer(source.info().type) ? 1 : shard_rows(source.info().features);
  reader.memory = memory;
  reader.shards = is_integer(source.info().type) ? 1 : static_cast<std::size_t>(options.threads);
  return {source, rows, reader};
}

void accumulate(BlockReader& blocks, const RowSource& source, RowRange rows, Session& session,
                Listener& listener, StageSeconds& seconds) {
  std::uint64_t done = 0;
  blocks.for_each([&](const RowBlock& block) {
    const Stopwatch watch(seconds.moments);
    session.add(block, source.info().name);
    done += block.rows;
    listener.progress("moments", done, rows.size());
  });
  seconds.read += blocks.seconds_waited();
}

}  // namespace arete
