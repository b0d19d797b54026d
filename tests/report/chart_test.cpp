#include "arete/report/chart.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

namespace arete::report {
namespace {

/// cx and cy of every circle.
std::vector<std::vector<double>> circles_of(const std::string& svg) {
  std::vector<std::vector<double>> centres;
  const std::string x = "cx=\"";
  const std::string y = "cy=\"";
  for (std::size_t at = svg.find(x); at != std::string::npos; at = svg.find(x, at + 1)) {
    const std::size_t below = svg.find(y, at);
    centres.push_back(
        {std::stod(svg.substr(at + x.size())), std::stod(svg.substr(below + y.size()))});
  }
  return centres;
}

TEST(Chart, PlacesLambdasByTheirLogarithm) {
  const std::string svg =
      lambda_chart("Accuracy", ValueFormat::percent,
                   std::vector<ChartPoint>{{1, 0.5}, {10, 0.75, true}, {100, 0.6}});
  const auto centres = circles_of(svg);
  ASSERT_EQ(centres.size(), 3U);
  EXPECT_NEAR(centres[1][0], (centres[0][0] + centres[2][0]) / 2, 0.11);
  EXPECT_LT(centres[1][1], centres[2][1]);  // more is higher up
  EXPECT_LT(centres[2][1], centres[0][1]);
  EXPECT_NE(svg.find("class=\"chosen\""), std::string::npos);
  EXPECT_NE(svg.find("lambda 10: 75 %"), std::string::npos);
  EXPECT_EQ(svg.find("nan"), std::string::npos);
}

TEST(Chart, StaysWithinItsDrawing) {
  const std::vector<std::vector<ChartPoint>> all = {
      {{1e-300, 1e300}, {1e300, -1e300}},
      {{1, 5}, {2, 5}},       // all the same
      {{1, 0}, {1.0001, 0}},  // nothing at all, within a decade
      {{1, 1e-12}, {10, 2e-12}},
      {{1, 1}, {10, 1 + 1e-15}}};
  for (const auto& points : all) {
    const std::string svg = lambda_chart("Error", ValueFormat::number, points);
    EXPECT_EQ(svg.find("nan"), std::string::npos) << svg;
    EXPECT_EQ(svg.find("inf"), std::string::npos) << svg;
    for (const auto& centre : circles_of(svg)) {
      EXPECT_GE(centre[0], 0);
      EXPECT_LE(centre[0], 480);
      EXPECT_GE(centre[1], 0);
      EXPECT_LE(centre[1], 280);
    }
    EXPECT_LE(std::count(svg.begin(), svg.end(), '\n'), 40) << svg;  // not too many ticks
  }
}

TEST(Chart, NeedsTwoPoints) {
  EXPECT_EQ(lambda_chart("Accuracy", ValueFormat::percent, {}), "");
  EXPECT_EQ(lambda_chart("Accuracy", ValueFormat::percent, std::vector<ChartPoint>{{1, 1}}), "");
}

}  // namespace
}  // namespace arete::report
