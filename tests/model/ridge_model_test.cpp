#include "arete/model/ridge_model.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "arete/model/safetensors.hpp"
#include "core/expect_error.hpp"
#include "core/temporary_folder.hpp"

namespace arete {
namespace {

using test::expect_error;
using test::read_bytes;
using test::TemporaryFolder;

RidgeModel small_model() {
  RidgeModel model;
  model.classes = {"-3", "10", "b\"\\é"};
  model.weights = Matrix<double>(3, 6);
  for (std::size_t i = 0; i < 18; ++i) model.weights.data()[i] = std::sqrt(i) - 2;
  model.intercept = {0.1, -0.2, std::numeric_limits<double>::denorm_min()};
  model.column_means = {1, 2, 3, 4, 5, 6.5};
  model.lambda = 0.1 + 0.2;
  model.training_rows = 12345678901234567890U;
  model.signed_bytes = true;
  model.shape = {2, 3, 1};
  model.preprocessing = {.image_size = Preprocessing::ImageSize{3, 2},
                         .grayscale = true,
                         .binarise = std::uint8_t{255}};
  model.path = {{0.1, "not positive definite", 77, std::nullopt, 0.0, 0.0, 0.0},
                {1e5 / 3, "solved", 77, 66, 1.0 / 7, 1e-9, 3e-17}};
  return model;
}

TEST(RidgeModelFile, KeepsEverything) {
  const TemporaryFolder folder;
  const RidgeModel model = small_model();
  write_model(model, folder / "a", false);
  const RidgeModel found = read_model(folder / "a");
  EXPECT_EQ(found.classes, model.classes);
  EXPECT_TRUE(std::ranges::equal(found.weights.span(), model.weights.span()));
  EXPECT_EQ(found.features(), 6U);
  EXPECT_EQ(found.intercept, model.intercept);
  EXPECT_EQ(found.column_means, model.column_means);
  EXPECT_EQ(found.lambda, model.lambda);
  EXPECT_EQ(found.training_rows, model.training_rows);
  EXPECT_EQ(found.signed_bytes, model.signed_bytes);
  EXPECT_EQ(found.shape, model.shape);
  EXPECT_EQ(found.preprocessing, model.preprocessing);
  ASSERT_EQ(found.path.size(), 2U);
  for (std::size_t i = 0; i < 2; ++i) {
    EXPECT_EQ(found.path[i].lambda, model.path[i].lambda);
    EXPECT_EQ(found.path[i].status, model.path[i].status);
    EXPECT_EQ(found.path[i].rows, model.path[i].rows);
    EXPECT_EQ(found.path[i].correct, model.path[i].correct);
    EXPECT_EQ(found.path[i].squared_error, model.path[i].squared_error);
    EXPECT_EQ(found.path[i].rcond, model.path[i].rcond);
    EXPECT_EQ(found.path[i].residual, model.path[i].residual);
  }
  write_model(found, folder / "b", false);
  EXPECT_EQ(read_bytes(folder / "a"), read_bytes(folder / "b"));
}

TEST(RidgeModelFile, KeepsTheNamesOfColumns) {
  const TemporaryFolder folder;
  RidgeModel model = small_model();
  write_model(model, folder / "none", false);
  EXPECT_FALSE(read_tensors(folder / "none").metadata.contains("column_names"));
  EXPECT_EQ(read_model(folder / "none").column_names, std::vector<std::string>{});
  model.column_names = {"z", "a", "pixel 2", "\"", "é", "10"};
  write_model(model, folder / "six", false);
  EXPECT_EQ(read_model(folder / "six").column_names, model.column_names);
}

TEST(RidgeModelFile, KeepsFiguresThatAreNotFiniteAsUnknown) {
  const TemporaryFolder folder;
  RidgeModel model = small_model();
  model.preprocessing = {};
  model.path[0].squared_error = std::numeric_limits<double>::infinity();
  write_model(model, folder / "a", false);
  const RidgeModel found = read_model(folder / "a");
  EXPECT_TRUE(std::isnan(found.path[0].squared_error));
  EXPECT_EQ(found.preprocessing, Preprocessing{});
}

TEST(RidgeModelFile, IsReplacedOnlyWhenAllowed) {
  const TemporaryFolder folder;
  write_model(small_model(), folder / "a", false);
  EXPECT_TRUE(is_model_file(folder / "a"));
  expect_error(ErrorKind::usage, "exists already",
               [&] { write_model(small_model(), folder / "a", false); });
  write_model(small_model(), folder / "a", true);
  EXPECT_EQ(folder.entries(), 1);
}

TEST(RidgeModelFile, OnAFullDeviceIsAnError) {
  expect_error(ErrorKind::resource, "/dev/full",
               [] { write_model(small_model(), "/dev/full", false); });
}

TEST(RidgeModelFile, IsNotWrittenWithNamesThatJsonCannotHold) {
  const TemporaryFolder folder;
  RidgeModel model = small_model();
  model.classes[2] = "\xff";
  expect_error(ErrorKind::input, "the name of class 2",
               [&] { write_model(model, folder / "a", false); });
  model = small_model();
  model.column_names = {"a", "b", "c", "d", "\xff", "f"};
  expect_error(ErrorKind::input, "the name of column 4",
               [&] { write_model(model, folder / "a", false); });
  model.column_names = {"a", "b", "c"};
  expect_error(ErrorKind::input, "3 names of columns for 6 features",
               [&] { write_model(model, folder / "a", false); });
  EXPECT_EQ(folder.entries(), 0);
}

TEST(RidgeModelFile, WithAnyDamageNeverCrashes) {
  const TemporaryFolder folder;
  write_model(small_model(), folder / "a", false);
  const auto read = [](const auto& path) { return read_model(path); };
  test::for_each_damaged_byte(folder / "a",
                              [&](const auto& path) { test::expect_survived(path, read); });
  test::expect_other_lengths_refused(folder / "a", read);
}

/// Reads the small model's file with one metadata value replaced.
void expect_refused(const std::string& key, const std::string& value, const std::string& text) {
  SCOPED_TRACE(key + " = " + value);
  const TemporaryFolder folder;
  write_model(small_model(), folder / "model", false);
  TensorFile file = read_tensors(folder / "model");
  file.metadata[key] = value;
  std::vector<TensorView> views;
  for (const Tensor& tensor : file.tensors) {
    views.push_back({tensor.name, tensor.shape, tensor.values.span()});
  }
  write_tensors(views, file.metadata, folder / "model", true);
  expect_error(ErrorKind::input, text, [&] { return read_model(folder / "model"); });
}

TEST(RidgeModelFile, RefusesMetadataThatIsWrong) {
  expect_refused("format", "pt", "expected was arete-ridge-classifier");
  expect_refused("format_version", "2", "metadata \"format_version\" is 2; expected was 1");
  expect_refused("classes", "[\"1\"", "expected was JSON");
  expect_refused("classes", "[\"1\"]", "two or more names");
  expect_refused("classes", "[1, 2, 3]", "two or more names");
  expect_refused("classes", "{\"a\": \"b\", \"c\": \"d\"}", "two or more names");
  expect_refused("classes", "[\"b\", \"a\", \"c\"]", "must be sorted");
  expect_refused("classes", "[\"a\", \"b\"]", "3 entries in dimension 0; expected were 2");
  for (const char* lambda : {"-1", "nan", "inf", "1x", "", " 1", "1e999"}) {
    expect_refused("lambda", lambda, "metadata \"lambda\"");
  }
  for (const char* rows : {"-1", "1.5", "", "99999999999999999999"}) {
    expect_refused("training_rows", rows, "a whole number");
  }
  expect_refused("signed_bytes", "1", "true or false");
  expect_refused("shape", "[2, 4]", "rows of shape [2, 4] cannot have 6 features");
  expect_refused("shape", "[-2, -3]", "a list of whole numbers");
  expect_refused("shape", "6", "a list of whole numbers");
  expect_refused("shape", "[4294967296, 4294967296]", "more than this machine can count");
}

TEST(RidgeModelFile, RefusesNamesOfColumnsThatAreWrong) {
  const auto refused = [](const std::string& value, const std::string& text) {
    expect_refused("column_names", value, text);
  };
  refused("p*", "expected was JSON");
  for (const char* value : {"6", "[]", "{}", R"(["a","b","c"])", R"(["a","b","c","d","e",6])",
                            R"({"0":"a","1":"b","2":"c","3":"d","4":"e","5":"f"})"}) {
    refused(value, "expected was a list of 6 names");
  }
  refused(R"(["a","b","c","d","e","b"])", "several columns are called 'b'");
  refused(R"(["a","","c","d","e","f"])", "the name of column 1 is empty");
  refused(R"(["a","b","c\n","d","e","f"])", "the name of column 2 is empty, or no UTF-8 text");
}

TEST(RidgeModelFile, RefusesPreprocessingOutOfRange) {
  expect_refused("preprocessing", "[]", "an object with");
  expect_refused("preprocessing", R"({"image_size":null,"grayscale":true})", "an object with");
  expect_refused("preprocessing", R"({"image_size":[3],"grayscale":true,"binarise":null})",
                 "[width, height]");
  expect_refused("preprocessing", R"({"image_size":[4294967296,1],"grayscale":true,"binarise":1})",
                 "[width, height]");
  expect_refused("preprocessing", R"({"image_size":[0,0],"grayscale":true,"binarise":1})",
                 "images of 0 x 0 pixels");
  expect_refused("preprocessing", R"({"image_size":[9,9],"grayscale":true,"binarise":1})",
                 "images of 9 x 9 pixels cannot have 6 features");
  expect_refused("preprocessing", R"({"image_size":null,"grayscale":1,"binarise":1})",
                 "true or false");
  expect_refused("preprocessing", R"({"image_size":null,"grayscale":true,"binarise":256})",
                 "0 to 255");
}

TEST(RidgeModelFile, RefusesAPathThatIsNone) {
  expect_refused("path", "{}", "a list of objects");
  expect_refused("path", "[1]", "a list of objects");
  expect_refused("path", "[{\"lambda\": 1}]", "a list of objects");
  expect_refused("path",
                 R"([{"lambda":1,"status":"solved","rows":-1,"correct":null,)"
                 R"("squared_error":0,"rcond":0,"residual":0}])",
                 "a list of objects");
}

/// Reads the small model's file with other tensors.
void expect_tensors_refused(const std::vector<TensorView>& tensors, const std::string& text) {
  SCOPED_TRACE(text);
  const TemporaryFolder folder;
  write_model(small_model(), folder / "model", false);
  write_tensors(tensors, read_tensors(folder / "model").metadata, folder / "model", true);
  expect_error(ErrorKind::input, text, [&] { return read_model(folder / "model"); });
}

TEST(RidgeModelFile, RefusesTensorsThatDisagree) {
  const std::vector<double> values(18, 1.0);
  const std::span<const double> all(values);
  const TensorView weights{"weights", {3, 6}, all};
  const TensorView intercept{"intercept", {3}, all.first(3)};
  const TensorView means{"column_means", {6}, all.first(6)};
  expect_tensors_refused({weights, intercept}, "has no tensor \"column_means\"");
  expect_tensors_refused({{"weights", {18}, all}, intercept, means}, "has 1 dimensions");
  expect_tensors_refused({{"weights", {6, 3}, all}, intercept, means}, "expected were 3");
  expect_tensors_refused({weights, {"intercept", {2}, all.first(2)}, means}, "\"intercept\" has 2");
  expect_tensors_refused({weights, intercept, {"column_means", {5}, all.first(5)}},
                         "\"column_means\" has 5");
  std::vector<double> wrong = values;
  wrong[4] = std::nan("");
  expect_tensors_refused({{"weights", {3, 6}, wrong}, intercept, means},
                         "\"weights\", element 4: is nan");
}

TEST(RidgeModelFile, RefusesOtherSafetensorsFiles) {
  const TemporaryFolder folder;
  const std::vector<double> one{1};
  write_tensors(std::vector<TensorView>{{"w", {1}, one}}, {}, folder / "x", false);
  expect_error(ErrorKind::input, "x: is no model of Arete",
               [&] { return read_model(folder / "x"); });
}

}  // namespace
}  // namespace arete
