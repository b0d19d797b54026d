#include "arete/comm/threads.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <future>
#include <new>
#include <stdexcept>
#include <thread>

#include "comm/communicator_suite.hpp"
#include "core/expect_error.hpp"

namespace arete {
namespace {

using namespace std::chrono_literals;
using test::expect_error;

class ThreadsOf : public testing::TestWithParam<int> {};
INSTANTIATE_TEST_SUITE_P(Sizes, ThreadsOf, testing::Values(1, 2, 3, 4, 7));

TEST_P(ThreadsOf, DoWhatEveryCommunicatorDoes) {
  for (const auto& [name, run] : test::communicator_cases()) {
    SCOPED_TRACE(name);
    run_as_threads(GetParam(), run);
  }
}

TEST_P(ThreadsOf, AgreeOnAFailure) {
  for (unsigned seed = 0; seed < 100; ++seed) {
    const auto communicators = thread_communicators(
        std::vector<std::string>(static_cast<std::size_t>(GetParam()), "here"));
    std::vector<std::thread> ranks;
    for (const auto& communicator : communicators) {
      ranks.emplace_back([&] { test::expect_agreement_on_failure(*communicator, seed); });
    }
    for (std::thread& rank : ranks) rank.join();
  }
}

TEST(Threads, HearOfAnAnnouncedFailure) {
  const auto communicators = thread_communicators({"a", "b", "c"});
  std::vector<std::thread> ranks;
  for (const auto& communicator : communicators) {
    ranks.emplace_back([&] { test::expect_announcement_is_heard(*communicator); });
  }
  for (std::thread& rank : ranks) rank.join();
}

TEST(Threads, AreGivenMoreTimeWhereTheyMayNeedIt) {
  const auto communicators = thread_communicators({"a", "b"}, 1ms);
  for (const auto& communicator : communicators) communicator->allow_delay(1h);
  std::thread slow([&] {
    communicators[0]->announce_failure();
    std::this_thread::sleep_for(50ms);
    EXPECT_TRUE(communicators[0]->agree_on_failure(Failure{0, "", 3, "bad rows"}).known_to_all);
  });
  const Failure failure = communicators[1]->agree_on_failure({});
  EXPECT_TRUE(failure.known_to_all);
  EXPECT_EQ(failure.message, "bad rows");
  slow.join();
}

TEST(Threads, HaveTheHostsTheyAreGiven) {
  run_as_threads({"a", "b", "a"}, [](Communicator& communicator) {
    EXPECT_EQ(communicator.size(), 3);
    EXPECT_EQ(communicator.host(), communicator.rank() == 1 ? "b" : "a");
    EXPECT_EQ(communicator.ranks_on_host(), communicator.rank() == 1 ? 1 : 2);
  });
}

TEST(Threads, ReportTheErrorOfTheLowestRankThatFailed) {
  std::atomic<int> stopped = 0;
  const auto body = [&](Communicator& communicator) {
    if (communicator.rank() >= 2) {
      throw Error(ErrorKind::input, "bad row " + std::to_string(communicator.rank()));
    }
    try {
      communicator.broadcast({}, 0);
    } catch (const OtherRankFailed&) {
      ++stopped;
      throw;
    }
  };
  expect_error(ErrorKind::input, "rank 2 on c: bad row 2", [&] {
    run_as_threads({"a", "b", "c", "d"}, body);
  });
  EXPECT_EQ(stopped, 2);
}

TEST(Threads, ReportOtherExceptionsByTheirKind) {
  expect_error(ErrorKind::internal, "rank 1 on localhost: odd", [] {
    run_as_threads(2, [](Communicator& communicator) {
      if (communicator.rank() == 1) throw std::runtime_error("odd");
    });
  });
  expect_error(ErrorKind::resource, "rank 0 on localhost: std::bad_alloc",
               [] { run_as_threads(2, [](Communicator&) { throw std::bad_alloc(); }); });
}

TEST(Threads, WaitOnlySoLongForARankThatDoesNotHear) {
  const auto communicators = thread_communicators({"a", "b"}, 50ms);
  const Failure failure = communicators[1]->agree_on_failure(Failure{0, "", 3, "bad rows"});
  EXPECT_EQ(failure.rank, 1);
  EXPECT_EQ(failure.host, "b");
  EXPECT_EQ(failure.message, "bad rows");
  EXPECT_FALSE(failure.known_to_all);
  EXPECT_THROW(communicators[0]->check(), OtherRankFailed);
  // Too late to change what the other one was told.
  const Failure late = communicators[0]->agree_on_failure(Failure{0, "", 6, "no memory"});
  EXPECT_EQ(late.rank, 1);
  EXPECT_EQ(late.exit_code, 3);
}

}  // namespace
}  // namespace arete
