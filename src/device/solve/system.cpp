#include "device/solve/system.hpp"

#include <utility>

#include "arete/core/checked.hpp"

namespace arete::device {

namespace {

constexpr int lane = Device::main_lane;

/// The vectors that centring reads, on the device.
struct CentringVectors {
  Memory<double> sums;
  Memory<double> all_sums;
  Memory<std::int64_t> targets;
};

Memory<double> on_device(Device& device, std::span<const double> values) {
  Memory<double> memory(device, values.size());
  upload<double>(device, lane, memory, values);
  return memory;
}

void reduce(Device& device, RowReduction::Kind kind, const Memory<double>& matrix,
            std::vector<double>& into) {
  Memory<double> sums(device, into.size());
  device.reduce_rows(
      lane, {kind, into.size(), matrix.size() / into.size(), matrix.data(), nullptr, sums.data()});
  fetch<double>(device, lane, into, sums.data());
}

/// `system` has its means; `all` may be the rows' own totals.
DeviceSystem fill(Device& device, const TrainingSums& sums, const ColumnTotals& all,
                  CentringMode mode, DeviceSystem system) {
  const ColumnTotals& own = sums.totals;
  system.features = own.sums.size();
  system.classes = own.class_counts.size();
  const std::size_t d = system.features;
  std::vector<std::int64_t> targets;
  for (const double target : target_sums(own.class_counts, own.rows)) {
    targets.push_back(static_cast<std::int64_t>(target));
  }
  CentringVectors vectors{on_device(device, own.sums), on_device(device, all.sums),
                          Memory<std::int64_t>(device, targets.size())};
  upload<std::int64_t>(device, lane, vectors.targets, targets);
  system.means = on_device(device, system.column_means);
  const CentringTerms terms{mode,
                            d,
                            static_cast<std::int64_t>(own.rows),
                            static_cast<std::int64_t>(all.rows),
                            vectors.sums.data(),
                            vectors.all_sums.data(),
                            system.means.data(),
                            vectors.targets.data()};
  system.gram = Memory<double>(device, d * d);
  system.right_hand_side = Memory<double>(device, system.classes * d);
  device.run(lane, CentreGram{terms, sums.gram, system.gram.data()});
  device.run(lane,
             CentreTargets{terms, system.classes, sums.class_sums, system.right_hand_side.data()});
  system.diagonal.resize(d);
  system.off_diagonal.resize(d);
  Memory<double> diagonal(device, d);
  device.run(lane, CopyDiagonal{system.gram.data(), d, diagonal.data()});
  fetch<double>(device, lane, system.diagonal, diagonal.data());
  reduce(device, RowReduction::Kind::absolute_sum_off_diagonal, system.gram, system.off_diagonal);
  system.diagonal_noise = diagonal_noise(own.square_sums, own.exact);
  return system;
}

}  // namespace

std::size_t system_bytes(std::size_t features, std::size_t classes) {
  const std::size_t rows = checked_add(features, classes + 8, "the system");
  return checked_multiply(checked_multiply(rows, features, "the system"), sizeof(double),
                          "the system");
}

DeviceSystem centre(Device& device, const TrainingSums& sums) {
  const ColumnTotals& own = sums.totals;
  check_training_rows(own.rows);
  DeviceSystem system;
  system.column_means = means(own.sums, own.rows);
  system.target_means = means(target_sums(own.class_counts, own.rows), own.rows);
  const CentringMode mode = own.exact ? CentringMode::own_exact : CentringMode::own_float;
  return fill(device, sums, own, mode, std::move(system));
}

DeviceSystem centre_on(Device& device, const TrainingSums& sums, const ColumnTotals& all) {
  check_training_rows(sums.totals.rows);
  const bool exact = sums.totals.exact && all.exact;
  if (exact) check_exact_centring(all);
  DeviceSystem system;
  system.column_means = means(all.sums, all.rows);
  system.target_means.assign(sums.totals.class_counts.size(), 0.0);
  const CentringMode mode = exact ? CentringMode::all_exact : CentringMode::all_float;
  return fill(device, sums, all, mode, std::move(system));
}

}  // namespace arete::device
