#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "cli/run_command.hpp"
#include "cli/sample_data.hpp"

/// The command on machines that have little: it works, or says what it lacks.
namespace arete::run {
namespace {

class Resources : public testing::Test {
 protected:
  Resources() { sample::write_npy(folder_, "x", 90); }

  [[nodiscard]] std::string at(const std::string& name) const {
    return (folder_.path() / name).string();
  }

  /// `arete fit` in a shell that first limits itself; killed after a minute.
  [[nodiscard]] Result fit_under(const std::string& limit) const {
    return program(
        {"/bin/sh", "-c",
         limit + "; exec timeout 60 \"$0\" fit \"$1\" --labels \"$2\" --lambdas 1,10 --threads 2 "
                 "--out \"$3\" --force --json",
         ARETE_COMMAND, at("x.npy"), at("x-labels.npy"), at("model")});
  }

  test_files::TemporaryFolder folder_;
};

// A sanitizer takes terabytes of addresses and files of its own.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool has_sanitizer = true;
#else
constexpr bool has_sanitizer = false;
#endif

TEST_F(Resources, LittleAddressSpaceIsToldAtOnce) {
  if (has_sanitizer) GTEST_SKIP() << "a sanitizer takes terabytes of addresses";
  for (const char* kilobytes : {"100000", "300000", "500000"}) {
    const Result result = fit_under(std::string("ulimit -v ") + kilobytes);
    EXPECT_EQ(result.exit, 6) << kilobytes << result.err;
    EXPECT_NE(result.err.find("ulimit -v"), std::string::npos) << result.err;
  }
  EXPECT_EQ(fit_under("ulimit -v 1000000").exit, 0);
}

TEST_F(Resources, FewFilesMayBeOpen) {
  if (has_sanitizer) GTEST_SKIP() << "a sanitizer opens files of its own";
  for (const char* files : {"4", "5", "6", "8", "16"}) {
    const Result result = fit_under(std::string("ulimit -n ") + files);
    // 127: the loader itself cannot open the libraries.
    EXPECT_TRUE(result.exit == 0 || result.exit == 3 || result.exit == 6 || result.exit == 127)
        << files << ": exit " << result.exit << "\n"
        << result.err;
    EXPECT_EQ(result.exit == 0, std::filesystem::exists(at("model")));
    std::filesystem::remove(at("model"));
  }
  EXPECT_EQ(fit_under("ulimit -n 16").exit, 0);
}

TEST_F(Resources, FilesMayBeNoLargerThanTheModel) {
  const Result result = fit_under("ulimit -f 0");
  EXPECT_TRUE(result.exit == 6) << "exit " << result.exit << "\n" << result.err;
  EXPECT_FALSE(std::filesystem::exists(at("model")));
}

TEST_F(Resources, NamesAreAnyBytes) {
  const std::vector<std::string> names = {"with space", "grüße", "日本語",
                                          "quote'\"",   "-dash", "new\nline"};
  for (const std::string& name : names) {
    const std::string model = at(name + ".safetensors");
    EXPECT_EQ(arete({"fit", at("x.npy"), "--labels", at("x-labels.npy"), "--lambdas", "1", "--out",
                     model, "--report", at(name + ".html")})
                  .exit,
              0)
        << name;
    EXPECT_EQ(arete({"eval", model, at("x.npy"), "--labels", at("x-labels.npy")}).exit, 0) << name;
  }
}

TEST_F(Resources, FoldersAreReadOnly) {
  // Root may write anywhere, unless that capability is taken from it.
  const std::vector<std::string> plain = {"/usr/bin/setpriv", "--bounding-set", "-dac_override"};
  const auto run = [&](std::vector<std::string> words) {
    std::vector<std::string> all = plain;
    if (::geteuid() != 0) all.clear();
    all.emplace_back(ARETE_COMMAND);
    all.insert(all.end(), words.begin(), words.end());
    return program(all, {});
  };
  if (run({"--version"}).exit != 0) GTEST_SKIP() << "setpriv cannot take capabilities away here";
  const auto with_data = [&](const char* command, const std::vector<std::string>& more) {
    return sample::on_npy(command, folder_, "x", more);
  };
  const std::string model = at("elsewhere.safetensors");
  ASSERT_EQ(arete(with_data("fit", {"--lambdas", "1", "--out", model})).exit, 0);
  folder_.write("closed/old", "old");
  const std::string closed = at("closed");
  std::filesystem::permissions(closed, std::filesystem::perms{0555});
  for (const auto& words : std::vector<std::vector<std::string>>{
           with_data("fit", {"--lambdas", "1", "--out", closed + "/new"}),
           with_data("fit", {"--lambdas", "1", "--out", closed + "/old", "--force"}),
           with_data("fit", {"--lambdas", "1", "--report", closed + "/new"}),
           with_data("fit", {"--lambdas", "1", "--checkpoint", closed + "/pieces"}),
           with_data("moments", {"-o", closed + "/new"}),
           {"predict", model, at("x.npy"), "-o", closed + "/new.csv"},
           {"report", model, "-o", closed + "/new"}}) {
    const Result result = run(words);
    EXPECT_EQ(result.exit, 6) << words.front() << "\n" << result.err;
    EXPECT_NE(result.err.find(closed), std::string::npos) << result.err;
    EXPECT_NE(result.err.find("Permission denied"), std::string::npos) << result.err;
  }
  EXPECT_EQ(bytes_of(closed + "/old"), "old");
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(closed), {}), 1);
  // Data may lie in such a folder.
  std::filesystem::permissions(folder_.path(), std::filesystem::perms{0555});
  EXPECT_EQ(run(with_data("fit", {"--lambdas", "1"})).exit, 0);
  std::filesystem::permissions(folder_.path(), std::filesystem::perms{0755});
  std::filesystem::permissions(closed, std::filesystem::perms{0755});
}

TEST_F(Resources, AThousandFilesAreOpenAlready) {
  const Result result =
      program({"/bin/bash", "-c",
               "ulimit -n 1100 || exit 77; for i in {1..1000}; do exec {f}</dev/null; done; "
               "exec \"$0\" fit \"$1\" --labels \"$2\" --lambdas 1",
               ARETE_COMMAND, at("x.npy"), at("x-labels.npy")});
  if (result.exit == 77) GTEST_SKIP() << "no more than a thousand files here";
  EXPECT_EQ(result.exit, 0) << result.err;
}

TEST_F(Resources, AThousandFilesAreMergedThoughFewMayBeOpen) {
  json_of({"moments", at("x.npy"), "--labels", at("x-labels.npy"), "--rows", "0:3", "-o",
           at("piece-0")});
  for (int i = 1; i < 1000; ++i) {  // as if of other rows: --first-row
    json_of({"moments", at("x.npy"), "--labels", at("x-labels.npy"), "--rows", "0:3", "--first-row",
             std::to_string(3 * i), "-o", at("piece-" + std::to_string(i))});
  }
  const Result result =
      program({"/bin/sh", "-c", "ulimit -n 32; exec \"$0\" merge \"$1\"/piece-* -o \"$1\"/all",
               ARETE_COMMAND, folder_.path()});
  EXPECT_EQ(result.exit, 0) << result.err;
  EXPECT_EQ(json_of({"inspect", at("all")}).at("rows"), 3000);
}

/// A control group of this test with a limit of memory, removed with it.
class MemoryGroup {
 public:
  explicit MemoryGroup(std::uint64_t bytes) {
    const bool is_v1 = std::filesystem::exists("/sys/fs/cgroup/memory/memory.limit_in_bytes");
    const std::filesystem::path root = is_v1 ? "/sys/fs/cgroup/memory" : "/sys/fs/cgroup";
    const std::filesystem::path folder = root / ("arete-test-" + std::to_string(::getpid()));
    std::error_code error;
    if (!std::filesystem::create_directory(folder, error)) return;
    path_ = folder;
    const auto limit = folder / (is_v1 ? "memory.limit_in_bytes" : "memory.max");
    std::ofstream(limit) << bytes << std::flush;
    std::uint64_t set = 0;
    if (!(std::ifstream(limit) >> set) || set > bytes) remove();
  }
  ~MemoryGroup() { remove(); }
  MemoryGroup(const MemoryGroup&) = delete;
  MemoryGroup& operator=(const MemoryGroup&) = delete;

  /// Empty where no group could be made.
  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  void remove() {
    if (!path_.empty()) ::rmdir(path_.c_str());
    path_.clear();
  }

  std::string path_;
};

TEST_F(Resources, AControlGroupLimitsMemory) {
  if (has_sanitizer) GTEST_SKIP() << "a sanitizer takes memory of its own";
  constexpr std::uint64_t limit = 400 << 20;
  const MemoryGroup group(limit);
  if (group.path().empty()) GTEST_SKIP() << "no control groups can be made here";
  const auto fit_in_group = [&](std::uint64_t rows, std::uint64_t features) {
    sample::write_zeros(folder_, "zeros", rows, features);
    return program({"/bin/sh", "-c",
                    "echo $$ > \"$0\"/cgroup.procs || exit 77; exec \"$1\" fit \"$2\" --labels "
                    "\"$3\" --lambdas 1 --json",
                    group.path(), ARETE_COMMAND, at("zeros.npy"), at("zeros-labels.npy")});
  };
  const Result large = fit_in_group(1'000'000, 600);  // 600 MB of rows
  if (large.exit == 77) GTEST_SKIP() << "no process can be put into a control group here";
  ASSERT_EQ(large.exit, 0) << large.err;
  EXPECT_LT(Json::parse(large.out).at("peak_bytes").get<double>(), limit);
  const Result wide = fit_in_group(60, 6'000);
  EXPECT_EQ(wide.exit, 6) << wide.err;
  EXPECT_NE(wide.err.find("allow more with --memory"), std::string::npos) << wide.err;
}

}  // namespace
}  // namespace arete::run
