#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <string>
#include <vector>

#include "cli/run_command.hpp"
#include "cli/sample_data.hpp"

/// What the command writes never takes the place of what it reads.
namespace arete::run {
namespace {

namespace fs = std::filesystem;
using Strings = std::vector<std::string>;

class Outputs : public testing::Test {
 protected:
  Outputs() {
    sample::write_npy(folder_, "x", 90);
    json_of(with_data("fit", {"--lambdas", "1", "--out", model_}));
  }

  [[nodiscard]] std::string at(const std::string& name) const {
    return (folder_.path() / name).string();
  }

  [[nodiscard]] Strings with_data(std::string command, const Strings& more) const {
    return sample::on_npy(std::move(command), folder_, "x", more);
  }

  test_files::TemporaryFolder folder_;
  std::string model_ = at("model.safetensors");
};

TEST_F(Outputs, NeverReplaceWhatIsRead) {
  fs::create_symlink(at("x.npy"), at("link"));
  fs::create_hard_link(at("x-labels.npy"), at("hard"));
  const std::string rows = bytes_of(at("x.npy"));
  for (const std::string option : {"--out", "--report"}) {
    for (const char* file : {"x.npy", "x-labels.npy", "link", "hard"}) {
      expect_failure(with_data("fit", {"--lambdas", "1", option, at(file), "--force"}), 2,
                     "cannot be replaced");
    }
  }
  expect_failure(with_data("moments", {"-o", at("x.npy"), "--force"}), 2, "cannot be replaced");
  expect_failure({"predict", model_, at("x.npy"), "-o", at("x.npy"), "--force"}, 2,
                 "cannot be replaced");
  expect_failure({"report", model_, "-o", model_, "--force"}, 2, "cannot be replaced");
  expect_failure(with_data("fit", {"--test", model_, "--out", model_, "--force"}), 2,
                 "cannot be replaced");
  EXPECT_EQ(bytes_of(at("x.npy")), rows);
}

TEST_F(Outputs, NeverReplaceAFileOfAFolderThatIsRead) {
  const test_files::TemporaryFolder data;
  const fs::path images = sample::write_mnist(data, "train", 60);
  const std::string pixels = bytes_of(images);
  for (const fs::path& name : {data.path(), images}) {
    expect_failure({"fit", name, "--out", images, "--force"}, 2, "is read");
    expect_failure({"fit", name, "--out", data.path() / "train-labels-idx1-ubyte", "--force"}, 2,
                   "is read");
  }
  // Nor the test set that is found beside them.
  const fs::path test = sample::write_mnist(data, "t10k", 20);
  for (const fs::path& name : {test, data.path() / "t10k-labels-idx1-ubyte"}) {
    expect_failure({"fit", images, "--out", name, "--force"}, 2, "is read");
  }
  EXPECT_EQ(bytes_of(images), pixels);
  // A result may lie there, and be replaced.
  const std::string model = data.path() / "model";
  const std::string page = data.path() / "page";
  for (int time = 0; time < 2; ++time) {
    json_of({"fit", data.path(), "--out", model, "--report", page, "--force"});
  }
}

TEST_F(Outputs, AreFilesOfTheirOwn) {
  for (const std::string& name : Strings{at("one"), folder_.path().string() + "/./one"}) {
    expect_failure(with_data("fit", {"--lambdas", "1", "--out", at("one"), "--report", name}), 2,
                   "give two names");
  }
  EXPECT_FALSE(fs::exists(at("one")));
  EXPECT_EQ(
      arete(with_data("fit", {"--lambdas", "1", "--out", "/dev/null", "--report", "/dev/null"}))
          .exit,
      0);
}

TEST_F(Outputs, HaveProperNames) {
  expect_failure(with_data("fit", {"--lambdas", "1", "--out", "-"}), 2, "./-");
  expect_failure(with_data("fit", {"--lambdas", "1", "--out", ""}), 2, "the name is empty");
  expect_failure({"report", model_, "-o", "-"}, 2, "./-");
}

TEST_F(Outputs, MergedMomentsMayTakeThePlaceOfOne) {
  json_of(with_data("moments", {"--rows", "0:40", "-o", at("all")}));
  json_of(with_data("moments", {"--rows", "40:90", "-o", at("day")}));
  EXPECT_EQ(
      json_of({"merge", at("all"), at("day"), "-o", at("all"), "--force"}).at("data").at("rows"),
      90);
}

TEST_F(Outputs, ThatReplaceAFileAreAsOpenAsThatWas) {
  fs::permissions(model_, fs::perms{0600});
  json_of(with_data("fit", {"--lambdas", "1", "--out", model_, "--force"}));
  EXPECT_EQ(fs::status(model_).permissions(), fs::perms{0600});
}

TEST_F(Outputs, ThatNobodyReadsEndTheCommandInSilence) {
  const Result closed = arete(with_data("moments", {"-o", "-"}), {Output::closed_pipe, {}});
  EXPECT_EQ(closed.exit, 141);
  EXPECT_EQ(closed.err, "");
}

TEST_F(Outputs, AreNotInTheFolderOfACheckpoint) {
  fs::create_directory(at("pieces"));
  for (const char* name : {"pieces/model", "pieces/arete-job.json", "pieces/../pieces/x"}) {
    expect_failure(with_data("fit", {"--lambdas", "1", "--checkpoint", at("pieces"), "--out",
                                     at(name), "--force"}),
                   2, "folder of the checkpoint");
    expect_failure(with_data("moments", {"--checkpoint", at("pieces"), "-o", at(name)}), 2,
                   "folder of the checkpoint");
  }
}

TEST_F(Outputs, OfACheckpointTakeNoPlaceOfOthers) {
  folder_.write("mine/job.json", "mine");
  folder_.write("mine/lock", "mine");
  json_of(with_data("fit", {"--lambdas", "1", "--checkpoint", at("mine")}));
  EXPECT_EQ(bytes_of(at("mine/job.json")), "mine");
  EXPECT_EQ(bytes_of(at("mine/lock")), "mine");
}

TEST_F(Outputs, LeaveTheCheckpointUntilAllAreWritten) {
  const Strings words = with_data(
      "fit", {"--lambdas", "1", "--checkpoint", at("pieces"), "--out", at("late"), "--force"});
  Strings with_page = words;
  with_page.insert(with_page.end(), {"--report", "/dev/full"});
  EXPECT_EQ(arete(with_page).exit, 6);
  EXPECT_TRUE(fs::exists(at("pieces/arete-job.json")));
  EXPECT_EQ(arete(words, {Output::full_disk, {}}).exit, 6);
  EXPECT_TRUE(fs::exists(at("pieces/arete-job.json")));
  EXPECT_EQ(json_of(words).at("resumed_rows"), 90);
  EXPECT_FALSE(fs::exists(at("pieces")));
}

}  // namespace
}  // namespace arete::run
