#include <limits>
#include <numeric>

#include "device/solve/path.hpp"

namespace arete::device {

namespace {

constexpr int lane = Device::main_lane;

/// What the squared error needs of each class of a solution.
struct ClassFigures {
  std::vector<double> with_targets;  ///< w_k'B_k
  std::vector<double> with_gram;     ///< w_k'C w_k
  std::vector<double> with_means;    ///< w_k'm

  explicit ClassFigures(std::size_t classes)
      : with_targets(classes), with_gram(classes), with_means(classes) {}
};

class ErrorsOfPart {
 public:
  ErrorsOfPart(Device& device, const DeviceSystem& held_out)
      : device_(device),
        system_(held_out),
        weights_(device, held_out.right_hand_side.size()),
        products_(device, held_out.right_hand_side.size()),
        sums_(device, held_out.classes) {}

  double of(const RidgeSolution& solution, double rows) {
    const ClassFigures figures = figures_of(solution.weights);
    double sum = 0;
    for (std::size_t k = 0; k < system_.classes; ++k) {
      const double target = system_.target_means[k];
      const double offset = target - figures.with_means[k] - solution.intercept[k];
      sum += rows * (1.0 - target * target) - 2.0 * figures.with_targets[k] + figures.with_gram[k] +
             rows * offset * offset;
    }
    return sum;
  }

 private:
  ClassFigures figures_of(const Matrix<double>& weights) {
    const std::size_t d = system_.features;
    const std::size_t classes = system_.classes;
    ClassFigures figures(classes);
    upload<double>(device_, lane, weights_, weights.span());
    dot_rows(system_.right_hand_side.data(), figures.with_targets);
    device_.multiply(lane, Product{false, false, d, classes, d, 1.0, system_.gram.data(), d,
                                   weights_.data(), d, 0.0, products_.data(), d});
    dot_rows(products_.data(), figures.with_gram);
    device_.multiply(lane, Product{true, false, classes, 1, d, 1.0, weights_.data(), d,
                                   system_.means.data(), d, 0.0, sums_.data(), classes});
    fetch<double>(device_, lane, figures.with_means, sums_.data());
    return figures;
  }

  void dot_rows(const double* other, std::vector<double>& into) {
    device_.reduce_rows(lane, {RowReduction::Kind::product_sum, system_.classes, system_.features,
                               weights_.data(), other, sums_.data()});
    fetch<double>(device_, lane, into, sums_.data());
  }

  Device& device_;
  const DeviceSystem& system_;
  Memory<double> weights_;
  Memory<double> products_;
  Memory<double> sums_;
};

}  // namespace

std::vector<double> squared_errors(Device& device, const DeviceSystem& held_out, std::uint64_t rows,
                                   const RidgePath& path) {
  std::vector<double> errors(path.solutions.size(), std::numeric_limits<double>::quiet_NaN());
  ErrorsOfPart of_part(device, held_out);
  for (std::size_t l = 0; l < errors.size(); ++l) {
    if (path.solutions[l].status != SolveStatus::solved) continue;
    errors[l] = of_part.of(path.solutions[l], static_cast<double>(rows));
  }
  return errors;
}

}  // namespace arete::device
