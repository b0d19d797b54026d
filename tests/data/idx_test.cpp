#include "arete/data/idx.hpp"

#include <gmock/gmock.h>

#include <numeric>
#include <thread>

#include "arete/data/array_source.hpp"
#include "data/test_files.hpp"

namespace arete {
namespace {

using test_files::expect_error;
using test_files::gzip_stored;
using test_files::idx;
using test_files::idx_header;
using test_files::read_all;
using testing::ElementsAre;

class Idx : public testing::Test {
 protected:
  [[nodiscard]] std::unique_ptr<RowSource> open(std::string_view bytes,
                                                const OpenOptions& options = {}) const {
    return open_array(folder.write("rows", bytes), options);
  }
  /// The values come back from a plain and from a gzip file, in ranges of any size.
  template <typename T>
  void expect_read(unsigned code, ElementType type, const std::vector<T>& values) const {
    const std::string bytes = idx(code, {3, 2}, values);
    for (const std::string& file : {bytes, gzip_stored(bytes)}) {
      const auto source = open(file);
      EXPECT_EQ(source->info().type, type);
      for (const std::uint64_t step : {1, 2, 3}) EXPECT_EQ(read_all<T>(*source, step), values);
    }
  }

  test_files::TemporaryFolder folder;
};

TEST_F(Idx, ReadsEveryElementType) {
  expect_read<std::uint8_t>(0x08, ElementType::uint8, {0, 1, 127, 128, 254, 255});
  expect_read<std::int8_t>(0x09, ElementType::int8, {0, 1, 127, -128, -2, -1});
  expect_read<std::int16_t>(0x0B, ElementType::int16, {0, 1, 32767, -32768, 258, -2});
  expect_read<float>(0x0D, ElementType::float32, {0.0F, -1.5F, 3e38F, 1e-45F, 0.1F, 7.0F});
  expect_read<double>(0x0E, ElementType::float64, {0.0, -1.5, 1e308, 5e-324, 0.1, 7.0});
}

TEST_F(Idx, DescribesItself) {
  const auto source = open(idx<std::uint8_t>(0x08, {2, 1, 3}, {1, 2, 3, 4, 5, 6}));
  EXPECT_EQ(source->info().name, (folder.path() / "rows").string());
  EXPECT_EQ(source->info().rows, 2U);
  EXPECT_EQ(source->info().features, 3U);
  EXPECT_THAT(source->info().shape, ElementsAre(1, 3));
  EXPECT_TRUE(source->info().classes.empty());
}

TEST_F(Idx, RowsOfAGzipFileAreNotCopied) {
  const auto source = open(gzip_stored(idx<std::uint8_t>(0x08, {2, 2}, {1, 2, 3, 4})));
  RowBlock block;
  source->read({1, 2}, block);
  EXPECT_TRUE(block.storage.empty());
  EXPECT_EQ(block.data[0], std::byte{3});
  EXPECT_GE(source->info().held_bytes, source->info().resident_bytes);
}

TEST_F(Idx, LabelsAreFoundByTheCustomaryName) {
  const std::string images = idx<std::uint8_t>(0x08, {3, 1}, {1, 2, 3});
  const std::string labels = idx<std::uint8_t>(0x08, {3}, {9, 4, 9});
  for (const char* separator : {"-", "."}) {
    for (const char* images_end : {"", ".gz"}) {
      for (const char* labels_end : {"", ".gz"}) {
        const test_files::TemporaryFolder fresh;
        const std::string dash(separator);
        const auto path = fresh.write("train-images" + dash + "idx3-ubyte" + images_end, images);
        fresh.write("train-labels" + dash + "idx1-ubyte" + labels_end, gzip_stored(labels));
        const auto source = open_array(path, {});
        EXPECT_THAT(source->info().classes, ElementsAre("4", "9"));
        RowBlock block;
        source->read({1, 3}, block);
        EXPECT_THAT(block.labels, ElementsAre(0, 1));
      }
    }
  }
}

TEST_F(Idx, LabelsOfAnotherLengthNameBothFiles) {
  const auto labels = folder.write("labels", idx<std::uint8_t>(0x08, {2}, {9, 4}));
  expect_error(ErrorKind::input,
               [&] {
                 return open(idx<std::uint8_t>(0x08, {3, 1}, {1, 2, 3}), {.labels = labels});
               },
               {labels.string(), "2 labels", (folder.path() / "rows").string(), "3 rows"});
}

TEST_F(Idx, EveryTruncationAndEveryLongerFileIsAnError) {
  const std::string bytes = idx<std::int16_t>(0x0B, {3, 2}, {1, 2, 3, 4, 5, 6});
  const auto open_path = [](const auto& path) { return open_array(path, {}); };
  test_files::expect_truncations_fail(folder, bytes, open_path);
  expect_error(ErrorKind::input, [&] { return open(bytes + 'x'); },
               {"too long", "24 bytes", "are 25"});
}

TEST_F(Idx, DamagedHeadersAreErrors) {
  const std::uint32_t most = 0xFFFFFFFFU;
  expect_error(ErrorKind::input, [&] { return open(idx_header(0x08, {most, most, most})); });
  expect_error(ErrorKind::input, [&] { return open(idx_header(0x0E, {most, most})); });
  expect_error(ErrorKind::input, [&] { return open(idx_header(0x08, {0, 4})); }, {"0 x 4"});
  expect_error(ErrorKind::input, [&] { return open(idx_header(0x08, {4, 0})); }, {"4 x 0"});
  expect_error(ErrorKind::input, [&] { return open(idx_header(0x08, {})); });
  expect_error(ErrorKind::input,
               [&] {
                 return open(idx_header(0x0A, {1, 1}) + "x");
               },
               {"00 00 0a"});
  expect_error(ErrorKind::input, [&] { return open("\x01" + idx_header(0x08, {1, 1})); });
  expect_error(ErrorKind::input, [&] { return open(std::string(1000, '\0')); });
  expect_error(ErrorKind::input,
               [&] { return open(std::string("\0\0\x08\xFF", 4) + std::string(1020, '\1')); });
}

TEST_F(Idx, Int32AndLabelFilesAreRefusedAsData) {
  expect_error(ErrorKind::input,
               [&] {
                 return open(idx<std::int32_t>(0x0C, {1, 2}, {1, 2}));
               },
               {"int32"});
  expect_error(ErrorKind::input,
               [&] {
                 return open(idx<std::uint8_t>(0x08, {2}, {1, 2}));
               },
               {"--labels"});
}

TEST_F(Idx, RangesOutsideTheRowsAreABugOfTheCaller) {
  const auto source = open(idx<std::uint8_t>(0x08, {2, 1}, {1, 2}));
  RowBlock block;
  const auto read = [&](RowRange range) { source->read(range, block); };
  expect_error(ErrorKind::internal, [&] { read({1, 3}); });
  expect_error(ErrorKind::internal, [&] { read({2, 1}); });
}

TEST_F(Idx, ThreadsReadAtOnce) {
  std::vector<std::int16_t> values(1000 * 7);
  std::iota(values.begin(), values.end(), static_cast<std::int16_t>(-3000));
  const auto source = open(idx(0x0B, {1000, 7}, values));
  std::vector<std::vector<std::int16_t>> seen(2);
  {
    std::vector<std::jthread> threads;
    for (std::size_t i = 0; i < seen.size(); ++i) {
      threads.emplace_back([&, i] { seen[i] = read_all<std::int16_t>(*source, 3 + i); });
    }
  }
  for (const auto& one : seen) EXPECT_EQ(one, values);
}

/// 4 x 30 bytes, (30 r + c^2) mod 7, compressed as gzip -9 does.
std::string compressed_idx() {
  static constexpr char bytes[] =
      "\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\x03\x75\xc5\xc1\x11\x00\x20\x0c\x02\x30\x28"
      "\x94\x73\x0a\xf7\x1f\x53\x17\xe0\x91\x0b\x70\x06\x80\xbf\x0b\x7a\xc6\x2c\x8d\x62"
      "\x47\x25\x2f\x13\x6e\x29\x10\x29\x94\x1e\x86\x8b\xf0\x5f\x84\x00\x00\x00";
  return {bytes, sizeof bytes - 1};
}

std::vector<std::uint8_t> compressed_values() {
  std::vector<std::uint8_t> values;
  for (int row = 0; row < 4; ++row) {
    for (int column = 0; column < 30; ++column) {
      values.push_back(static_cast<std::uint8_t>((30 * row + column * column) % 7));
    }
  }
  return values;
}

TEST_F(Idx, InflatesCompressedData) {
  EXPECT_EQ(read_all<std::uint8_t>(*open(compressed_idx()), 4), compressed_values());
}

TEST_F(Idx, EveryTruncationOfGzipDataIsAnError) {
  test_files::expect_truncations_fail(folder, compressed_idx(),
                                      [](const auto& path) { return open_array(path, {}); });
}

TEST_F(Idx, NoChangedBitOfGzipDataChangesTheRows) {
  const std::string bytes = compressed_idx();
  int harmless = 0;
  for (std::size_t bit = 0; bit < 8 * bytes.size(); ++bit) {
    std::string changed = bytes;
    changed[bit / 8] = static_cast<char>(changed[bit / 8] ^ (1 << bit % 8));
    try {
      EXPECT_EQ(read_all<std::uint8_t>(*open(changed), 4), compressed_values()) << bit;
      ++harmless;
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::input) << error.what();
    }
  }
  EXPECT_LT(harmless, 8 * 7);  // time, level and system in the header, and padding
}

TEST_F(Idx, OtherBytesBehindGzipDataAreAnError) {
  const std::string bytes = compressed_idx();
  expect_error(ErrorKind::input, [&] { return open(bytes + "?"); }, {"1 other bytes follow"});
  expect_error(ErrorKind::input, [&] { return open(bytes + std::string(100, '\0')); });
}

TEST_F(Idx, SeveralGzipMembersAreOneContent) {
  std::vector<std::uint8_t> values(300 * 200);
  std::iota(values.begin(), values.end(), std::uint8_t{0});
  const std::string bytes = idx(0x08, {300, 200}, values);
  std::string members = gzip_stored("");
  for (std::size_t at = 0; at < bytes.size(); at += 7000) {
    members += gzip_stored(std::string_view(bytes).substr(at, 7000));
  }
  EXPECT_EQ(read_all<std::uint8_t>(*open(members + gzip_stored("")), 100), values);
}

TEST_F(Idx, GzipDataBeyondTheMemoryAllowedAreAResourceError) {
  const std::string bytes = idx(0x08, {300, 200}, std::vector<std::uint8_t>(300 * 200));
  const std::string zipped = gzip_stored(bytes);
  EXPECT_NO_THROW(static_cast<void>(open(zipped, {.memory = zipped.size() + bytes.size()})));
  expect_error(ErrorKind::resource, [&] { return open(zipped, {.memory = zipped.size()}); });
  expect_error(ErrorKind::resource, [&] { return open(zipped, {.memory = 50000}); },
               {"50000 bytes", "gunzip", "--memory"});
  expect_error(ErrorKind::resource, [&] { return open(compressed_idx(), {.memory = 100}); });
}

}  // namespace
}  // namespace arete
