#include <gtest/gtest.h>

#include <cstdlib>

#include "arete/moments/moments_file.hpp"
#include "cli/run_command.hpp"
#include "core/temporary_folder.hpp"
#include "data/parquet/small_tables.hpp"

namespace arete {
namespace {

namespace st = small_tables;

/// A Parquet file of many times the same rows, in one row group, as Spark writes them.
class LargeTable : public ::testing::TestWithParam<std::int64_t> {
 protected:
  static constexpr std::size_t features = 1000;
  static constexpr std::int64_t distinct = 5000;

  void write(std::int64_t repeats) {
    const st::Pixels pixels = st::some_pixels(distinct, features);
    std::vector<int> labels;
    for (int i = 0; i < distinct; ++i) labels.push_back(i % 2);
    const auto batch = st::table(
        {{"features", st::binary(pixels)}, {"label", st::numbers<arrow::Int32Type>(labels)}});
    const auto file = st::require(arrow::io::FileOutputStream::Open(path_.string()));
    const auto properties = parquet::WriterProperties::Builder()
                                .compression(arrow::Compression::SNAPPY)
                                ->max_row_group_length(1 << 30)
                                ->build();
    const auto writer = st::require(parquet::arrow::FileWriter::Open(
        *batch->schema(), arrow::default_memory_pool(), file, properties));
    const auto record = st::require(batch->CombineChunksToBatch());
    for (std::int64_t i = 0; i < repeats; ++i) st::require(writer->WriteRecordBatch(*record));
    st::require(writer->Close());
    st::require(file->Close());
  }

  test::TemporaryFolder folder_;
  std::filesystem::path path_ = folder_ / "large.parquet";
};

TEST_P(LargeTable, IsSummedWithinItsBudget) {
  const std::int64_t repeats = GetParam();
  const bool is_long = repeats > 1000;
  if (is_long && std::getenv("ARETE_FULL_TESTS") == nullptr) {
    GTEST_SKIP() << "reads 10 GB: scripts/test --full runs it";
  }
  write(repeats);
  const std::string moments = folder_ / "all.moments";
  const std::string memory = is_long ? "1G" : "300M";
  const std::uint64_t most = std::uint64_t{is_long ? 1024U : 512U} << 20;  // a sanitizer needs more
  const run::Json result =
      run::json_of({"moments", path_, "--memory", memory, "--holdout", "0", "-o", moments});
  EXPECT_EQ(result["data"]["rows"], repeats * distinct);
  EXPECT_LE(result["peak_bytes"].get<std::uint64_t>(), most);
  const Moments once = [&] {
    write(1);
    const std::string small = folder_ / "small.moments";
    static_cast<void>(run::json_of({"moments", path_, "--holdout", "0", "-o", small}));
    return std::move(read_moments(small).parts[0]);
  }();
  const Moments all = std::move(read_moments(moments).parts[0]);
  for (std::size_t i = 0; i < features; i += 97) {
    EXPECT_EQ(all.column_sums[i], once.column_sums[i] * static_cast<double>(repeats));
    EXPECT_EQ(all.gram(i, features - 1), once.gram(i, features - 1) * static_cast<double>(repeats));
  }
}

// 10 GB of rows, and 600 MB.
INSTANTIATE_TEST_SUITE_P(Repeats, LargeTable, ::testing::Values(120, 2000));

}  // namespace
}  // namespace arete
