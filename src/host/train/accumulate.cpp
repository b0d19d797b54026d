#include "arete/train/accumulate.hpp"

#include <fmt/ranges.h>

#include <optional>
#include <vector>

#include "arete/comm/same_input.hpp"
#include "arete/comm/share.hpp"
#include "arete/core/checked.hpp"
#include "arete/core/error.hpp"
#include "arete/core/memory.hpp"
#include "arete/core/stopwatch.hpp"
#include "arete/train/checkpoint.hpp"

namespace arete {

namespace {

/// Blocks begin at multiples of this: the sums of floats depend on where they are cut.
std::uint64_t alignment(const SourceInfo& source) {
  return is_integer(source.type) ? 1 : shard_rows(source.features);
}

}  // namespace

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

void check_same_options(const FitOptions& options, Communicator& communicator) {
  check_same(
      "the job",
      fmt::format("{}; lambdas {}; best by {}; {}; means {}; {}; parallel {}; first row {}; {}",
                  describe(options.rule), fmt::join(options.lambdas, " "),
                  options.selection == Selection::accuracy ? "accuracy" : "squared error",
                  options.solver == Solver::cholesky ? "Cholesky" : "eigendecomposition",
                  options.centring == Centring::standard ? "of training rows" : "of all rows",
                  options.refit ? "refit" : "no refit", name_of(options.parallel),
                  options.first_row, options.checkpoint ? "checkpoint" : "no checkpoint"),
      communicator);
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

RowRange own_rows(const SourceInfo& source, RowRange rows, const FitOptions& options,
                  const Communicator& communicator) {
  return share_of(rows, communicator.rank(), communicator.size(), options.first_row,
                  alignment(source));
}

BlockReader block_reader(const RowSource& source, RowRange rows, const FitOptions& options,
                         std::size_t memory, Passes passes) {
  BlockReader::Options reader;
  reader.first_number = options.first_row;
  reader.align = alignment(source.info());
  reader.memory = memory;
  if (passes == Passes::two) {
    std::vector<bool> is_held_out(static_cast<std::size_t>(part_count(options.rule)), false);
    for (const int part : held_out_parts(options.rule)) {
      is_held_out[static_cast<std::size_t>(part)] = true;
    }
    reader.is_wanted_later = [rule = options.rule, is_held_out](std::uint64_t number) {
      return bool{is_held_out[static_cast<std::size_t>(part_of(rule, number))]};
    };
  }
  reader.shards = is_integer(source.info().type) ? 1 : static_cast<std::size_t>(options.threads);
  return {source, rows, reader};
}

namespace {

/// Adds the blocks of one reader after another.
class Pass {
 public:
  Pass(const Accumulation& setup, std::optional<Checkpoint>& checkpoint, std::uint64_t total,
       StageSeconds& seconds)
      : setup_(setup), checkpoint_(checkpoint), total_(total), seconds_(seconds) {}

  void run(BlockReader& blocks) {
    const double waited = blocks.seconds_waited();
    blocks.for_each([&](const RowBlock& block) { add(block); });
    seconds_.read += blocks.seconds_waited() - waited;
  }

  /// For sums that were cut short; a block that was added in part belongs to nothing.
  void save() noexcept {
    if (!checkpoint_ || !is_whole_) return;
    try {
      checkpoint_->write(setup_.session);
    } catch (...) {  // NOLINT(bugprone-empty-catch): the reason for stopping is what counts
    }
  }

 private:
  void add(const RowBlock& block) {
    const Stopwatch watch(seconds_.moments);
    is_whole_ = false;
    setup_.session.add(block, setup_.source.info().name);
    const std::uint64_t first = block.first_row - setup_.options.first_row;
    if (checkpoint_) checkpoint_->added({first, first + block.rows});
    is_whole_ = true;
    done_ += block.rows;
    if (checkpoint_) checkpoint_->write_when_due(setup_.session);
    setup_.listener.progress("moments", done_, total_);
    setup_.communicator.check();
  }

  const Accumulation& setup_;
  std::optional<Checkpoint>& checkpoint_;
  std::uint64_t total_;
  StageSeconds& seconds_;
  std::uint64_t done_ = 0;
  bool is_whole_ = true;
};

}  // namespace

void accumulate(const Accumulation& setup, BlockReader& blocks, StageSeconds& seconds) {
  std::optional<Checkpoint> checkpoint;
  std::vector<RowRange> remaining{setup.rows};
  if (setup.options.checkpoint) {
    checkpoint.emplace(*setup.options.checkpoint, setup.source, setup.rows, setup.options,
                       setup.communicator);
    checkpoint->restore(setup.session);
    remaining = checkpoint->remaining();
    std::uint64_t missing = 0;
    for (const RowRange& range : remaining) missing += range.size();
    setup.communicator.allow_delay(checkpoint->slowest_write());
    const std::uint64_t total = setup.rows.size();
    if (missing < total) setup.listener.resumed(total - missing, total);
  }
  const bool from_the_start = remaining == std::vector<RowRange>{setup.rows};
  Pass pass(setup, checkpoint, blocks.rows().size(), seconds);
  try {
    if (from_the_start) pass.run(blocks);  // it may keep the blocks for scoring
    for (std::size_t i = 0; !from_the_start && i < remaining.size(); ++i) {
      const RowRange own =
          own_rows(setup.source.info(), remaining[i], setup.options, setup.communicator);
      BlockReader rest = block_reader(setup.source, own, setup.options, setup.memory, Passes::one);
      pass.run(rest);
    }
    if (checkpoint) checkpoint->write(setup.session);
  } catch (const OtherRankFailed&) {
    pass.save();
    throw;
  } catch (...) {
    setup.communicator.announce_failure();  // the others save theirs at the same time
    pass.save();
    throw;
  }
}

}  // namespace arete
