#include "arete/core/checked.hpp"
#include "arete/core/error.hpp"
#include "device/score/path_scorer.hpp"

namespace arete::device {

namespace {

constexpr int lane = Device::main_lane;
constexpr int unsigned_shift = 128;

std::size_t weights_of(std::size_t lambdas, const SessionOptions& options) {
  return checked_multiply(checked_multiply(lambdas, options.classes.size(), "weights"),
                          options.features, "weights");
}

bool use_digits(const Tuning& tuning, const SessionOptions& options, std::size_t lambdas) {
  const bool bytes = options.type == ElementType::uint8 || options.type == ElementType::int8;
  if (tuning.score == ScoreMethod::float64 || !bytes || !DigitScorer::fits(options.features)) {
    return false;
  }
  if (tuning.score == ScoreMethod::digits) return true;
  return options.kernel != IntegerKernel::float64 &&
         weights_of(lambdas, options) >= tuning.digits_from_weights;
}

std::vector<std::size_t> solved(const RidgePath& path) {
  std::vector<std::size_t> result;
  for (std::size_t l = 0; l < path.solutions.size(); ++l) {
    if (path.solutions[l].status == SolveStatus::solved) result.push_back(l);
  }
  return result;
}

/// Kept rows make room where they are in the way.
void check_memory(Device& device, RowFeed& feed, const SessionOptions& options, std::size_t lambdas,
                  bool digits, const Tuning& tuning) {
  const std::size_t classes = options.classes.size();
  std::size_t needed = checked_multiply(weights_of(lambdas, options), sizeof(double), "weights") +
                       Float64Scorer::bytes(options.features, classes, lambdas, tuning);
  if (digits) needed += DigitScorer::bytes(options.features, lambdas * classes, lambdas, tuning);
  if (needed > device.free_memory()) feed.forget();
  if (needed <= device.free_memory()) return;
  fail(ErrorKind::resource,
       "{}: scoring {} lambdas of {} features and {} classes at once needs {} bytes of the GPU's "
       "memory, of which {} are free; give fewer lambdas, less --memory, or --device cpu",
       device.name(), lambdas, options.features, classes, needed, device.free_memory());
}

PathWeights bring(Device& device, const RidgePath& path, const SessionOptions& options) {
  PathWeights result;
  result.solution = solved(path);
  result.classes = options.classes.size();
  result.features = options.features;
  result.weights = Memory<double>(device, result.outputs() * result.features);
  result.intercept = Memory<double>(device, result.outputs());
  for (std::size_t l = 0; l < result.lambdas(); ++l) {
    const RidgeSolution& solution = path.solutions[result.solution[l]];
    device.upload(lane, result.weights.data() + l * solution.weights.size(),
                  solution.weights.data(), solution.weights.size() * sizeof(double));
    result.intercept_on_host.insert(result.intercept_on_host.end(), solution.intercept.begin(),
                                    solution.intercept.end());
  }
  upload<double>(device, lane, result.intercept, result.intercept_on_host);
  device.synchronise(lane);
  return result;
}

}  // namespace

DeviceScorer::DeviceScorer(Device& device, RowFeed& feed, const SessionOptions& options,
                           const RidgePath& path, const Tuning& tuning)
    : device_(device), feed_(feed), solutions_(path.solutions.size()) {
  const std::size_t lambdas = solved(path).size();
  if (lambdas == 0) return;
  const bool digits = use_digits(tuning, options, lambdas);
  check_memory(device, feed, options, lambdas, digits, tuning);
  path_ = bring(device, path, options);
  float64_.emplace(device, path_, tuning);
  if (digits) {
    digits_.emplace(device, path_, options.type == ElementType::uint8 ? unsigned_shift : 0, tuning);
  }
}

void DeviceScorer::score(const RowBlock& block, int part, ScoreCounts& counts) {
  counts.correct.resize(solutions_, 0);
  std::vector<std::uint64_t> hits(path_.lambdas(), 0);
  feed_.score(block, [&](const Slice& slice) {
    const StageTime time(device_, lane, Stage::score);
    const PartRows rows{&slice, slice.order_of(part), slice.layout.rows(part)};
    counts.rows += rows.count;
    if (!float64_ || rows.count == 0) return;
    if (digits_) {
      const std::uint32_t* const order = slice.layout.order.data() + slice.layout.begin(part);
      rescored_ += digits_->add(rows, order, *float64_, hits);
    } else {
      float64_->add(rows, hits);
    }
  });
  for (std::size_t l = 0; l < hits.size(); ++l) counts.correct[path_.solution[l]] += hits[l];
}

}  // namespace arete::device
