#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <limits>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "cli/run_command.hpp"
#include "cli/sample_data.hpp"

namespace arete::run {
namespace {

using test_files::TemporaryFolder;
using Strings = std::vector<std::string>;

const Strings seconds_keys = {"open",  "read",  "moments", "reduce",
                              "solve", "score", "refit",   "total"};
const Strings point_keys = {"lambda",   "status",        "rows",  "correct",
                            "accuracy", "squared_error", "rcond", "residual"};

class Fit : public testing::Test {
 protected:
  TemporaryFolder folder_;
  std::string data_ = folder_.path().string();
  std::string model_ = (folder_.path() / "model.safetensors").string();
};

TEST_F(Fit, TellsItsOwnPeakOfMemory) {
  sample::write_mnist(folder_, "train", 90);
  constexpr std::size_t much = std::size_t{1} << 30;
  const auto touched = std::make_unique<char[]>(much);  // by the process that starts the command
  std::fill_n(touched.get(), much, '1');
  EXPECT_LT(json_of({"fit", data_, "--no-test"})["peak_bytes"], much);
}

TEST_F(Fit, ReportsEverythingInItsPlace) {
  sample::write_mnist(folder_, "train", 90);
  sample::write_mnist(folder_, "t10k", 30, 90);
  const Json json = json_of({"fit", data_, "--lambdas", "1,100", "--holdout-last", "0.2",
                             "--threads", "2", "--device", "cpu", "--out", model_});
  EXPECT_EQ(keys_of(json),
            (Strings{"schema", "command", "data", "device", "sums", "ranks", "threads", "path",
                     "best", "test", "model", "seconds", "peak_bytes", "warnings"}));
  EXPECT_EQ(json["schema"], 1);
  EXPECT_EQ(json["command"], "fit");
  EXPECT_EQ(json["data"].dump(), R"({"rows":90,"features":6,"classes":3})");
  EXPECT_EQ(json["device"], "cpu");
  EXPECT_EQ(json["ranks"], 1);
  EXPECT_EQ(json["threads"], 2);
  ASSERT_EQ(json["path"].size(), 2U);
  for (const Json& point : json["path"]) {
    EXPECT_EQ(keys_of(point), point_keys);
    EXPECT_EQ(point["status"], "solved");
    EXPECT_EQ(point["rows"], 18);
    EXPECT_EQ(point["correct"], 18);
    EXPECT_EQ(point["accuracy"], 1.0);
    EXPECT_GT(point["squared_error"], 0.0);
    EXPECT_GT(point["rcond"], 0.0);
    EXPECT_LT(point["residual"], 1e-15);
  }
  EXPECT_EQ(json["path"][0]["lambda"], 1.0);
  EXPECT_EQ(json["best"].dump(), R"({"lambda":100.0,"accuracy":1.0})") << "ties go to the larger";
  EXPECT_EQ(json["test"].dump(), R"({"rows":30,"correct":30,"accuracy":1.0})");
  EXPECT_EQ(json["model"], model_);
  EXPECT_EQ(keys_of(json["seconds"]), seconds_keys);
  double stages = 0;
  for (const auto& [stage, seconds] : json["seconds"].items()) {
    EXPECT_GT(seconds.get<double>(), 0.0) << stage;
    if (stage != "total") stages += seconds.get<double>();
  }
  EXPECT_LE(stages, json["seconds"]["total"].get<double>());
  EXPECT_GT(json["peak_bytes"], 1'000'000);
  EXPECT_TRUE(json["warnings"].is_array());
  EXPECT_TRUE(std::filesystem::exists(model_));
}

TEST_F(Fit, TestsOnlyWhereThereIsATestSet) {
  const auto images = sample::write_mnist(folder_, "train", 60);
  EXPECT_FALSE(json_of({"fit", data_, "--lambdas", "1,10"}).contains("test"));
  const auto test = sample::write_mnist(folder_, "t10k", 30, 60);
  EXPECT_EQ(json_of({"fit", data_, "--lambdas", "1,10"})["test"]["rows"], 30);
  EXPECT_FALSE(json_of({"fit", data_, "--lambdas", "1,10", "--no-test"}).contains("test"));
  EXPECT_EQ(json_of({"fit", data_, "--lambdas", "1", "--test", images.string()})["test"]["rows"],
            60);
  folder_.write("wide.npy", test_files::npy("|u1", "(2, 7)", std::string(14, '\1')));
  folder_.write("wide-labels.npy", test_files::npy("|u1", "(2,)", std::string(2, '\1')));
  expect_failure({"fit", data_, "--test", (folder_.path() / "wide.npy").string(), "--test-labels",
                  (folder_.path() / "wide-labels.npy").string()},
                 3, "has rows of 7 features (7); the training rows have 6");
}

TEST_F(Fit, ATestSetOfAnotherKindIsFoundOutBeforeTraining) {
  sample::write_mnist(folder_, "train", 60);
  const auto labels = folder_.path() / "t-labels.npy";
  sample::write_npy(folder_, "t", 60);
  folder_.write("turned.npy", test_files::npy("|u1", "(60, 3, 2)", std::string(360, '\1')));
  folder_.write("signed.npy", test_files::npy("|i1", "(60, 6)", std::string(360, '\1')));
  for (const auto& [name, text] : {std::pair{"turned.npy", "has rows of shape 3x2"},
                                   std::pair{"signed.npy", "holds int8 values"}}) {
    expect_failure({"fit", data_, "--lambdas", "1", "--out", model_, "--test",
                    (folder_.path() / name).string(), "--test-labels", labels.string()},
                   3, text);
    EXPECT_FALSE(std::filesystem::exists(model_));
  }
  // Flat rows have the shape that the user says.
  expect_failure({"fit", (folder_.path() / "t.npy").string(), "--labels", labels.string(),
                  "--shape", "3x2", "--test", data_},
                 3, "has rows of shape 2x3; the training rows have shape 3x2");
}

TEST_F(Fit, ATestSetThatCannotBeReadLeavesTheModel) {
  std::vector<float> rows(std::size_t{60} * 6);
  const auto pixels = sample::pixels(60);
  std::ranges::copy(pixels, rows.begin());
  folder_.write("good.npy", test_files::npy("<f4", "(60, 6)", test_files::bytes_of(rows)));
  rows[100] = std::numeric_limits<float>::quiet_NaN();
  folder_.write("bad.npy", test_files::npy("<f4", "(60, 6)", test_files::bytes_of(rows)));
  sample::write_npy(folder_, "x", 60);
  const auto at = [&](const char* name) { return (folder_.path() / name).string(); };
  expect_failure(
      {"fit", at("good.npy"), "--labels", at("x-labels.npy"), "--lambdas", "1,10", "--test",
       at("bad.npy"), "--test-labels", at("x-labels.npy"), "--shape", "2x3", "--out", model_},
      3, "the model is in " + model_ + " all the same");
  EXPECT_EQ(json_of({"inspect", model_})["shape"].dump(), "[2,3]");
}

TEST_F(Fit, MomentsAreTestedOnlyWhenAsked) {
  sample::write_mnist(folder_, "train", 60);
  const std::string test = sample::write_mnist(folder_, "t10k", 30, 60).string();
  const std::string moments = (folder_.path() / "train-images.moments").string();
  json_of({"moments", data_, "-o", moments});
  EXPECT_FALSE(json_of({"fit", moments, "--lambdas", "1"}).contains("test"));
  EXPECT_EQ(json_of({"fit", moments, "--lambdas", "1", "--test", test})["test"]["rows"], 30);
}

TEST_F(Fit, TheGridOfTheUserIsSortedAndWarnedAbout) {
  sample::write_mnist(folder_, "train", 60);
  const Result result = arete({"fit", data_, "--lambdas", "10,1e2,10,1", "--no-refit"});
  ASSERT_EQ(result.exit, 0) << result.err;
  EXPECT_NE(result.err.find("arete: warning: --lambdas: 10 is given more than once"),
            std::string::npos)
      << result.err;
  const Json json = Json::parse(result.out);
  ASSERT_EQ(json["path"].size(), 3U);
  EXPECT_EQ(json["path"][0]["lambda"], 1.0);
  EXPECT_EQ(json["path"][2]["lambda"], 100.0);
  EXPECT_EQ(json["warnings"][0], "--lambdas: 10 is given more than once; once is used");
  EXPECT_TRUE(json["model"].is_null());
}

TEST_F(Fit, FoldsAreReportedOneByOne) {
  sample::write_mnist(folder_, "train", 60);
  const Json json = json_of({"fit", data_, "--lambdas", "1,10", "--folds", "4", "--seed", "7"});
  for (const Json& point : json["path"]) {
    Strings keys = point_keys;
    keys.emplace_back("folds");
    EXPECT_EQ(keys_of(point), keys);
    ASSERT_EQ(point["folds"].size(), 4U);
    int rows = 0;
    for (const Json& fold : point["folds"]) {
      EXPECT_EQ(keys_of(fold), point_keys);
      rows += fold["rows"].get<int>();
    }
    EXPECT_EQ(point["rows"], 60);
    EXPECT_EQ(rows, 60);
  }
}

TEST_F(Fit, PresetIsTheProtocolOfTheStudy) {
  sample::write_mnist(folder_, "train", 60);
  const Json json = json_of({"fit", data_, "--preset", "odyssey", "--rows", "50"});
  EXPECT_EQ(json["data"]["rows"], 50);
  ASSERT_EQ(json["path"].size(), 10U);
  EXPECT_EQ(json["path"][0]["lambda"], 1e-5);
  EXPECT_EQ(json["path"][9]["lambda"], 1e5);
  EXPECT_EQ(json["path"][0]["rows"], 10);
}

TEST_F(Fit, OneLambdaNeedsNothingHeldOut) {
  sample::write_mnist(folder_, "train", 60);
  const Json json = json_of({"fit", data_, "--holdout", "0", "--lambdas", "5"});
  EXPECT_EQ(json["path"].dump(), "[]");
  EXPECT_EQ(json["best"].dump(), R"({"lambda":5.0,"accuracy":null})");
  expect_failure({"fit", data_, "--holdout", "0"}, 2, "give exactly one");
  expect_failure({"fit", data_, "--holdout", "0", "--lambdas", "1,2"}, 2, "give exactly one");
}

TEST_F(Fit, MomentsGiveTheSameModelAsTheirRows) {
  sample::write_mnist(folder_, "train", 90);
  const std::string moments = (folder_.path() / "all.moments").string();
  const std::string other = (folder_.path() / "other.safetensors").string();
  json_of({"moments", data_, "-o", moments});
  const Json json = json_of({"fit", moments, "--lambdas", "1,10,100", "--out", model_});
  EXPECT_TRUE(json["path"][0]["correct"].is_null());
  EXPECT_TRUE(json["path"][0]["accuracy"].is_null());
  EXPECT_TRUE(json["best"]["accuracy"].is_null());
  const Json rows =
      json_of({"fit", data_, "--lambdas", "1,10,100", "--select", "mse", "--out", other});
  EXPECT_EQ(json["best"]["lambda"], rows["best"]["lambda"]);
  EXPECT_EQ(json["path"][0]["squared_error"], rows["path"][0]["squared_error"]);

  const Strings settled[] = {{"--rows", "50"},       {"--holdout", "0.3"},      {"--folds", "3"},
                             {"--seed", "1"},        {"--preset", "odyssey"},   {"--labels", "x"},
                             {"--grayscale"},        {"--holdout-last", "0.1"}, {"--binarise", "3"},
                             {"--image-size", "2x3"}};
  for (const Strings& option : settled) {
    Strings words = {"fit", moments};
    words.insert(words.end(), option.begin(), option.end());
    expect_failure(words, 2, option.front() + ": " + moments + " is a moments file");
  }
  expect_failure({"fit", moments, "--select", "accuracy"}, 2, "needs rows");
}

TEST_F(Fit, ShapeIsKeptInTheModel) {
  const std::string data = sample::write_npy(folder_, "flat", 60).string();
  const std::string labels = (folder_.path() / "flat-labels.npy").string();
  json_of(
      {"fit", data, "--labels", labels, "--lambdas", "1,10", "--shape", "2x3", "--out", model_});
  EXPECT_EQ(json_of({"inspect", model_})["shape"].dump(), "[2,3]");
  expect_failure({"fit", data, "--labels", labels, "--shape", "2x4"}, 2, "has 6 features");
}

TEST_F(Fit, NothingIsOverwrittenUnasked) {
  sample::write_mnist(folder_, "train", 60);
  const TemporaryFolder results;
  const std::string model = results.write("model.safetensors", "precious");
  expect_failure({"fit", data_, "--lambdas", "1", "--out", model}, 2, "--force");
  EXPECT_EQ(bytes_of(model), "precious");
  json_of({"fit", data_, "--lambdas", "1", "--out", model, "--force"});
  EXPECT_NE(bytes_of(model), "precious");
}

TEST_F(Fit, TerminalShowsATable) {
  sample::write_mnist(folder_, "train", 90);
  sample::write_mnist(folder_, "t10k", 30, 90);
  const Strings words = {"fit", data_, "--lambdas", "1,100"};
  const Options plain{Output::terminal, {{"NO_COLOR", "1"}, {"TERM", "xterm"}}};
  const Result result = arete(words, plain);
  ASSERT_EQ(result.exit, 0) << result.err;
  for (const char* text : {"90 rows, 6 features, 3 classes", "lambda", "accuracy", "best ",
                           "lambda 100: 100.00 %", "100.00 % of test rows right (30 of 30)"}) {
    EXPECT_NE(result.out.find(text), std::string::npos) << text << " in\n" << result.out;
  }
  EXPECT_EQ(result.out.find('\x1b'), std::string::npos) << result.out;

  const Options styled{Output::terminal, {{"NO_COLOR", ""}, {"TERM", "xterm"}}};
  EXPECT_NE(arete(words, styled).out.find("\x1b[1m"), std::string::npos);

  Strings with_json = words;
  with_json.emplace_back("--json");
  EXPECT_EQ(Json::parse(arete(with_json, plain).out)["command"], "fit");
}

}  // namespace
}  // namespace arete::run
