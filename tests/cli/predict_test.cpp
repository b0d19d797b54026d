#include <gtest/gtest.h>

#include <cstdint>
#include <cstring>
#include <filesystem>
#include <sstream>
#include <string>
#include <vector>

#include "cli/run_command.hpp"
#include "cli/sample_data.hpp"
#include "data/image_files.hpp"

namespace arete::run {
namespace {

using test_files::TemporaryFolder;
using Strings = std::vector<std::string>;

Strings lines_of(const std::string& text) {
  Strings lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

class Predict : public testing::Test {
 protected:
  Predict() {
    sample::write_mnist(folder_, "train", 60);
    json_of({"fit", folder_.path().string(), "--lambdas", "1,10", "--out", model_});
    test_ = sample::write_mnist(folder_, "t10k", 7, 60).string();
  }

  [[nodiscard]] std::string at(const std::string& name) const {
    return (folder_.path() / name).string();
  }

  TemporaryFolder folder_;
  std::string model_ = at("model.safetensors");
  std::string test_;
};

TEST_F(Predict, CsvIsOneLineForEachRow) {
  const Result result = arete({"predict", model_, test_});
  EXPECT_EQ(result.exit, 0) << result.err;
  EXPECT_EQ(result.out, "row,class\n0,0\n1,1\n2,2\n3,0\n4,1\n5,2\n6,0\n");
  EXPECT_EQ(arete({"predict", model_, test_, "--rows", "2:4"}).out, "row,class\n2,2\n3,0\n");
  const Json json = json_of({"predict", model_, test_, "-o", at("p.csv")});
  EXPECT_EQ(json["rows"], 7);
  EXPECT_EQ(bytes_of(at("p.csv")), result.out);
}

TEST_F(Predict, ScoresComeInFullPrecision) {
  const Strings lines = lines_of(arete({"predict", model_, test_, "--scores"}).out);
  ASSERT_EQ(lines.size(), 8U);
  EXPECT_EQ(lines[0], "row,class,score_0,score_1,score_2");
  json_of({"predict", model_, test_, "--scores", "-o", at("s.npy")});
  const std::string npy = bytes_of(at("s.npy"));
  ASSERT_EQ(npy.size(), 128U + 7 * 3 * sizeof(double));
  EXPECT_NE(npy.find("'<f8', 'fortran_order': False, 'shape': (7, 3)"), std::string::npos);
  for (std::size_t row = 0; row < 7; ++row) {
    std::istringstream fields(lines[row + 1]);
    std::string field;
    std::getline(fields, field, ',');
    std::getline(fields, field, ',');
    for (std::size_t k = 0; k < 3; ++k) {
      double score = 0;
      std::memcpy(&score, npy.data() + 128 + (row * 3 + k) * sizeof(double), sizeof(double));
      std::getline(fields, field, ',');
      EXPECT_EQ(std::stod(field), score);
    }
  }
}

TEST_F(Predict, NpyHoldsTheIndicesOfClasses) {
  json_of({"predict", model_, test_, "-o", at("p.npy")});
  const std::string npy = bytes_of(at("p.npy"));
  ASSERT_EQ(npy.size(), 128U + 7 * sizeof(std::int32_t));
  EXPECT_EQ(npy.substr(0, 8), std::string("\x93NUMPY\x01\x00", 8));
  EXPECT_EQ(static_cast<unsigned char>(npy[8]), 128U - 10U);
  EXPECT_EQ(npy[127], '\n');
  EXPECT_NE(npy.find("'<i4', 'fortran_order': False, 'shape': (7,)"), std::string::npos);
  EXPECT_EQ(npy.substr(128), test_files::bytes_of(std::vector<std::int32_t>{0, 1, 2, 0, 1, 2, 0}));
}

TEST_F(Predict, EvalCountsByClass) {
  const Json json = json_of({"eval", model_, test_});
  EXPECT_EQ(json.dump(),
            R"({"schema":1,"command":"eval","rows":7,"correct":7,"accuracy":1.0,"classes":[)"
            R"({"name":"0","precision":1.0,"recall":1.0,"rows":3},)"
            R"({"name":"1","precision":1.0,"recall":1.0,"rows":2},)"
            R"({"name":"2","precision":1.0,"recall":1.0,"rows":2}],)"
            R"("confusion":[[3,0,0],[0,2,0],[0,0,2]]})");
  const Json two = json_of({"eval", model_, test_, "--rows", "2"});
  EXPECT_TRUE(two["classes"][2]["recall"].is_null());
  EXPECT_TRUE(two["classes"][2]["precision"].is_null());
  const Result table = arete({"eval", model_, test_}, {Output::terminal, {{"NO_COLOR", "1"}}});
  EXPECT_NE(table.out.find("100.00 % right (7 of 7)"), std::string::npos) << table.out;
}

TEST_F(Predict, InspectShowsModelsAndData) {
  const Json model = json_of({"inspect", model_});
  EXPECT_EQ(keys_of(model),
            (Strings{"schema", "command", "kind", "file", "rows", "features", "signed_bytes",
                     "shape", "columns", "classes", "preprocessing", "lambda", "path"}));
  EXPECT_EQ(model["kind"], "model");
  EXPECT_EQ(model["rows"], 60);
  EXPECT_EQ(model["classes"].dump(), R"(["0","1","2"])");
  EXPECT_EQ(model["path"].size(), 2U);
  const Json data = json_of({"inspect", test_});
  EXPECT_EQ(data["kind"], "data");
  EXPECT_EQ(data["rows"], 7);
  EXPECT_EQ(data["shape"].dump(), "[2,3]");
  expect_failure({"inspect", model_, "--grayscale"}, 2, "--grayscale");
}

TEST_F(Predict, WhatDoesNotFitTheModelIsRefused) {
  folder_.write("wide.npy", test_files::npy("|u1", "(2, 7)", std::string(14, '\1')));
  expect_failure({"predict", model_, at("wide.npy")}, 3, "7");
  expect_failure({"predict", model_, test_, "--grayscale"}, 2, "--grayscale");
  expect_failure({"predict", model_, test_, "-o", at("p.txt")}, 2, ".csv or .npy");
  expect_failure({"predict", model_, at("wide.npy"), "-o", at("p.csv")}, 3, "7");
  EXPECT_FALSE(std::filesystem::exists(at("p.csv")));
  expect_failure({"predict", test_, test_}, 3, test_);
}

TEST_F(Predict, WhatIsNoModelIsNamed) {
  json_of({"moments", folder_.path().string(), "-o", at("all.moments")});
  folder_.write("empty", "");
  for (const std::string command : {"predict", "eval"}) {
    const std::string call = "the command is 'arete " + command + " MODEL DATA'";
    expect_failure({command, at("all.moments"), test_}, 3, "is no model but a moments file");
    expect_failure({command, at("empty"), test_}, 3, "is no model but an empty file; " + call);
    expect_failure({command, at("."), test_}, 3, "is no model but a folder; " + call);
    expect_failure({command, test_, model_}, 3, "is no model but other data; " + call);
  }
}

TEST_F(Predict, ClassesThatTheModelLacksMatterToEvalAlone) {
  folder_.write("t10k-labels-idx1-ubyte",
                test_files::idx(0x08, {7}, std::vector<std::uint8_t>{0, 1, 2, 9, 0, 1, 2}));
  EXPECT_EQ(arete({"predict", model_, test_}).exit, 0);
  expect_failure({"eval", model_, test_}, 3, test_ + ": class \"9\" is not among");
}

TEST_F(Predict, OptionsOfAFileNeedOne) {
  expect_failure({"predict", model_, test_, "--json"}, 2, "--json: ");
  expect_failure({"predict", model_, test_, "--force"}, 2, "--out FILE");
  expect_failure({"fit", folder_.path().string(), "--force"}, 2, "--out MODEL");
}

TEST_F(Predict, ScoresOfManyRowsKeepToTheMemory) {
#if defined(__SANITIZE_ADDRESS__)
  GTEST_SKIP() << "the sanitizer keeps what was freed, which counts as memory";
#endif
  constexpr std::size_t rows = 100'000;
  std::string pixels(rows * 6, '\1');
  folder_.write("many.npy", test_files::npy("|u1", "(100000, 6)", pixels));
  const Json json = json_of({"predict", model_, at("many.npy"), "--scores", "--memory", "4M", "-o",
                             at("many.csv"), "--threads", "1"});
  const Json small =
      json_of({"predict", model_, test_, "--scores", "-o", at("few.csv"), "--threads", "1"});
  EXPECT_LT(json["peak_bytes"].get<double>(), small["peak_bytes"].get<double>() + 8e6);
}

/// Folders of images: the classes are their names, one of which CSV must quote.
class PredictImages : public testing::Test {
 protected:
  PredictImages() {
    for (int i = 0; i < 10; ++i) {
      const std::string name = std::to_string(i).append(".png");
      image_files::write_file(folder_.path() / "data" / R"(dark, "black")" / name, image(i));
      image_files::write_file(folder_.path() / "data" / "light" / name, image(200 + i));
    }
    json_of({"fit", data_, "--lambdas", "1", "--image-size", "4x3", "--grayscale", "--binarise",
             "100", "--out", model_});
  }

  static image_files::Bytes image(int value) {
    image_files::Bytes pixels(std::size_t{8} * 6 * 3, static_cast<std::uint8_t>(value));
    pixels[0] = 150;  // one pixel differs, so that no column is needed for the others to be solved
    return image_files::png(8, 6, pixels, {.colours = SPNG_COLOR_TYPE_TRUECOLOR});
  }

  TemporaryFolder folder_;
  std::string data_ = (folder_.path() / "data").string();
  std::string model_ = (folder_.path() / "model").string();
};

TEST_F(PredictImages, TheModelPreparesImagesItself) {
  const Json model = json_of({"inspect", model_});
  EXPECT_EQ(model["preprocessing"].dump(),
            R"({"image_size":[4,3],"grayscale":true,"binarise":100})");
  const Result result = arete({"predict", model_, data_, "--scores"});
  ASSERT_EQ(result.exit, 0) << result.err;
  const Strings lines = lines_of(result.out);
  ASSERT_EQ(lines.size(), 21U);
  EXPECT_EQ(lines[0], R"(row,class,"score_dark, ""black""",score_light)");
  EXPECT_TRUE(lines[1].starts_with(R"(0,"dark, ""black""",)")) << lines[1];
  EXPECT_TRUE(lines[20].starts_with("19,light,")) << lines[20];
  expect_failure({"predict", model_, data_, "--image-size", "5x3"}, 2, "--image-size");
  expect_failure({"eval", model_, data_, "--binarise", "99"}, 2, "--binarise");
  EXPECT_EQ(arete({"predict", model_, data_, "--image-size", "4x3"}).exit, 0);
}

TEST_F(PredictImages, OneImageOnATerminalIsAnsweredInWords) {
  const std::string image = data_ + "/light/0.png";
  const Result result = arete({"predict", model_, image}, {Output::terminal, {{"NO_COLOR", "1"}}});
  EXPECT_EQ(result.exit, 0) << result.err;
  EXPECT_NE(result.out.find(image + ": light"), std::string::npos) << result.out;
  EXPECT_NE(result.out.find("score"), std::string::npos) << result.out;
  EXPECT_EQ(arete({"predict", model_, image}).out, "row,class\n0,light\n");
}

}  // namespace
}  // namespace arete::run
