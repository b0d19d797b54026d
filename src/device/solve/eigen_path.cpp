#include <algorithm>
#include <limits>

#include "arete/core/error.hpp"
#include "arete/solve/condition.hpp"
#include "device/solve/path.hpp"
#include "device/solve/refinement.hpp"

namespace arete::device {

namespace {

constexpr int lane = Device::main_lane;

/// C = sum over m of values[m] e_m e_m', e_m being row m of `vectors`; values ascend.
struct Eigendecomposition {
  Memory<double> vectors;
  Memory<double> values;
  std::vector<double> values_on_host;
};

Eigendecomposition decompose(Device& device, const DeviceSystem& system) {
  const std::size_t d = system.features;
  Eigendecomposition result{Memory<double>(device, d * d), Memory<double>(device, d),
                            std::vector<double>(d)};
  Memory<int> info(device, 1);
  device.copy(lane, result.vectors.data(), system.gram.data(), system.gram.bytes());
  device.decompose(lane, d, result.vectors.data(), result.values.data(), info.data());
  int failed = 0;
  device.download(lane, &failed, info.data(), sizeof failed);
  fetch<double>(device, lane, result.values_on_host, result.values.data());
  if (failed != 0) {
    fail(ErrorKind::unsolved, "the eigendecomposition did not converge ({})", failed);
  }
  return result;
}

/// into += rows of `from` times (C + lambda I)^-1; both classes x features.
void add_inverse(Device& device, const Eigendecomposition& eigen, double lambda,
                 const DeviceSystem& system, const double* from, double* projected, double* into) {
  const std::size_t d = system.features;
  const double* const vectors = eigen.vectors.data();
  device.multiply(lane, Product{true, false, d, system.classes, d, 1.0, vectors, d, from, d, 0.0,
                                projected, d});
  device.run(lane, DivideColumns{projected, system.classes, d, eigen.values.data(), lambda});
  device.multiply(lane, Product{false, false, d, system.classes, d, 1.0, vectors, d, projected, d,
                                1.0, into, d});
}

}  // namespace

std::vector<RidgeSolution> eigen_path(Device& device, const DeviceSystem& system,
                                      std::span<const double> lambdas,
                                      const std::function<void()>& between) {
  const std::size_t size = system.right_hand_side.size();
  const std::size_t needed =
      system.gram.bytes() + 3 * size * sizeof(double) + device.eigen_workspace(system.features);
  if (needed > device.free_memory()) {
    fail(ErrorKind::resource,
         "{}: the eigendecomposition of {} features needs {} bytes of the GPU's memory, of which "
         "{} are free; use --solver cholesky or --device cpu",
         device.name(), system.features, needed, device.free_memory());
  }
  const Eigendecomposition eigen = decompose(device, system);
  SolutionWorkspace workspace(device, system.features, system.classes);
  Memory<double> projected(device, size);
  const double noise = *std::ranges::max_element(system.diagonal_noise);
  const double resolution =
      static_cast<double>(system.features) * std::numeric_limits<double>::epsilon();
  std::vector<RidgeSolution> solutions(lambdas.size());
  for (std::size_t l = 0; l < lambdas.size(); ++l) {
    if (between) between();
    const double smallest = eigen.values_on_host.front() + lambdas[l];
    const double largest = eigen.values_on_host.back() + lambdas[l];
    solutions[l].lambda = lambdas[l];
    solutions[l].rcond = largest > 0 ? std::max(0.0, smallest / largest) : 0.0;
    if (!(smallest > resolution * largest + noise)) continue;
    double* const weights = workspace.weights.data();
    double* const remainder = workspace.remainder.data();
    clear(device, lane, workspace.weights);
    add_inverse(device, eigen, lambdas[l], system, system.right_hand_side.data(), projected.data(),
                weights);
    compute_remainder(device, lane, system, lambdas[l], weights, remainder);
    add_inverse(device, eigen, lambdas[l], system, remainder, projected.data(), weights);
    judge_solution(device, lane, system, lambdas[l], workspace);
    const double norm = one_norm(system.diagonal, system.off_diagonal, lambdas[l]);
    finish_solution(device, lane, system, norm, workspace, solutions[l]);
  }
  return solutions;
}

}  // namespace arete::device
