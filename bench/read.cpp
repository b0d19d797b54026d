// bench_read DATA [RUNS]: seconds to open a data set and to read all of its rows, on all threads.
#include <fmt/ranges.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <string>
#include <vector>

#include "arete/core/threads.hpp"
#include "arete/data/block_reader.hpp"
#include "arete/data/open.hpp"

namespace {

/// Bytes of blocks: as much as a fit on a small machine has for them.
constexpr std::size_t memory = std::size_t{256} << 20;

double seconds_to_read(const std::string& path, arete::SourceInfo& info) {
  const auto start = std::chrono::steady_clock::now();
  const auto source = arete::open_source(path, {.threads = arete::available_threads()});
  info = source->info();
  arete::BlockReader::Options options;
  options.memory = memory;
  arete::BlockReader blocks(*source, {0, info.rows}, options);
  blocks.for_each([](const arete::RowBlock&) {});
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

}  // namespace

int main(int argc, char** argv) try {
  if (argc < 2) {
    fmt::print(stderr, "usage: bench_read DATA [RUNS]\n");
    return 2;
  }
  const long runs = argc > 2 ? std::max(1L, std::strtol(argv[2], nullptr, 10)) : 5;
  arete::SourceInfo info;
  std::vector<double> seconds;
  for (long run = 0; run < runs; ++run) seconds.push_back(seconds_to_read(argv[1], info));
  fmt::print("{{\"rows\": {}, \"features\": {}, \"threads\": {}, \"seconds\": [{}]}}\n", info.rows,
             info.features, arete::available_threads(), fmt::join(seconds, ", "));
  return 0;
} catch (const std::exception& error) {
  fmt::print(stderr, "bench_read: {}\n", error.what());
  return 1;
}
