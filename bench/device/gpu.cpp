#include "gpu.hpp"

#include <random>
#include <vector>

namespace arete::bench {

namespace {

constexpr std::size_t drawn = std::size_t{1} << 22;  // numbers; longer arrays repeat them

template <typename T, typename Draw>
device::Memory<T> filled(device::Device& gpu, std::size_t count, const Draw& draw) {
  std::minstd_rand generator(20240229);
  std::vector<T> values(std::min(count, drawn));
  for (T& value : values) value = draw(generator);
  device::Memory<T> memory(gpu, count);
  for (std::size_t first = 0; first < count; first += values.size()) {
    const std::size_t some = std::min(values.size(), count - first);
    gpu.upload(0, memory.data() + first, values.data(), some * sizeof(T));
  }
  gpu.synchronise(0);
  return memory;
}

}  // namespace

void measure(device::Device& gpu, benchmark::State& state, double useful, double executed,
             double rate, const std::function<void()>& work) {
  work();  // libraries choose their kernels, and memory is taken
  gpu.synchronise(device::Device::main_lane);
  for ([[maybe_unused]] auto iteration : state) {
    work();
    gpu.synchronise(device::Device::main_lane);
  }
  const auto each = benchmark::Counter::kIsIterationInvariantRate;
  state.counters["useful"] = benchmark::Counter(useful, each);
  state.counters["executed"] = benchmark::Counter(executed, each);
  state.counters["floor_ms"] = 1e3 * useful / rate;
}

device::Memory<std::int8_t> random_bytes(device::Device& gpu, std::size_t count) {
  std::uniform_int_distribution<int> value(-128, 127);
  return filled<std::int8_t>(gpu, count,
                             [&](auto& g) { return static_cast<std::int8_t>(value(g)); });
}

device::Memory<double> random_numbers(device::Device& gpu, std::size_t count) {
  std::normal_distribution<double> value;
  return filled<double>(gpu, count, [&](auto& g) { return value(g); });
}

}  // namespace arete::bench
