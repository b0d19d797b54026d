#include <gtest/gtest.h>
#include <sys/resource.h>

#include <algorithm>
#include <filesystem>
#include <iterator>
#include <string>
#include <vector>

#include "cli/run_command.hpp"
#include "cli/sample_data.hpp"

namespace arete::run {
namespace {

using test_files::TemporaryFolder;
using Strings = std::vector<std::string>;

class Usage : public testing::Test {
 protected:
  Usage() { sample::write_mnist(folder_, "train", 60); }

  [[nodiscard]] std::string at(const std::string& name) const {
    return (folder_.path() / name).string();
  }

  TemporaryFolder folder_;
  std::string data_ = folder_.path().string();
};

TEST_F(Usage, WrongWordsAreNamed) {
  struct Case {
    Strings words;
    std::string text;
  };
  const Case cases[] = {
      {{}, "see 'arete --help'"},
      {{"fitt"}, "fitt"},
      {{"fit"}, "see 'arete fit --help'"},
      {{"fit", data_, "--nonsense"}, "--nonsense"},
      {{"fit", data_, "--lambdas", "-1"}, "--lambdas: found '-1'"},
      {{"fit", data_, "--lambdas", "1,nan"}, "--lambdas: found 'nan'"},
      {{"fit", data_, "--lambdas", "1:2"}, "--lambdas: found '1:2'"},
      {{"fit", data_, "--lambdas", "abc"}, "--lambdas: found 'abc'"},
      {{"fit", data_, "--holdout", "1.5"}, "--holdout: found '1.5'"},
      {{"fit", data_, "--holdout", "0.2", "--folds", "3"}, "--folds"},
      {{"fit", data_, "--holdout-last", "0.2", "--folds", "3"}, "--folds"},
      {{"fit", data_, "--holdout-last", "0.2", "--seed", "3"}, "--seed"},
      {{"fit", data_, "--folds", "1"}, "--folds: found '1'"},
      {{"fit", data_, "--seed", "-1"}, "--seed: found '-1'"},
      {{"fit", data_, "--select", "auc"}, "accuracy, mse"},
      {{"fit", data_, "--solver", "svd"}, "cholesky, eigen"},
      {{"fit", data_, "--preset", "iliad"}, "--preset: found 'iliad'"},
      {{"fit", data_, "--preset", "odyssey", "--folds", "3"}, "--folds: --preset odyssey"},
      {{"fit", data_, "--preset", "odyssey", "--lambdas", "1"}, "--lambdas: --preset odyssey"},
      {{"fit", data_, "--rows", "61"}, "has 60 rows"},
      {{"fit", data_, "--rows", "9:3"}, "--rows: found '9:3'"},
      {{"fit", data_, "--memory", "lots"}, "--memory: found 'lots'"},
      {{"fit", data_, "--threads", "0"}, "--threads: found '0'"},
      {{"fit", data_, "--device", "tpu"}, "tpu"},
      {{"fit", data_, "--kernel", "avx"}, "--kernel: found 'avx'"},
      {{"fit", data_, "--binarise", "255"}, "from 0 to 254"},
      {{"fit", data_, "--image-size", "28"}, "--image-size: found '28'"},
      {{"fit", data_, "--grayscale"}, "--grayscale"},
      {{"fit", data_, "--test-labels", "x"}, "--test-labels: there is no test set"},
      {{"fit", data_, "--no-test", "--test", data_}, "--test"},
      {{"fit", data_, "--shape", "5x5"}, "--shape: found 5x5"},
      {{"fit", data_, "--out", data_}, "is a folder"},
      {{"moments", data_}, "--out"},
      {{"moments", data_, "-o", at("m"), "--holdout-last", "0.2"}, "--holdout-last"},
      {{"merge", "-o", at("m")}, "FILE"},
      {{"predict"}, "MODEL"},
  };
  for (const Case& wrong : cases) expect_failure(wrong.words, 2, wrong.text);
}

TEST_F(Usage, OtherFailuresHaveTheirCodes) {
  expect_failure({"fit", at("absent")}, 3, at("absent"));
  expect_failure({"inspect", at("absent")}, 3, at("absent"));
  expect_failure({"predict", at("absent"), data_}, 3, at("absent"));
  expect_failure({"merge", at("absent"), "-o", at("m")}, 3, at("absent"));
  expect_failure({"fit", data_, "--device", "cuda:63"}, 4, "cuda");
  expect_failure({"fit", data_, "--out", at("no/such/folder/model")}, 6, "no/such/folder");
  expect_failure({"moments", data_, "-o", at("no/such/folder/m")}, 6, "no/such/folder");
}

#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
TEST_F(Usage, ThreadsThatCannotBeStartedAreAFailedResource) {
  // Threads take their stack from this limit: here, more than there are addresses.
  struct rlimit before {};
  ASSERT_EQ(::getrlimit(RLIMIT_STACK, &before), 0);
  if (before.rlim_max != RLIM_INFINITY) GTEST_SKIP() << "the stack is limited for good";
  const struct rlimit huge { rlim_t{1} << 50U, before.rlim_max };
  ASSERT_EQ(::setrlimit(RLIMIT_STACK, &huge), 0);
  const Options one_thread{Output::pipe, {{"OPENBLAS_NUM_THREADS", "1"}, {"OMP_NUM_THREADS", "1"}}};
  expect_failure({"fit", data_, "--lambdas", "1", "--threads", "1"}, 6, "--threads", one_thread);
  ASSERT_EQ(::setrlimit(RLIMIT_STACK, &before), 0);
}
#endif

TEST_F(Usage, NothingUnsolvedIsReportedAsSolved) {
  folder_.write("zero.npy", test_files::npy("|u1", "(20, 4)", std::string(80, '\0')));
  folder_.write("zero-labels.npy",
                test_files::npy("|u1", "(20,)", test_files::bytes_of(sample::labels(20))));
  expect_failure({"fit", at("zero.npy"), "--labels", at("zero-labels.npy"), "--lambdas", "0",
                  "--out", at("model")},
                 5, "lambda");
  EXPECT_FALSE(std::filesystem::exists(at("model")));
}

TEST_F(Usage, AnUnsolvedLambdaHasNoFigures) {
  auto pixels = sample::pixels(40);
  for (std::size_t i = 0; i < pixels.size(); i += sample::features) pixels[i] = 7;
  folder_.write("c.npy", test_files::npy("|u1", "(40, 6)", test_files::bytes_of(pixels)));
  folder_.write("c-labels.npy",
                test_files::npy("|u1", "(40,)", test_files::bytes_of(sample::labels(40))));
  const Strings words = {"fit", at("c.npy"), "--labels", at("c-labels.npy"), "--lambdas", "0,1"};
  const Json path = json_of(words)["path"];
  EXPECT_EQ(path[0]["status"], "not positive definite");
  for (const char* const figure : {"correct", "accuracy", "squared_error", "residual"}) {
    EXPECT_TRUE(path[0][figure].is_null()) << figure;
    EXPECT_FALSE(path[1][figure].is_null()) << figure;
  }
  const Result table = arete(words, {Output::terminal, {}});
  EXPECT_NE(table.out.find("not positive definite"), std::string::npos) << table.out;
}

TEST_F(Usage, HelpShowsDefaultsAndAnExample) {
  const Result all = arete({"--help"});
  EXPECT_EQ(all.exit, 0);
  for (const std::string command :
       {"fit", "moments", "merge", "predict", "eval", "inspect", "info"}) {
    SCOPED_TRACE(command);
    EXPECT_NE(all.out.find("\n  " + command + " "), std::string::npos) << all.out;
    const Result help = arete({command, "--help"});
    EXPECT_EQ(help.exit, 0);
    EXPECT_EQ(help.err, "");
    EXPECT_NE(help.out.find("Example:\n  arete " + command), std::string::npos) << help.out;
  }
  EXPECT_NE(arete({"fit", "--help"}).out.find("(default: 0.2)"), std::string::npos);
  EXPECT_TRUE(arete({"--version"}).out.starts_with("arete "));
}

TEST_F(Usage, InfoSaysWhatIsMissing) {
  const Json json = json_of({"info"});
  EXPECT_EQ(keys_of(json),
            (Strings{"schema", "command", "version", "build", "blas", "kernels", "threads",
                     "memory_bytes", "devices", "gpus", "no_gpu", "modules"}));
  EXPECT_GE(json["threads"], 1);
  EXPECT_EQ(json["devices"][0], "cpu");
  EXPECT_EQ(json["kernels"].back(), "float64");
  ASSERT_EQ(json["modules"].size(), 3U);
  for (const Json& module : json["modules"]) {
    EXPECT_EQ(module["present"].get<bool>(), module["reason"].is_null()) << module.dump();
  }
}

TEST_F(Usage, AKernelThatTheCpuLacksIsNotAvailable) {
  const auto present = json_of({"info"})["kernels"].get<Strings>();
  for (const std::string kernel : {"amx", "vnni", "avx2", "float64"}) {
    if (std::ranges::find(present, kernel) == present.end()) {
      expect_failure({"fit", data_, "--kernel", kernel}, 4, "the " + kernel + " kernel");
    } else {
      EXPECT_EQ(arete({"fit", data_, "--kernel", kernel}).exit, 0) << kernel;
    }
  }
}

TEST_F(Usage, NoOptionIsIgnored) {
  json_of({"moments", data_, "-o", at("moments")});
  expect_failure({"fit", at("moments"), "--kernel", "float64"}, 2, "--kernel");
  for (const Strings& words : {Strings{"--seed", "3"}, {"--select", "mse"}, {"--no-refit"}}) {
    Strings all = {"fit", data_, "--holdout", "0", "--lambdas", "1"};
    all.insert(all.end(), words.begin(), words.end());
    expect_failure(all, 2, "holds nothing out");
  }
}

TEST_F(Usage, WhichRowsOfAFolderAreTestedOnIsSaid) {
  sample::write_mnist(folder_, "t10k", 20);
  json_of({"fit", data_, "--lambdas", "1", "--out", at("model")});
  const Result folder = arete({"eval", at("model"), data_});
  EXPECT_NE(folder.err.find("these are its training rows"), std::string::npos) << folder.err;
  EXPECT_EQ(arete({"eval", at("model"), at("t10k-images-idx3-ubyte")}).err, "");
  EXPECT_EQ(arete({"eval", at("model"), at("train-images-idx3-ubyte")}).err, "");
}

TEST_F(Usage, MessagesHoldNothingThatATerminalObeys) {
  folder_.write("odd\x1b[31m\nname", "x");
  const Result result = arete({"fit", at("odd\x1b[31m\nname")});
  EXPECT_EQ(result.exit, 3);
  EXPECT_NE(result.err.find("odd?[31m?name"), std::string::npos) << result.err;
}

TEST_F(Usage, SeveralProcessesNeedMpi) {
  for (const char* const variable : {"OMPI_COMM_WORLD_SIZE", "PMI_SIZE", "SLURM_STEP_NUM_TASKS"}) {
    EXPECT_EQ(arete({"--version"}, {Output::pipe, {{variable, "1"}}}).exit, 0) << variable;
  }
  const Json modules = json_of({"info"})["modules"];
  if (modules[1]["present"]) GTEST_SKIP() << "the MPI module is there";
  for (const char* const variable :
       {"OMPI_COMM_WORLD_SIZE", "PMI_SIZE", "SLURM_STEP_NUM_TASKS", "PMI_RANK", "PMIX_RANK"}) {
    expect_failure({"--version"}, 4, variable, {Output::pipe, {{variable, "2"}}});
  }
}

TEST_F(Usage, OutputThatCannotBeWrittenIsAnError) {
  const Result full = arete({"info"}, {Output::full_disk, {}});
  EXPECT_EQ(full.exit, 6);
  EXPECT_NE(full.err.find("standard output cannot be written"), std::string::npos) << full.err;
  EXPECT_EQ(arete({"fit", "--help"}, {Output::full_disk, {}}).exit, 6);

  const Result closed = arete({"info"}, {Output::closed_pipe, {}});
  EXPECT_EQ(closed.exit, 141);
  EXPECT_EQ(closed.err, "");
}

TEST_F(Usage, InterruptedWorkLeavesNothing) {
  // Far more zeros than can be read before a signal comes.
  const auto data = sample::write_zeros(folder_, "big", 8'000'000, 2'000);
  std::filesystem::create_directory(at("out"));
  const Strings words = {"moments", data.string(),     "--labels", at("big-labels.npy"),
                         "-o",      at("out/moments"), "--memory", "1G"};
  for (const int signal : {SIGHUP, SIGINT, SIGTERM}) {
    const Result result = arete(words, {Output::pipe, {}, signal});
    EXPECT_EQ(result.exit, 128 + signal) << result.err;
    EXPECT_EQ(result.out, "");
    EXPECT_TRUE(std::filesystem::is_empty(at("out")));
  }
}

TEST_F(Usage, SignalsThatAreIgnoredStayIgnored) {
  const auto data = sample::write_zeros(folder_, "big", 8'000'000, 2'000);
  Options options{Output::pipe, {}, SIGTERM};
  options.ignored = {SIGHUP, SIGINT};  // and sent before
  const Result result = arete({"moments", data.string(), "--labels", at("big-labels.npy"), "-o",
                               at("moments"), "--memory", "1G"},
                              options);
  EXPECT_EQ(result.exit, 128 + SIGTERM) << result.err;
}

}  // namespace
}  // namespace arete::run
