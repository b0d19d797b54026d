#pragma once

#include <benchmark/benchmark.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "device/runtime/device.hpp"
#include "device/runtime/memory.hpp"

namespace arete::bench {

/// Rates of an H200 by its datasheet, and its memory's; floors are by these.
struct Datasheet {
  static constexpr double int8_operations = 1979e12;
  static constexpr double float64_operations = 67e12;
  static constexpr double memory_bytes = 4.8e12;
};

/// Runs `work` on the main lane for each iteration, and counts `useful` operations (of which
/// `executed` were made) a second, and the time against what the datasheet's `rate` allows.
void measure(device::Device& gpu, benchmark::State& state, double useful, double executed,
             double rate, const std::function<void()>& work);

/// Bytes or numbers in device memory that are no zeros: hardware is faster on those.
[[nodiscard]] device::Memory<std::int8_t> random_bytes(device::Device& gpu, std::size_t count);
[[nodiscard]] device::Memory<double> random_numbers(device::Device& gpu, std::size_t count);

/// Registers `body`(state) under `name`, timed by the wall clock.
template <typename Body>
void add(const std::string& name, const Body& body) {
  benchmark::RegisterBenchmark(name.c_str(), body)->UseRealTime()->Unit(benchmark::kMillisecond);
}

// They run on `gpu`, which outlives them.
void add_products(device::Device& gpu);  ///< int8 Gram, float64 Gram, uploads
void add_solvers(device::Device& gpu);   ///< Cholesky against eigendecomposition, scores
void add_paths();                        ///< MNIST and ImageNet-64 from the first row to the model

}  // namespace arete::bench
