// How near the sums come to what the machine can multiply: the kernels alone, and a session's
// add(), which also sorts rows into parts and looks at floats.
#include <fmt/format.h>

#include <algorithm>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "arete/backend/backend.hpp"
#include "arete/moments/gram_float64.hpp"
#include "arete/moments/gram_int8.hpp"
#include "arete/moments/int8_instructions.hpp"
#include "harness.hpp"

namespace arete::bench {

namespace {

constexpr std::size_t classes = 10;

struct Size {
  std::size_t rows;
  std::size_t features;
  /// Multiply-adds of one triangle.
  [[nodiscard]] double products() const {
    const auto d = static_cast<double>(features);
    return static_cast<double>(rows) * d * (d + 1) / 2;
  }
};

/// MNIST; CIFAR-10, with rows enough that the sums are flushed as rarely as in use; few features.
constexpr Size byte_sizes[] = {{61440, 784}, {32768, 3072}, {122880, 100}};
constexpr Size float_size = {65536, 1024};

/// Rows cut into the shards that a source delivers.
template <typename T>
std::vector<RowGroup> shards_of(const Matrix<T>& values, ElementType type) {
  std::vector<RowGroup> groups;
  const std::size_t length = shard_rows(values.columns());
  for (std::size_t r = 0; r < values.rows(); ++r) {
    if (r % length == 0) groups.push_back({type, values.columns(), {}, {}, {}});
    groups.back().rows.push_back(std::as_bytes(values.row(r)).data());
    groups.back().labels.push_back(static_cast<std::int32_t>(r % classes));
    groups.back().numbers.push_back(r);
  }
  return groups;
}

void time_int8(benchmark::State& state, Size size, const Int8Instructions* instructions,
               int threads, double rate) {
  if (instructions == nullptr) return state.SkipWithError("this CPU has no such instructions");
  const auto pixels = random_matrix<std::uint8_t>(size.rows, size.features, 0, 255);
  std::vector<const std::byte*> rows;
  std::vector<std::int32_t> labels;
  for (const RowGroup& group : shards_of(pixels, ElementType::uint8)) {
    rows.insert(rows.end(), group.rows.begin(), group.rows.end());
    labels.insert(labels.end(), group.labels.begin(), group.labels.end());
  }
  const auto teams = static_cast<std::size_t>(threads);  // as a session has them at these sizes
  Int8Gram int8(*instructions, size.features, classes, false, teams);
  std::vector<Int8Panels> panels;
  while (panels.size() < teams) panels.emplace_back(*instructions, size.features);
  Matrix<double> gram(size.features, size.features, 0.0);
  Matrix<double> class_sums(classes, size.features, 0.0);
  measure(state, {size.products(), rate}, [&] {
    for (std::size_t first = 0; first < size.rows;) {
      const std::size_t count = std::min(size.rows - first, int8.free_rows());
      int8.add(std::span(rows).subspan(first, count), std::span(labels).subspan(first, count),
               panels, threads);
      int8.flush(gram, class_sums, threads);
      first += count;
    }
  });
}

template <typename T>
void time_float64(benchmark::State& state, Size size, ElementType type, const Machine& machine) {
  const auto values = random_matrix<T>(size.rows, size.features, 0, 255);
  const auto groups = shards_of(values, type);
  Float64Gram float64(size.features, classes);
  Matrix<double> gram(size.features, size.features, 0.0);
  Matrix<double> class_sums(classes, size.features, 0.0);
  measure(state, {2 * size.products(), machine.float64.all},
          [&] { float64.add(groups, gram, class_sums, machine.threads); });
}

template <typename T>
void time_session(benchmark::State& state, Size size, ElementType type, int threads,
                  const Floor& floor) {
  auto values = random_matrix<T>(size.rows, size.features, 0, 255);
  if (type == ElementType::float32) {
    for (T& value : values.span()) value += static_cast<T>(0.3);  // or int8 products would do
  }
  SourceInfo info;
  info.rows = size.rows;
  info.features = size.features;
  info.type = type;
  RowBlock block;
  block.point_into(std::as_bytes(values.span()).data(), info, {0, size.rows});
  for (std::size_t r = 0; r < size.rows; ++r) {
    block.labels.push_back(static_cast<std::int32_t>(r % classes));
  }
  SessionOptions options;
  options.rule = {PartRule::Kind::holdout, 0, 0.2};
  options.features = size.features;
  options.type = type;
  for (std::size_t k = 0; k < classes; ++k) options.classes.push_back(fmt::format("{}", k));
  options.threads = threads;
  const auto session = cpu_backend()->open(options);
  measure(state, floor, [&] {
    session->add(block, "benchmark");
    benchmark::DoNotOptimize(session->summary());
  });
}

void add_benchmarks(const Machine& machine) {
  for (const Size size : byte_sizes) {
    const auto name = [size](std::string_view what) {
      return fmt::format("{}/{}x{}", what, size.rows, size.features);
    };
    double fastest = 0;
    for (const auto& [kernel, instructions, rate] :
         {std::tuple{"amx", amx_instructions(), machine.amx},
          std::tuple{"vnni", vnni_instructions(), machine.vnni},
          std::tuple{"avx2", avx2_instructions(), machine.avx2}}) {
      const std::string gram = fmt::format("{}_gram", kernel);
      add(name(gram), [=, threads = machine.threads, by = instructions, most = rate.all](
                          auto& state) { time_int8(state, size, by, threads, most); });
      add(name(gram + "_one_thread"), [=, by = instructions, most = rate.one](auto& state) {
        time_int8(state, size, by, 1, most);
      });
      fastest = std::max(fastest, rate.all);
    }
    add(name("session_uint8"), [=](auto& state) {
      time_session<std::uint8_t>(state, size, ElementType::uint8, machine.threads,
                                 {size.products(), fastest});
    });
    add(name("float64_gram_of_uint8"),
        [=](auto& state) { time_float64<std::uint8_t>(state, size, ElementType::uint8, machine); });
  }
  const std::string floats = fmt::format("{}x{}", float_size.rows, float_size.features);
  add("float64_gram_of_float32/" + floats,
      [=](auto& state) { time_float64<float>(state, float_size, ElementType::float32, machine); });
  add("session_float32/" + floats, [=](auto& state) {
    time_session<float>(state, float_size, ElementType::float32, machine.threads,
                        {2 * float_size.products(), machine.float64.all});
  });
}

}  // namespace

}  // namespace arete::bench

int main(int argc, char** argv) {
  return arete::bench::run_program(argc, argv, arete::bench::add_benchmarks);
}
