// What adding up the sums of several processes costs, against the bandwidth between them:
//
//   mpirun --bind-to none -n 2 bench_reduce [FEATURES ...]
//
// Rank 0 prints one JSON object. Every time is that of the slowest rank; the median of several,
// and apart from it the first, which touches memory and opens connections, as a job's only one
// does.
//
// The floor of an all-reduce of n bytes: each of P ranks sends 2 (P - 1) / P n of them, at the
// bandwidth that one large broadcast reaches. n is the packed triangle of G.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <nlohmann/json.hpp>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "arete/comm/agree.hpp"
#include "arete/comm/communicator.hpp"
#include "arete/core/error.hpp"
#include "arete/core/module.hpp"
#include "arete/core/stopwatch.hpp"
#include "arete/core/version.hpp"
#include "arete/moments/reduce.hpp"

namespace arete::bench {

namespace {

constexpr int repetitions = 9;
constexpr std::size_t classes = 10;
constexpr std::size_t broadcast_bytes = std::size_t{128} << 20;

struct Times {
  double first = 0;
  double median = 0;
};

/// Lets all ranks go on at once. The first sum may find a rank asleep, the others find it awake.
void meet(Communicator& communicator) {
  for (int i = 0; i < 4; ++i) {
    double value = 0;
    communicator.all_reduce_sum(std::span(&value, 1));
  }
}

/// Seconds of run(i), where repetition i is prepared untimed.
template <typename Prepare, typename Run>
Times times_of(Communicator& communicator, const Prepare& prepare, const Run& run) {
  std::vector<double> seconds;
  for (int i = 0; i <= repetitions; ++i) {
    prepare(i);
    meet(communicator);
    double own = 0;
    {
      const Stopwatch watch(own);
      run(i);
    }
    seconds.push_back(largest(own, communicator));
  }
  const double first = seconds.front();
  const auto middle = seconds.begin() + 1 + repetitions / 2;
  std::nth_element(seconds.begin() + 1, middle, seconds.end());
  return {first, *middle};
}

/// Seconds of one of many calls.
template <typename Call>
double seconds_of_call(Communicator& communicator, int calls, const Call& call) {
  const Times times = times_of(
      communicator, [](int) {},
      [&](int) {
        for (int i = 0; i < calls; ++i) call();
      });
  return times.median / calls;
}

/// Bytes a second of a broadcast, until the last rank has them. The root changes.
double measure_bandwidth(Communicator& communicator) {
  std::vector<std::byte> bytes(broadcast_bytes);
  const Times times = times_of(
      communicator,
      [&](int i) { std::ranges::fill(bytes, static_cast<std::byte>(communicator.rank() + i)); },
      [&](int i) { communicator.broadcast(bytes, i % communicator.size()); });
  return static_cast<double>(broadcast_bytes) / times.median;
}

/// Moments of which every number is `value`.
Moments moments_of(std::size_t features, std::uint64_t value) {
  ClassList names;
  for (std::size_t k = 0; k < classes; ++k) names.push_back(std::to_string(k));
  Moments moments = empty_moments(features, names);
  moments.rows = value;
  const auto fill = [](auto&& numbers, auto number) { std::ranges::fill(numbers, number); };
  fill(moments.class_counts, value);
  fill(moments.column_sums, static_cast<double>(value));
  fill(moments.class_sums.span(), static_cast<double>(value));
  fill(moments.gram.span(), static_cast<double>(value));
  return moments;
}

nlohmann::ordered_json measure_reduce(std::size_t features, double bandwidth,
                                      Communicator& communicator) {
  const auto own = static_cast<std::uint64_t>(communicator.rank()) + 1;
  const auto ranks = static_cast<std::uint64_t>(communicator.size());
  Moments moments;
  const Times times = times_of(
      communicator, [&](int) { moments = moments_of(features, own); },
      [&](int) { reduce(moments, communicator); });
  const std::uint64_t expected = ranks * (ranks + 1) / 2;
  const auto sum = static_cast<double>(expected);
  if (moments.rows != expected || moments.gram(0, 0) != sum ||
      moments.gram(features - 1, features - 1) != sum || moments.gram(0, features - 1) != sum) {
    fail(ErrorKind::internal, "{} features: the sums of {} ranks are wrong", features, ranks);
  }
  const std::size_t bytes = features * (features + 1) / 2 * sizeof(double);
  const double share = 2.0 * static_cast<double>(ranks - 1) / static_cast<double>(ranks);
  const double floor = share * static_cast<double>(bytes) / bandwidth;
  return {{"features", features},    {"bytes", bytes},
          {"seconds", times.median}, {"first_seconds", times.first},
          {"floor_seconds", floor},  {"of_floor", times.median / floor}};
}

nlohmann::ordered_json measure(const std::vector<std::size_t>& sizes, Communicator& communicator) {
  std::set<std::string> hosts;
  for (const auto& bytes :
       communicator.all_gather(std::as_bytes(std::span<const char>(communicator.host())))) {
    hosts.emplace(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  }
  const double latency = seconds_of_call(communicator, 1000, [&] {
    double value = 1;
    communicator.all_reduce_sum(std::span(&value, 1));
  });
  const double check = seconds_of_call(communicator, 10000, [&] { communicator.check(); });
  const double bandwidth = measure_bandwidth(communicator);
  nlohmann::ordered_json reductions = nlohmann::ordered_json::array();
  for (const std::size_t features : sizes) {
    reductions.push_back(measure_reduce(features, bandwidth, communicator));
  }
  return {{"arete", build_identifier()},
          {"ranks", communicator.size()},
          {"hosts", hosts.size()},
          {"repetitions", repetitions},
          {"all_reduce_8_bytes_seconds", latency},
          {"check_seconds", check},
          {"broadcast_bytes", broadcast_bytes},
          {"broadcast_bytes_per_second", bandwidth},
          {"reduce", reductions}};
}

std::vector<std::size_t> sizes_of(int argc, char** argv) {
  std::vector<std::size_t> sizes;
  for (int i = 1; i < argc; ++i) {
    sizes.push_back(std::strtoull(argv[i], nullptr, 10));
    if (sizes.back() == 0) fail(ErrorKind::usage, "{}: is not a number of features", argv[i]);
  }
  return sizes.empty() ? std::vector<std::size_t>{256, 784, 2048, 4096} : sizes;
}

int run_program(int argc, char** argv) {
  try {
    const std::vector<std::size_t> sizes = sizes_of(argc, argv);
    auto communicator = load_module("mpi").open_communicator();
    if (communicator->size() == 1) {
      communicator.reset();  // one that an exception passes ends the process
      fail(ErrorKind::usage, "one process has nothing to add up: mpirun -n 2 {}", argv[0]);
    }
    const std::string result = measure(sizes, *communicator).dump();
    if (communicator->rank() == 0) std::puts(result.c_str());
    return 0;
  } catch (const Error& error) {
    std::fprintf(stderr, "bench_reduce: %s\n", error.what());
    return static_cast<int>(error.kind());
  } catch (const std::exception& error) {
    std::fprintf(stderr, "bench_reduce: %s\n", error.what());
    return static_cast<int>(ErrorKind::internal);
  }
}

}  // namespace

}  // namespace arete::bench

int main(int argc, char** argv) { return arete::bench::run_program(argc, argv); }
