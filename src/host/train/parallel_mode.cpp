#include "arete/train/parallel_mode.hpp"

#include <fmt/format.h>

#include <chrono>
#include <limits>
#include <vector>

#include "arete/comm/agree.hpp"

namespace arete {

namespace {

/// Bytes that each rank moves for every byte of an all-reduce: it sends and receives nearly twice.
constexpr double reduce_factor = 2;

double seconds_to_sum(const JobSize& job, double rows) {
  const auto d = static_cast<double>(job.features);
  return rows * d * d / 2 / (job.rate * job.threads);
}

/// Bytes a second of an all-reduce, by the slowest rank: the second of two, for the first one may
/// open connections.
double measured_bandwidth(Communicator& communicator) {
  std::vector<double> values((std::size_t{1} << 20) / sizeof(double), 1.0);
  double seconds = 0;
  for (int round = 0; round < 2; ++round) {
    const auto start = std::chrono::steady_clock::now();
    communicator.all_reduce_sum(std::span(values));
    seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  }
  constexpr double quickest = 1e-9;
  const double bytes = reduce_factor * static_cast<double>(values.size() * sizeof(double));
  return smallest(bytes / std::max(seconds, quickest), communicator);
}

}  // namespace

std::string_view name_of(Parallel mode) noexcept {
  switch (mode) {
    case Parallel::automatic:
      return "auto";
    case Parallel::data:
      return "data";
    case Parallel::model:
      return "model";
    case Parallel::average:
      return "average";
  }
  return "unknown";
}

double seconds_by_data(const JobSize& job, int ranks, double bandwidth) noexcept {
  const auto d = static_cast<double>(job.features);
  const double bytes = reduce_factor * job.parts * d * (d + 1) / 2 * sizeof(double);
  return seconds_to_sum(job, static_cast<double>(job.rows) / ranks) + bytes / bandwidth;
}

double seconds_by_model(const JobSize& job) noexcept {
  return seconds_to_sum(job, static_cast<double>(job.rows));
}

ParallelChoice choose_parallel(Parallel asked, const JobSize& job, Communicator& communicator) {
  if (communicator.size() == 1) return {Parallel::data, "there is one process"};
  if (asked != Parallel::automatic) return {asked, "asked for"};
  // Hosts may differ; the slowest decides, and all decide alike.
  JobSize slowest = job;
  slowest.threads = smallest(job.threads, communicator);
  slowest.rate = smallest(job.rate, communicator);
  const double bandwidth = measured_bandwidth(communicator);
  const double by_data = seconds_by_data(slowest, communicator.size(), bandwidth);
  const double by_model = seconds_by_model(slowest);
  return {
      by_data <= by_model ? Parallel::data : Parallel::model,
      fmt::format("estimated {:.3g} s for sums of shared rows, added at {:.2g} GB/s, and {:.3g} "
                  "s for sums of all rows on every rank",
                  by_data, bandwidth / 1e9, by_model)};
}

}  // namespace arete
