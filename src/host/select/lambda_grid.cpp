#include "arete/select/lambda_grid.hpp"

#include <cmath>

namespace arete {

namespace {

constexpr int lowest_decade = -6;
constexpr int highest_decade = 3;
constexpr int farthest_decade = 12;

int decade(double value) { return static_cast<int>(std::lround(std::log10(value))); }

int scale_decade(double mean_eigenvalue) {
  return mean_eigenvalue > 0 && std::isfinite(mean_eigenvalue) ? decade(mean_eigenvalue) : 0;
}

}  // namespace

std::vector<double> automatic_grid(double mean_eigenvalue) {
  std::vector<double> grid;
  for (int e = lowest_decade; e <= highest_decade; ++e) {
    grid.push_back(std::pow(10.0, scale_decade(mean_eigenvalue) + e));
  }
  return grid;
}

std::optional<double> extension(std::span<const double> ascending, std::size_t best,
                                double mean_eigenvalue) {
  int exponent = 0;
  if (best + 1 == ascending.size()) {
    exponent = decade(ascending.back()) + 1;
  } else if (best == 0) {
    exponent = decade(ascending.front()) - 1;
  } else {
    return std::nullopt;
  }
  if (std::abs(exponent - scale_decade(mean_eigenvalue)) > farthest_decade) return std::nullopt;
  return std::pow(10.0, exponent);
}

}  // namespace arete
