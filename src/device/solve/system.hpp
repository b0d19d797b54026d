#pragma once

#include <cstdint>
#include <vector>

#include "arete/backend/backend.hpp"
#include "arete/solve/centring.hpp"
#include "device/runtime/memory.hpp"

namespace arete::device {

/// The sums of a training set: arrays in the memory of the device, and counts.
struct TrainingSums {
  const double* gram = nullptr;        ///< j >= i
  const double* class_sums = nullptr;  ///< classes x features
  ColumnTotals totals;                 ///< of these rows
};

/// The linear system of a training set on the device: (C + lambda I) W = B.
struct DeviceSystem {
  std::size_t features = 0;
  std::size_t classes = 0;
  Memory<double> gram;             ///< C, both triangles
  Memory<double> right_hand_side;  ///< B, classes x features
  Memory<double> means;            ///< what was subtracted from the columns
  std::vector<double> column_means;
  std::vector<double> target_means;
  std::vector<double> diagonal;        ///< C_jj
  std::vector<double> off_diagonal;    ///< sum over i != j of |C_ij|
  std::vector<double> diagonal_noise;  ///< as CentredSystem has it
};

/// Bytes of a system on the device.
[[nodiscard]] std::size_t system_bytes(std::size_t features, std::size_t classes);

/// Centres on the mean of the rows themselves, as arete::centre does and with its bits for exact
/// sums. Throws Error (input) when there are no rows, (resource) for memory.
[[nodiscard]] DeviceSystem centre(Device& device, const TrainingSums& sums);

/// Centres on the mean of all rows, as arete::centre_on does and with its bits for exact sums.
[[nodiscard]] DeviceSystem centre_on(Device& device, const TrainingSums& sums,
                                     const ColumnTotals& all);

}  // namespace arete::device
