#pragma once

#include <benchmark/benchmark.h>

#include <cstdint>
#include <random>
#include <string>

#include "arete/core/matrix.hpp"
#include "arete/core/stopwatch.hpp"
#include "disturbance.hpp"
#include "machine.hpp"

namespace arete::bench {

/// The least time that `work` operations take on this machine.
struct Floor {
  double work = 0;
  double rate = 0;  ///< operations per second; 0: the machine cannot do them
  [[nodiscard]] double seconds() const { return work / rate; }
};

/// Says beside the figures of a benchmark how long they took against the floor (counter `of_floor`;
/// 1 is ideal) and which share of the machine others took (counter `others`, and a label above 3%).
void report(benchmark::State& state, double seconds, const Floor& floor,
            const DisturbanceMonitor& monitor);

/// Times `run`, which does the work of `floor` once.
template <typename Run>
void measure(benchmark::State& state, const Floor& floor, const Run& run) {
  if (floor.rate <= 0) {
    state.SkipWithError("this CPU has no such instructions");
    return;
  }
  run();  // memory is touched and threads are started
  const DisturbanceMonitor monitor;
  double seconds = 0;
  {
    const Stopwatch watch(seconds);
    for ([[maybe_unused]] auto iteration : state) run();
  }
  report(state, seconds, floor, monitor);
}

/// Registers `body`(state) under `name`, timed by the wall clock.
template <typename Body>
void add(const std::string& name, const Body& body) {
  benchmark::RegisterBenchmark(name.c_str(), body)->UseRealTime()->Unit(benchmark::kMillisecond);
}

/// Measures the machine, puts its limits into the output's context, has `add_benchmarks` register,
/// and runs what the command line asks for. Returns the exit code.
int run_program(int argc, char** argv, void (*add_benchmarks)(const Machine&));

/// Values that are uniform from `first` to `last`, the same ones in every run.
template <typename T>
Matrix<T> random_matrix(std::size_t rows, std::size_t columns, int first, int last) {
  Matrix<T> result(rows, columns);
  std::minstd_rand generator(20240229);
  std::uniform_int_distribution<int> value(first, last);
  for (T& element : result.span()) element = static_cast<T>(value(generator));
  return result;
}

}  // namespace arete::bench
