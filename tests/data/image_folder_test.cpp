#include "arete/data/image_folder.hpp"

#include <gmock/gmock.h>

#include <thread>

#include "data/image_files.hpp"

namespace arete {
namespace {

namespace fs = std::filesystem;

using image_files::Bytes;
using image_files::error_of;
using image_files::jpeg;
using image_files::noise;
using image_files::png;
using image_files::write_file;
using ::testing::AllOf;
using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

/// One grey pixel.
Bytes dot(std::uint8_t value) { return png(1, 1, {value}); }

struct Rows {
  std::vector<int> values;
  std::vector<std::int32_t> labels;
};

Rows read(const RowSource& source, RowRange range) {
  RowBlock block;
  source.read(range, block);
  EXPECT_EQ(block.first_row, range.first);
  EXPECT_EQ(block.rows, range.size());
  const std::size_t bytes = block.rows * block.features;
  Rows rows{{}, block.labels};
  for (std::size_t i = 0; i < bytes; ++i) {
    rows.values.push_back(std::to_integer<int>(block.data[i]));
  }
  return rows;
}

Rows read_all(const RowSource& source) { return read(source, {0, source.info().rows}); }

class ImageFolder : public ::testing::Test {
 protected:
  std::unique_ptr<RowSource> open() { return open_images(folder.path(), options); }
  std::string refusal(ErrorKind kind) {
    return error_of(kind, [this] { (void)open(); });
  }

  image_files::TemporaryFolder folder;
  OpenOptions options;
};

TEST_F(ImageFolder, OrdersClassesAsIntegersThenByBytesAndFilesByBytes) {
  write_file(folder / "10/a.png", dot(10));
  write_file(folder / "9/b.png", dot(9));
  write_file(folder / "9/B.png", dot(8));
  write_file(folder / "9/a b.png", dot(11));
  write_file(folder / "main ouverte/x.png", dot(1));
  write_file(folder / "Äpfel/é.png", dot(2));
  write_file(folder / "Zebra/x", dot(3));
  for (const int threads : {1, 2, 5}) {
    options.threads = threads;
    const auto source = open();
    const SourceInfo& info = source->info();
    EXPECT_EQ(info.name, folder.path().string());
    EXPECT_EQ(info.rows, 7U);
    EXPECT_EQ(info.type, ElementType::uint8);
    EXPECT_THAT(info.shape, ElementsAre(1, 1));
    EXPECT_THAT(info.classes, ElementsAre("9", "10", "Zebra", "main ouverte", "Äpfel"));
    const Rows rows = read_all(*source);
    EXPECT_THAT(rows.values, ElementsAre(8, 11, 9, 10, 3, 1, 2));
    EXPECT_THAT(rows.labels, ElementsAre(0, 0, 0, 1, 2, 3, 4));
    EXPECT_THAT(read(*source, {2, 5}).values, ElementsAre(9, 10, 3));
    EXPECT_THAT(read(*source, {2, 5}).labels, ElementsAre(0, 1, 2));
    EXPECT_THAT(read(*source, {7, 7}).values, IsEmpty());
  }
}

TEST_F(ImageFolder, IgnoresHiddenFilesAndWhatDesktopsLeave) {
  write_file(folder / "a/1.png", dot(1));
  write_file(folder / "b/2.png", dot(2));
  write_file(folder / "b/.3.png", dot(3));
  write_file(folder / ".c/4.png", dot(4));
  for (const char* junk : {"Thumbs.db", ".DS_Store", "desktop.ini", "__MACOSX/x"}) {
    write_file(folder / junk, "junk");
    write_file(folder.path() / "a" / junk, "junk");
  }
  write_file(folder / "README.txt", "beside the class folders");
  EXPECT_THAT(read_all(*open()).values, ElementsAre(1, 2));
}

TEST_F(ImageFolder, FollowsLinks) {
  const image_files::TemporaryFolder elsewhere;
  write_file(elsewhere / "class/1.png", dot(1));
  fs::create_directory(folder / "b");
  fs::create_directory_symlink(elsewhere / "class", folder / "a");
  fs::create_symlink(elsewhere / "class/1.png", folder / "b/1.png");
  const Rows rows = read_all(*open());
  EXPECT_THAT(rows.values, ElementsAre(1, 1));
  EXPECT_THAT(rows.labels, ElementsAre(0, 1));
  fs::create_symlink(elsewhere / "none", folder / "b/2.png");
  EXPECT_THAT(refusal(ErrorKind::input), HasSubstr("b/2.png"));
}

TEST_F(ImageFolder, RefusesWhatDoesNotBelongIntoAClassFolder) {
  write_file(folder / "a/1.png", dot(1));
  write_file(folder / "b/2.png", dot(2));
  write_file(folder / "b/notes.txt", "text");
  EXPECT_THAT(refusal(ErrorKind::input), AllOf(HasSubstr("b/notes.txt"), HasSubstr("neither")));
  fs::remove(folder / "b/notes.txt");
  write_file(folder / "b/nested/3.png", dot(3));
  EXPECT_THAT(refusal(ErrorKind::input), HasSubstr("b/nested"));
  fs::remove_all(folder / "b/nested");
  fs::create_directory(folder / "c");
  EXPECT_THAT(refusal(ErrorKind::input), AllOf(HasSubstr("/c"), HasSubstr("empty")));
  fs::remove(folder / "c");
  write_file(folder / "a\xFF/5.png", dot(5));
  EXPECT_THAT(refusal(ErrorKind::input), HasSubstr("UTF-8"));
  fs::remove_all(folder / "a\xFF");
  write_file(folder / "4.png", dot(4));
  EXPECT_THAT(refusal(ErrorKind::input), HasSubstr("beside folders"));
}

TEST_F(ImageFolder, NamesTheFirstDamagedFileOnAnyNumberOfThreads) {
  for (int i = 100; i < 300; ++i) {
    write_file(folder / ("a/" + std::to_string(i) + ".png"), dot(1));
  }
  const Bytes damaged = [] {
    Bytes bytes = png(8, 8, noise(64));
    bytes.resize(bytes.size() - 20);
    return bytes;
  }();
  options.preprocessing.image_size = {{1, 1}};
  write_file(folder / "a/150.png", damaged);
  write_file(folder / "a/151.png", damaged);
  write_file(folder / "a/290.png", damaged);
  for (const int threads : {1, 2, 8}) {
    options.threads = threads;
    const auto source = open();
    EXPECT_THAT(error_of(ErrorKind::input, [&] { read_all(*source); }), HasSubstr("a/150.png"));
    EXPECT_THAT(error_of(ErrorKind::input,
                         [&] {
                           read(*source, {60, 200});
                         }),
                HasSubstr("a/290.png"));
  }
}

TEST_F(ImageFolder, ImagesOfOneSizeOrResized) {
  write_file(folder / "a/1.png", png(2, 1, {10, 20}));
  write_file(folder / "b/2.png", png(1, 2, {30, 50}));
  EXPECT_THAT(refusal(ErrorKind::input),
              AllOf(HasSubstr("a/1.png"), HasSubstr("b/2.png"), HasSubstr("2x1"), HasSubstr("1x2"),
                    HasSubstr("--image-size WxH")));
  options.preprocessing.image_size = {{1, 1}};
  auto source = open();
  EXPECT_THAT(source->info().shape, ElementsAre(1, 1));
  EXPECT_EQ(source->info().preprocessing, options.preprocessing);
  EXPECT_THAT(read_all(*source).values, ElementsAre(15, 40));
  options.preprocessing.image_size = {{2, 1}};
  source = open();
  EXPECT_THAT(source->info().shape, ElementsAre(1, 2));
  EXPECT_THAT(read_all(*source).values, ElementsAre(10, 20, 40, 40));
  options.preprocessing.binarise = 20;
  EXPECT_THAT(read_all(*open()).values, ElementsAre(0, 0, 1, 1));
  options.preprocessing.image_size = {{0, 1}};
  refusal(ErrorKind::usage);
}

TEST_F(ImageFolder, GreyIsRepeatedWhereOneImageHasColours) {
  write_file(folder / "a/1.png", png(1, 1, {5}));
  write_file(folder / "b/2.png", png({{1, 1, 3}, {255, 0, 0}}));
  auto source = open();
  EXPECT_THAT(source->info().shape, ElementsAre(1, 1, 3));
  EXPECT_EQ(source->info().features, 3U);
  EXPECT_THAT(read_all(*source).values, ElementsAre(5, 5, 5, 255, 0, 0));
  options.preprocessing.grayscale = true;
  source = open();
  EXPECT_THAT(source->info().shape, ElementsAre(1, 1));
  EXPECT_THAT(read_all(*source).values, ElementsAre(5, 76));
}

TEST_F(ImageFolder, AFolderOfImagesIsUnlabelledUnlessLabelsAreGiven) {
  write_file(folder / "b.png", dot(2));
  write_file(folder / "a.jpg", jpeg(1, 1, {9}, {.colours = JCS_GRAYSCALE}));
  auto source = open();
  EXPECT_THAT(source->info().classes, IsEmpty());
  EXPECT_THAT(read_all(*source).values, ElementsAre(9, 2));
  EXPECT_THAT(read_all(*source).labels, IsEmpty());

  const image_files::TemporaryFolder elsewhere;
  options.labels = write_file(elsewhere / "labels.txt", "yes\nno\n");
  source = open();
  EXPECT_THAT(source->info().classes, ElementsAre("no", "yes"));
  EXPECT_THAT(read_all(*source).labels, ElementsAre(1, 0));
  EXPECT_THAT(read(*source, {1, 2}).labels, ElementsAre(0));

  write_file(folder / "c.png", dot(3));
  EXPECT_THAT(refusal(ErrorKind::input),
              AllOf(HasSubstr("labels.txt"), HasSubstr("2 labels"), HasSubstr("3 rows")));
}

TEST_F(ImageFolder, OneImageIsOneUnlabelledRow) {
  const fs::path file = write_file(folder / "one.png", png(3, 2, {1, 2, 3, 4, 5, 6}));
  const auto source = open_images(file, options);
  EXPECT_EQ(source->info().rows, 1U);
  EXPECT_THAT(source->info().shape, ElementsAre(2, 3));
  EXPECT_THAT(read_all(*source).values, ElementsAre(1, 2, 3, 4, 5, 6));
  EXPECT_THAT(read_all(*source).labels, IsEmpty());
}

TEST_F(ImageFolder, RefusesLabelsWhereTheyMakeNoSense) {
  write_file(folder / "a/1.png", dot(1));
  options.labels = write_file(folder / "labels.txt", "a\n");
  EXPECT_THAT(refusal(ErrorKind::usage), HasSubstr("leave out --labels"));
  EXPECT_THAT(
      error_of(ErrorKind::usage, [this] { (void)open_images(folder / "a/1.png", options); }),
      HasSubstr("single image"));
}

TEST_F(ImageFolder, NoticesAFileThatChanges) {
  write_file(folder / "a/1.png", dot(1));
  const auto source = open();
  write_file(folder / "a/1.png", png(2, 2, noise(4)));
  EXPECT_THAT(error_of(ErrorKind::input, [&] { read_all(*source); }),
              AllOf(HasSubstr("a/1.png"), HasSubstr("changed")));
}

TEST_F(ImageFolder, SeveralThreadsMayReadAtOnce) {
  for (int i = 0; i < 50; ++i) {
    write_file(folder / ("a/" + std::to_string(100 + i) + ".png"),
               dot(static_cast<std::uint8_t>(i)));
  }
  options.threads = 2;
  const auto source = open();
  const Rows expected = read_all(*source);
  std::vector<Rows> found(3);
  {
    std::vector<std::jthread> threads;
    for (Rows& rows : found) {
      threads.emplace_back([&rows, &source] { rows = read_all(*source); });
    }
  }
  for (const Rows& rows : found) EXPECT_EQ(rows.values, expected.values);
}

TEST_F(ImageFolder, GreyIsRepeatedWhereThreeChannelsAreAsked) {
  const fs::path file = write_file(folder / "one.png", png(2, 1, {7, 9}));
  options.channels = 3;
  const auto source = open_images(file, options);
  EXPECT_THAT(source->info().shape, ElementsAre(1, 2, 3));
  EXPECT_THAT(read_all(*source).values, ElementsAre(7, 7, 7, 9, 9, 9));
  options.channels = 1;
  EXPECT_THAT(error_of(ErrorKind::usage, [&] { (void)open_images(file, options); }),
              HasSubstr("--grayscale"));
}

TEST_F(ImageFolder, HoldsImages) {
  EXPECT_FALSE(holds_images(folder.path()));
  EXPECT_FALSE(holds_images(folder / "none"));
  write_file(folder / "a/notes.txt", "text");
  write_file(folder / ".hidden.png", dot(1));
  EXPECT_FALSE(holds_images(folder.path()));
  write_file(folder / "b/1.png", dot(1));
  EXPECT_TRUE(holds_images(folder.path()));
  EXPECT_TRUE(holds_images(folder / "b"));
  EXPECT_FALSE(holds_images(folder / "b/1.png"));
  EXPECT_THAT(error_of(ErrorKind::input,
                       [this] {
                         fs::create_directory(folder / "e");
                         (void)open_images(folder / "e", options);
                       }),
              HasSubstr("holds no images"));
}

}  // namespace
}  // namespace arete
