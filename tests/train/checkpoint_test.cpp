#include "arete/train/checkpoint.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>

#include "arete/comm/threads.hpp"
#include "arete/core/error.hpp"
#include "arete/core/file.hpp"
#include "arete/moments/moments_file.hpp"
#include "arete/train/accumulate.hpp"
#include "arete/train/fit.hpp"
#include "arete/train/gather_moments.hpp"
#include "core/expect_error.hpp"
#include "core/temporary_folder.hpp"
#include "reference/compare.hpp"
#include "reference/data_set.hpp"

namespace arete {
namespace {

namespace fs = std::filesystem;
using reference::DataSet;

/// Stops the job like Ctrl-C, at its n-th progress report.
class Impatient : public Listener {
 public:
  explicit Impatient(int patience) : patience_(patience) {}
  void progress(std::string_view /*stage*/, std::uint64_t /*done*/,
                std::uint64_t /*total*/) override {
    if (--patience_ == 0) fail(ErrorKind::resource, "stopped by the test");
  }
  void resumed(std::uint64_t rows, std::uint64_t /*total*/) override { resumed_rows = rows; }

  std::uint64_t resumed_rows = 0;

 private:
  int patience_;
};

class Checkpoints : public ::testing::Test {
 protected:
  Checkpoints() : data_(reference::random_data(ElementType::uint8, 60'000, 9, 3, 21)) {
    options_.rule = holdout_rule(0.2, 0);
    // Blocks of few rows, and a piece after each of them.
    options_.memory = 400'000;
    options_.checkpoint = CheckpointOptions{folder_.path() / "pieces", 0};
  }

  MomentsSet gather(int ranks, int patience) {
    MomentsSet result;
    run_as_threads(ranks, [&](Communicator& communicator) {
      Impatient listener(communicator.rank() == 0 ? patience : 0);
      MomentsSet set = gather_moments(*reference::open(data_), {5, data_.rows.size()}, options_,
                                      *cpu_backend(), communicator, listener);
      if (communicator.rank() != 0) return;
      resumed_rows_ = listener.resumed_rows;
      result = std::move(set);
    });
    return result;
  }

  /// A run that is stopped after `blocks` blocks of rank 0.
  void interrupt(int ranks, int blocks) {
    EXPECT_THROW(static_cast<void>(gather(ranks, blocks)), Error);
  }

  [[nodiscard]] std::vector<fs::path> pieces() const {
    std::vector<fs::path> found;
    for (const auto& entry : fs::directory_iterator(options_.checkpoint->folder)) {
      if (entry.path().extension() == ".moments") found.push_back(entry.path());
    }
    return found;
  }

  [[nodiscard]] std::uint64_t rows_in_pieces() const {
    std::uint64_t rows = 0;
    for (const fs::path& piece : pieces()) {
      for (const RowRange& range : rows_of_moments(piece)) rows += range.size();
    }
    return rows;
  }

  MomentsSet undisturbed() {
    FitOptions plain = options_;
    plain.checkpoint.reset();
    Listener listener;
    return gather_moments(*reference::open(data_), {5, data_.rows.size()}, plain, *cpu_backend(),
                          *single_process(), listener);
  }

  void expect_same(const MomentsSet& set, const MomentsSet& expected) {
    EXPECT_EQ(set.rows, expected.rows);
    ASSERT_EQ(set.parts.size(), expected.parts.size());
    for (std::size_t p = 0; p < set.parts.size(); ++p) {
      reference::expect_identical(set.parts[p], expected.parts[p]);
    }
  }

  test::TemporaryFolder folder_;
  DataSet data_;
  FitOptions options_;
  std::uint64_t resumed_rows_ = 0;  ///< of the last run that ended well
};

TEST_F(Checkpoints, AnyNumberOfRanksGoesOnFromWhatIsThere) {
  const MomentsSet expected = undisturbed();
  for (const std::vector<int>& ranks :
       std::vector<std::vector<int>>{{1, 1}, {1, 3}, {3, 1}, {3, 2, 4, 1}, {2, 5, 3}}) {
    std::uint64_t kept = 0;
    for (std::size_t run = 0; run + 1 < ranks.size(); ++run) {
      interrupt(ranks[run], 2);
      EXPECT_GT(rows_in_pieces(), kept) << "no run loses what an earlier one did";
      kept = rows_in_pieces();
    }
    expect_same(gather(ranks.back(), 0), expected);
    EXPECT_EQ(resumed_rows_, kept);
    discard_checkpoint(options_.checkpoint->folder);
    EXPECT_FALSE(fs::exists(options_.checkpoint->folder));
  }
}

TEST_F(Checkpoints, ReadOnlyTheRowsThatAreMissing) {
  interrupt(1, 3);
  const std::uint64_t kept = rows_in_pieces();
  EXPECT_GT(kept, 0U);
  // Rows that are covered already are not looked at again.
  for (std::size_t r = 100; r < 200; ++r) data_.rows[r][0] += 1;
  const MomentsSet expected = undisturbed();
  const MomentsSet set = gather(1, 0);
  EXPECT_NE(set.parts[0].column_sums[0], expected.parts[0].column_sums[0]);
}

TEST_F(Checkpoints, OfAFinishedPassNeedNoRow) {
  const MomentsSet expected = undisturbed();
  expect_same(gather(2, 0), expected);
  EXPECT_EQ(rows_in_pieces(), data_.rows.size() - 5);
  expect_same(gather(3, 0), expected);
}

TEST_F(Checkpoints, ServeFitToo) {
  interrupt(2, 2);
  FitOptions plain = options_;
  plain.checkpoint.reset();
  Listener listener;
  const FitResult expected = fit(*reference::open(data_), {5, data_.rows.size()}, plain,
                                 *cpu_backend(), *single_process(), listener);
  run_as_threads(3, [&](Communicator& communicator) {
    Listener quiet;
    const FitResult result = fit(*reference::open(data_), {5, data_.rows.size()}, options_,
                                 *cpu_backend(), communicator, quiet);
    EXPECT_TRUE(std::ranges::equal(result.model.weights.span(), expected.model.weights.span()));
    EXPECT_EQ(result.path[0].total.correct, expected.path[0].total.correct);
  });
}

TEST_F(Checkpoints, OfAnotherJobAreRefused) {
  interrupt(1, 2);
  const auto refused = [&](const std::string& why) {
    test::expect_error(ErrorKind::input, why, [&] { static_cast<void>(gather(2, 0)); });
  };
  const FitOptions options = options_;
  options_.rule = holdout_rule(0.2, 1);
  refused("held-out rows");
  options_ = options;
  options_.first_row = 7;
  refused("number of the first row");
  options_ = options;
  data_.rows.back()[3] = data_.rows.back()[3] == 0 ? 1 : 0;
  refused("checksum of sampled rows");
}

TEST_F(Checkpoints, OfOtherColumnsAreRefused) {
  for (int j = 0; j < 9; ++j)
    data_.column_names.push_back("a long name of column " + std::to_string(j));
  const std::vector<std::string> names = data_.column_names;
  interrupt(1, 2);
  const auto refused = [&](const std::string& why) {
    test::expect_error(ErrorKind::input, why, [&] { static_cast<void>(gather(2, 0)); });
  };
  std::swap(data_.column_names[3], data_.column_names[7]);
  refused(R"(its columns: "a long name of column 3"; of this one: "a long name of column 7";)");
  data_.column_names = {};
  refused(R"(its columns: ["a long name of column 0"; of this one: [];)");
  data_.column_names = names;
  expect_same(gather(2, 0), undisturbed());
}

TEST_F(Checkpoints, ThatHavePiecesOfOtherColumnsAreRefused) {
  interrupt(1, 2);
  const fs::path piece = pieces().front();
  MomentsSet other = read_moments(piece);
  other.column_names = {"a", "b", "c", "d", "e", "f", "g", "h", "i"};
  write_moments(other, piece, true);
  test::expect_error(ErrorKind::input, "is not a piece of this job",
                     [&] { static_cast<void>(gather(1, 0)); });
}

TEST_F(Checkpoints, PiecesThatANewerOneHoldsAreIgnored) {
  const MomentsSet expected = undisturbed();
  interrupt(2, 2);
  const std::vector<fs::path> old = pieces();
  for (const fs::path& piece : old) fs::copy_file(piece, piece.string() + ".kept");
  interrupt(1, 2);
  // As if that run had been killed before it removed what it took over.
  for (const fs::path& piece : old) {
    fs::copy_file(piece.string() + ".kept", piece, fs::copy_options::overwrite_existing);
  }
  expect_same(gather(2, 0), expected);
}

TEST_F(Checkpoints, OfNoKnownJobAreRefused) {
  interrupt(1, 2);
  fs::remove(options_.checkpoint->folder / "arete-job.json");
  test::expect_error(ErrorKind::input, "no arete-job.json",
                     [&] { static_cast<void>(gather(1, 0)); });
}

TEST_F(Checkpoints, ThatAnotherJobStillWritesAreRefused) {
  interrupt(1, 2);
  const fs::path piece = pieces().front();
  const auto source = reference::open(data_);
  const auto session = cpu_backend()->open(session_options(source->info(), options_));
  Checkpoint checkpoint(*options_.checkpoint, *source, {5, data_.rows.size()}, options_,
                        *single_process());
  MomentsSet other = read_moments(piece);
  other.rows.back().first += 1;
  other.rows.back().last += 1;
  write_moments(other, piece, true);
  test::expect_error(ErrorKind::input, "wait for the other job",
                     [&] { checkpoint.restore(*session); });
}

TEST_F(Checkpoints, BelongToOneJobAtATime) {
  interrupt(1, 2);
  const FileLock other(options_.checkpoint->folder / "arete-lock", std::chrono::milliseconds(0));
  test::expect_error(ErrorKind::resource, "in use by another process", [&] {
    const FileLock mine(options_.checkpoint->folder / "arete-lock", std::chrono::milliseconds(100));
  });
}

TEST_F(Checkpoints, ADamagedPieceIsNamed) {
  interrupt(1, 3);
  const fs::path piece = pieces().front();
  std::fstream file(piece, std::ios::in | std::ios::out | std::ios::binary);
  file.seekp(-20, std::ios::end).put('x').flush();
  test::expect_error(ErrorKind::input, piece.string(), [&] { static_cast<void>(gather(1, 0)); });
}

TEST_F(Checkpoints, ServeDividedRowsOnly) {
  options_.parallel = Parallel::model;
  Listener listener;
  test::expect_error(ErrorKind::usage, "--checkpoint", [&] {
    static_cast<void>(fit(*reference::open(data_), {0, data_.rows.size()}, options_, *cpu_backend(),
                          *single_process(), listener));
  });
}

}  // namespace
}  // namespace arete
