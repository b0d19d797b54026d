#include <fmt/format.h>

#include <chrono>
#include <cmath>
#include <random>
#include <vector>

#include "arete/backend/backend.hpp"
#include "arete/core/threads.hpp"
#include "device/runtime/cuda/cuda_device.hpp"
#include "device/session/device_session.hpp"
#include "gpu.hpp"

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

/// Blocks of random pixels, the same few again and again.
class Pixels {
 public:
  explicit Pixels(const Problem& problem) : problem_(problem) {
    std::minstd_rand generator(20240229);
    SourceInfo info;
    info.rows = problem.rows;
    info.features = problem.features;
    block_rows_ = std::max<std::size_t>(1, (std::size_t{64} << 20) / problem.features);
    block_.prepare(info, {0, std::min<std::uint64_t>(block_rows_, problem.rows)});
    for (std::byte& byte : block_.storage) byte = static_cast<std::byte>(generator() >> 8);
    for (std::size_t r = 0; r < block_.rows; ++r) {
      block_.labels.push_back(static_cast<std::int32_t>(generator() % problem.classes));
    }
  }

  template <typename Visit>
  void for_each_block(const Visit& visit) {
    const std::vector<std::int32_t> labels = block_.labels;
    for (std::uint64_t first = 0; first < problem_.rows; first += block_rows_) {
      block_.first_row = first;
      block_.rows = std::min<std::uint64_t>(block_rows_, problem_.rows - first);
      block_.labels.assign(labels.begin(),
                           labels.begin() + static_cast<std::ptrdiff_t>(block_.rows));
      visit(block_);
    }
    block_.labels = labels;
  }

 private:
  const Problem& problem_;
  std::size_t block_rows_ = 0;
  RowBlock block_;
};

SessionOptions options_for(const Problem& problem) {
  SessionOptions options;
  options.rule = holdout_rule(0.2, 0);
  options.features = problem.features;
  for (std::size_t k = 0; k < problem.classes; ++k) options.classes.push_back(std::to_string(k));
  std::ranges::sort(options.classes, class_less);
  options.threads = available_threads();
  return options;
}

/// The whole path of ten lambdas and the refit; seconds of the device by stage as counters.
void time_path(benchmark::State& state, const Problem& problem) {
  std::vector<double> lambdas;
  lambdas.reserve(10);
  for (int l = 0; l < 10; ++l) lambdas.push_back(std::pow(10.0, l + 3));
  const SessionOptions options = options_for(problem);
  Pixels pixels(problem);
  for ([[maybe_unused]] auto iteration : state) {
    const auto session = device::open_session(device::cuda_device(0), options, nullptr);
    pixels.for_each_block([&](const RowBlock& block) { session->add(block, "memory"); });
    const RidgePath path = session->solve({1, lambdas});
    ScoreCounts counts;
    const auto scorer = session->scorer(path);
    pixels.for_each_block([&](const RowBlock& block) { scorer->score(block, 1, counts); });
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
  // Floors: bench/results/README.md.
  static const std::vector<Problem> problems{{"mnist", 60'000, 784, 10, 0.2},
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
