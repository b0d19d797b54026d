#include "comm/communicator_suite.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <functional>
#include <numeric>
#include <random>
#include <thread>

#include "core/expect_error.hpp"

namespace arete::test {

namespace {

using Bytes = std::vector<std::byte>;

/// `count` bytes that tell of whom they are and where they stand.
Bytes bytes_of_rank(int rank, std::size_t count) {
  Bytes bytes(count);
  for (std::size_t i = 0; i < count; ++i) {
    bytes[i] = static_cast<std::byte>(static_cast<std::size_t>(rank) * 37 + i * 11 + i / 256);
  }
  return bytes;
}

constexpr std::size_t lengths[] = {0, 1, 7, 8, 9, 63, 1000, 100'003};

void broadcast_from_every_root(Communicator& communicator) {
  for (const std::size_t count : lengths) {
    for (int root = 0; root < communicator.size(); ++root) {
      Bytes bytes = bytes_of_rank(communicator.rank(), count);
      communicator.broadcast(bytes, root);
      EXPECT_EQ(bytes, bytes_of_rank(root, count)) << count << " bytes of " << root;
    }
  }
}

void sums_of_integers_are_exact(Communicator& communicator) {
  const auto ranks = static_cast<std::uint64_t>(communicator.size());
  const auto rank = static_cast<std::uint64_t>(communicator.rank());
  const std::uint64_t sum_of_ranks = ranks * (ranks - 1) / 2;
  constexpr std::uint64_t large = 1'000'000'007;
  for (const std::size_t count : lengths) {
    std::vector<std::uint64_t> integers(count);
    for (std::size_t i = 0; i < count; ++i) integers[i] = large * (rank + 3 * i);
    std::vector<double> reals(integers.begin(), integers.end());
    communicator.all_reduce_sum(std::span<std::uint64_t>(integers));
    communicator.all_reduce_sum(std::span<double>(reals));
    for (std::size_t i = 0; i < count; ++i) {
      const std::uint64_t expected = large * (sum_of_ranks + 3 * ranks * i);
      ASSERT_EQ(integers[i], expected) << i << " of " << count;
      ASSERT_EQ(reals[i], static_cast<double>(expected)) << i << " of " << count;
    }
  }
}

void sums_of_integers_wrap(Communicator& communicator) {
  std::array<std::uint64_t, 1> value{UINT64_MAX};  // -1
  communicator.all_reduce_sum(std::span<std::uint64_t>(value));
  EXPECT_EQ(value[0], 0 - static_cast<std::uint64_t>(communicator.size()));
}

void sums_have_the_same_bits_on_every_rank(Communicator& communicator) {
  // Of such different sizes that every order of adding rounds differently.
  std::mt19937_64 random(static_cast<unsigned>(communicator.rank()));
  std::vector<double> values(5003);
  for (double& value : values) {
    value = std::ldexp(static_cast<double>(random()), -static_cast<int>(random() % 100));
    if (random() % 2 == 0) value = -value;
  }
  communicator.all_reduce_sum(std::span<double>(values));
  const auto bytes = std::as_bytes(std::span<const double>(values));
  for (const Bytes& other : communicator.all_gather(bytes)) {
    EXPECT_TRUE(std::ranges::equal(other, bytes));
  }
}

void gather_of_different_sizes(Communicator& communicator) {
  for (const std::size_t count : lengths) {
    // One of the ranks gives nothing.
    const auto length = [&](int rank) { return count * static_cast<std::size_t>(rank); };
    const auto gathered =
        communicator.all_gather(bytes_of_rank(communicator.rank(), length(communicator.rank())));
    ASSERT_EQ(gathered.size(), static_cast<std::size_t>(communicator.size()));
    for (int rank = 0; rank < communicator.size(); ++rank) {
      EXPECT_EQ(gathered[static_cast<std::size_t>(rank)], bytes_of_rank(rank, length(rank)));
    }
  }
}

void ranks_that_come_late_are_waited_for(Communicator& communicator) {
  using namespace std::chrono_literals;
  for (int late = 0; late < communicator.size(); ++late) {
    if (communicator.rank() == late) std::this_thread::sleep_for(20ms);
    std::array<double, 1> one{1};
    communicator.all_reduce_sum(std::span<double>(one));
    EXPECT_EQ(one[0], communicator.size());
  }
}

void different_calls_are_refused(Communicator& communicator) {
  if (communicator.size() == 1) return;
  const bool is_last = communicator.rank() == communicator.size() - 1;
  const auto expect_refusal = [](const char* what, const std::function<void()>& call) {
    expect_error(ErrorKind::internal, what, call);
  };
  Bytes bytes(8);
  std::array<double, 3> reals{};
  std::array<std::uint64_t, 3> integers{};
  expect_refusal(is_last ? "8 bytes of rank 0" : "8 bytes of rank 1",
                 [&] { communicator.broadcast(bytes, is_last ? 0 : 1); });
  expect_refusal(is_last ? "2 reals" : "3 reals", [&] {
    communicator.all_reduce_sum(std::span<double>(reals).first(is_last ? 2 : 3));
  });
  expect_refusal(is_last ? "3 integers" : "3 reals", [&] {
    if (is_last) {
      communicator.all_reduce_sum(std::span<std::uint64_t>(integers));
    } else {
      communicator.all_reduce_sum(std::span<double>(reals));
    }
  });
  expect_refusal(is_last ? "bytes of every rank" : "7 bytes of rank 0", [&] {
    if (is_last) {
      static_cast<void>(communicator.all_gather(bytes));
    } else {
      communicator.broadcast(std::span(bytes).first(7), 0);
    }
  });
}

void check_passes_while_all_is_well(Communicator& communicator) {
  for (int i = 0; i < 1000; ++i) communicator.check();
}

void hosts_and_ranks(Communicator& communicator) {
  EXPECT_GE(communicator.rank(), 0);
  EXPECT_LT(communicator.rank(), communicator.size());
  EXPECT_FALSE(communicator.host().empty());
  const auto hosts =
      communicator.all_gather(std::as_bytes(std::span<const char>(communicator.host())));
  const auto own = hosts[static_cast<std::size_t>(communicator.rank())];
  EXPECT_EQ(communicator.ranks_on_host(), std::ranges::count(hosts, own));
}

// One step that a job may take next.
void broadcast_step(Communicator& communicator) {
  Bytes bytes(100);
  communicator.broadcast(bytes, communicator.size() - 1);
}
void real_sum_step(Communicator& communicator) {
  std::array<double, 3> values{};
  communicator.all_reduce_sum(std::span<double>(values));
}
void integer_sum_step(Communicator& communicator) {
  std::array<std::uint64_t, 30> values{};
  communicator.all_reduce_sum(std::span<std::uint64_t>(values));
}
void gather_step(Communicator& communicator) {
  const Bytes bytes(static_cast<std::size_t>(communicator.rank()) * 10);
  static_cast<void>(communicator.all_gather(bytes));
}
constexpr void (*steps[])(Communicator&) = {broadcast_step, real_sum_step, integer_sum_step,
                                            gather_step};

/// What one rank does, and the others know it does, in a job that fails.
struct Plan {
  bool fails = false;
  bool announces = false;    ///< its failure, some time before it agrees on it
  bool only_checks = false;  ///< until it hears of a failure; it makes no collective calls then
  std::chrono::microseconds delay{};
};

/// Whether by a while of calls to check(), or by collective calls, a rank hears of the failure.
void wait_for_failure(Communicator& communicator, const Plan& plan, std::size_t next_step) {
  while (true) {
    if (plan.only_checks) {
      communicator.check();
      std::this_thread::yield();
    } else {
      steps[next_step](communicator);
    }
  }
}

std::optional<Failure> run_until_failure(Communicator& communicator, const Plan& plan,
                                         std::size_t next_step) {
  std::this_thread::sleep_for(plan.delay);
  if (plan.fails) {
    if (plan.announces) {
      communicator.announce_failure();
      std::this_thread::sleep_for(plan.delay);
    }
    return Failure{-1, "", 10 + communicator.rank(),
                   "failure of " + std::to_string(communicator.rank())};
  }
  EXPECT_THROW(wait_for_failure(communicator, plan, next_step), OtherRankFailed);
  EXPECT_THROW(communicator.check(), OtherRankFailed) << "heard of before";
  EXPECT_THROW(steps[next_step](communicator), OtherRankFailed) << "heard of before";
  return std::nullopt;
}

}  // namespace

std::vector<CommunicatorCase> communicator_cases() {
  return {{"BroadcastFromEveryRoot", broadcast_from_every_root},
          {"SumsOfIntegersAreExact", sums_of_integers_are_exact},
          {"SumsOfIntegersWrap", sums_of_integers_wrap},
          {"SumsHaveTheSameBitsOnEveryRank", sums_have_the_same_bits_on_every_rank},
          {"GatherOfDifferentSizes", gather_of_different_sizes},
          {"RanksThatComeLateAreWaitedFor", ranks_that_come_late_are_waited_for},
          {"DifferentCallsAreRefused", different_calls_are_refused},
          {"CheckPassesWhileAllIsWell", check_passes_while_all_is_well},
          {"HostsAndRanks", hosts_and_ranks}};
}

void expect_agreement_on_failure(Communicator& communicator, unsigned seed) {
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937 random(seed);  // the same dice on every rank
  std::vector<Plan> plans(static_cast<std::size_t>(communicator.size()));
  for (Plan& plan : plans) {
    plan = {random() % 3 == 0, random() % 2 == 0, random() % 2 == 0,
            std::chrono::microseconds(random() % 3000)};
    if (random() % 3 == 0) plan.delay = {};
  }
  plans[random() % plans.size()].fails = true;
  const auto first = std::ranges::find(plans, true, &Plan::fails) - plans.begin();

  for (auto left = random() % 4; left > 0; --left) steps[random() % 4](communicator);
  const Plan& own_plan = plans[static_cast<std::size_t>(communicator.rank())];
  const auto own = run_until_failure(communicator, own_plan, random() % 4);
  const Failure failure = communicator.agree_on_failure(own);
  EXPECT_EQ(failure.rank, first);
  EXPECT_EQ(failure.exit_code, 10 + first);
  EXPECT_EQ(failure.message, "failure of " + std::to_string(first));
  EXPECT_FALSE(failure.host.empty());
  EXPECT_TRUE(failure.known_to_all);
}

void expect_announcement_is_heard(Communicator& communicator) {
  using namespace std::chrono_literals;
  constexpr auto until_agreement = 2s;
  communicator.broadcast({}, 0);  // all begin at the same time
  const auto start = std::chrono::steady_clock::now();
  if (communicator.rank() == 0) {
    communicator.announce_failure();
    std::this_thread::sleep_for(until_agreement);
    EXPECT_EQ(communicator.agree_on_failure(Failure{0, "", 3, "bad rows"}).message, "bad rows");
    return;
  }
  const auto look = [&] {
    while (true) {
      communicator.check();
      std::this_thread::sleep_for(1ms);
    }
  };
  EXPECT_THROW(look(), OtherRankFailed);
  EXPECT_LT(std::chrono::steady_clock::now() - start, until_agreement) << "heard too late";
  EXPECT_EQ(communicator.agree_on_failure({}).message, "bad rows");
}

}  // namespace arete::test
