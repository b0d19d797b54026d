#include <gtest/gtest.h>

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "cli/run_command.hpp"
#include "cli/sample_data.hpp"

namespace arete::run {
namespace {

using test_files::TemporaryFolder;

class MomentsCommand : public testing::Test {
 protected:
  [[nodiscard]] std::string at(const std::string& name) const {
    return (folder_.path() / name).string();
  }

  /// Moments of rows first..last-1 of the sample, as one shard of several.
  std::string shard(std::uint32_t first, std::uint32_t last) {
    const std::string name = std::to_string(first);
    sample::write_npy(folder_, name, last - first, first);
    const Json json = json_of({"moments", at(name + ".npy"), "--labels", at(name + "-labels.npy"),
                               "--first-row", name, "-o", at(name + ".moments")});
    EXPECT_EQ(json["data"]["rows"], last - first);
    return at(name + ".moments");
  }

  TemporaryFolder folder_;
};

TEST_F(MomentsCommand, SaysHowManyRowsACheckpointHad) {
  sample::write_mnist(folder_, "train", 100);
  const Json report =
      json_of({"moments", folder_.path().string(), "-o", at("m"), "--checkpoint", at("pieces")});
  EXPECT_EQ(report["resumed_rows"], 0);
  EXPECT_FALSE(std::filesystem::exists(at("pieces")));
}

TEST_F(MomentsCommand, InspectShowsTheExactIntegers) {
  sample::write_mnist(folder_, "train", 100);
  const Json report = json_of({"moments", folder_.path().string(), "-o", at("m")});
  EXPECT_EQ(keys_of(report),
            (std::vector<std::string>{"schema", "command", "data", "parts", "exact", "moments",
                                      "seconds", "peak_bytes", "warnings"}));
  EXPECT_EQ(report["parts"], 2);
  EXPECT_EQ(report["exact"], true);

  std::int64_t trace = 0;
  std::int64_t sum = 0;
  std::int64_t columns = 0;
  std::vector<std::int64_t> classes(sample::classes);
  const auto pixels = sample::pixels(100);
  for (std::size_t i = 0; i < 100; ++i) {
    std::int64_t row = 0;
    for (std::size_t j = 0; j < sample::features; ++j) {
      const std::int64_t x = pixels[i * sample::features + j];
      trace += x * x;
      row += x;
    }
    sum += row * row;
    columns += row;
    classes[i % sample::classes] += row;
  }
  const Json json = json_of({"inspect", at("m")});
  EXPECT_EQ(json["kind"], "moments");
  EXPECT_EQ(json["rows"], 100);
  EXPECT_EQ(json["features"], 6);
  EXPECT_EQ(json["type"], "uint8");
  EXPECT_EQ(json["shape"].dump(), "[2,3]");
  EXPECT_EQ(json["classes"].dump(),
            R"([{"name":"0","rows":34},{"name":"1","rows":33},{"name":"2","rows":33}])");
  EXPECT_EQ(json["exact"], true);
  EXPECT_EQ(json["parts"].size(), 2U);
  EXPECT_EQ(json["ranges"].dump(), "[[0,100]]");
  EXPECT_EQ(json["gram_trace"], trace);
  EXPECT_EQ(json["gram_sum"], sum);
  EXPECT_EQ(json["column_sum_total"], columns);
  EXPECT_EQ(json["class_sum_total"], Json(classes));
}

TEST_F(MomentsCommand, MergedShardsAreTheWholeInAnyOrder) {
  sample::write_npy(folder_, "whole", 100);
  json_of({"moments", at("whole.npy"), "--labels", at("whole-labels.npy"), "-o", at("whole")});
  const std::string a = shard(0, 40);
  const std::string b = shard(40, 77);
  const std::string c = shard(77, 100);
  const Json json = json_of({"merge", c, a, b, "-o", at("cab")});
  EXPECT_EQ(json["command"], "merge");
  EXPECT_EQ(json["data"].dump(), R"({"rows":100,"features":6,"classes":3})");
  json_of({"merge", a, b, c, "-o", at("abc")});
  EXPECT_EQ(bytes_of(at("cab")), bytes_of(at("whole")));
  EXPECT_EQ(bytes_of(at("abc")), bytes_of(at("whole")));
  expect_failure({"merge", a, b, a, "-o", at("twice")}, 3, a);
  EXPECT_FALSE(std::filesystem::exists(at("twice")));
}

TEST_F(MomentsCommand, BytesDependOnTheRowsAlone) {
  sample::write_mnist(folder_, "train", 100);
  const std::string data = folder_.path().string();
  auto kernels = json_of({"info"})["kernels"].get<std::vector<std::string>>();
  kernels.emplace_back("auto");
  json_of({"moments", data, "--threads", "1", "--kernel", "float64", "-o", at("expected")});
  for (const std::string threads : {"1", "3"}) {
    for (const std::string& kernel : kernels) {
      json_of(
          {"moments", data, "--threads", threads, "--kernel", kernel, "-o", at(threads + kernel)});
      EXPECT_EQ(bytes_of(at(threads + kernel)), bytes_of(at("expected")));
    }
  }
}

TEST_F(MomentsCommand, OnePartWhereNothingIsHeldOut) {
  sample::write_mnist(folder_, "train", 100);
  EXPECT_EQ(json_of({"moments", folder_.path().string(), "--holdout", "0", "-o", at("m")})["parts"],
            1);
  EXPECT_EQ(json_of({"moments", folder_.path().string(), "--folds", "5", "-o", at("f")})["parts"],
            5);
}

}  // namespace
}  // namespace arete::run
