#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "arete/backend/backend.hpp"
#include "arete/core/listener.hpp"
#include "arete/data/row_source.hpp"
#include "arete/model/ridge_model.hpp"
#include "arete/moments/moments_file.hpp"
#include "arete/train/parallel_mode.hpp"

namespace arete {

/// By what the best lambda is chosen on held-out rows.
enum class Selection : std::uint8_t { accuracy, squared_error };

/// Where a job keeps its partial sums, to go on from them when it is cut short.
struct CheckpointOptions {
  std::filesystem::path folder;  ///< shared by all ranks
  double seconds = 60;           ///< between two times of writing
};

struct FitOptions {
  PartRule rule;                ///< which rows are held out
  std::vector<double> lambdas;  ///< positive or zero, finite; empty: the automatic grid
  Selection selection = Selection::accuracy;
  Solver solver = Solver::cholesky;
  Centring centring = Centring::standard;  ///< of the path; the refit is always standard
  bool refit = true;  ///< on all rows; otherwise the model is that of the training part
  int threads = 1;
  std::size_t memory = 0;  ///< bytes, with what the source holds; 0: half of what is free
  std::size_t held = 0;    ///< bytes of that memory that the caller holds beside the source
  IntegerKernel kernel = IntegerKernel::automatic;
  std::uint64_t first_row = 0;                  ///< global number of row 0 of the source
  Parallel parallel = Parallel::automatic;      ///< what the ranks of the job divide
  std::optional<CheckpointOptions> checkpoint;  ///< for Parallel::data
};

/// One lambda of the path; with folds, `total` sums rows, correct and squared error over them and
/// has the worst of the rest.
struct PathEntry {
  PathPoint total;
  std::vector<PathPoint> folds;  ///< one per fold; empty for a hold-out
};

/// Wall-clock seconds by stage. `open` is time spent making room for the sums, and on a GPU getting
/// it ready; `read` waiting for rows; `reduce` finishing the sums, and adding those of all ranks.
struct StageSeconds {
  double open = 0;
  double read = 0;
  double moments = 0;
  double reduce = 0;
  double solve = 0;
  double score = 0;
  double refit = 0;
};

struct FitResult {
  RidgeModel model;
  std::vector<PathEntry> path;      ///< by ascending lambda; empty where nothing is held out
  std::optional<std::size_t> best;  ///< index into path
  DataSummary summary;
  bool emulated = false;  ///< sums that are not exact come from an emulation of float64
  ParallelChoice parallel;
  StageSeconds seconds;                       ///< of this rank
  std::vector<DeviceSeconds> device_seconds;  ///< of this rank; empty for CPUs
  std::vector<std::string> warnings;          ///< also given to the listener when they arise
};

/// Trains on rows `rows` of `source`: one pass for the sums of every part, the path for every
/// held-out part, a second pass that scores, and the refit at the best lambda on everything. All
/// ranks of the communicator call it alike and get the same result; but for Parallel::average it is
/// that of one rank, to the bit for integer rows. Throws Error: (usage) when the options cannot be
/// met by this source (with nothing held out, exactly one lambda must be given), (input) for bad
/// rows, (unsolved) when no lambda could be solved, (resource) when the memory does not suffice,
/// (unavailable) for a kernel that the CPU lacks; and OtherRankFailed.
[[nodiscard]] FitResult fit(const RowSource& source, RowRange rows, const FitOptions& options,
                            Backend& backend, Communicator& communicator, Listener& listener);

/// Trains from moments alone; lambda is chosen by squared error, as no row can be read.
/// options.rule, selection and kernel are ignored: the rule is that of the moments. Throws as
/// above.
[[nodiscard]] FitResult fit(const MomentsSet& moments, const FitOptions& options, Backend& backend,
                            Communicator& communicator, Listener& listener);

}  // namespace arete
