#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <fstream>
#include <vector>

#include "arete/moments/moments_file.hpp"
#include "cli/run_command.hpp"
#include "core/temporary_folder.hpp"
#include "data/test_files.hpp"
#include "reference/compare.hpp"
#include "reference/data_set.hpp"
#include "reference/reference.hpp"

namespace arete {
namespace {

/// A sparse NPY file of zeros but for some rows: at both ends, and in pairs across places where
/// blocks may be cut. Every second row is of class 1.
class LargeFile : public ::testing::TestWithParam<std::uint64_t> {
 protected:
  static constexpr std::size_t features = 500;

  void write() {
    const std::uint64_t rows = GetParam();
    const std::string start = test_files::npy(
        "<f4", "(" + std::to_string(rows) + ", " + std::to_string(features) + ")", "");
    std::vector<std::uint64_t> places{0, 1, rows / 3, rows - 2, rows - 1};
    for (const std::uint64_t cut : {2048, 16384, 65536}) {
      for (std::uint64_t at = cut; at + 1 < rows && at < 8 * cut; at += cut) {
        places.insert(places.end(), {at - 1, at});
      }
    }
    std::ranges::sort(places);
    places.erase(std::unique(places.begin(), places.end()), places.end());
    data_ = reference::random_data(ElementType::float32, places.size(), features, 2, 4);
    std::ofstream file(path_, std::ios::binary);
    file << start;
    for (std::size_t i = 0; i < places.size(); ++i) {
      data_.labels[i] = static_cast<std::int32_t>(places[i] % 2);
      for (double& value : data_.rows[i]) value = std::trunc(value * 16);  // exact sums
      const std::vector<float> row(data_.rows[i].begin(), data_.rows[i].end());
      file.seekp(static_cast<std::streamoff>(start.size() + places[i] * features * sizeof(float)));
      file.write(reinterpret_cast<const char*>(row.data()), features * sizeof(float));
    }
    file.close();
    std::filesystem::resize_file(path_, start.size() + rows * features * sizeof(float));
    std::ofstream labels(labels_, std::ios::binary);
    std::string classes(rows, '\0');
    for (std::uint64_t row = 1; row < rows; row += 2) classes[row] = '\1';
    labels << test_files::npy("|u1", "(" + std::to_string(rows) + ",)", classes);
  }

  test::TemporaryFolder folder_;
  std::filesystem::path path_ = folder_ / "X.npy";
  std::filesystem::path labels_ = folder_ / "y.npy";
  reference::DataSet data_;
};

TEST_P(LargeFile, IsSummedExactlyWithinItsBudget) {
  const bool is_long = GetParam() > 1'000'000;
  if (is_long && std::getenv("ARETE_FULL_TESTS") == nullptr) {
    GTEST_SKIP() << "reads 20 GB: scripts/test --full runs it";
  }
  write();
  const std::string moments = folder_ / "all.moments";
  const run::Json result =
      run::json_of({"moments", path_, "--memory", "1G", "--holdout", "0", "-o", moments});
  EXPECT_LE(result["peak_bytes"].get<std::uint64_t>(), std::uint64_t{1} << 30);

  Moments expected = reference::moments(data_);
  expected.exact = true;
  expected.rows = GetParam();
  expected.class_counts = {(GetParam() + 1) / 2, GetParam() / 2};
  reference::expect_identical(read_moments(moments).parts[0], expected);
}

// 20 GB, and a hundredth of it.
INSTANTIATE_TEST_SUITE_P(Sizes, LargeFile, ::testing::Values(100'001, 10'000'000));

}  // namespace
}  // namespace arete
