#include "arete/data/open.hpp"

#include <gmock/gmock.h>

#include <algorithm>

#include "arete/model/ridge_model.hpp"
#include "arete/moments/moments_file.hpp"
#include "data/image_files.hpp"
#include "data/test_files.hpp"

namespace arete {
namespace {

using test_files::expect_error;
using test_files::idx;
using test_files::npy;
using testing::ElementsAre;

class Open : public testing::Test {
 protected:
  std::unique_ptr<RowSource> open(const std::filesystem::path& path,
                                  const OpenOptions& options = {}) const {
    return open_source(path, options);
  }
  void write_mnist(const std::string& set, const std::string& separator, const std::string& end) {
    folder.write(set + "-images" + separator + "idx3-ubyte" + end,
                 idx<std::uint8_t>(0x08, {2, 1, 2}, {1, 2, 3, 4}));
    folder.write(set + "-labels" + separator + "idx1-ubyte" + end,
                 idx<std::uint8_t>(0x08, {2}, {7, 8}));
  }
  static std::string cifar_batch() {
    return std::string("\0\0\x08\x02", 4) + std::string(3073 - 4, '\1');
  }
  void write_image(const std::string& name) const {
    image_files::write_file(folder.path() / name, image_files::png(2, 2, {1, 2, 3, 4}));
  }

  test_files::TemporaryFolder folder;
};

TEST_F(Open, RecognisesArraysByTheirBytes) {
  const std::string rows = idx<std::uint8_t>(0x08, {2, 2}, {1, 2, 3, 4});
  EXPECT_EQ(open(folder.write("a", rows))->info().rows, 2U);
  EXPECT_EQ(open(folder.write("b.png", test_files::gzip_stored(rows)))->info().rows, 2U);
  EXPECT_EQ(open(folder.write("c", npy("|u1", "(1, 2)", "ab")))->info().rows, 1U);
  EXPECT_EQ(open(folder.write("d.bin", rows))->info().features, 2U);
}

TEST_F(Open, ContentGoesBeforeCifarsSize) {
  constexpr std::size_t record = 3073;
  const std::string rows = idx<std::uint8_t>(0x08, {1, 3061}, std::vector<std::uint8_t>(3061));
  ASSERT_EQ(rows.size(), record);
  EXPECT_EQ(open(folder.write("a.bin", rows))->info().features, 3061U);
  const std::string header = npy("|u1", "(1, 1)", "x");
  const std::string values(record - header.size() + 1 - 3, 'x');
  const std::string array = npy("|u1", "(1, " + std::to_string(values.size()) + ")", values);
  ASSERT_EQ(array.size(), record);
  EXPECT_EQ(open(folder.write("b.bin", array))->info().features, values.size());
  EXPECT_EQ(open(folder.write("batch", cifar_batch()))->info().features, 3072U);
}

TEST_F(Open, HalvesInAGzipFileAreHeldButNotResident) {
  const std::string rows = npy("<f2", "(1, 2)", "abcd");
  const auto source = open(folder.write("rows", test_files::gzip_stored(rows)));
  EXPECT_EQ(source->info().resident_bytes, 0U);
  EXPECT_GE(source->info().held_bytes, rows.size());
}

TEST_F(Open, FoldersWithMnistsFilesMeanTheTrainingFiles) {
  for (const char* separator : {"-", "."}) {
    for (const char* end : {"", ".gz"}) {
      std::filesystem::remove_all(folder.path());
      write_mnist("train", separator, end);
      EXPECT_EQ(customary_test_set(folder.path()), std::nullopt);
      write_mnist("t10k", separator, end);
      const std::string rest = std::string("-images") + separator + "idx3-ubyte" + end;
      const auto train = folder.path() / ("train" + rest);
      const auto test = folder.path() / ("t10k" + rest);
      const auto source = open(folder.path());
      EXPECT_EQ(source->info().name, train.string());
      EXPECT_THAT(source->info().classes, ElementsAre("7", "8"));
      EXPECT_EQ(customary_test_set(folder.path()), test);
      EXPECT_EQ(customary_test_set(train), test);
      EXPECT_EQ(customary_test_set(test), std::nullopt);
    }
  }
}

TEST_F(Open, FoldersWithCifarsFilesMeanTheTrainingFiles) {
  const auto batch = folder.write("data_batch_1.bin", cifar_batch());
  EXPECT_EQ(customary_test_set(folder.path()), std::nullopt);
  const auto test = folder.write("test_batch.bin", cifar_batch() + cifar_batch());
  EXPECT_EQ(open(folder.path())->info().rows, 1U);
  EXPECT_EQ(open(batch)->info().features, 3072U);
  EXPECT_EQ(open(test)->info().rows, 2U);
  EXPECT_EQ(customary_test_set(folder.path()), test);
  EXPECT_EQ(customary_test_set(batch), test);
}

TEST_F(Open, TrainAndTestFoldersOfClassFolders) {
  for (const char* name : {"train/a/1.png", "train/b/1.png", "test/a/1.png"}) write_image(name);
  EXPECT_EQ(open(folder.path())->info().rows, 2U);
  EXPECT_THAT(open(folder.path())->info().classes, ElementsAre("a", "b"));
  EXPECT_EQ(customary_test_set(folder.path()), folder.path() / "test");
}

TEST_F(Open, ClassFoldersMayBeCalledTrainAndTest) {
  for (const char* name : {"train/1.png", "test/1.png"}) write_image(name);
  EXPECT_THAT(open(folder.path())->info().classes, ElementsAre("test", "train"));
  EXPECT_EQ(customary_test_set(folder.path()), std::nullopt);
}

TEST_F(Open, OneImageIsARow) {
  write_image("1.png");
  EXPECT_EQ(open(folder.path() / "1.png")->info().rows, 1U);
}

TEST_F(Open, PreprocessingIsForImagesAlone) {
  const auto rows = folder.write("rows", idx<std::uint8_t>(0x08, {1, 2}, {1, 2}));
  const auto batch = folder.write("data_batch_1.bin", cifar_batch());
  for (const auto& path : {rows, batch, folder.path()}) {
    expect_error(ErrorKind::usage,
                 [&] { return open(path, {.preprocessing = {.grayscale = true}}); },
                 {path.string(), "--grayscale"});
  }
}

TEST_F(Open, WhatIsNotReadSaysWhatWasFound) {
  const auto absent = folder.path() / "absent";
  expect_error(ErrorKind::input, [&] { return open(absent); }, {"absent", "does not exist"});
  const auto empty = folder.write("empty", "");
  expect_error(ErrorKind::input, [&] { return open(empty); }, {"empty file"});
  const auto text = folder.write("rows.csv", "1,2\n");
  expect_error(ErrorKind::input, [&] { return open(text); }, {"bytes 31 2c 32 0a;", "IDX", ".npy"});
  const auto bare = folder.path() / "bare";
  std::filesystem::create_directory(bare);
  expect_error(ErrorKind::input, [&] { return open(bare); }, {"folder without data", "IDX"});
  expect_error(ErrorKind::input, [&] { return open("/dev/null"); }, {"neither"});
  EXPECT_EQ(customary_test_set(absent), std::nullopt);
  EXPECT_EQ(customary_test_set(bare), std::nullopt);
}

TEST_F(Open, ModelsAndMomentsAreNotData) {
  RidgeModel model;
  model.classes = {"a", "b"};
  model.weights = Matrix<double>(2, 1, 0.5);
  model.intercept = {0.0, 1.0};
  model.column_means = {2.0};
  model.shape = {1};
  const auto model_path = folder.path() / "model";
  write_model(model, model_path, false);
  expect_error(ErrorKind::input, [&] { return open(model_path); }, {"is a model", "predict"});

  MomentsSet set;
  set.parts.push_back(empty_moments(1, {"a", "b"}));
  set.shape = {1};
  std::fill(set.parts[0].gram.span().begin(), set.parts[0].gram.span().end(), 0.0);
  const auto moments_path = folder.path() / "moments";
  write_moments(set, moments_path, false);
  expect_error(ErrorKind::input, [&] { return open(moments_path); }, {"is a moments file", "fit"});
}

}  // namespace
}  // namespace arete
