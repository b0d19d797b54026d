#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace arete {

/// Why a rank cannot go on.
struct Failure {
  int rank = 0;
  std::string host;   ///< of that rank
  int exit_code = 1;  ///< of the whole job
  std::string message;
  /// False when some rank did not come to hear of it in time: then the job is ended without it, and
  /// this rank is the one to report.
  bool known_to_all = true;
};

/// What is told where a rank that failed did not say why in time.
inline constexpr const char* failed_in_silence =
    "another rank has failed, and did not say why in time";

/// Thrown on a rank that learns that another one cannot go on.
struct OtherRankFailed : std::exception {
  [[nodiscard]] const char* what() const noexcept override { return "another rank has failed"; }
};

/// The processes (or threads) that work on one job. Collective calls are made by all ranks, in the
/// same order, each by the thread that made the communicator. Ranks that make different ones all
/// throw Error (internal).
///
/// No rank waits in vain for one that has failed: every collective call, and check(), throws
/// OtherRankFailed instead once a rank has called agree_on_failure(), which the others then do too.
class Communicator {
 public:
  Communicator() = default;
  Communicator(const Communicator&) = delete;
  Communicator& operator=(const Communicator&) = delete;
  virtual ~Communicator() = default;

  [[nodiscard]] virtual int rank() const noexcept = 0;
  [[nodiscard]] virtual int size() const noexcept = 0;
  /// Name of the machine that this rank runs on, and how many ranks of the job run there.
  [[nodiscard]] virtual const std::string& host() const noexcept = 0;
  [[nodiscard]] virtual int ranks_on_host() const noexcept = 0;

  /// The bytes of rank `root`, on every rank; all give a span of the same size.
  virtual void broadcast(std::span<std::byte> bytes, int root) = 0;
  /// Element-wise sums over all ranks, the same bits on every rank. Exact where the sums are
  /// integers below 2^53.
  virtual void all_reduce_sum(std::span<double> values) = 0;
  virtual void all_reduce_sum(std::span<std::uint64_t> values) = 0;
  /// What every rank gave, by rank, on every rank; sizes may differ.
  [[nodiscard]] virtual std::vector<std::vector<std::byte>> all_gather(
      std::span<const std::byte> bytes) = 0;

  /// Throws OtherRankFailed when a rank cannot go on. Cheap: called between blocks and lambdas.
  virtual void check() = 0;
  /// Lets the others know that this rank cannot go on: for one that has something to finish before
  /// it calls agree_on_failure(), so that they do the same meanwhile.
  virtual void announce_failure() noexcept = 0;
  /// Ranks may take so much longer than usual from a failure to agree_on_failure(), for what they
  /// have to finish. Called by all ranks alike.
  virtual void allow_delay(std::chrono::milliseconds delay) noexcept = 0;
  /// How a job ends on an error: called by the rank that failed, with `own` (rank and host are
  /// filled in), and by the others, with nothing, after OtherRankFailed. Returns once every rank
  /// has called it, or has not within a time limit, the failure of the lowest rank that had one;
  /// the same on all. The communicator can only be destroyed afterwards.
  [[nodiscard]] virtual Failure agree_on_failure(std::optional<Failure> own) = 0;
};

/// The communicator of a job of one process.
[[nodiscard]] std::unique_ptr<Communicator> single_process();

}  // namespace arete
