#pragma once

#include <memory>

#include "arete/data/block_reader.hpp"
#include "arete/train/fit.hpp"

namespace arete {

/// How the memory budget is shared out.
struct MemoryPlan {
  std::size_t blocks = 0;   ///< for rows
  std::size_t session = 0;  ///< beyond what the sums need at least
};

/// Shares out the budget (`memory`; 0: half of what is free) less what the source holds already.
/// Throws Error (resource) when the sums alone exceed it.
[[nodiscard]] MemoryPlan plan_memory(const Backend& backend, const SessionOptions& options,
                                     std::size_t memory, std::size_t held_bytes);

/// Throws Error (input) when `source` has no labels or `rows` has none or goes beyond its end.
void check_trainable(const SourceInfo& source, RowRange rows);

/// Throws Error (input) on a rank that was asked for something else than rank 0: each would do
/// another job. Called by all ranks.
void check_same_options(const FitOptions& options, Communicator& communicator);

/// The session that sums `source` by options.rule.
[[nodiscard]] SessionOptions session_options(const SourceInfo& source, const FitOptions& options);

/// The share of `rows` that this rank sums, where rows are divided; floats are cut between shards.
[[nodiscard]] RowRange own_rows(const SourceInfo& source, RowRange rows, const FitOptions& options,
                                const Communicator& communicator);

/// The passes over the rows of a job: a second one scores the rows that are held out.
enum class Passes : std::uint8_t { one, two };

/// The reader that gives a session its blocks.
[[nodiscard]] BlockReader block_reader(const RowSource& source, RowRange rows,
                                       const FitOptions& options, std::size_t memory,
                                       Passes passes);

/// What accumulate() works with.
struct Accumulation {
  const RowSource& source;
  RowRange rows;  ///< of the whole job
  const FitOptions& options;
  std::size_t memory = 0;  ///< bytes for blocks
  Session& session;
  Communicator& communicator;
  Listener& listener;
};

/// One pass: adds every block of this rank's rows, which `blocks` reads, to the session. With
/// options.checkpoint, sums that an earlier run left are taken over, and only the rows that they
/// lack are read; this rank's own sums are written from time to time, at the end, and when the pass
/// is cut short.
void accumulate(const Accumulation& setup, BlockReader& blocks, StageSeconds& seconds);

}  // namespace arete
