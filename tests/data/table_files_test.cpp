#include "arete/data/table_files.hpp"

#include <gmock/gmock.h>

#include <filesystem>
#include <string>
#include <vector>

#include "data/test_files.hpp"

namespace arete {
namespace {

using test_files::expect_error;
using testing::ElementsAre;
using testing::Pair;

class FindTableFiles : public testing::Test {
 protected:
  /// What begins like a Parquet file, below the folder.
  void write(const std::string& name, const std::string& bytes = "PAR1....PAR1") {
    std::filesystem::create_directories((folder_.path() / name).parent_path());
    folder_.write(name, bytes);
  }
  [[nodiscard]] std::vector<std::string> names_of(const TableFiles& table) const {
    std::vector<std::string> names;
    for (const TableFile& file : table.files) {
      names.push_back(std::filesystem::relative(file.path, folder_.path()).string());
    }
    return names;
  }
  [[nodiscard]] std::vector<std::string> find(const std::string& name = "") const {
    return names_of(find_table_files(folder_.path() / name));
  }

  test_files::TemporaryFolder folder_;
};

TEST_F(FindTableFiles, OrdersByTheNumbersInNames) {
  for (const char* name : {"part-10-b.parquet", "part-9-a.parquet", "part-00009-a.parquet",
                           "part-100.parquet", "a.arrow", "part-9.parquet"}) {
    write(name);
  }
  EXPECT_THAT(find(), ElementsAre("a.arrow", "part-00009-a.parquet", "part-9-a.parquet",
                                  "part-9.parquet", "part-10-b.parquet", "part-100.parquet"));
}

TEST_F(FindTableFiles, IgnoresWhatSparkLeavesBeside) {
  write("_SUCCESS", "");
  write("._SUCCESS.crc", "crc");
  write(".part-0.parquet.crc", "crc");
  write("_temporary/part-1.parquet");
  write("part-0.parquet");
  const TableFiles table = find_table_files(folder_.path());
  EXPECT_THAT(names_of(table), ElementsAre("part-0.parquet"));
  EXPECT_TRUE(table.warnings.empty());
}

TEST_F(FindTableFiles, WarnsOfAnExportThatHasNotEnded) {
  write("part-0.parquet");
  EXPECT_EQ(find_table_files(folder_.path()).warnings.size(), 1U);
  EXPECT_TRUE(find_table_files(folder_.path() / "part-0.parquet").warnings.empty());
}

TEST_F(FindTableFiles, TakesKeysFromFolders) {
  write("_SUCCESS", "");
  write("label=10/day=a%3Db/part-0.parquet");
  write("label=2/day=c/part-0.parquet");
  const TableFiles table = find_table_files(folder_.path());
  EXPECT_THAT(names_of(table),
              ElementsAre("label=2/day=c/part-0.parquet", "label=10/day=a%3Db/part-0.parquet"));
  EXPECT_THAT(table.files[1].keys, ElementsAre(Pair("label", "10"), Pair("day", "a=b")));
}

TEST_F(FindTableFiles, ExpandsGlobs) {
  write("a/part-2.parquet");
  write("b/part-1.parquet");
  write("b/part-10.parquet");
  write("c/other.parquet");
  EXPECT_THAT(find("*/part-*"),
              ElementsAre("a/part-2.parquet", "b/part-1.parquet", "b/part-10.parquet"));
  expect_error(ErrorKind::input, [&] { return find("d*"); }, {"d*"});
}

TEST_F(FindTableFiles, RefusesWhatIsNoTable) {
  write("part-0.parquet");
  write("notes.txt", "hello");
  expect_error(ErrorKind::input, [&] { return find(); }, {"notes.txt", "neither"});
  std::filesystem::remove(folder_.path() / "notes.txt");
  write("part-1.parquet", "");
  expect_error(ErrorKind::input, [&] { return find(); }, {"part-1.parquet", "empty"});
  std::filesystem::remove(folder_.path() / "part-1.parquet");
  write("more/part-0.parquet");
  expect_error(ErrorKind::input, [&] { return find(); }, {"more", "key=value"});
  std::filesystem::remove_all(folder_.path() / "more");
  write("label=__HIVE_DEFAULT_PARTITION__/part-0.parquet");
  expect_error(ErrorKind::input, [&] { return find(); }, {"'label' is null"});
}

TEST_F(FindTableFiles, KnowsTablesFromOtherData) {
  EXPECT_FALSE(is_table(folder_.path()));
  EXPECT_TRUE(is_table(folder_.path() / "*.parquet"));
  EXPECT_FALSE(is_table(folder_.path() / "absent"));
  write("label=1/part-0.parquet");
  EXPECT_TRUE(is_table(folder_.path()));
  EXPECT_TRUE(is_table(folder_.path() / "label=1/part-0.parquet"));
  write("a.npy", "\x93NUMPY");
  EXPECT_FALSE(is_table(folder_.path() / "a.npy"));
}

}  // namespace
}  // namespace arete
