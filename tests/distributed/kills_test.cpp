// Jobs that are killed at any moment, and go on from what they left on another number of ranks.
// ARETE_FULL_TESTS=1 kills more often.
#include <gtest/gtest.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <iostream>
#include <random>
#include <string>
#include <system_error>
#include <thread>
#include <vector>

#include "distributed/mpirun.hpp"

namespace arete::run {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

constexpr auto patience = std::chrono::seconds(patience_seconds);

/// Whether the condition came to hold in time.
template <typename Condition>
bool comes_true(Condition condition) {
  const auto deadline = Clock::now() + patience;
  while (!condition()) {
    if (Clock::now() > deadline) return false;
    std::this_thread::sleep_for(1ms);
  }
  return true;
}

/// A program that runs beside the test, and ends with it.
class Background {
 public:
  Background(const Strings& words, const Options& options, const std::filesystem::path& log)
      : process_(::fork()) {
    if (process_ != 0) return;
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    const int output = ::open(log.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0666);
    detail::become_command(words, options, output, output);
  }
  ~Background() {
    if (has_ended()) return;
    ::kill(process_, SIGKILL);
    ::waitpid(process_, &status_, 0);
  }
  Background(const Background&) = delete;
  Background& operator=(const Background&) = delete;

  [[nodiscard]] pid_t process() const { return process_; }

  bool has_ended() {
    ended_ = ended_ || ::waitpid(process_, &status_, WNOHANG) == process_;
    return ended_;
  }
  /// Once it has ended.
  [[nodiscard]] bool succeeded() const { return WIFEXITED(status_) && WEXITSTATUS(status_) == 0; }

 private:
  pid_t process_;
  int status_ = 0;
  bool ended_ = false;
};

class Kills : public Jobs {
 protected:
  static constexpr std::uint32_t rows = 60'000;
  static constexpr std::uint32_t features = 784;

  void write_data() {
    std::string pixels(std::size_t{rows} * features, '\0');
    for (char& pixel : pixels) pixel = static_cast<char>(random_());
    std::string labels(rows, '\0');
    for (char& label : labels) label = static_cast<char>(random_() % 10);
    const std::string count = std::to_string(rows);
    folder_.write(
        "rows.npy",
        test_files::npy("|u1", "(" + count + ", " + std::to_string(features) + ")", pixels));
    folder_.write("rows-labels.npy", test_files::npy("|u1", "(" + count + ",)", labels));
  }

  /// Little memory makes many blocks, and thus many pieces; the kernel makes them last.
  [[nodiscard]] Strings fit(const std::string& model) const {
    return Strings{ARETE_COMMAND, "fit",       "--memory", "64M",       "--kernel",
                   "float64",     "--threads", "1",        "--lambdas", "1e5,1e6",
                   "--force",     "--out",     at(model)} +
           npy("rows");
  }

  [[nodiscard]] Strings job_words(int ranks) const {
    return mpirun_words(Strings{"-n", std::to_string(ranks)} + fit("model") +
                        Strings{"--checkpoint", at("sums"), "--checkpoint-every", "0s"});
  }

  int up_to(int most) { return std::uniform_int_distribution(0, most)(random_); }

  [[nodiscard]] std::string log() const { return bytes_of(at("log")); }

  /// Kills something of the job, if it still runs; what.
  std::string kill_some_of(Background& job, int ranks) {
    const int manner = up_to(3);
    if (manner == 0) {
      ::kill(job.process(), SIGTERM);
      return "SIGTERM to mpirun";
    }
    // A process that was started alone does not know of mpirun, and goes on without it.
    if (manner == 1 && ranks > 1) {
      ::kill(job.process(), SIGKILL);
      return "SIGKILL to mpirun";
    }
    std::vector<pid_t> processes = processes_with(at("model"));
    std::erase(processes, job.process());
    if (processes.empty()) return "nothing";
    ::kill(processes[static_cast<std::size_t>(up_to(static_cast<int>(processes.size()) - 1))],
           SIGKILL);
    return "SIGKILL to one rank";
  }

  /// That all ranks end. After a kill mpirun alone may stay: that of Open MPI 4.1.4 sometimes waits
  /// in PMIx_server_finalize() for a lock that no thread holds.
  void expect_end(Background& job, bool after_kill) {
    const bool ended = comes_true([&] { return job.has_ended(); });
    if (!ended && after_kill && processes_with(at("model")) == std::vector{job.process()}) {
      std::cout << "mpirun stayed behind when all ranks had ended\n";
      ::kill(job.process(), SIGKILL);
      ASSERT_TRUE(comes_true([&] { return job.has_ended(); }));
    } else {
      ASSERT_TRUE(ended) << "the job hangs\n" << log();
    }
    ASSERT_TRUE(comes_true([&] { return processes_with(at("model")).empty(); }))
        << "processes are left";
  }

  /// Rows that the job did not read again; it has ended well.
  [[nodiscard]] std::uint64_t resumed_rows() const {
    const std::string text = log();
    const auto start = std::min(text.find("{\"schema\""), text.size());
    const auto end = std::min(text.find('\n', start), text.size());
    const Json json = Json::parse(text.substr(start, end - start), nullptr, false);
    EXPECT_TRUE(json.contains("resumed_rows")) << text;
    return json.value("resumed_rows", std::uint64_t{0});
  }

  void expect_model() {
    EXPECT_TRUE(bytes_of(at("model")) == bytes_of(at("alone"))) << "the model differs";
    std::filesystem::remove(at("model"));
  }

  /// A job that is killed when a random share of its time has passed.
  void run_and_kill(std::chrono::milliseconds time) {
    const int ranks = 1 + up_to(3);
    const auto pause = time * up_to(1000) / 1000;
    Background job(job_words(ranks), options(), at("log"));
    std::this_thread::sleep_for(pause);
    const std::string what = kill_some_of(job, ranks);
    SCOPED_TRACE(testing::Message()
                 << ranks << " ranks; " << what << " after " << pause.count() << " ms");
    expect_end(job, true);
    if (std::filesystem::exists(at("model"))) {
      expect_model();
    } else {
      EXPECT_TRUE(has_pieces() || !pieces_are_left_) << "sums of an earlier job are lost";
    }
    pieces_are_left_ = has_pieces();
  }

  /// How long the job takes, which must succeed.
  std::chrono::milliseconds run_to_the_end(int ranks) {
    const auto start = Clock::now();
    Background job(job_words(ranks), options(), at("log"));
    expect_end(job, false);
    EXPECT_TRUE(job.succeeded()) << log();
    EXPECT_EQ(resumed_rows() > 0, pieces_are_left_) << log();
    pieces_are_left_ = false;
    expect_model();
    EXPECT_FALSE(std::filesystem::exists(at("sums"))) << "partial sums are left";
    return std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - start);
  }

  [[nodiscard]] Options options() const {
    Options options;
    options.environment = mpirun_environment(folder_.path());
    return options;
  }

  [[nodiscard]] bool has_pieces() const {
    std::error_code no_folder;
    const std::filesystem::directory_iterator files(at("sums"), no_folder);
    return std::any_of(begin(files), end(files),
                       [](const auto& file) { return file.path().extension() == ".moments"; });
  }

  std::mt19937 random_{20'251'117};
  bool pieces_are_left_ = false;  ///< for the next job
};

TEST_F(Kills, LeaveWhatTheNextJobGoesOnFrom) {
  const int kills = tests_take_long() ? 50 : 4;
  write_data();
  ASSERT_EQ(program(fit("alone")).exit, 0);
  const auto time = run_to_the_end(2);
  for (int i = 1; i <= kills && !HasFailure(); ++i) {
    run_and_kill(time);
    if (i % 4 == 0) run_and_kill(time);  // and what is left of two
    run_to_the_end(1 + up_to(3));
  }
}

}  // namespace
}  // namespace arete::run
