#include <fmt/format.h>

#include "gpu.hpp"

namespace arete::bench {

namespace {

/// Symmetric, and positive definite by its diagonal.
device::Memory<double> random_system(device::Device& gpu, std::size_t d) {
  auto matrix = random_numbers(gpu, d * d);
  gpu.run(0, device::AddToDiagonal{matrix.data(), d, 10.0 * static_cast<double>(d)});
  gpu.synchronise(0);
  return matrix;
}

void time_factorise(device::Device& gpu, benchmark::State& state, std::size_t d) {
  const auto system = random_system(gpu, d);
  device::Memory<double> factor(gpu, d * d);
  device::Memory<int> info(gpu, 1);
  const auto n = static_cast<double>(d);
  measure(gpu, state, n * n * n / 3, n * n * n / 3, Datasheet::float64_operations, [&] {
    gpu.copy(0, factor.data(), system.data(), system.bytes());
    gpu.factorise(0, d, factor.data(), info.data());
  });
}

void time_decompose(device::Device& gpu, benchmark::State& state, std::size_t d) {
  const auto system = random_system(gpu, d);
  device::Memory<double> vectors(gpu, d * d);
  device::Memory<double> values(gpu, d);
  device::Memory<int> info(gpu, 1);
  const auto n = static_cast<double>(d);
  measure(gpu, state, 9 * n * n * n, 9 * n * n * n, Datasheet::float64_operations, [&] {
    gpu.copy(0, vectors.data(), system.data(), system.bytes());
    gpu.decompose(0, d, vectors.data(), values.data(), info.data());
  });
}

/// The products of a tile of 4,096 rows with the weights of `outputs` classes and lambdas.
void time_scores(device::Device& gpu, benchmark::State& state, std::size_t outputs, std::size_t d,
                 int digits) {
  constexpr std::size_t rows = 4096;
  const auto operations = 2.0 * static_cast<double>(rows * outputs * d);
  if (digits == 0) {
    const auto weights = random_numbers(gpu, outputs * d);
    const auto x = random_numbers(gpu, rows * d);
    device::Memory<double> scores(gpu, rows * outputs);
    measure(gpu, state, operations, operations, Datasheet::float64_operations, [&] {
      gpu.multiply(0, device::Product{true, false, outputs, rows, d, 1.0, weights.data(), d,
                                      x.data(), d, 0.0, scores.data(), outputs});
    });
    return;
  }
  const std::size_t all = static_cast<std::size_t>(digits) * outputs;
  const auto weights = random_bytes(gpu, all * d);
  const auto x = random_bytes(gpu, rows * d);
  device::Memory<std::int32_t> scores(gpu, rows * all);
  measure(gpu, state, digits * operations, digits * operations, Datasheet::int8_operations, [&] {
    gpu.multiply(
        0, device::Int8Product{all, rows, d, weights.data(), d, x.data(), d, scores.data(), all});
  });
}

}  // namespace

void add_solvers(device::Device& gpu) {
  for (const std::size_t d : {784, 3072, 12288}) {
    add(fmt::format("potrf/{}", d), [=, &gpu](auto& state) { time_factorise(gpu, state, d); });
    add(fmt::format("syevd/{}", d), [=, &gpu](auto& state) { time_decompose(gpu, state, d); });
  }
  for (const auto& [outputs, d] :
       {std::pair<std::size_t, std::size_t>{160, 784}, {10'000, 12'288}}) {
    const std::string size = fmt::format("/{}x{}", outputs, d);
    add("score_float64" + size,
        [outputs = outputs, d = d, &gpu](auto& state) { time_scores(gpu, state, outputs, d, 0); });
    add("score_digits" + size,
        [outputs = outputs, d = d, &gpu](auto& state) { time_scores(gpu, state, outputs, d, 3); });
  }
}

}  // namespace arete::bench
