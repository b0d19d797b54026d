#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "cli/run_command.hpp"
#include "cli/sample_data.hpp"

/// The command, with every single call of a kind failing once: whatever fails, it ends with success
/// or with one clear error, and files are whole, old or new.
namespace arete::run {
namespace {

namespace fs = std::filesystem;

/// Something that a user does, which leaves a file.
struct Job {
  std::string name;
  std::vector<std::string> words;
  std::string output;  ///< the file, which is there before: an older one, to be replaced
};

/// Which of very many calls are made to fail: all of the first, then ever fewer; every one with
/// ARETE_FULL_TESTS=1.
long next_number(long number) {
  if (std::getenv("ARETE_FULL_TESTS") != nullptr || number < 12) return number + 1;
  return number + number / 8;
}

class Faults : public testing::TestWithParam<std::string> {
 protected:
  Faults() {
    if (std::string(ARETE_FAIL_CALL).empty()) return;
    sample::write_npy(folder_, "x", 90);
    const auto with_data = [&](const char* command, std::vector<std::string> more) {
      more.insert(more.begin(), {"--threads", "2"});
      return sample::on_npy(command, folder_, "x", more);
    };
    json_of(with_data("fit", {"--lambdas", "1,10", "--out", at("model")}));
    json_of(with_data("moments", {"--rows", "0:40", "-o", at("a")}));
    json_of(with_data("moments", {"--rows", "40:90", "-o", at("b")}));
    jobs_ = {
        {"fit",
         with_data("fit",
                   {"--lambdas", "1,10", "--out", at("out"), "--report", at("page"), "--force"}),
         at("out")},
        {"checkpoint",
         with_data("fit", {"--lambdas", "1,10", "--out", at("out"), "--force", "--checkpoint",
                           at("pieces"), "--checkpoint-every", "0.001"}),
         at("out")},
        {"moments", with_data("moments", {"-o", at("out"), "--force"}), at("out")},
        {"merge", {"merge", at("a"), at("b"), "-o", at("out"), "--force"}, at("out")},
        {"predict",
         {"predict", at("model"), at("x.npy"), "-o", at("out.csv"), "--force", "--threads", "2"},
         at("out.csv")},
        {"eval",
         {"eval", at("model"), at("x.npy"), "--labels", at("x-labels.npy"), "--threads", "2"},
         ""}};
  }

  [[nodiscard]] std::string at(const std::string& name) const {
    return (folder_.path() / name).string();
  }

  /// The job with one call failing; false when there were not so many calls.
  bool run_with_fault(const Job& job, const std::string& call, long number,
                      const std::string& whole) {
    SCOPED_TRACE(job.name + ": " + call + " " + std::to_string(number));
    fs::remove(at("marker"));
    fs::remove_all(at("pieces"));
    if (!job.output.empty()) folder_.write(fs::path(job.output).filename(), "old");
    Options options;
    options.environment = {
        {"LD_PRELOAD", ARETE_FAIL_CALL},
        {"ARETE_FAULT", call + ":" + std::to_string(number) + ":" + at("marker")}};
    std::vector<std::string> words = {"/usr/bin/timeout", "60", ARETE_COMMAND};
    words.insert(words.end(), job.words.begin(), job.words.end());
    const Result result = program(words, options);
    const bool reached = fs::exists(at("marker"));
    expect_clean_end(result, reached);
    if (!job.output.empty()) expect_whole_file(job.output, result, whole);
    expect_nothing_left_behind();
    runs_ += 1;
    return reached;
  }

  static void expect_clean_end(const Result& result, bool reached) {
    if (result.exit == 0) return;
    EXPECT_TRUE(reached) << "exit " << result.exit << "\n" << result.err;
    EXPECT_TRUE(result.exit == 2 || result.exit == 3 || result.exit == 4 || result.exit == 6)
        << "exit " << result.exit << "\n"
        << result.err;
    EXPECT_NE(result.err.find("arete: error: "), std::string::npos) << result.err;
    EXPECT_EQ(result.err.find("this is a bug"), std::string::npos) << result.err;
  }

  static void expect_whole_file(const std::string& path, const Result& result,
                                const std::string& whole) {
    const std::string bytes = bytes_of(path);
    EXPECT_TRUE(bytes == whole || (result.exit != 0 && bytes == "old"))
        << "exit " << result.exit << ", " << bytes.size() << " bytes";
  }

  /// Half-written files have names of their own; none may stay. (Pieces of a checkpoint may.)
  void expect_nothing_left_behind() const {
    for (const auto& entry : fs::recursive_directory_iterator(folder_.path())) {
      EXPECT_EQ(entry.path().string().find(".part"), std::string::npos) << entry.path();
    }
  }

  test_files::TemporaryFolder folder_;
  std::vector<Job> jobs_;
  long runs_ = 0;
};

TEST_P(Faults, EndWithSuccessOrAClearError) {
  if (std::string(ARETE_FAIL_CALL).empty()) GTEST_SKIP() << "a sanitizer's library comes first";
  for (const Job& job : jobs_) {
    ASSERT_EQ(arete(job.words).exit, 0);
    const std::string whole = job.output.empty() ? "" : bytes_of(job.output);
    long number = 1;
    while (run_with_fault(job, GetParam(), number, whole)) number = next_number(number);
    EXPECT_TRUE(number > 1 || job.output.empty() || GetParam() == "memalign")
        << job.name << " never calls " << GetParam();
  }
  std::printf("%ld runs\n", runs_);
}

INSTANTIATE_TEST_SUITE_P(EveryCall, Faults,
                         testing::Values("read", "write", "fsync", "rename", "open", "new",
                                         "memalign"),
                         [](const auto& info) { return info.param; });

TEST(Tiles, AreDoneWithoutWhereTheSystemWithholdsThem) {
  if (std::string(ARETE_FAIL_CALL).empty()) GTEST_SKIP() << "a sanitizer's library comes first";
  const test_files::TemporaryFolder folder;
  sample::write_npy(folder, "x", 90);
  const std::string marker = (folder.path() / "marker").string();
  Options withheld;
  withheld.environment = {{"LD_PRELOAD", ARETE_FAIL_CALL},
                          {"ARETE_FAULT", "arch_prctl:1:" + marker}};
  const auto info = Json::parse(arete({"info"}, withheld).out);
  if (!fs::exists(marker)) GTEST_SKIP() << "this CPU has no AMX";
  for (const Json& kernel : info["kernels"]) EXPECT_NE(kernel, "amx");

  const auto fit_to = [&](const char* model, const std::vector<std::string>& more) {
    std::vector<std::string> words = {"--lambdas", "1", "--out", (folder.path() / model).string()};
    words.insert(words.end(), more.begin(), more.end());
    return sample::on_npy("fit", folder, "x", words);
  };
  EXPECT_EQ(arete(fit_to("without", {}), withheld).exit, 0);
  EXPECT_EQ(arete(fit_to("with", {})).exit, 0);
  EXPECT_EQ(bytes_of(folder.path() / "without"), bytes_of(folder.path() / "with"));
  expect_failure(fit_to("none", {"--kernel", "amx"}), 4, "the system withholds it", withheld);
}

}  // namespace
}  // namespace arete::run
