#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <vector>

namespace arete {

/// Ten powers of ten, from 1e-6 to 1e3 times the scale of the data, which is the mean eigenvalue of
/// C rounded to a power of ten (1 when C is zero).
[[nodiscard]] std::vector<double> automatic_grid(double mean_eigenvalue);

/// The lambda that a grid whose end was chosen should be extended by: ten times the largest or a
/// tenth of the smallest. Nothing when `best` is inside, or farther than twelve decades from the
/// scale.
[[nodiscard]] std::optional<double> extension(std::span<const double> ascending, std::size_t best,
                                              double mean_eigenvalue);

}  // namespace arete
