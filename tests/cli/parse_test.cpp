#include "arete/cli/parse.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <string>
#include <vector>

#include "data/test_files.hpp"

namespace arete::cli {
namespace {

TEST(Parse, GridIsLogarithmicWithExactEnds) {
  const LambdaGrid grid = parse_lambdas("1e-5:1e5:11");
  ASSERT_EQ(grid.values.size(), 11U);
  EXPECT_EQ(grid.values.front(), 1e-5);
  EXPECT_EQ(grid.values.back(), 1e5);
  for (int i = 0; i < 11; ++i) {
    const double expected = std::pow(10.0, i - 5);
    EXPECT_NEAR(grid.values[static_cast<std::size_t>(i)] / expected, 1.0, 1e-14);
  }
  EXPECT_EQ(parse_lambdas("0.3:0.7:2").values, (std::vector<double>{0.3, 0.7}));
}

TEST(Parse, LambdasAreSortedAndUnique) {
  const LambdaGrid grid = parse_lambdas("10,0,1e3,10,0.5,10");
  EXPECT_EQ(grid.values, (std::vector<double>{0, 0.5, 10, 1000}));
  EXPECT_EQ(grid.repeated, (std::vector<double>{10}));  // thrice, yet one warning
  EXPECT_EQ(parse_lambdas("2:2:3").repeated, (std::vector<double>{2}));
  EXPECT_EQ(parse_lambdas("5:1:2").values, (std::vector<double>{1, 5}));
  EXPECT_TRUE(parse_lambdas("auto").values.empty());
}

TEST(Parse, SizesArePowersOf1024) {
  EXPECT_EQ(parse_size("800"), 800U);
  EXPECT_EQ(parse_size("800B"), 800U);
  EXPECT_EQ(parse_size("2K"), 2048U);
  EXPECT_EQ(parse_size("500M"), 500U << 20U);
  EXPECT_EQ(parse_size("1.5GiB"), std::size_t{3} << 29U);
  EXPECT_EQ(parse_size("1TB"), std::size_t{1} << 40U);
}

TEST(Parse, DurationsAreSeconds) {
  EXPECT_EQ(parse_duration("90"), 90);
  EXPECT_EQ(parse_duration("0s"), 0);
  EXPECT_EQ(parse_duration("1.5m"), 90);
  EXPECT_EQ(parse_duration("2h"), 7200);
}

TEST(Parse, RowsAndShapes) {
  EXPECT_EQ(parse_rows("100"), (RowRange{0, 100}));
  EXPECT_EQ(parse_rows("20:100"), (RowRange{20, 100}));
  EXPECT_EQ(parse_image_size("60x40").width, 60U);
  EXPECT_EQ(parse_image_size("60x40").height, 40U);
  EXPECT_EQ(parse_shape("32x32x3"), (std::vector<std::size_t>{32, 32, 3}));
}

TEST(Parse, WhatMakesNoSenseIsNamed) {
  const auto refuse = [](const std::string& text, const std::function<void()>& parse) {
    SCOPED_TRACE(text);
    test_files::expect_error(ErrorKind::usage, parse, {"'" + text + "'"});
  };
  for (const char* text : {"-1", "nan", "inf", "1e999", "x", "", "1 ", "0x10", "-0"}) {
    refuse(text, [&] { static_cast<void>(parse_lambdas(text)); });
    refuse(text, [&] { static_cast<void>(parse_lambdas(std::string("1,") + text)); });
  }
  for (const char* text : {"1:2", "1:2:3:4"}) {
    refuse(text, [&] { static_cast<void>(parse_lambdas(text)); });
  }
  refuse("1", [] { static_cast<void>(parse_lambdas("1:10:1")); });
  refuse("0:10", [] { static_cast<void>(parse_lambdas("0:10:3")); });
  for (const char* text : {"", "0", "-5M", "5X", "5MM", "M", "1e3", "1..5G", "99999999T", "1iB"}) {
    refuse(text, [&] { static_cast<void>(parse_size(text)); });
  }
  for (const char* text : {"", "s", "5 s", "-1s", "3d", "1e3", "5ss"}) {
    refuse(text, [&] { static_cast<void>(parse_duration(text)); });
  }
  for (const char* text : {"0", "5:5", "7:5", "1:2:3"}) {
    refuse(text, [&] { static_cast<void>(parse_rows(text)); });
  }
  for (const char* text : {"1", "-0.1", "nan", "20%"}) {
    refuse(text, [&] { static_cast<void>(parse_fraction(text)); });
  }
  for (const char* text : {"60", "60x40x3"}) {
    refuse(text, [&] { static_cast<void>(parse_image_size(text)); });
  }
  refuse("-3", [] { static_cast<void>(parse_integer("-3", 0, 10)); });
  refuse("11", [] { static_cast<void>(parse_integer("11", 0, 10)); });
}

}  // namespace
}  // namespace arete::cli
