#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <mutex>
#include <stdexcept>

#include "arete/comm/local_rank.hpp"
#include "arete/comm/threads.hpp"
#include "core/expect_error.hpp"
#include "device/collective/gpus_of_job.hpp"
#include "device/collective/wait.hpp"
#include "device/small_session.hpp"
#include "reference/compare.hpp"
#include "reference/reference.hpp"

namespace arete {
namespace {

using namespace std::chrono_literals;
using device::Progress;
using reference::DataSet;

/// A clock that goes on by what is slept, and a little with each look.
struct SteppedClock {
  std::chrono::steady_clock::time_point time;
  device::WaitClock clock{[this] { return time += 1ms; },
                          [this](std::chrono::microseconds slept) { time += slept; }};
};

struct Observed {
  int polls = 0;
  int checks = 0;
  int aborts = 0;
};

device::Waiting waiting_for(Observed& seen, std::function<Progress(int)> progress) {
  return {"the sum",
          10s,
          [&seen, progress] { return progress(seen.polls++); },
          [] { return std::string("unhandled system error"); },
          [&seen] { ++seen.checks; },
          [&seen] { ++seen.aborts; }};
}

TEST(WaitUntilDone, EndsWhenItIsDone) {
  SteppedClock stepped;
  Observed seen;
  device::wait_until_done(
      waiting_for(seen, [](int poll) { return poll < 500 ? Progress::pending : Progress::done; }),
      stepped.clock);
  EXPECT_EQ(seen.polls, 501);
  EXPECT_GT(seen.checks, 5);
  EXPECT_EQ(seen.aborts, 0);
}

TEST(WaitUntilDone, AbortsAtTheTimeLimit) {
  SteppedClock stepped;
  const auto start = stepped.time;
  Observed seen;
  test::expect_error(ErrorKind::resource, "the sum did not end within 10 seconds", [&] {
    device::wait_until_done(waiting_for(seen, [](int) { return Progress::pending; }),
                            stepped.clock);
    return 0;
  });
  EXPECT_EQ(seen.aborts, 1);
  EXPECT_LT(stepped.time - start, 11s);
}

TEST(WaitUntilDone, AbortsOnFailure) {
  SteppedClock stepped;
  Observed seen;
  test::expect_error(ErrorKind::resource, "the sum failed: unhandled system error", [&] {
    device::wait_until_done(
        waiting_for(seen, [](int poll) { return poll < 3 ? Progress::pending : Progress::failed; }),
        stepped.clock);
    return 0;
  });
  EXPECT_EQ(seen.aborts, 1);
}

TEST(WaitUntilDone, AbortsWhenAnotherRankFails) {
  SteppedClock stepped;
  Observed seen;
  device::Waiting waiting = waiting_for(seen, [](int) { return Progress::pending; });
  waiting.check = [] { throw OtherRankFailed(); };
  EXPECT_THROW(device::wait_until_done(waiting, stepped.clock), OtherRankFailed);
  EXPECT_EQ(seen.aborts, 1);
}

device::RankGpu gpu(int number) {
  device::RankGpu result;
  result.has_nccl = true;
  result.identity[5] = static_cast<std::byte>(number);
  return result;
}

TEST(GpusOfJob, MustAllBeDifferentAndHaveNccl) {
  EXPECT_EQ(device::obstacle_to_collective({gpu(1), gpu(2), gpu(3)}), std::nullopt);
  EXPECT_EQ(device::obstacle_to_collective({gpu(1), gpu(2), gpu(1)}), "ranks 0 and 2 share a GPU");
  device::RankGpu without = gpu(2);
  without.has_nccl = false;
  EXPECT_EQ(device::obstacle_to_collective({gpu(1), without}), "rank 1 has no NCCL");
}

/// Sums through the communicator what NCCL would sum by itself.
class HostCollective final : public device::Collective {
 public:
  explicit HostCollective(Communicator& communicator) : communicator_(communicator) {}
  void all_reduce_sum(double* values, std::size_t count) override {
    communicator_.all_reduce_sum(std::span(values, count));
  }

 private:
  Communicator& communicator_;
};

TEST(DeviceReduce, GivesTheSameSumsThroughTheHostAndWithoutIt) {
  for (const ElementType type : {ElementType::uint8, ElementType::float64}) {
    const DataSet data = reference::random_data(type, 300, 37, 3, 7);
    const PartRule rule = holdout_rule(0.3, 1);
    for (const bool by_host : {true, false}) {
      std::mutex mutex;
      run_as_threads(3, [&](Communicator& communicator) {
        const device::CollectiveFactory factory = [](Communicator& c) {
          return std::make_unique<HostCollective>(c);
        };
        const auto session =
            device::open_session(test::host_device(), test::options_for(data, rule),
                                 by_host ? nullptr : factory, test::small_tuning());
        const auto rank = static_cast<std::size_t>(communicator.rank());
        RowBlock block;
        reference::open(data)->read({rank * 100, rank * 100 + 100}, block);
        session->add(block, "memory");
        session->reduce(communicator);
        const auto parts = session->moments();
        const std::lock_guard lock(mutex);
        for (std::size_t p = 0; p < parts.size(); ++p) {
          const Moments expected = reference::moments(
              data, [&](std::size_t row) { return part_of(rule, row) == static_cast<int>(p); });
          if (is_integer(type)) {
            reference::expect_identical(parts[p], expected);
          } else {
            EXPECT_FALSE(parts[p].exact);
            reference::expect_close(parts[p], expected, 1e-13);
          }
        }
      });
    }
  }
}

TEST(LocalRank, CountsTheRanksOfTheHost) {
  run_as_threads(3, [](Communicator& communicator) {
    EXPECT_EQ(local_rank(communicator), communicator.rank());
  });
}

}  // namespace
}  // namespace arete
