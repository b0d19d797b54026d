#include "arete/data/cifar.hpp"

#include <gmock/gmock.h>

#include "data/image_files.hpp"

namespace arete {
namespace {

namespace fs = std::filesystem;

using image_files::Bytes;
using image_files::error_of;
using image_files::write_file;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr std::size_t record_size = 3073;
constexpr std::string_view names =
    "airplane\nautomobile\nbird\ncat\ndeer\ndog\nfrog\nhorse\nship\ntruck\n";

/// Pixel p of plane c of record r holds 7 p + 50 c + r.
std::uint8_t value(std::size_t record, std::size_t channel, std::size_t pixel) {
  return static_cast<std::uint8_t>(7 * pixel + 50 * channel + record);
}

/// Records first.. of the data set, one for each label.
Bytes batch(std::size_t first, const Bytes& labels) {
  Bytes bytes;
  for (std::size_t i = 0; i < labels.size(); ++i) {
    bytes.push_back(labels[i]);
    for (std::size_t channel = 0; channel < 3; ++channel) {
      for (std::size_t pixel = 0; pixel < 1024; ++pixel) {
        bytes.push_back(value(first + i, channel, pixel));
      }
    }
  }
  return bytes;
}

class Cifar : public ::testing::Test {
 protected:
  std::unique_ptr<RowSource> open() { return open_cifar(folder.path(), {}); }
  std::string refusal() {
    return error_of(ErrorKind::input, [this] { (void)open(); });
  }
  static void expect_rows(const RowSource& source, RowRange range) {
    RowBlock block;
    source.read(range, block);
    ASSERT_EQ(block.rows, range.size());
    ASSERT_EQ(block.labels.size(), range.size());
    for (std::size_t i = 0; i < block.rows; ++i) {
      for (std::size_t j = 0; j < 3072; ++j) {
        ASSERT_EQ(std::to_integer<std::uint8_t>(block.row(i)[j]),
                  value(range.first + i, j % 3, j / 3))
            << i << ", " << j;
      }
    }
  }

  image_files::TemporaryFolder folder;
};

TEST_F(Cifar, ReadsBatchesInNumericOrderWithColoursInnermost) {
  write_file(folder / "data_batch_10.bin", batch(5, {4, 5}));
  write_file(folder / "data_batch_2.bin", batch(3, {9, 0}));
  write_file(folder / "data_batch_1.bin", batch(0, {1, 2, 3}));
  write_file(folder / "test_batch.bin", batch(0, {8}));
  write_file(folder / "data_batch_x.bin", "not a batch");
  ASSERT_TRUE(holds_cifar_batches(folder.path()));
  const auto source = open();
  const SourceInfo& info = source->info();
  EXPECT_EQ(info.name, folder.path().string());
  EXPECT_EQ(info.rows, 7U);
  EXPECT_EQ(info.features, 3072U);
  EXPECT_EQ(info.type, ElementType::uint8);
  EXPECT_THAT(info.shape, ElementsAre(32, 32, 3));
  EXPECT_THAT(info.classes, ElementsAre("0", "1", "2", "3", "4", "5", "6", "7", "8", "9"));
  for (std::uint64_t first = 0; first <= 7; ++first) {
    for (std::uint64_t last = first; last <= 7; ++last) expect_rows(*source, {first, last});
  }
  RowBlock block;
  source->read({0, 7}, block);
  EXPECT_THAT(block.labels, ElementsAre(1, 2, 3, 9, 0, 4, 5));
}

TEST_F(Cifar, ReadsOneFileOfManyRecords) {
  const fs::path file = write_file(folder / "test_batch.bin", batch(0, Bytes(600, 6)));
  const auto source = open_cifar(file, {});
  EXPECT_EQ(source->info().rows, 600U);
  expect_rows(*source, {0, 600});
  expect_rows(*source, {43, 599});
  EXPECT_FALSE(holds_cifar_batches(folder.path()));
  EXPECT_THAT(refusal(), HasSubstr("data_batch_N.bin"));
}

TEST_F(Cifar, TakesNamesFromTheFileBesideTheBatches) {
  const fs::path file = write_file(folder / "data_batch_1.bin", batch(0, {0, 1, 2, 9}));
  for (const std::string& text : {std::string(names), std::string(names) + "\n",
                                  std::string(names.substr(0, names.size() - 1))}) {
    write_file(folder / "batches.meta.txt", text);
    EXPECT_THAT(open_cifar(file, {})->info().classes,
                ElementsAre("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse",
                            "ship", "truck"));
  }
  write_file(folder / "batches.meta.txt", "j\r\ni\r\nh\r\ng\r\nf\r\ne\r\nd\r\nc\r\nb\r\na\r\n");
  const auto source = open();
  EXPECT_THAT(source->info().classes,
              ElementsAre("a", "b", "c", "d", "e", "f", "g", "h", "i", "j"));
  RowBlock block;
  source->read({0, 4}, block);
  EXPECT_THAT(block.labels, ElementsAre(9, 8, 7, 0));
}

TEST_F(Cifar, RefusesOtherNames) {
  write_file(folder / "data_batch_1.bin", batch(0, {0}));
  const auto refuses = [this](const std::string& text) {
    write_file(folder / "batches.meta.txt", text);
    const std::string error = refusal();
    EXPECT_THAT(error, HasSubstr("batches.meta.txt"));
    return error;
  };
  EXPECT_THAT(refuses(""), HasSubstr("ten class names"));
  EXPECT_THAT(refuses("a\nb\n"), HasSubstr("has 2 lines"));
  EXPECT_THAT(refuses(std::string(names) + "eleven\n"), HasSubstr("has 11 lines"));
  EXPECT_THAT(refuses("a\n\nc\nd\ne\nf\ng\nh\ni\nj\n"), HasSubstr("line 2"));
  EXPECT_THAT(refuses("a\nb\n\xFF\nd\ne\nf\ng\nh\ni\nj\n"), HasSubstr("line 3"));
  EXPECT_THAT(refuses("a\nb\nc\nd\ne\na\ng\nh\ni\nj\n"), HasSubstr("line 6 is \"a\" again"));
  EXPECT_THAT(refuses(std::string(1 << 20, 'x')), HasSubstr("1048576 bytes"));
}

TEST_F(Cifar, RefusesEveryTruncation) {
  const fs::path file = write_file(folder / "data_batch_1.bin", batch(0, {1, 2}));
  for (std::size_t length = 2 * record_size; length-- > 0;) {
    if (length == record_size) continue;
    fs::resize_file(file, length);
    ASSERT_THAT(refusal(), AllOf(HasSubstr("data_batch_1.bin"), HasSubstr("3073"))) << length;
  }
}

TEST_F(Cifar, RefusesLabelsAboveNine) {
  write_file(folder / "data_batch_1.bin", batch(0, {1, 2}));
  write_file(folder / "data_batch_2.bin", batch(2, {3, 10, 255}));
  const auto source = open();
  RowBlock block;
  source->read({0, 3}, block);
  EXPECT_THAT(block.labels, ElementsAre(1, 2, 3));
  const std::string text = error_of(ErrorKind::input, [&] { source->read({1, 5}, block); });
  EXPECT_THAT(text, AllOf(HasSubstr("data_batch_2.bin"), HasSubstr("record 1 (byte 3073)"),
                          HasSubstr("label 10")));
}

TEST_F(Cifar, RefusesLabelsOfTheUser) {
  write_file(folder / "data_batch_1.bin", batch(0, {1}));
  OpenOptions options;
  options.labels = "labels.txt";
  EXPECT_THAT(error_of(ErrorKind::usage, [&] { (void)open_cifar(folder.path(), options); }),
              HasSubstr("--labels labels.txt"));
}

}  // namespace
}  // namespace arete
