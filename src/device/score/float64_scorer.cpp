#include <algorithm>

#include "device/runtime/sizes.hpp"
#include "device/score/path_scorer.hpp"

namespace arete::device {

namespace {

constexpr int lane = Device::main_lane;

}  // namespace

std::size_t Float64Scorer::tile_rows(std::size_t features, const Tuning& tuning) {
  return std::clamp<std::size_t>(tuning.score_tile_bytes / (features * sizeof(double)) / 16 * 16,
                                 16, 4096);
}

std::size_t Float64Scorer::bytes(std::size_t features, std::size_t classes, std::size_t lambdas,
                                 const Tuning& tuning) {
  return tile_rows(features, tuning) * ((features + classes) * sizeof(double) + lambdas);
}

Float64Scorer::Float64Scorer(Device& device, const PathWeights& path, const Tuning& tuning)
    : device_(device),
      path_(path),
      tile_rows_(tile_rows(path.features, tuning)),
      rows_(device, tile_rows_ * path.features),
      scores_(device, tile_rows_ * path.classes),
      verdicts_(device, tile_rows_ * path.lambdas()),
      counts_(device, path.lambdas()) {
  clear(device, lane, rows_);
}

void Float64Scorer::add(const PartRows& rows, std::vector<std::uint64_t>& hits) {
  const std::size_t d = path_.features;
  const std::size_t classes = path_.classes;
  std::vector<std::uint64_t> counts(path_.lambdas());
  for (std::size_t first = 0; first < rows.count; first += tile_rows_) {
    const std::size_t count = std::min(tile_rows_, rows.count - first);
    const std::uint32_t* const order = rows.order + first;
    device_.run(lane, GatherFloat64{rows.slice->raw, order, count, rows_.data()});
    for (std::size_t l = 0; l < path_.lambdas(); ++l) {
      const double* const weights = path_.weights.data() + l * classes * d;
      // The whole tile, whatever the rest of it holds: one shape for all.
      device_.multiply(lane, Product{true, false, classes, tile_rows_, d, 1.0, weights, d,
                                     rows_.data(), d, 0.0, scores_.data(), classes});
      device_.run(lane,
                  ChooseClass{scores_.data(), path_.intercept.data() + l * classes, classes, count,
                              order, rows.slice->labels, verdicts_.data() + l * count});
    }
    device_.count_ones(lane, verdicts_.data(), path_.lambdas(), count, counts_.data());
    fetch<std::uint64_t>(device_, lane, counts, counts_.data());
    for (std::size_t l = 0; l < counts.size(); ++l) hits[l] += counts[l];
  }
}

}  // namespace arete::device
