// In a job that divides rows, no process reads the rows of another.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "cli/sample_data.hpp"
#include "distributed/mpirun.hpp"

namespace arete::run {
namespace {

struct Read {
  std::uint64_t first = 0;
  std::uint64_t last = 0;
};

class JobReads : public Jobs {
 protected:
  /// What each rank reads of the file, from byte `header` on; rows to score are kept.
  std::vector<std::vector<Read>> reads_of_job(int ranks, const Strings& data,
                                              std::uint64_t header) {
    const Strings log = {"-x", "LD_PRELOAD=" ARETE_READ_LOG,
                         "-x", "READ_LOG_OF=" + std::filesystem::canonical(data.front()).string(),
                         "-x", "READ_LOG_TO=" + at("reads-")};
    const Result result =
        mpirun(Strings{"-n", std::to_string(ranks)} + log +
               Strings{ARETE_COMMAND, "fit", "--lambdas", "1,10", "--parallel", "data"} + data);
    EXPECT_EQ(result.exit, 0) << result.err;
    std::vector<std::vector<Read>> reads;
    for (const auto& entry : std::filesystem::directory_iterator(folder_.path())) {
      if (!entry.path().filename().string().starts_with("reads-")) continue;
      std::ifstream log(entry.path());
      std::vector<Read>& of_rank = reads.emplace_back();
      for (std::uint64_t offset = 0, length = 0; log >> offset >> length;) {
        if (offset + length <= header) continue;
        of_rank.push_back({offset, offset + length});
      }
    }
    return reads;
  }

  void expect_disjoint_reads(const Strings& data, std::uint64_t header) {
    constexpr int ranks = 3;
    const auto reads = reads_of_job(ranks, data, header);
    ASSERT_EQ(reads.size(), ranks);
    std::vector<Read> all;
    for (const std::vector<Read>& of_rank : reads) {
      EXPECT_FALSE(of_rank.empty()) << "a rank has read nothing";
      all.insert(all.end(), of_rank.begin(), of_rank.end());
    }
    std::ranges::sort(all, {}, &Read::first);
    std::uint64_t next = header;
    for (const Read& read : all) {
      EXPECT_EQ(read.first, next) << "a row was read twice, or not at all";
      next = read.last;
    }
    EXPECT_EQ(next, std::filesystem::file_size(data.front()));
  }
};

TEST_F(JobReads, AreDisjointInIdx) {
  expect_disjoint_reads({sample::write_mnist(folder_, "train", 1000).string()}, 16);
}

TEST_F(JobReads, AreDisjointInNpy) {
  const auto size = std::filesystem::file_size(sample::write_npy(folder_, "rows", 1000));
  expect_disjoint_reads(npy("rows"), size - std::uint64_t{1000} * sample::features);
}

}  // namespace
}  // namespace arete::run
