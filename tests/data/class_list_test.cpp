#include "arete/data/class_list.hpp"

#include <gmock/gmock.h>

#include <algorithm>

#include "data/test_files.hpp"

namespace arete {
namespace {

using testing::ElementsAre;

TEST(ClassList, IntegersComeFirstAndNumericallyThenNamesBytewise) {
  const ClassList sorted{"-99999999999999999999",
                         "-10",
                         "-9",
                         "0",
                         "2",
                         "10",
                         "18446744073709551616",
                         "-0",
                         "01",
                         "1.5",
                         "1a",
                         "B",
                         "a",
                         "\xC3\xA9"};
  for (std::size_t i = 0; i < sorted.size(); ++i) {
    for (std::size_t j = 0; j < sorted.size(); ++j) {
      EXPECT_EQ(class_less(sorted[i], sorted[j]), i < j) << sorted[i] << " and " << sorted[j];
    }
  }
}

TEST(ClassList, UniteSortsAndHoldsEachOnce) {
  EXPECT_THAT(unite({"2", "10", "b"}, {"1", "10", "a"}), ElementsAre("1", "2", "10", "a", "b"));
  EXPECT_THAT(unite({}, {"1"}), ElementsAre("1"));
}

TEST(ClassList, IndexIntoFindsEachClassOrNamesTheOneThatIsMissing) {
  EXPECT_THAT(index_into({"2", "b"}, {"1", "2", "10", "b"}), ElementsAre(1, 3));
  test_files::expect_error(ErrorKind::input,
                           [] {
                             return index_into({"3"}, {"1", "2"});
                           },
                           {"\"3\"", "\"1\" to \"2\""});
  test_files::expect_error(ErrorKind::input, [] { return index_into({"3"}, {}); });
  test_files::expect_error(ErrorKind::input,
                           [] {
                             return index_into({"3"}, {"1", "2"}, "some.npy");
                           },
                           {"some.npy: class \"3\"", "leave its rows out"});
}

TEST(ClassList, ClassNamesAreTextWithoutControlCharacters) {
  for (const char* name : {"a", "7", "two words", "\xC3\xA9", "\xE2\x82\xAC", "\xF0\x9F\x98\x80"}) {
    EXPECT_TRUE(is_class_name(name)) << name;
  }
  for (const char* name : {"", "a\tb", "a\x7F", "\xC3", "\xC0\xAF", "\xE0\x80\x80", "\xED\xA0\x80",
                           "\xF4\x90\x80\x80", "\xFF", "\x80", "\xE2\x82"}) {
    EXPECT_FALSE(is_class_name(name)) << name;
  }
}

}  // namespace
}  // namespace arete
