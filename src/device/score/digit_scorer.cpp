#include <algorithm>

#include "device/runtime/sizes.hpp"
#include "device/score/digit_scale.hpp"
#include "device/score/path_scorer.hpp"

namespace arete::device {

namespace {

constexpr int lane = Device::main_lane;
/// Of features: 127 256^(digits-1) 128 of them are below 2^63 with room for seven digits' base.
constexpr std::size_t most_features = 65'536;

std::size_t output_rows(std::size_t outputs) {
  return round_up(static_cast<std::size_t>(DigitScorer::digits) * outputs, Int8Product::alignment);
}

std::vector<double> reduce(Device& device, RowReduction::Kind kind, const PathWeights& path) {
  std::vector<double> result(path.outputs());
  Memory<double> into(device, result.size());
  device.reduce_rows(
      lane, {kind, result.size(), path.features, path.weights.data(), nullptr, into.data()});
  fetch<double>(device, lane, result, into.data());
  return result;
}

}  // namespace

bool DigitScorer::fits(std::size_t features) noexcept { return features <= most_features; }

std::size_t DigitScorer::tile_rows(std::size_t outputs, const Tuning& tuning) {
  const std::size_t row = output_rows(outputs) * sizeof(std::int32_t);
  return std::clamp<std::size_t>(tuning.digit_tile_bytes / row / 16 * 16, 16, 16'384);
}

std::size_t DigitScorer::bytes(std::size_t features, std::size_t outputs, std::size_t lambdas,
                               const Tuning& tuning) {
  const std::size_t stride = round_up(features, Int8Product::alignment);
  const std::size_t rows = output_rows(outputs);
  return rows * stride + outputs * (2 * sizeof(double) + sizeof(ErrorBound)) +
         tile_rows(outputs, tuning) * (stride + rows * sizeof(std::int32_t) + lambdas + 16);
}

DigitScorer::DigitScorer(Device& device, const PathWeights& path, int shift, const Tuning& tuning)
    : device_(device),
      path_(path),
      shift_(shift),
      stride_(round_up(path.features, Int8Product::alignment)),
      outputs_(output_rows(path.outputs())),
      tile_rows_(tile_rows(path.outputs(), tuning)),
      digits_(device, outputs_ * stride_),
      scales_(device, path.outputs()),
      offsets_(device, path.outputs()),
      bounds_(device, path.outputs()),
      rows_(device, tile_rows_ * stride_),
      norms_(device, tile_rows_),
      products_(device, tile_rows_ * outputs_),
      verdicts_(device, tile_rows_ * path.lambdas()),
      marks_(device, tile_rows_),
      counts_(device, path.lambdas()),
      open_(device, tile_rows_) {
  prepare();
}

void DigitScorer::prepare() {
  const std::vector<double> largest = reduce(device_, RowReduction::Kind::absolute_maximum, path_);
  const std::vector<double> sums = reduce(device_, RowReduction::Kind::sum, path_);
  std::vector<double> scales(largest.size());
  std::vector<double> offsets(largest.size());
  std::vector<ErrorBound> bounds(largest.size());
  for (std::size_t o = 0; o < largest.size(); ++o) {
    const double intercept = path_.intercept_on_host[o];
    scales[o] = digit_scale(largest[o], digits);
    offsets[o] = intercept + shift_ * sums[o];
    bounds[o] = digit_bound(scales[o], largest[o], intercept, path_.features, shift_);
  }
  upload<double>(device_, lane, scales_, scales);
  upload<double>(device_, lane, offsets_, offsets);
  upload<ErrorBound>(device_, lane, bounds_, bounds);
  clear(device_, lane, digits_);
  device_.run(lane, SplitDigits{path_.weights.data(), scales_.data(), path_.outputs(),
                                path_.features, digits, digits_.data(), stride_});
  device_.synchronise(lane);
}

void DigitScorer::decide(const PartRows& tile) {
  const std::size_t count = tile.count;
  device_.run(lane, GatherBytes{tile.slice->raw, tile.order, count, shift_, rows_.data(), stride_});
  device_.sum_magnitudes(lane, rows_.data(), count, stride_, norms_.data());
  device_.multiply(lane, Int8Product{outputs_, count, stride_, digits_.data(), stride_,
                                     rows_.data(), stride_, products_.data(), outputs_});
  DecideByDigits kernel;
  kernel.products = products_.data();
  kernel.stride = outputs_;
  kernel.digits = digits;
  kernel.lambdas = path_.lambdas();
  kernel.classes = path_.classes;
  kernel.rows = count;
  kernel.scales = scales_.data();
  kernel.offsets = offsets_.data();
  kernel.bounds = bounds_.data();
  kernel.norms = norms_.data();
  kernel.order = tile.order;
  kernel.labels = tile.slice->labels;
  kernel.verdicts = verdicts_.data();
  device_.run(lane, kernel);
  device_.run(lane, MarkUndecided{verdicts_.data(), path_.lambdas(), count, marks_.data()});
  device_.count_ones(lane, verdicts_.data(), path_.lambdas(), count, counts_.data());
}

std::size_t DigitScorer::add(const PartRows& rows, const std::uint32_t* order_on_host,
                             Float64Scorer& exactly, std::vector<std::uint64_t>& hits) {
  std::size_t left_open = 0;
  std::vector<std::uint64_t> counts(path_.lambdas());
  for (std::size_t first = 0; first < rows.count; first += tile_rows_) {
    const std::size_t count = std::min(tile_rows_, rows.count - first);
    decide({rows.slice, rows.order + first, count});
    std::vector<std::uint8_t> marks(count);
    device_.download(lane, marks.data(), marks_.data(), count);
    fetch<std::uint64_t>(device_, lane, counts, counts_.data());
    for (std::size_t l = 0; l < counts.size(); ++l) hits[l] += counts[l];
    std::vector<std::uint32_t> open;
    for (std::size_t r = 0; r < count; ++r) {
      if (marks[r] != 0) open.push_back(order_on_host[first + r]);
    }
    if (open.empty()) continue;
    left_open += open.size();
    upload<std::uint32_t>(device_, lane, open_, open);
    exactly.add({rows.slice, open_.data(), open.size()}, hits);
  }
  return left_open;
}

}  // namespace arete::device
