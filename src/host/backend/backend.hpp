#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "arete/comm/communicator.hpp"
#include "arete/data/row_source.hpp"
#include "arete/moments/moments.hpp"
#include "arete/moments/part_rule.hpp"
#include "arete/solve/ridge_path.hpp"

namespace arete {

/// How products are summed. Of integers the bits of the result are the same.
enum class IntegerKernel : std::uint8_t {
  automatic,  ///< integer products of bytes where the device has them, float64 else; on a CPU with
              ///< AMX it asks the system for tiles (amx_instructions)
  amx,        ///< int8 products, int32 sums, by tiles (AMX); of the CPU
  vnni,       ///< int8 products, int32 sums (AVX-512 VNNI); of the CPU
  avx2,       ///< int16 products, int32 sums; of the CPU
  float64,    ///< float64 products by dsyrk
  /// As automatic, but of floats that are no integers by the fixed-point emulation of float64 that
  /// cuBLAS 13.1 has; of GPUs. Its error is that of float64 products by cuBLAS's own account.
  emulated,
};

struct SessionOptions {
  PartRule rule;
  std::size_t features = 0;
  ElementType type = ElementType::uint8;
  ClassList classes;
  int threads = 1;
  std::size_t memory = 0;  ///< bytes that may be taken beyond host_memory(), for speed; 0: no limit
  IntegerKernel kernel = IntegerKernel::automatic;
};

/// Which mean is subtracted from the columns, and what the intercept is.
enum class Centring : std::uint8_t {
  standard,  ///< of the training rows; targets are centred too; intercept ybar - xbar'W
  odyssey,   ///< the published study's: of all rows; targets as they are; intercept -mu'W
};

struct SolveRequest {
  static constexpr int nothing = -1;
  int held_out = nothing;  ///< the part that does not train; nothing: every row trains
  std::vector<double> lambdas;
  Solver solver = Solver::cholesky;
  Centring centring = Centring::standard;
  /// Called now and then while the path is solved, by the calling thread; may throw.
  std::function<void()> between = {};
};

/// What can be said of all rows before anything is solved.
struct DataSummary {
  std::uint64_t rows = 0;
  std::size_t features = 0;
  bool exact = true;  ///< the sums are exact integers
  std::vector<std::uint64_t> part_rows;
  std::vector<std::uint64_t> class_counts;  ///< in the order of the session's classes
  double mean_eigenvalue = 0;               ///< trace(C) / features: the scale of lambda
  std::size_t nearly_constant = 0;  ///< columns with C_ii < 2^-26 G_ii; exact zeros are not counted
};

/// Held-out rows and how many of them each lambda classified correctly.
struct ScoreCounts {
  std::uint64_t rows = 0;
  std::vector<std::uint64_t> correct;  ///< one per solution of the path; 0 where it was not solved
};

/// Counts what the solutions of one path classify correctly; holds what its device needs for that.
class Scorer {
 public:
  Scorer() = default;
  Scorer(const Scorer&) = delete;
  Scorer& operator=(const Scorer&) = delete;
  virtual ~Scorer() = default;

  /// Counts, for the rows of `block` that belong to `part`, the hits of every solution.
  virtual void score(const RowBlock& block, int part, ScoreCounts& counts) = 0;
};

/// Seconds that a device was busy with one kind of work, by its own clock.
struct DeviceSeconds {
  std::string stage;  ///< "upload", "moments", "solve", "score"
  double seconds = 0;
};

/// Owns the sums of every part on its device, from the first block to the last solution.
class Session {
 public:
  Session() = default;
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;
  virtual ~Session() = default;

  /// Adds labelled rows, consecutive ones, to the sums of their parts, by their global numbers.
  /// Float rows must come in shards: block.first_row is a multiple of shard_rows(features), so that
  /// the order of summation depends on the positions alone. `source` names them in errors.
  /// Throws Error (input) for NaN or infinity, naming row and column, and for sums beyond 2^53.
  virtual void add(const RowBlock& block, std::string_view source) = 0;
  /// Adds moments computed elsewhere, one per part, of the session's features and classes; throws
  /// Error (internal) otherwise, and (input) for sums beyond 2^53.
  virtual void add(const std::vector<Moments>& parts) = 0;
  /// Replaces the sums by those of all ranks, on every rank. Throws Error (input) for sums beyond
  /// 2^53.
  virtual void reduce(Communicator& communicator) = 0;
  /// Throws Error (input) when the sums of integers over all parts are beyond 2^53.
  [[nodiscard]] virtual DataSummary summary() = 0;
  /// What cannot be solved is told by its status. Throws Error (input) when no row trains.
  [[nodiscard]] virtual RidgePath solve(const SolveRequest& request) = 0;
  /// What counts the hits of `path`. Neither the session nor the path may go before it does.
  [[nodiscard]] virtual std::unique_ptr<Scorer> scorer(const RidgePath& path) = 0;
  /// Per solution the sum over the rows of `part` and all classes of (target - score)^2, from
  /// moments alone; NaN where it is not solved.
  [[nodiscard]] virtual std::vector<double> squared_errors(int part, const RidgePath& path) = 0;
  /// Copies of the sums, one per part.
  [[nodiscard]] virtual std::vector<Moments> moments() = 0;
  /// Whether rounded sums are made by an emulation of float64.
  [[nodiscard]] virtual bool emulates_float64() const { return false; }
  /// By the device's own clock, since the session was opened; empty where it has none.
  [[nodiscard]] virtual std::vector<DeviceSeconds> device_seconds() { return {}; }
};

/// A device that sessions can be opened on.
class Backend {
 public:
  Backend() = default;
  Backend(const Backend&) = delete;
  Backend& operator=(const Backend&) = delete;
  virtual ~Backend() = default;

  /// "cpu", "cuda:0".
  [[nodiscard]] virtual std::string name() const = 0;
  /// What it is, for people: "NVIDIA H200, compute capability 9.0, 150 GB".
  [[nodiscard]] virtual std::string description() const = 0;
  /// Bytes of host memory that such a session takes at least, with one solution. Throws Error
  /// (input) when they cannot be counted, (unavailable) for a kernel that the device lacks.
  [[nodiscard]] virtual std::size_t host_memory(const SessionOptions& options) const = 0;
  /// Throws Error (unavailable) for a kernel that the device lacks, (resource) for memory.
  [[nodiscard]] virtual std::unique_ptr<Session> open(const SessionOptions& options) = 0;
};

/// Float rows are summed in shards of this many rows; depends on the number of features alone.
[[nodiscard]] std::size_t shard_rows(std::size_t features) noexcept;

[[nodiscard]] std::unique_ptr<Backend> cpu_backend();

/// A device, and why it was taken.
struct ChosenBackend {
  std::unique_ptr<Backend> backend;
  std::string reason;  ///< what `auto` found; empty where the device was named
};

/// "cpu", "cuda", "cuda:1" or "auto" (a GPU where the module and a GPU are there, else the CPU).
/// "cuda" and "auto" take the GPU numbered `local_rank` modulo the number of GPUs, so that the
/// processes of one machine spread over them. Throws Error (usage) for another name, (unavailable)
/// where the device is not there.
[[nodiscard]] ChosenBackend choose_backend(std::string_view device, int local_rank = 0);
/// The device alone.
[[nodiscard]] std::unique_ptr<Backend> open_backend(std::string_view device);

}  // namespace arete
