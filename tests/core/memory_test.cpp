#include "arete/core/memory.hpp"

#include <gtest/gtest.h>

#include <limits>
#include <string>

#include "core/temporary_folder.hpp"

namespace arete {
namespace {

TEST(Memory, OfAControlGroupIsNotTakenByTheCacheOfFiles) {
  const test::TemporaryFolder v2;
  v2.write("memory.max", "1000\n");
  v2.write("memory.current", "900\n");
  EXPECT_EQ(memory_left_in_control_groups(v2.path(), "/dev/null"), 100U);
  v2.write("memory.stat", "anon 200\ninactive_file 600\nactive_file 100\n");
  EXPECT_EQ(memory_left_in_control_groups(v2.path(), "/dev/null"), 700U);
  const test::TemporaryFolder v1;
  v1.write("memory/memory.limit_in_bytes", "1000\n");
  v1.write("memory/memory.usage_in_bytes", "900\n");
  v1.write("memory/memory.stat", "inactive_file 5\ntotal_inactive_file 600\n");
  EXPECT_EQ(memory_left_in_control_groups(v1.path(), "/dev/null"), 700U);
}

TEST(Memory, OfControlGroupsIsTheLeastOfThemAndOfThoseTheyLieIn) {
  const test::TemporaryFolder root;
  const auto listing = root.write("listing", "5:cpu:/other\n4:memory:/job/step\n0::/user/slice\n");
  const auto left = [&] { return memory_left_in_control_groups(root.path(), listing); };
  const auto write_v1 = [&](const std::string& group, const char* limit, const char* usage) {
    root.write("memory/" + group + "/memory.limit_in_bytes", limit);
    root.write("memory/" + group + "/memory.usage_in_bytes", usage);
  };
  const auto write_v2 = [&](const std::string& group, const char* limit, const char* usage) {
    root.write(group + "/memory.max", limit);
    root.write(group + "/memory.current", usage);
  };
  EXPECT_EQ(left(), std::numeric_limits<std::size_t>::max());
  write_v1("job", "5000\n", "1000\n");
  EXPECT_EQ(left(), 4000U);
  write_v1("job/step", "3000\n", "500\n");
  EXPECT_EQ(left(), 2500U);
  write_v2("user", "2000\n", "100\n");
  write_v2("user/slice", "max\n", "100\n");
  EXPECT_EQ(left(), 1900U);
  write_v1("other", "1\n", "1\n");
  EXPECT_EQ(left(), 1900U);
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
