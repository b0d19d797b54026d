#pragma once

#include <vector>

#include "arete/solve/ridge_path.hpp"
#include "device/solve/system.hpp"

namespace arete::device {

/// R = B - (C + lambda I) W; all classes x features.
void compute_remainder(Device& device, int lane, const DeviceSystem& system, double lambda,
                       const double* weights, double* remainder);

/// What is computed of W once it is solved: its remainder, and small vectors. One for each lambda
/// that is worked on at the same time.
struct SolutionWorkspace {
  SolutionWorkspace(Device& device, std::size_t features, std::size_t classes)
      : weights(device, features * classes),
        remainder(device, features * classes),
        figures(device, 3 * classes),
        figures_on_host(3 * classes) {}

  Memory<double> weights;    ///< W, classes x features
  Memory<double> remainder;  ///< R
  Memory<double> figures;    ///< |R_k|_1, |W_k|_1, mean'W_k
  std::vector<double> figures_on_host;
};

/// Gives the lane the work that finish_solution() needs.
void judge_solution(Device& device, int lane, const DeviceSystem& system, double lambda,
                    SolutionWorkspace& workspace);

/// Waits for the lane, and fills in residual, intercept, weights and status.
void finish_solution(Device& device, int lane, const DeviceSystem& system, double norm,
                     SolutionWorkspace& workspace, RidgeSolution& solution);

}  // namespace arete::device
