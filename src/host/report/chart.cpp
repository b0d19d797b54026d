#include "arete/report/chart.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "arete/report/html.hpp"

namespace arete::report {

namespace {

// The drawing, in its own units: those of the text at full width.
constexpr double width = 480;
constexpr double height = 280;
constexpr double left = 66;
constexpr double right = 14;
constexpr double top = 34;
constexpr double bottom = 48;
constexpr int most_ticks = 6;

/// An axis from low to high, and where its ticks are.
struct Axis {
  double low = 0;
  double high = 1;
  std::vector<double> ticks;

  /// 0 to 1.
  [[nodiscard]] double position(double value) const { return (value - low) / (high - low); }
};

/// Whole decades; `low` and `high` are logarithms.
Axis decades(double low, double high) {
  Axis axis{low, high, {}};
  const int step = std::max(1, static_cast<int>(std::ceil((high - low) / most_ticks)));
  for (int decade = static_cast<int>(std::ceil(low - 1e-9)); decade <= high + 1e-9;
       decade += step) {
    axis.ticks.push_back(decade);
  }
  return axis;
}

/// Steps of 1, 2 or 5 times a power of ten, with the ends at ticks.
Axis round_steps(double low, double high) {
  if (high <= low) {  // all values are the same
    const double around = low == 0 ? 1 : std::abs(low) / 10;
    low -= around;
    high += around;
  }
  const double least = (high - low) / (most_ticks - 1);
  const double power = std::pow(10, std::floor(std::log10(least)));
  double step = 10 * power;
  for (const double factor : {5, 2, 1}) {
    if (factor * power >= least) step = factor * power;
  }
  Axis axis{step * std::floor(low / step), step * std::ceil(high / step), {}};
  const auto count = std::lround((axis.high - axis.low) / step);
  for (long i = 0; i <= count; ++i) {
    axis.ticks.push_back(axis.low + static_cast<double>(i) * step);
  }
  return axis;
}

double x_of(const Axis& axis, double lambda) {
  return left + axis.position(std::log10(lambda)) * (width - left - right);
}

double y_of(const Axis& axis, double value) {
  return height - bottom - axis.position(value) * (height - top - bottom);
}

std::string value_text(double value, ValueFormat format) {
  if (format == ValueFormat::percent) return fmt::format("{:.4g} %", 100 * value);
  return fmt::format("{:.6g}", value);
}

std::string grid(const Axis& x, const Axis& y, ValueFormat format) {
  std::string text;
  for (const double tick : y.ticks) {
    const double at = y_of(y, tick);
    text += fmt::format("<line class=\"grid\" x1=\"{}\" y1=\"{:.1f}\" x2=\"{}\" y2=\"{:.1f}\"/>",
                        left, at, width - right, at);
    text += fmt::format("<text x=\"{}\" y=\"{:.1f}\" text-anchor=\"end\">{}</text>\n", left - 8,
                        at + 4.5, value_text(tick, format));
  }
  for (const double tick : x.ticks) {
    const double at = left + x.position(tick) * (width - left - right);
    text += fmt::format(
        "<text x=\"{:.1f}\" y=\"{}\" text-anchor=\"middle\">10<tspan dy=\"-5\" "
        "font-size=\"10\">{:.0f}</tspan></text>\n",
        at, height - bottom + 20, tick);
  }
  return text + fmt::format("<text x=\"{}\" y=\"{}\" text-anchor=\"middle\">lambda</text>\n",
                            (left + width - right) / 2, height - 8);
}

std::string curve(const Axis& x, const Axis& y, ValueFormat format,
                  std::span<const ChartPoint> points) {
  std::string line;
  std::string dots;
  for (const ChartPoint& point : points) {
    const double at_x = x_of(x, point.lambda);
    const double at_y = y_of(y, point.value);
    line += fmt::format("{:.1f},{:.1f} ", at_x, at_y);
    dots += fmt::format(
        "<circle{} cx=\"{:.1f}\" cy=\"{:.1f}\" r=\"{}\"><title>lambda {:.4g}: "
        "{}</title></circle>\n",
        point.chosen ? " class=\"chosen\"" : "", at_x, at_y, point.chosen ? 6 : 4, point.lambda,
        value_text(point.value, format));
  }
  return fmt::format("<polyline points=\"{}\"/>\n{}", line, dots);
}

}  // namespace

std::string lambda_chart(const std::string& title, ValueFormat format,
                         std::span<const ChartPoint> points) {
  if (points.size() < 2) return "";
  const auto [least, most] = std::ranges::minmax_element(points, {}, &ChartPoint::value);
  const Axis x = decades(std::log10(points.front().lambda), std::log10(points.back().lambda));
  const Axis y = round_steps(least->value, most->value);
  return fmt::format(
      "<svg class=\"chart\" viewBox=\"0 0 {} {}\" role=\"img\" aria-label=\"{}\">\n"
      "<text class=\"title\" x=\"{}\" y=\"18\">{}</text>\n{}{}</svg>\n",
      width, height, escaped(title), left, escaped(title), grid(x, y, format),
      curve(x, y, format, points));
}

}  // namespace arete::report
