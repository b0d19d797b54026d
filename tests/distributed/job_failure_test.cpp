// How a job of several processes ends that cannot do its work: with one message, and soon.
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <filesystem>
#include <limits>
#include <string>
#include <vector>

#include "arete/core/blas.hpp"
#include "cli/sample_data.hpp"
#include "distributed/mpirun.hpp"

namespace arete::run {
namespace {

std::string host_name() {
  std::array<char, 256> name{};
  EXPECT_EQ(::gethostname(name.data(), name.size() - 1), 0);
  return name.data();
}

class JobFailures : public Jobs {
 protected:
  void SetUp() override {
    Jobs::SetUp();
    sample::write_npy(folder_, "rows", 900);
  }

  /// That a job ends with this exit code and one message, which is of this rank and holds `text`.
  void expect_job_failure(const Strings& words, int exit, int rank, const std::string& text) {
    SCOPED_TRACE(testing::PrintToString(words));
    const auto start = std::chrono::steady_clock::now();
    const Result result = mpirun(words);
    EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(patience_seconds));
    EXPECT_EQ(result.exit, exit) << result.err;
    EXPECT_EQ(result.out, "");
    const std::string beginning =
        "arete: error: rank " + std::to_string(rank) + " on " + host_name() + ": ";
    EXPECT_EQ(count_of("arete: error: ", result.err), 1) << result.err;
    EXPECT_EQ(count_of(beginning, result.err), 1) << result.err;
    EXPECT_NE(result.err.find(text), std::string::npos) << result.err;
  }

  static Strings fit_on(const std::string& ranks, const Strings& arguments) {
    return Strings{"-n", ranks, ARETE_COMMAND, "fit"} + arguments;
  }

  /// A job of three whose ranks are all told the same.
  void expect_failure_of_three(const Strings& arguments, int exit, int rank,
                               const std::string& text) {
    expect_job_failure(Strings{"-n", "3", ARETE_COMMAND} + arguments, exit, rank, text);
  }
};

TEST_F(JobFailures, DataThatOneHostLacks) {
  const std::string absent = at("elsewhere.npy");
  expect_job_failure(fit_on("2", npy("rows")) + Strings{":"} + fit_on("1", {absent}), 3, 2,
                     absent + ": does not exist");
}

TEST_F(JobFailures, OtherDataOnOneHost) {
  sample::write_npy(folder_, "fewer", 800);
  expect_job_failure(fit_on("1", npy("rows")) + Strings{":"} + fit_on("2", npy("fewer")), 3, 1,
                     "every rank needs the same");
}

TEST_F(JobFailures, ADamagedFile) {
  std::filesystem::resize_file(at("rows.npy"), 3000);
  expect_failure_of_three(Strings{"fit"} + npy("rows"), 3, 0, "rows.npy: is too short");
}

TEST_F(JobFailures, ABadValueInTheRowsOfOneRank) {
  std::vector<float> values(std::size_t{90'000} * 2);
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = static_cast<float>(i % 7);
  values[values.size() - 100] = std::numeric_limits<float>::quiet_NaN();
  folder_.write("floats.npy", test_files::npy("<f4", "(90000, 2)", test_files::bytes_of(values)));
  folder_.write("floats-labels.npy",
                test_files::npy("|u1", "(90000,)", test_files::bytes_of(sample::labels(90'000))));
  expect_failure_of_three(Strings{"fit", "--parallel", "data"} + npy("floats"), 3, 2, "row 89950");
}

TEST_F(JobFailures, AModelThatCannotBeWritten) {
  const std::string out = at("no/such/folder/model");
  expect_failure_of_three(Strings{"fit", "--out", out} + npy("rows"), 6, 0, out);
}

TEST_F(JobFailures, AFullDisk) {
  expect_failure_of_three(Strings{"fit", "--out", "/dev/full"} + npy("rows"), 6, 0,
                          "No space left on device");
  expect_failure_of_three(Strings{"moments", "--out", "/dev/full"} + npy("rows"), 6, 0,
                          "No space left on device");
}

TEST_F(JobFailures, WrongUsage) {
  expect_failure_of_three({"fit", at("rows.npy"), "--nonsense"}, 2, 0, "--nonsense");
  expect_failure_of_three(
      Strings{"fit", "--parallel", "model", "--checkpoint", at("c")} + npy("rows"), 2, 0,
      "--checkpoint");
}

TEST_F(JobFailures, AnUnusableCheckpointFolder) {
  folder_.write("file", "not a folder");
  expect_failure_of_three(Strings{"fit", "--checkpoint", at("file")} + npy("rows"), 6, 0,
                          at("file"));
}

TEST_F(JobFailures, AFullDiskForTheCheckpointOfOneRank) {
  const Strings fit =
      Strings{ARETE_COMMAND, "fit", "--json", "--lambdas", "1", "--checkpoint", at("pieces")} +
      npy("rows");
  // Writes beyond the limit fail; shared memory, a file too, is not used.
  const Strings limited = {"sh", "-c", R"(trap '' XFSZ; ulimit -f 1; exec "$0" "$@")"};
  expect_job_failure(Strings{"--mca", "btl", "tcp,self", "-n", "2"} + fit +
                         Strings{":", "-n", "1"} + limited + fit,
                     6, 2, "000000-000002.moments: writing failed: File too large");
  const auto has_piece = [&](int rank) {
    return std::filesystem::exists(at("pieces/000000-00000" + std::to_string(rank) + ".moments"));
  };
  EXPECT_TRUE(has_piece(0) && has_piece(1)) << "what others have summed is kept";
  EXPECT_FALSE(has_piece(2));
  Strings words = fit;
  words.erase(words.begin());
  EXPECT_EQ(json_of_job(2, words)["resumed_rows"], 600);
}

TEST_F(JobFailures, ProcessorsThatDifferAreWarnedAbout) {
  const std::string other = blas_kernels() == "Haswell" ? "Nehalem" : "Haswell";
  const Strings fit = Strings{ARETE_COMMAND, "fit", "--json"} + npy("rows");
  const Result result = mpirun(Strings{"-n", "2"} + fit +
                               Strings{":", "-n", "1", "env", "OPENBLAS_CORETYPE=" + other} + fit);
  EXPECT_EQ(result.exit, 0) << result.err;
  EXPECT_EQ(count_of("arete: warning: the ranks' CPUs differ", result.err), 1) << result.err;
  EXPECT_NE(result.err.find("rank 2: " + other + " on " + host_name()), std::string::npos)
      << result.err;
  EXPECT_NE(Json::parse(result.out)["warnings"].dump().find("CPUs differ"), std::string::npos);
}

}  // namespace
}  // namespace arete::run
