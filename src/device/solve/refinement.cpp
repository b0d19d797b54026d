#include "device/solve/refinement.hpp"

namespace arete::device {

void compute_remainder(Device& device, int lane, const DeviceSystem& system, double lambda,
                       const double* weights, double* remainder) {
  const std::size_t d = system.features;
  device.copy(lane, remainder, system.right_hand_side.data(), system.right_hand_side.bytes());
  device.multiply(lane, Product{false, false, d, system.classes, d, -1.0, system.gram.data(), d,
                                weights, d, 1.0, remainder, d});
  device.add_scaled(lane, d * system.classes, -lambda, weights, remainder);
}

void judge_solution(Device& device, int lane, const DeviceSystem& system, double lambda,
                    SolutionWorkspace& workspace) {
  const std::size_t d = system.features;
  const std::size_t k = system.classes;
  double* const figures = workspace.figures.data();
  const double* const weights = workspace.weights.data();
  double* const remainder = workspace.remainder.data();
  compute_remainder(device, lane, system, lambda, weights, remainder);
  device.reduce_rows(lane, {RowReduction::Kind::absolute_sum, k, d, remainder, nullptr, figures});
  device.reduce_rows(lane, {RowReduction::Kind::absolute_sum, k, d, weights, nullptr, figures + k});
  device.multiply(lane, Product{true, false, k, 1, d, 1.0, weights, d, system.means.data(), d, 0.0,
                                figures + 2 * k, k});
  device.download(lane, workspace.figures_on_host.data(), figures, workspace.figures.bytes());
}

void finish_solution(Device& device, int lane, const DeviceSystem& system, double norm,
                     SolutionWorkspace& workspace, RidgeSolution& solution) {
  const std::size_t k = system.classes;
  solution.status = SolveStatus::solved;
  solution.weights = Matrix<double>(k, system.features);
  fetch<double>(device, lane, solution.weights.span(), workspace.weights.data());
  double largest_remainder = 0;
  double largest_weight = 0;
  const auto raise = [](double& largest, double value) {
    if (!(value <= largest)) largest = value;  // a NaN must show
  };
  solution.intercept = system.target_means;
  for (std::size_t i = 0; i < k; ++i) {
    raise(largest_remainder, workspace.figures_on_host[i]);
    raise(largest_weight, workspace.figures_on_host[k + i]);
    solution.intercept[i] -= workspace.figures_on_host[2 * k + i];
  }
  solution.residual =
      largest_weight == 0 || norm == 0 ? 0 : largest_remainder / (norm * largest_weight);
}

}  // namespace arete::device
