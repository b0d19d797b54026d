#include "arete/moments/moments.hpp"

#include <gtest/gtest.h>

#include "core/expect_error.hpp"
#include "moments/small_moments.hpp"

namespace arete {
namespace {

using test::expect_error;
using test::LabelledRow;
using test::moments_of;
using test::values_of;

const std::vector<LabelledRow> cats{{"cat", {1, 2, 3}}, {"cat", {4, 5, 6}}};
const std::vector<LabelledRow> others{{"ant", {7, 8, 9}}, {"dog", {-1, 0, 2}}};
const std::vector<LabelledRow> all{cats[0], cats[1], others[0], others[1]};
const ClassList union_of_classes{"ant", "cat", "dog"};

TEST(Moments, OfNoRowsAreZero) {
  const Moments none = empty_moments(3, {"a", "b"});
  EXPECT_EQ(none.rows, 0U);
  EXPECT_EQ(none.features(), 3U);
  EXPECT_TRUE(none.exact);
  EXPECT_EQ(values_of(none), values_of(moments_of({}, 3, {"a", "b"})));
}

TEST(Moments, AddAlignsClassesByName) {
  const Moments expected = moments_of(all, 3, union_of_classes);
  Moments forth = moments_of(cats, 3, {"cat"});
  add(forth, moments_of(others, 3, {"ant", "dog"}));
  Moments back = moments_of(others, 3, {"ant", "dog"});
  add(back, moments_of(cats, 3, {"cat"}));
  EXPECT_EQ(forth.classes, union_of_classes);
  EXPECT_EQ(back.classes, union_of_classes);
  EXPECT_EQ(values_of(forth), values_of(expected));
  EXPECT_EQ(values_of(back), values_of(expected));
}

TEST(Moments, AddKeepsTheGramWhereItIs) {
  Moments into = moments_of(cats, 3, {"cat"});
  const double* const gram = into.gram.data();
  const double* const class_sums = into.class_sums.data();
  add(into, moments_of(cats, 3, {"cat"}));
  EXPECT_EQ(into.gram.data(), gram);
  EXPECT_EQ(into.class_sums.data(), class_sums);
}

TEST(Moments, AddingNoRowsChangesNothing) {
  Moments into = moments_of(all, 3, union_of_classes);
  add(into, empty_moments(3, {}));
  add(into, empty_moments(3, union_of_classes));
  EXPECT_EQ(values_of(into), values_of(moments_of(all, 3, union_of_classes)));
  Moments none = empty_moments(3, {});
  add(none, into);
  EXPECT_EQ(values_of(none), values_of(into));
}

TEST(Moments, AddRefusesOtherFeatures) {
  Moments into = empty_moments(3, {"a"});
  expect_error(ErrorKind::input, "moments of 4 features cannot be added to moments of 3",
               [&] { add(into, empty_moments(4, {"a"})); });
}

TEST(Moments, CloneIsIndependent) {
  Moments original = moments_of(all, 3, union_of_classes);
  const Moments copy = clone(original);
  add(original, moments_of(cats, 3, {"cat"}));
  EXPECT_EQ(values_of(copy), values_of(moments_of(all, 3, union_of_classes)));
  EXPECT_EQ(copy.classes, union_of_classes);
}

TEST(Moments, AreExactBelowTheLimit) {
  Moments nearly = moments_of(cats, 3, {"cat"});
  nearly.gram(1, 1) = exact_limit - 2;
  Moments one = empty_moments(3, {"cat"});
  one.gram(1, 1) = 1;
  add(nearly, one);
  EXPECT_TRUE(nearly.exact);
  // One more reaches 2^53; and so does, after rounding, the first sum that float64 cannot hold.
  Moments two = clone(one);
  two.gram(1, 1) = 2;
  Moments beyond = clone(nearly);
  add(beyond, two);
  EXPECT_EQ(beyond.gram(1, 1), exact_limit);
  EXPECT_FALSE(beyond.exact);
  add(nearly, one);
  EXPECT_FALSE(nearly.exact);
}

TEST(Moments, ThatAreNotExactMakeTheSumInexact) {
  Moments rounded = moments_of(cats, 3, {"cat"});
  rounded.exact = false;
  Moments into = moments_of(cats, 3, {"cat"});
  add(into, rounded);
  EXPECT_FALSE(into.exact);
}

}  // namespace
}  // namespace arete
