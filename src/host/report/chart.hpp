#pragma once

#include <span>
#include <string>

namespace arete::report {

/// A point of a curve over lambda.
struct ChartPoint {
  double lambda = 0;  ///< positive
  double value = 0;
  bool chosen = false;
};

/// How values are written on the axis.
enum class ValueFormat { number, percent };

/// An SVG element: values against lambda on a logarithmic axis, with the chosen one marked; points
/// are by ascending lambda. Nothing for fewer than two points.
[[nodiscard]] std::string lambda_chart(const std::string& title, ValueFormat format,
                                       std::span<const ChartPoint> points);

}  // namespace arete::report
