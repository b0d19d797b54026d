#include "device/session/device_session.hpp"

#include <array>
#include <utility>

#include "arete/backend/summary.hpp"
#include "arete/core/error.hpp"
#include "arete/moments/reduce.hpp"
#include "device/moments/part_sums.hpp"
#include "device/moments/row_feed.hpp"
#include "device/score/path_scorer.hpp"
#include "device/solve/path.hpp"

namespace arete::device {

namespace {

constexpr int lane = Device::main_lane;

/// What solving and scoring will want of the memory, at least: a training sum, a system, and ten
/// lambdas of a path.
std::size_t reserve_for_path(const SessionOptions& options) {
  constexpr std::size_t lambdas = 10;
  const std::size_t d = options.features;
  const std::size_t classes = options.classes.size();
  return 2 * system_bytes(d, classes) + lambdas * lambda_bytes(d, classes);
}

/// Half of what is left after the sums and a path may keep rows.
std::size_t bytes_for_rows(const SessionOptions& options, const SumsPlan& plan,
                           const Tuning& tuning, std::size_t free) {
  const std::size_t taken =
      plan.total_bytes() + 2 * RowFeed::slot_bytes(options, tuning) + reserve_for_path(options);
  return free > taken ? (free - taken) / 2 : 0;
}

class SessionOnDevice final : public DeviceSession {
 public:
  SessionOnDevice(std::unique_ptr<Device> device, SessionOptions options,
                  CollectiveFactory collective, const Tuning& tuning)
      : options_(std::move(options)),
        tuning_(tuning),
        device_(std::move(device)),
        plan_(plan_sums(options_, tuning_, device_->free_memory(),
                        device_->should_emulate_float64())),
        feed_(*device_, options_, tuning_,
              bytes_for_rows(options_, plan_, tuning_, device_->free_memory())),
        workspace_(*device_, plan_),
        make_collective_(std::move(collective)) {
    for (std::size_t part = 0; part < plan_.parts; ++part) {
      parts_.emplace_back(*device_, options_, plan_);
    }
  }

  void add(const RowBlock& block, std::string_view source) override {
    feed_.sum(block, [&](const Slice& slice) { add(slice, source); });
  }

  void add_made(const RowBlock& labels, const MakeRows& make) override {
    feed_.sum(
        labels, [&](const Slice& slice) { add(slice, "rows made on the device"); }, make);
  }

  void add(const std::vector<Moments>& parts) override {
    if (parts.size() != parts_.size()) {
      fail(ErrorKind::internal, "moments of {} parts for a session of {}", parts.size(),
           parts_.size());
    }
    for (std::size_t part = 0; part < parts.size(); ++part) {
      parts_[part].add(parts[part], workspace_);
    }
  }

  void reduce(Communicator& communicator) override;

  [[nodiscard]] DataSummary summary() override {
    std::vector<std::uint64_t> part_rows;
    const ColumnTotals all = totals();
    for (const PartSums& part : parts_) part_rows.push_back(part.rows());
    return summarise(all, std::move(part_rows), is_integer(options_.type));
  }

  [[nodiscard]] RidgePath solve(const SolveRequest& request) override {
    release_panels();
    const StageTime time(*device_, lane, Stage::solve);
    make_room(system_bytes(options_.features, options_.classes.size()) +
              request.lambdas.size() * lambda_bytes(options_.features, options_.classes.size()));
    const DeviceSystem system = system_without(request.held_out, request.centring);
    RidgePath path;
    path.classes = options_.classes;
    path.solutions =
        request.solver == Solver::eigen
            ? eigen_path(*device_, system, request.lambdas, request.between)
            : cholesky_path(*device_, system, request.lambdas, tuning_, request.between);
    path.column_means = system.column_means;
    return path;
  }

  [[nodiscard]] std::unique_ptr<Scorer> scorer(const RidgePath& path) override {
    return std::make_unique<DeviceScorer>(*device_, feed_, options_, path, tuning_);
  }

  [[nodiscard]] std::vector<double> squared_errors(int part, const RidgePath& path) override {
    const StageTime time(*device_, lane, Stage::solve);
    make_room(2 * system_bytes(options_.features, options_.classes.size()));
    const DeviceSystem system = centre(*device_, sums_of(part));
    return device::squared_errors(*device_, system, sums(part).rows(), path);
  }

  [[nodiscard]] std::vector<Moments> moments() override {
    std::vector<Moments> copies;
    for (PartSums& part : parts_) copies.push_back(part.moments(workspace_));
    return copies;
  }

  [[nodiscard]] std::vector<DeviceSeconds> device_seconds() override {
    return {{"upload", device_->stage_seconds(Stage::upload)},
            {"moments", device_->stage_seconds(Stage::moments)},
            {"solve", device_->stage_seconds(Stage::solve)},
            {"score", device_->stage_seconds(Stage::score)}};
  }

  [[nodiscard]] bool emulates_float64() const override {
    return plan_.float_gram == GramProduct::Method::emulated;
  }

 private:
  void add(const Slice& slice, std::string_view source) {
    for (int part = 0; part < part_count(options_.rule); ++part) {
      sums(part).add(slice, part, source, workspace_);
    }
  }

  PartSums& sums(int part) { return parts_[static_cast<std::size_t>(part)]; }

  /// Kept rows give way to whatever needs the memory.
  void make_room(std::size_t bytes) {
    if (device_->free_memory() < bytes) feed_.forget();
  }

  void release_panels() {
    for (PartSums& part : parts_) {
      part.finish(workspace_);
      part.release_panel();
    }
  }

  TrainingSums sums_of(int part) {
    sums(part).finish(workspace_);
    return {sums(part).gram().data(), sums(part).class_sums().data(),
            sums(part).totals(workspace_)};
  }

  ColumnTotals totals() {
    ColumnTotals all;
    for (int part = 0; part < part_count(options_.rule); ++part) {
      arete::add(all, sums_of(part).totals);
    }
    return all;
  }

  DeviceSystem centred(const TrainingSums& training, Centring centring) {
    return centring == Centring::odyssey ? centre_on(*device_, training, totals())
                                         : centre(*device_, training);
  }

  DeviceSystem system_without(int held_out, Centring centring) {
    std::vector<int> training;
    for (int part = 0; part < part_count(options_.rule); ++part) {
      if (part != held_out) training.push_back(part);
    }
    if (training.size() == 1) return centred(sums_of(training.front()), centring);
    const std::size_t d = options_.features;
    Memory<double> gram(*device_, d * d);
    Memory<double> class_sums(*device_, options_.classes.size() * d);
    clear(*device_, lane, gram);
    clear(*device_, lane, class_sums);
    TrainingSums sum{gram.data(), class_sums.data(), {}};
    for (const int part : training) {
      const TrainingSums one = sums_of(part);
      device_->run(lane, AddUpper{gram.data(), one.gram, d});
      device_->add_scaled(lane, class_sums.size(), 1.0, one.class_sums, class_sums.data());
      arete::add(sum.totals, one.totals);
    }
    return centred(sum, centring);
  }

  void reduce_on_device(PartSums& part, Collective& collective);

  SessionOptions options_;
  Tuning tuning_;
  std::unique_ptr<Device> device_;
  SumsPlan plan_;
  RowFeed feed_;
  SumsWorkspace workspace_;
  CollectiveFactory make_collective_;
  std::vector<PartSums> parts_;
};

void SessionOnDevice::reduce(Communicator& communicator) {
  if (communicator.size() == 1) return;
  const std::unique_ptr<Collective> collective =
      make_collective_ ? make_collective_(communicator) : nullptr;
  for (PartSums& part : parts_) {
    if (collective == nullptr) {
      Moments moments = part.moments(workspace_);
      arete::reduce(moments, communicator);
      part.assign(moments, workspace_);
      continue;
    }
    part.finish(workspace_);
    std::array<std::uint64_t, 2> counts{part.rows(), part.exact() ? 0U : 1U};
    std::vector<std::uint64_t> class_counts = part.class_counts();
    communicator.all_reduce_sum(std::span<std::uint64_t>(counts));
    communicator.all_reduce_sum(std::span(class_counts));
    reduce_on_device(part, *collective);
    part.set_counts(counts[0], counts[1] == 0, std::move(class_counts));
    part.check_limit(workspace_);
  }
}

/// Strip by strip, so that little more than the triangle travels.
void SessionOnDevice::reduce_on_device(PartSums& part, Collective& collective) {
  const std::size_t d = options_.features;
  device_->synchronise(lane);
  collective.all_reduce_sum(part.class_sums().data(), part.class_sums().size());
  const std::size_t width = std::min(plan_.strip_width, d);
  Memory<double> strip(*device_, width * d);
  for (std::size_t begin = 0; begin < d; begin += width) {
    const std::size_t rows = std::min(width, d - begin);
    const std::size_t columns = d - begin;
    double* const corner = part.gram().data() + begin * d + begin;
    device_->run(lane, CopyBlock{corner, d, strip.data(), columns, rows, columns});
    device_->synchronise(lane);
    collective.all_reduce_sum(strip.data(), rows * columns);
    device_->run(lane, CopyBlock{strip.data(), columns, corner, d, rows, columns});
  }
  device_->synchronise(lane);
}

}  // namespace

std::unique_ptr<DeviceSession> open_session(std::unique_ptr<Device> device,
                                            const SessionOptions& options,
                                            CollectiveFactory collective, const Tuning& tuning) {
  return std::make_unique<SessionOnDevice>(std::move(device), options, std::move(collective),
                                           tuning);
}

std::size_t session_host_memory(const SessionOptions& options) {
  const std::size_t slots =
      checked_multiply(std::size_t{2}, RowFeed::slot_bytes(options, Tuning{}), "slots");
  const std::size_t solution = checked_multiply(
      checked_multiply(options.features, options.classes.size(), "W"), 2 * sizeof(double), "W");
  // Sums travel through the host where ranks do not share them by NCCL, or they are written.
  const std::size_t square = checked_multiply(
      checked_multiply(options.features, options.features, "G"), sizeof(double), "G");
  return checked_add(checked_add(slots, solution, "the session"), square, "the session");
}

}  // namespace arete::device
