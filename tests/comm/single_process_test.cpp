#include <gtest/gtest.h>

#include <algorithm>
#include <array>

#include "arete/comm/communicator.hpp"

namespace arete {
namespace {

TEST(SingleProcess, IsAJobOfOne) {
  const auto communicator = single_process();
  EXPECT_EQ(communicator->rank(), 0);
  EXPECT_EQ(communicator->size(), 1);
  std::array<double, 2> values{1.5, -2};
  communicator->all_reduce_sum(std::span<double>(values));
  EXPECT_EQ(values, (std::array<double, 2>{1.5, -2}));
  const std::array<std::byte, 3> bytes{std::byte{1}, std::byte{2}, std::byte{3}};
  const auto gathered = communicator->all_gather(bytes);
  ASSERT_EQ(gathered.size(), 1U);
  EXPECT_TRUE(std::ranges::equal(gathered[0], bytes));
  EXPECT_EQ(communicator->ranks_on_host(), 1);
  EXPECT_NO_THROW(communicator->check());
  const Failure failure = communicator->agree_on_failure(Failure{0, "", 3, "bad rows"});
  EXPECT_EQ(failure.host, communicator->host());
  EXPECT_EQ(failure.exit_code, 3);
  EXPECT_EQ(failure.message, "bad rows");
}

}  // namespace
}  // namespace arete
