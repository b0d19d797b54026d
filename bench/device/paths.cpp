#include <fmt/format.h>

#include <chrono>
#include <cmath>
#include <utility>
#include <vector>

#include "arete/backend/backend.hpp"
#include "arete/core/threads.hpp"
#include "arete/moments/part_rule.hpp"
#include "device/runtime/cuda/cuda_device.hpp"
#include "device/session/device_session.hpp"
#include "gpu.hpp"
#include "make_pixels.hpp"

namespace arete::bench {

namespace {

/// A problem from its first row to its model, and the least time its parts take by the datasheet.
struct Problem {
  const char* name;
  std::uint64_t rows;
  std::size_t features;
  std::size_t classes;
  double floor_ms;
};

/// Rows first..first+rows-1 of a problem: labels, and no pixels.
RowBlock labels_of(const Problem& problem, std::uint64_t first, std::size_t rows) {
  RowBlock block;
  block.first_row = first;
  block.rows = rows;
  block.features = problem.features;
  block.labels.reserve(rows);
  for (std::size_t r = 0; r < rows; ++r) {
    block.labels.push_back(static_cast<std::int32_t>(row_hash(1, first + r) % problem.classes));
  }
  return block;
}

template <typename Visit>
void for_each_block(const Problem& problem, const Visit& visit) {
  const std::size_t block_rows =
      std::max<std::size_t>(1, (std::size_t{64} << 20) / problem.features);
  for (std::uint64_t first = 0; first < problem.rows; first += block_rows) {
    visit(labels_of(problem, first, std::min<std::uint64_t>(block_rows, problem.rows - first)));
  }
}

SessionOptions options_for(const Problem& problem) {
  SessionOptions options;
  options.rule = holdout_rule(0.2, 0);
  options.features = problem.features;
  for (std::size_t k = 0; k < problem.classes; ++k) options.classes.push_back(std::to_string(k));
  std::ranges::sort(options.classes, class_less);
  options.threads = available_threads();
  return options;
}

/// The whole path of ten lambdas and the refit, of pixels that are made on the device and never
/// leave it; seconds of the device by stage as counters.
void time_path(benchmark::State& state, const Problem& problem) {
  std::vector<double> lambdas;
  lambdas.reserve(10);
  for (int l = 0; l < 10; ++l) lambdas.push_back(std::pow(10.0, l + 3));
  const SessionOptions options = options_for(problem);
  for ([[maybe_unused]] auto iteration : state) {
    auto gpu = device::cuda_device(0);
    const device::MakeRows make = [&problem, on = gpu.get()](std::uint64_t first, std::size_t rows,
                                                             std::byte* into) {
      on->synchronise(device::Device::main_lane);  // which may still read what lay there
      make_pixels(first * problem.features, rows * problem.features,
                  reinterpret_cast<std::uint8_t*>(into));
    };
    const auto session = device::open_session(std::move(gpu), options, nullptr);
    for_each_block(problem, [&](const RowBlock& labels) { session->add_made(labels, make); });
    const RidgePath path = session->solve({1, lambdas});
    ScoreCounts counts;
    const auto scorer = session->scorer(path);
    for_each_block(problem, [&](const RowBlock& labels) { scorer->score(labels, 1, counts); });
    benchmark::DoNotOptimize(session->solve({SolveRequest::nothing, {lambdas[5]}}));
    double total = 0;
    for (const DeviceSeconds& stage : session->device_seconds()) {
      state.counters[stage.stage + "_ms"] = 1e3 * stage.seconds;
      if (stage.stage != "upload") total += stage.seconds;
    }
    state.counters["device_ms"] = 1e3 * total;
  }
  state.counters["floor_ms"] = problem.floor_ms;
}

}  // namespace

void add_paths() {
  // Floors: bench/results/README.md; that of the second is the third's by its products, for GPUs
  // with less memory than an H200's.
  static const std::vector<Problem> problems{{"mnist", 60'000, 784, 10, 0.2},
                                             {"imagenet32", 1'281'167, 3'072, 1'000, 40},
                                             {"imagenet64", 1'281'167, 12'288, 1'000, 440}};
  for (const Problem& problem : problems) {
    benchmark::RegisterBenchmark(fmt::format("path/{}", problem.name).c_str(),
                                 [&problem](benchmark::State& state) { time_path(state, problem); })
        ->UseRealTime()
        ->Unit(benchmark::kMillisecond)
        ->Iterations(2);
  }
}

}  // namespace arete::bench
