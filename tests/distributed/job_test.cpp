// A job of any number of processes gives the files and figures of one process.
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <string>

#include "cli/sample_data.hpp"
#include "distributed/mpirun.hpp"

namespace arete::run {
namespace {

/// Without what differs between two runs of the same job.
Json without_circumstances(Json json) {
  for (const char* const key :
       {"seconds", "peak_bytes", "warnings", "ranks", "threads", "parallel", "model"}) {
    json.erase(key);
  }
  return json;
}

class JobsOf : public Jobs, public testing::WithParamInterface<int> {
 protected:
  void SetUp() override {
    Jobs::SetUp();
    sample::write_mnist(folder_, "train", rows);
    sample::write_mnist(folder_, "t10k", 100, rows);
    sample::write_npy(folder_, "rows", rows);
  }

  /// "--parallel MODE"; one process divides nothing.
  static Strings parallel(const std::string& mode) {
    return GetParam() == 1 ? Strings{} : Strings{"--parallel", mode};
  }

  /// That a job writes the same to the file `out` as one process does, and prints the same.
  void expect_same(const Strings& arguments, const Strings& of_job, const std::string& out) {
    SCOPED_TRACE(testing::PrintToString(arguments + of_job));
    const Json expected = json_of(arguments + Strings{"--threads", "1", "--json"});
    const std::string bytes = bytes_of(out);
    EXPECT_FALSE(bytes.empty());
    std::filesystem::remove(out);
    const Json json = json_of_job(GetParam(), arguments + of_job);
    EXPECT_TRUE(bytes_of(out) == bytes) << out << " differs";
    EXPECT_EQ(without_circumstances(json).dump(), without_circumstances(expected).dump());
    EXPECT_EQ(json.value("ranks", GetParam()), GetParam());
    std::filesystem::remove(out);
  }

  static constexpr std::uint32_t rows = 1000;
};
INSTANTIATE_TEST_SUITE_P(Sizes, JobsOf, testing::Values(1, 2, 3, 4, 7));

/// What does not depend on how many there are in other ways than training does.
class JobsOfSome : public JobsOf {};
INSTANTIATE_TEST_SUITE_P(Sizes, JobsOfSome, testing::Values(2, 7));

TEST_P(JobsOf, TrainTheModelOfOneProcess) {
  const Strings modes = GetParam() == 1 ? Strings{"data"} : Strings{"data", "model"};
  const Strings idx = {folder_.path().string()};
  for (const auto& [data, threads] : {std::pair{idx, "1"}, std::pair{npy("rows"), "2"},
                                      std::pair{idx, "2"}, std::pair{npy("rows"), "1"}}) {
    const Strings fit = Strings{"fit", "--out", at("model")} + data;
    for (const std::string& mode : modes) {
      expect_same(fit, parallel(mode) + Strings{"--threads", threads}, at("model"));
    }
    if (!tests_take_long() && threads == std::string("2")) break;  // each of them once
  }
}

TEST_P(JobsOfSome, TrainTheModelOfOneProcessFromFolds) {
  const Strings fit =
      Strings{"fit", "--out", at("model"), "--folds", "3", "--select", "mse", "--rows", "5:990"} +
      npy("rows");
  expect_same(fit, parallel("data"), at("model"));
  expect_same(fit, parallel("model"), at("model"));
}

TEST_P(JobsOf, FollowTheProtocolOfTheStudyAsOneProcessDoes) {
  const Strings fit = {"fit", folder_.path().string(), "--preset", "odyssey", "--out", at("model")};
  for (const char* threads : {"1", "2"}) {
    expect_same(fit, parallel("data") + Strings{"--threads", threads}, at("model"));
  }
}

TEST_P(JobsOf, GatherTheMomentsOfOneProcess) {
  const Strings moments = {"moments", "--out", at("moments"), "--first-row", "77"};
  for (const char* threads : {"1", "2"}) {
    expect_same(moments + npy("rows"), {"--threads", threads}, at("moments"));
  }
}

TEST_P(JobsOfSome, PredictWhatOneProcessDoes) {
  json_of({"fit", folder_.path().string(), "--out", at("model"), "--lambdas", "10"});
  const Strings predict = {"predict", at("model"), at("rows.npy")};
  expect_same(predict + Strings{"--out", at("p.csv"), "--scores"}, {}, at("p.csv"));
  expect_same(predict + Strings{"--out", at("p.npy")}, {"--threads", "2"}, at("p.npy"));
  const Result alone = arete(predict);
  const Result together = job(GetParam(), predict);
  EXPECT_EQ(together.exit, 0) << together.err;
  EXPECT_EQ(count_of("\n", alone.out), rows + 1);
  EXPECT_EQ(together.out, alone.out);
}

TEST_P(JobsOfSome, EvaluateAsOneProcessDoes) {
  json_of({"fit", folder_.path().string(), "--out", at("model"), "--lambdas", "10"});
  const Strings eval = Strings{"eval", at("model")} + npy("rows");
  EXPECT_EQ(without_circumstances(json_of_job(GetParam(), eval)).dump(),
            without_circumstances(json_of(eval)).dump());
}

TEST_F(Jobs, TrainTheModelOfOneProcessOnFashionMnist) {
  const char* const given = std::getenv("ARETE_FASHION_MNIST");
  const std::string data = given != nullptr ? given : "/usr/share/datasets/fashion-mnist";
  if (!std::filesystem::exists(data)) {
    GTEST_SKIP() << data << " is not there: install the package dataset-fashion-mnist";
  }
  const Strings fit = {"fit", data, "--no-test", "--lambdas", "1e5,1e6,1e7", "--threads", "1"};
  const Json expected = json_of(fit + Strings{"--out", at("alone")});
  for (const auto& [mode, ranks] : {std::pair{"data", 3}, std::pair{"model", 2}}) {
    const std::string model = at(mode);
    const Json json = json_of_job(ranks, fit + Strings{"--out", model, "--parallel", mode});
    EXPECT_TRUE(bytes_of(model) == bytes_of(at("alone"))) << mode;
    EXPECT_EQ(json["path"].dump(), expected["path"].dump()) << mode;
  }
  const Json average = json_of_job(4, fit + Strings{"--parallel", "average"});
  EXPECT_NEAR(average["best"]["accuracy"].get<double>(), expected["best"]["accuracy"].get<double>(),
              0.01);
}

}  // namespace
}  // namespace arete::run
