#pragma once

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "arete/backend/backend.hpp"
#include "arete/comm/communicator.hpp"
#include "arete/core/file.hpp"
#include "arete/train/fit.hpp"

namespace arete {

/// The sums of a job that may be cut short, kept as moments files in a folder that all ranks share.
///
/// Every rank writes one piece, which holds all that it has summed: RUN-RANK.moments, replaced from
/// time to time. A later run, of any number of ranks, shares the pieces out, adds them to its sums
/// and reads only the rows that none of them covers; its own pieces take their place.
/// arete-job.json tells what the sums are of.
class Checkpoint {
 public:
  /// Opens or makes the folder. Throws Error (input) when it holds sums of another job, saying in
  /// what that differs, and (resource) when it cannot be made or another job is at work there.
  /// Called by all ranks.
  Checkpoint(const CheckpointOptions& options, const RowSource& source, RowRange rows,
             const FitOptions& fit, Communicator& communicator);

  /// The rows of the source that no piece covers, ascending.
  [[nodiscard]] const std::vector<RowRange>& remaining() const noexcept { return remaining_; }

  /// Adds the pieces that fall to this rank. Throws Error (input) for a piece that is damaged.
  void restore(Session& session);

  /// To be told of rows that were added to the session.
  void added(RowRange rows);
  /// Writes when the time has come.
  void write_when_due(Session& session);

  /// How long writing a piece may take, on a disk that is slow but not dead.
  [[nodiscard]] std::chrono::milliseconds slowest_write() const noexcept;

  /// Writes this rank's piece, where there is anything to write since the last time.
  void write(Session& session);

 private:
  void take_over(const std::string& listing, RowRange rows, const Communicator& communicator);

  std::filesystem::path folder_;
  std::optional<FileLock> lock_;  ///< rank 0's: no other job may write there
  std::chrono::duration<double> period_;
  std::chrono::steady_clock::time_point last_written_ = std::chrono::steady_clock::now();
  std::uint64_t first_row_;      ///< global number of row 0 of the source
  MomentsSet set_;               ///< without parts; `rows` are those of this rank's piece
  std::filesystem::path piece_;  ///< this rank's
  std::vector<std::filesystem::path> old_;  ///< pieces that this rank's holds, of earlier runs
  std::vector<RowRange> remaining_;
  double piece_bytes_ = 0;  ///< about
  bool unwritten_ = false;
};

/// Removes what a job that has ended left in its checkpoint folder, and the folder when it is empty
/// then.
void discard_checkpoint(const std::filesystem::path& folder);

}  // namespace arete
