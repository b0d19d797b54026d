#pragma once

#include <gtest/gtest.h>
#include <sys/types.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "cli/run_command.hpp"
#include "data/test_files.hpp"

/// Starts the command by mpirun, as a user would.
namespace arete::run {

using Strings = std::vector<std::string>;

/// No job of a test may take longer: what does waits in vain.
inline constexpr int patience_seconds = 30;

/// Whether tests may take long: scripts/test --full.
inline bool tests_take_long() {
  const char* const full = std::getenv("ARETE_FULL_TESTS");
  return full != nullptr && std::string(full) == "1";
}

inline Strings mpirun_words(Strings words) {
  Strings all = {ARETE_MPIRUN, "--oversubscribe", "--bind-to",
                 "none",       "--timeout",       std::to_string(patience_seconds)};
  std::ranges::move(words, std::back_inserter(all));
  return all;
}

/// With mpirun's own files in `folder`: those of jobs that are killed are removed with it.
inline std::vector<std::pair<std::string, std::string>> mpirun_environment(
    const std::filesystem::path& folder) {
  return {{"OMPI_ALLOW_RUN_AS_ROOT", "1"},
          {"OMPI_ALLOW_RUN_AS_ROOT_CONFIRM", "1"},
          {"OMPI_MCA_btl_vader_single_copy_mechanism", "none"},  // not allowed in containers
          {"OMPI_MCA_btl_vader_backing_directory", folder.string()},
          {"OMPI_MCA_orte_tmpdir_base", folder.string()},
          {"ASAN_OPTIONS", "detect_leaks=0:verify_asan_link_order=0"}};
}

/// The processes that were started with `text` somewhere in their arguments.
inline std::vector<pid_t> processes_with(const std::string& text) {
  std::vector<pid_t> found;
  for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
    const std::string name = entry.path().filename().string();
    if (name.find_first_not_of("0123456789") != std::string::npos) continue;
    std::ostringstream words;  // stays empty where the process has just ended
    words << std::ifstream(entry.path() / "cmdline").rdbuf();
    if (words.str().find(text) != std::string::npos) {
      found.push_back(static_cast<pid_t>(std::stol(name)));
    }
  }
  return found;
}

inline Strings operator+(Strings words, const Strings& more) {
  words.insert(words.end(), more.begin(), more.end());
  return words;
}

inline long count_of(const std::string& part, const std::string& text) {
  long found = 0;
  for (auto at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++found;
  return found;
}

/// Tests of jobs of several processes, whose files are in one folder.
class Jobs : public testing::Test {
 protected:
  void SetUp() override {
    if (std::string(ARETE_MPIRUN).empty()) {
      GTEST_SKIP() << "mpirun was not found, or the MPI module is not built";
    }
  }

  [[nodiscard]] std::string at(const std::string& name) const { return (folder_ / name).string(); }

  /// What sample::write_npy() makes of this name, as arguments.
  [[nodiscard]] Strings npy(const std::string& name) const {
    return {at(name + ".npy"), "--labels", at(name + "-labels.npy")};
  }

  /// What follows "mpirun".
  [[nodiscard]] Result mpirun(const Strings& words) const {
    Options options;
    options.environment = mpirun_environment(folder_.path());
    const Result result = program(mpirun_words(words), options);
    EXPECT_EQ(processes_with(folder_.path().string()).size(), 0U) << "processes are left";
    return result;
  }

  [[nodiscard]] Result job(int ranks, const Strings& arguments) const {
    return mpirun(Strings{"-n", std::to_string(ranks), ARETE_COMMAND} + arguments);
  }

  /// The JSON of a job that must succeed, printed once.
  [[nodiscard]] Json json_of_job(int ranks, Strings arguments) const {
    arguments.emplace_back("--json");
    const Result result = job(ranks, arguments);
    EXPECT_EQ(result.exit, 0) << result.err;
    Json json = Json::parse(result.out, nullptr, false);
    EXPECT_FALSE(json.is_discarded()) << result.out;
    return json;
  }

  test_files::TemporaryFolder folder_;
};

}  // namespace arete::run
