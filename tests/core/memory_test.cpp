#include "arete/core/memory.hpp"

#include <gtest/gtest.h>

#include "core/temporary_folder.hpp"

namespace arete {
namespace {

TEST(Memory, OfAControlGroupIsNotTakenByTheCacheOfFiles) {
  const test::TemporaryFolder v2;
  v2.write("memory.max", "1000\n");
  v2.write("memory.current", "900\n");
  EXPECT_EQ(memory_left_in_control_group(v2.path()), 100U);
  v2.write("memory.stat", "anon 200\ninactive_file 600\nactive_file 100\n");
  EXPECT_EQ(memory_left_in_control_group(v2.path()), 700U);
  const test::TemporaryFolder v1;
  v1.write("memory/memory.limit_in_bytes", "1000\n");
  v1.write("memory/memory.usage_in_bytes", "900\n");
  v1.write("memory/memory.stat", "inactive_file 5\ntotal_inactive_file 600\n");
  EXPECT_EQ(memory_left_in_control_group(v1.path()), 700U);
}

TEST(Memory, BudgetIsWhatIsWantedOrHalfOfWhatWouldBeFree) {
  EXPECT_EQ(memory_budget(5), 5U);
  EXPECT_EQ(memory_budget(5, 1000), 5U);
  EXPECT_GT(memory_budget(0), 0U);
  constexpr std::size_t held = std::size_t{1} << 50;  // more than any machine has
  EXPECT_GE(memory_budget(0, held), held / 2);
  EXPECT_LT(memory_budget(0, held), held);
}

}  // namespace
}  // namespace arete
