#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "arete/comm/communicator.hpp"
#include "arete/data/row_source.hpp"

namespace arete {

/// What the ranks of a job divide among themselves.
enum class Parallel : std::uint8_t {
  automatic,  ///< data or model, by a cost model
  data,       ///< rows; the sums are added, lambdas are shared out, each rank scores its own rows
  model,      ///< lambdas; every rank sums and scores all rows (the published study's)
  average,    ///< rows; every rank solves its own and weights are averaged (the published study's;
              ///< not the solution of all rows)
};
[[nodiscard]] std::string_view name_of(Parallel mode) noexcept;

struct ParallelChoice {
  Parallel mode = Parallel::data;
  std::string reason;  ///< for people: why, where it was chosen
};

/// What a job costs, as far as the choice depends on it.
struct JobSize {
  static constexpr double float64_rate = 20e9;

  std::uint64_t rows = 0;
  std::size_t features = 0;
  int parts = 1;
  /// Multiply-adds a second of one thread: about half of what current server cores reach (bench/
  /// prints what this machine does). Only its ratio to the bandwidth matters, and only roughly.
  double rate = float64_rate;
  int threads = 1;  ///< of each rank
};

/// Seconds in which `ranks` ranks sum the rows when each sums a share and the sums are added, over
/// links of `bandwidth` bytes a second; and when each sums all rows.
[[nodiscard]] double seconds_by_data(const JobSize& job, int ranks, double bandwidth) noexcept;
[[nodiscard]] double seconds_by_model(const JobSize& job) noexcept;

/// `asked`, or for automatic the quicker of data and model; the same on every rank. Measures the
/// bandwidth between the ranks by two sums of a mebibyte.
[[nodiscard]] ParallelChoice choose_parallel(Parallel asked, const JobSize& job,
                                             Communicator& communicator);

}  // namespace arete
