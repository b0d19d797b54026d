#include <fmt/format.h>

#include <algorithm>

#include "device/runtime/sizes.hpp"
#include "gpu.hpp"

namespace arete::bench {

namespace {

using device::GramProduct;
using device::Int8Product;

constexpr std::size_t strip = 2048;

/// The strips of one panel of k rows, without and with what follows each (`restored`).
void time_int8_gram(device::Device& gpu, benchmark::State& state, std::size_t k, std::size_t d,
                    bool restored) {
  const auto panel = random_bytes(gpu, k * d);
  device::Memory<std::int32_t> products(gpu, std::min(strip, d) * d);
  device::Memory<double> gram(gpu, d * d);
  device::Memory<std::int64_t> sums(gpu, d);
  device::clear(gpu, 0, gram);
  device::clear(gpu, 0, sums);
  double executed = 0;
  for (std::size_t begin = 0; begin < d; begin += strip) {
    executed += 2.0 * static_cast<double>(k * std::min(strip, d - begin) * (d - begin));
  }
  const double useful =
      static_cast<double>(k) * static_cast<double>(d) * static_cast<double>(d + 1);
  measure(gpu, state, useful, executed, Datasheet::int8_operations, [&] {
    for (std::size_t begin = 0; begin < d; begin += strip) {
      const std::size_t width = std::min(strip, d - begin);
      const std::int8_t* const columns = panel.data() + begin * k;
      gpu.multiply(
          0, Int8Product{d - begin, width, k, columns, k, columns, k, products.data(), d - begin});
      if (!restored) continue;
      gpu.run(0, device::AddStrip{{products.data(), begin, width, d - begin},
                                  d,
                                  128,
                                  static_cast<std::int64_t>(k),
                                  sums.data(),
                                  gram.data()});
    }
  });
}

void time_gather(device::Device& gpu, benchmark::State& state, std::size_t rows, std::size_t d) {
  const auto bytes = random_bytes(gpu, rows * d);
  device::Memory<std::uint32_t> order(gpu, rows);
  device::Memory<std::int32_t> labels(gpu, rows);
  device::Memory<std::int8_t> panel(gpu, rows * (d + 16));
  std::vector<std::uint32_t> numbers(rows);
  for (std::size_t r = 0; r < rows; ++r) numbers[r] = static_cast<std::uint32_t>(r);
  device::upload<std::uint32_t>(gpu, 0, order, numbers);
  device::clear(gpu, 0, labels);
  const auto raw =
      device::raw_rows(reinterpret_cast<const std::byte*>(bytes.data()), ElementType::uint8, d);
  const double moved = 2.0 * static_cast<double>(rows * d);
  measure(gpu, state, moved, moved, Datasheet::memory_bytes, [&] {
    gpu.run(0, device::GatherPanel{raw, order.data(), labels.data(), rows, 16, 128, panel.data(),
                                   rows, 0});
  });
}

void time_float_gram(device::Device& gpu, benchmark::State& state, std::size_t rows, std::size_t d,
                     GramProduct::Method method) {
  const auto x = random_numbers(gpu, rows * d);
  device::Memory<double> gram(gpu, d * d);
  device::clear(gpu, 0, gram);
  const double useful =
      static_cast<double>(rows) * static_cast<double>(d) * static_cast<double>(d + 1);
  measure(gpu, state, useful, useful, Datasheet::float64_operations, [&] {
    gpu.add_gram(0, {rows, d, x.data(), gram.data(), method, strip});
  });
}

void time_upload(device::Device& gpu, benchmark::State& state, std::size_t bytes) {
  device::Pinned<std::byte> from(gpu, bytes);
  device::Memory<std::byte> to(gpu, bytes);
  std::fill_n(from.data(), bytes, std::byte{0x5a});
  const auto moved = static_cast<double>(bytes);
  // PCIe 5.0 with 16 lanes.
  measure(gpu, state, moved, moved, 64e9, [&] { gpu.upload(0, to.data(), from.data(), bytes); });
}

}  // namespace

void add_products(device::Device& gpu) {
  for (const std::size_t d : {784, 3072, 12288}) {
    for (const std::size_t k : {8192, 32768, 131056}) {
      const std::string size = fmt::format("/{}x{}", k, d);
      add("int8_strips" + size,
          [=, &gpu](auto& state) { time_int8_gram(gpu, state, k, d, false); });
      add("int8_gram" + size, [=, &gpu](auto& state) { time_int8_gram(gpu, state, k, d, true); });
    }
    add(fmt::format("gather_panel/16384x{}", d),
        [=, &gpu](auto& state) { time_gather(gpu, state, 16384, d); });
    const std::size_t rows = d > 4096 ? 1024 : 8192;
    const std::string size = fmt::format("/{}x{}", rows, d);
    const auto float_gram = [&](const char* name, GramProduct::Method method) {
      add(name + size, [=, &gpu](auto& state) { time_float_gram(gpu, state, rows, d, method); });
    };
    float_gram("dsyrk", GramProduct::Method::syrk);
    float_gram("dgemm_strips", GramProduct::Method::strips);
    float_gram("emulated_strips", GramProduct::Method::emulated);
  }
  add("upload_pinned/64MiB",
      [&gpu](auto& state) { time_upload(gpu, state, std::size_t{64} << 20); });
}

}  // namespace arete::bench
