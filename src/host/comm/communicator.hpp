#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

namespace arete {

/// The processes (or threads) that work on one job. Collective calls are made by all of them, in
/// the same order. Errors on one end the job on all: Error (resource) naming the rank.
class Communicator {
 public:
  Communicator() = default;
  Communicator(const Communicator&) = delete;
  Communicator& operator=(const Communicator&) = delete;
  virtual ~Communicator() = default;

  [[nodiscard]] virtual int rank() const noexcept = 0;
  [[nodiscard]] virtual int size() const noexcept = 0;

  /// The bytes of rank `root`, on every rank; all give a span of the same size.
  virtual void broadcast(std::span<std::byte> bytes, int root) = 0;
  /// Element-wise sums over all ranks, on every rank. Exact where the sums are integers below 2^53.
  virtual void all_reduce_sum(std::span<double> values) = 0;
  virtual void all_reduce_sum(std::span<std::uint64_t> values) = 0;
  /// What every rank gave, by rank, on every rank; sizes may differ.
  [[nodiscard]] virtual std::vector<std::vector<std::byte>> all_gather(
      std::span<const std::byte> bytes) = 0;
  /// True on all ranks when `good` is true on all: how they agree on failure.
  [[nodiscard]] virtual bool all_agree(bool good) = 0;
};

/// The communicator of a job of one process.
[[nodiscard]] std::unique_ptr<Communicator> single_process();

}  // namespace arete
