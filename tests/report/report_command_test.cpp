#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <vector>

#include "cli/run_command.hpp"
#include "cli/sample_data.hpp"

namespace arete::run {
namespace {

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

class ReportCommand : public testing::Test {
 protected:
  ReportCommand() {
    sample::write_mnist(folder_, "train", 60);
    test_ = sample::write_mnist(folder_, "t10k", 7, 60).string();
  }

  [[nodiscard]] std::string at(const std::string& name) const {
    return (folder_.path() / name).string();
  }

  test_files::TemporaryFolder folder_;
  std::string data_ = folder_.path().string();
  std::string model_ = at("model.safetensors");
  std::string page_ = at("page.html");
  std::string test_;
};

TEST_F(ReportCommand, FitWritesAPage) {
  const Json json =
      json_of({"fit", data_, "--lambdas", "1,10,100", "--out", model_, "--report", page_});
  EXPECT_EQ(json.at("report"), page_);
  const std::string page = bytes_of(page_);
  EXPECT_TRUE(has(page, "id=\"path\"")) << page;
  EXPECT_TRUE(has(page, "7 of 7"));
  EXPECT_TRUE(has(page, "<dt>Lambda</dt>"));
  EXPECT_FALSE(has(page, "id=\"mistakes\""));  // there are none

  Options terminal;
  terminal.output = Output::terminal;
  const Result text =
      arete({"fit", data_, "--lambdas", "1,10", "--report", page_, "--force"}, terminal);
  EXPECT_EQ(text.exit, 0) << text.err;
  EXPECT_TRUE(has(text.out, "report    " + page_));
  EXPECT_FALSE(json_of({"fit", data_, "--lambdas", "1"}).contains("report"));
}

TEST_F(ReportCommand, AModelHasAPageWithAndWithoutRows) {
  json_of({"fit", data_, "--lambdas", "1,10", "--out", model_});
  Options terminal;
  terminal.output = Output::terminal;
  const Result result = arete({"report", model_, "-o", page_}, terminal);
  EXPECT_EQ(result.exit, 0) << result.err;
  EXPECT_TRUE(has(result.out, page_));
  EXPECT_TRUE(has(bytes_of(page_), "No labelled rows were tested on"));

  EXPECT_FALSE(json_of({"report", model_, "-o", page_, "--force"}).contains("test"));
  const Json json = json_of({"report", model_, test_, "-o", page_, "--force"});
  EXPECT_EQ(json.at("report"), page_);
  EXPECT_EQ(json.at("test").at("correct"), 7);
  EXPECT_TRUE(has(bytes_of(page_), "7 of 7"));
  // Labels that are all wrong: every row is a mistake.
  folder_.write("wrong.txt", "1\n2\n0\n1\n2\n0\n1\n");
  EXPECT_EQ(
      arete({"report", model_, test_, "--labels", at("wrong.txt"), "-o", page_, "--force"}).exit,
      0);
  EXPECT_TRUE(has(bytes_of(page_), "0 of 7"));
  EXPECT_TRUE(has(bytes_of(page_), "id=\"mistakes\""));
  EXPECT_TRUE(has(bytes_of(page_), "<b>1</b>, taken for <b>0</b>"));
}

TEST_F(ReportCommand, ThePageIsTheSameForAnyThreads) {
  json_of({"fit", data_, "--lambdas", "1,10", "--out", model_});
  folder_.write("wrong.txt", "1\n2\n0\n1\n2\n0\n1\n");
  for (const char* threads : {"1", "2", "3"}) {
    EXPECT_EQ(arete({"report", model_, test_, "--labels", at("wrong.txt"), "-o", at(threads),
                     "--threads", threads})
                  .exit,
              0);
    EXPECT_EQ(bytes_of(at(threads)), bytes_of(at("1")));
  }
}

TEST_F(ReportCommand, MistakenUseIsRefusedBeforeTheWork) {
  json_of({"fit", data_, "--lambdas", "1,10", "--out", model_});
  folder_.write("page.html", "mine");
  expect_failure({"report", model_, "-o", page_}, 2, "exists");
  expect_failure({"fit", data_, "--report", page_}, 2, "not replaced");  // beside the data
  EXPECT_EQ(bytes_of(page_), "mine");
  expect_failure({"report", model_}, 2, "--out");
  expect_failure({"report", model_, "--labels", "x", "-o", at("new")}, 2, "DATA, which is missing");
  expect_failure({"report", test_, "-o", at("new")}, 3, "arete report MODEL DATA");
  expect_failure({"report", model_, at("missing"), "-o", at("new")}, 3, "missing");
  expect_failure({"fit", data_, "--report", at("none/page.html")}, 6, "none");
  EXPECT_FALSE(std::filesystem::exists(at("new")));
}

}  // namespace
}  // namespace arete::run
