#include <gtest/gtest.h>

#include <filesystem>
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

}  // namespace
}  // namespace arete::run
