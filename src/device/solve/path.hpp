#pragma once

#include <functional>
#include <span>
#include <vector>

#include "arete/solve/ridge_path.hpp"
#include "device/runtime/tuning.hpp"
#include "device/solve/system.hpp"

namespace arete::device {

/// Below tuning.batched_below features, so many matrices are factorised by one call. Always so
/// many: what is left of the last batch repeats its last lambda, so that no bit depends on how many
/// lambdas there are.
inline constexpr std::size_t batch_size = 16;

/// Bytes on the device for one lambda, besides the system.
[[nodiscard]] std::size_t lambda_bytes(std::size_t features, std::size_t classes);

/// How many lambdas are held on the device at once: all of them where they fit into `free` bytes
/// beside the workspaces, else as many as do. Throws Error (resource), stating what is needed and
/// what is free, where not even one does.
[[nodiscard]] std::size_t lambdas_at_once(Device& device, std::size_t features, std::size_t classes,
                                          std::size_t lambdas, const Tuning& tuning,
                                          std::size_t free);

/// Solves (C + lambda I) W = B for every lambda by Cholesky, with the statuses, conditions and
/// residuals of arete::cholesky_path. `between` is called between groups of lambdas.
[[nodiscard]] std::vector<RidgeSolution> cholesky_path(Device& device, const DeviceSystem& system,
                                                       std::span<const double> lambdas,
                                                       const Tuning& tuning,
                                                       const std::function<void()>& between);

/// The same from one eigendecomposition of C, as arete::eigen_path.
[[nodiscard]] std::vector<RidgeSolution> eigen_path(Device& device, const DeviceSystem& system,
                                                    std::span<const double> lambdas,
                                                    const std::function<void()>& between);

/// Per solution the sum over the rows that `held_out` (centred on itself) was made of, and over all
/// classes, of (target - score)^2; NaN where it is not solved. As arete::squared_errors.
[[nodiscard]] std::vector<double> squared_errors(Device& device, const DeviceSystem& held_out,
                                                 std::uint64_t rows, const RidgePath& path);

}  // namespace arete::device
