#include <gtest/gtest.h>

#include "arete/data/open.hpp"
#include "data/parquet/small_tables.hpp"
#include "data/test_files.hpp"

namespace arete {
namespace {

namespace st = small_tables;

/// Damaged files are refused, or read as something else, but never bring the program down.
class DamagedTables : public testing::Test {
 protected:
  static void read(const std::filesystem::path& path) {
    const auto source = open_source(path, {.threads = 1});
    RowBlock block;
    source->read({0, source->info().rows}, block);
  }
  void write(const char* name, const st::Array& features,
             arrow::Compression::type codec = arrow::Compression::SNAPPY) {
    const std::vector<int> labels(static_cast<std::size_t>(features->length()), 1);
    const st::Columns columns{{"features", features},
                              {"label", st::numbers<arrow::Int32Type>(labels)}};
    path_ = folder_ / name;
    if (path_.extension() == ".arrow") {
      st::write_arrow(path_, columns, 4);
    } else {
      st::write_parquet(path_, columns, {.group_rows = 4, .codec = codec, .arrow_schema = false});
    }
  }
  void expect_no_crash() {
    // A size that is damaged may ask for more memory than there is.
    test::for_each_damaged_byte(path_, [](const auto& path) {
      test::expect_survived(path, read, {ErrorKind::input, ErrorKind::resource});
    });
    test::expect_other_lengths_refused(path_, read);
  }

  test_files::TemporaryFolder folder_;
  std::filesystem::path path_;
  st::Pixels pixels_ = st::some_pixels(8);
};

TEST_F(DamagedTables, OfBytes) {
  write("a.parquet", st::binary(pixels_));
  expect_no_crash();
}

TEST_F(DamagedTables, OfBytesUncompressed) {
  write("a.parquet", st::binary(pixels_), arrow::Compression::UNCOMPRESSED);
  expect_no_crash();
}

TEST_F(DamagedTables, OfLists) {
  write("a.parquet", st::lists(st::numbers<arrow::Int32Type>(pixels_.values), 6),
        arrow::Compression::UNCOMPRESSED);
  expect_no_crash();
}

TEST_F(DamagedTables, OfVectors) {
  write("a.parquet", st::vectors(pixels_, [](std::size_t row) { return row % 2 == 0; }),
        arrow::Compression::UNCOMPRESSED);
  expect_no_crash();
}

TEST_F(DamagedTables, OfArrowFiles) {
  write("a.arrow", st::binary(pixels_));
  expect_no_crash();
}

TEST_F(DamagedTables, WithTheWrongMagic) {
  const auto path = folder_.write("a.parquet", "PAR2" + std::string(100, '\0') + "PAR2");
  test_files::expect_error(ErrorKind::input, [&] { return open_source(path, {}); },
                           {path.string(), "is of no kind that is read"});
}

}  // namespace
}  // namespace arete
