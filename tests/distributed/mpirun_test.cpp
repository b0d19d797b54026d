#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "cli/run_command.hpp"
#include "cli/sample_data.hpp"

// Starts programs by mpirun, as a user would: tests in several processes, and the command.
namespace arete::run {
namespace {

using Strings = std::vector<std::string>;

/// mpirun with these words; ends by itself when ranks wait in vain.
Result mpirun(const Strings& words) {
  const Options options{Output::pipe,
                        {{"OMPI_ALLOW_RUN_AS_ROOT", "1"},
                         {"OMPI_ALLOW_RUN_AS_ROOT_CONFIRM", "1"},
                         {"OMPI_MCA_btl_vader_single_copy_mechanism", "none"},  // in containers
                         {"OMP_NUM_THREADS", "1"},
                         {"ASAN_OPTIONS", "detect_leaks=0"}}};  // Open MPI does not free all it has
  Strings all = {ARETE_MPIRUN, "--oversubscribe", "--timeout", "60"};
  all.insert(all.end(), words.begin(), words.end());
  return program(all, options);
}

long count(const std::string& text, const std::string& of) {
  long found = 0;
  for (auto at = text.find(of); at != std::string::npos; at = text.find(of, at + 1)) ++found;
  return found;
}

class Mpirun : public testing::Test {
 protected:
  void SetUp() override {
    if (std::string(ARETE_MPIRUN).empty()) GTEST_SKIP() << "mpirun was not found, or ARETE_MPI=OFF";
  }
};

class MpirunOf : public Mpirun, public testing::WithParamInterface<int> {
 protected:
  static std::string size() { return std::to_string(GetParam()); }
};
INSTANTIATE_TEST_SUITE_P(Sizes, MpirunOf, testing::Values(1, 2, 3, 4, 7));

TEST_P(MpirunOf, TheModuleDoesWhatEveryCommunicatorDoes) {
  const Result result = mpirun({"-n", size(), ARETE_MODULE_SUITE});
  EXPECT_EQ(result.exit, 0) << result.out << result.err;
  EXPECT_EQ(count(result.out, "[  PASSED  ]"), GetParam()) << result.out;
}

TEST_P(MpirunOf, MessagesInPiecesAndFailuresToo) {
  const Result result = mpirun({"-n", size(), ARETE_LIMITS_SUITE});
  EXPECT_EQ(result.exit, 0) << result.out << result.err;
  EXPECT_EQ(count(result.out, "[  PASSED  ]"), GetParam()) << result.out;
}

TEST_F(Mpirun, ARankThatDoesNotHearOfAFailureIsGivenUp) {
  const Result result = mpirun({"-n", "3", ARETE_LIMITS_SUITE, "one_does_not_hear"});
  EXPECT_EQ(result.exit, 6) << result.err;
  EXPECT_EQ(count(result.err, "rank 1 gave up"), 1) << result.err;
}

TEST_F(Mpirun, ARankThatSavesSlowlyIsWaitedFor) {
  const Result result = mpirun({"-n", "3", ARETE_LIMITS_SUITE, "one_saves_slowly"});
  EXPECT_EQ(result.exit, 6) << result.err;
  EXPECT_EQ(count(result.err, "MPI_ABORT"), 0) << result.err;
}

TEST_F(Mpirun, RanksThatAllTakeAnotherForFailedAreTold) {
  const Result result = mpirun({"-n", "3", ARETE_LIMITS_SUITE, "nobody_fails"});
  EXPECT_EQ(result.exit, 1) << result.err;
  EXPECT_EQ(count(result.err, "a failure that none has had"), 1) << result.err;
}

TEST_F(Mpirun, NoRankWaitsForOneThatDies) {
  EXPECT_EQ(mpirun({"-n", "3", ARETE_LIMITS_SUITE, "one_dies"}).exit, 6);
}

TEST_F(Mpirun, AnExceptionThatPassesTheCommunicatorIsTold) {
  const Result result = mpirun({"-n", "3", ARETE_LIMITS_SUITE, "exception_passes"});
  EXPECT_EQ(result.exit, 1) << result.err;
  EXPECT_EQ(count(result.err, "MPI_ABORT"), 0) << result.err;
}

TEST_F(Mpirun, TheCommandAnswersOnce) {
  const Result result = mpirun({"-n", "3", ARETE_COMMAND, "--version"});
  EXPECT_EQ(result.exit, 0) << result.err;
  EXPECT_EQ(count(result.out, "arete "), 1) << result.out;
  EXPECT_EQ(count(mpirun({"-n", "3", ARETE_COMMAND, "fit", "--help"}).out, "Example:"), 1);
}

TEST_F(Mpirun, TheCommandReportsAnErrorOfAllRanksOnce) {
  const Result result = mpirun({"-n", "3", ARETE_COMMAND, "fit", "x", "--nonsense"});
  EXPECT_EQ(result.exit, 2) << result.err;
  EXPECT_EQ(result.out, "");
  EXPECT_EQ(count(result.err, "arete: error: rank 0 on "), 1) << result.err;
  EXPECT_EQ(count(result.err, "arete: error"), 1) << result.err;
}

TEST_F(Mpirun, TheCommandReportsAnErrorOfOneRankWithItsNumber) {
  const Result result = mpirun({"-n", "2", ARETE_COMMAND, "--version", ":",  //
                                "-n", "2", ARETE_COMMAND, "fit", "x", "--force"});
  EXPECT_EQ(result.exit, 2) << result.err;
  EXPECT_EQ(count(result.err, "arete: error: rank 2 on "), 1) << result.err;
  EXPECT_EQ(count(result.err, "arete: error"), 1) << result.err;
  EXPECT_EQ(count(result.err, "--force: is for --out"), 1) << result.err;
}

}  // namespace
}  // namespace arete::run
