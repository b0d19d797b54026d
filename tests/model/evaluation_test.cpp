#include "arete/model/evaluation.hpp"

#include <gtest/gtest.h>

#include <limits>

#include "arete/comm/threads.hpp"
#include "arete/core/error.hpp"
#include "core/expect_error.hpp"
#include "reference/data_set.hpp"

namespace arete {
namespace {

/// Two features, three classes; a row belongs to the class whose weight vector it matches best.
RidgeModel small_model() {
  RidgeModel model;
  model.classes = {"a", "b", "c"};
  model.weights = Matrix<double>(3, 2, 0.0);
  model.weights(0, 0) = 1;
  model.weights(1, 1) = 1;
  model.intercept = {0, 0, 2};
  model.column_means = {0, 0};
  model.shape = {2};
  return model;
}

reference::DataSet small_data() {
  return {ElementType::uint8, 2, {"a", "b", "c"}, {{9, 1}, {3, 8}, {0, 0}, {5, 5}}, {0, 1, 1, 0}};
}

Evaluation run(const RidgeModel& model, const reference::DataSet& data) {
  Listener listener;
  return evaluate(model, *reference::open(data), {0, data.rows.size()}, {2, 1 << 20},
                  *single_process(), listener);
}

TEST(Evaluation, CountsTheConfusion) {
  const Evaluation evaluation = run(small_model(), small_data());
  EXPECT_EQ(evaluation.rows, 4U);
  EXPECT_EQ(evaluation.correct, 3U);
  EXPECT_EQ(evaluation.accuracy(), 0.75);
  EXPECT_EQ(evaluation.confusion(1, 2), 1U);
  EXPECT_EQ(evaluation.confusion(0, 0), 2U);  // the tie of row 3 goes to the first class
  EXPECT_EQ(evaluation.classes[1].recall, 0.5);
  EXPECT_EQ(evaluation.classes[1].precision, 1.0);
  EXPECT_EQ(evaluation.classes[2].precision, 0.0);
  EXPECT_EQ(evaluation.classes[2].recall, std::nullopt);
}

TEST(Evaluation, ComparesNamesOfColumnsWhereBothHaveSome) {
  RidgeModel model = small_model();
  reference::DataSet data = small_data();
  data.column_names = {"x", "y"};
  EXPECT_EQ(run(model, data).correct, 3U) << "any columns for a model without names";
  model.column_names = {"x", "y"};
  EXPECT_EQ(run(model, data).correct, 3U);
  EXPECT_EQ(run(model, small_data()).correct, 3U) << "as many numbers for columns";
  data.column_names = {"y", "x"};
  test::expect_error(ErrorKind::input,
                     "memory: feature 0 is column 'y', but that of the training rows is 'x'",
                     [&] { return run(model, data); });
}

/// Rows (i, 10 - i), i = 0..10, all of class b; those with i > 5 are taken for class a, by 2 i -
/// 10, and i = 5 ties, which goes to class a by nothing.
reference::DataSet slope() {
  reference::DataSet data = {ElementType::uint8, 2, {"a", "b", "c"}, {}, {}};
  for (int i = 0; i <= 10; ++i) {
    data.rows.push_back({static_cast<double>(i), static_cast<double>(10 - i)});
    data.labels.push_back(1);
  }
  return data;
}

TEST(Evaluation, KeepsTheMostConfidentMistakesOnAnyNumberOfRanks) {
  const reference::DataSet data = slope();
  RidgeModel model = small_model();
  model.intercept = {0, 0, -100};
  for (const int ranks : {1, 2, 3}) {
    SCOPED_TRACE(ranks);
    run_as_threads(ranks, [&](Communicator& communicator) {
      Listener listener;
      const Evaluation evaluation = evaluate(model, *reference::open(data), {0, data.rows.size()},
                                             {1, 1 << 20}, communicator, listener, 4);
      ASSERT_EQ(evaluation.mistakes.size(), 4U);
      for (std::size_t i = 0; i < 4; ++i) {
        EXPECT_EQ(evaluation.mistakes[i].row, 10 - i);
        EXPECT_EQ(evaluation.mistakes[i].label, 1);
        EXPECT_EQ(evaluation.mistakes[i].predicted, 0);
        EXPECT_EQ(evaluation.mistakes[i].margin, 10 - 2 * static_cast<double>(i));
      }
      EXPECT_EQ(evaluation.rows - evaluation.correct, 6U);
    });
  }
}

TEST(Evaluation, TiesOfMistakesGoToTheEarlierRow) {
  reference::DataSet data = slope();
  for (auto& row : data.rows) row = {7, 3};
  RidgeModel model = small_model();
  model.intercept = {0, 0, -100};
  run_as_threads(2, [&](Communicator& communicator) {
    Listener silent;
    const Evaluation evaluation = evaluate(model, *reference::open(data), {0, data.rows.size()},
                                           {1, 1 << 20}, communicator, silent, 3);
    ASSERT_EQ(evaluation.mistakes.size(), 3U);
    for (std::size_t i = 0; i < 3; ++i) EXPECT_EQ(evaluation.mistakes[i].row, i);
  });
  EXPECT_TRUE(run(model, data).mistakes.empty());  // not asked for
}

TEST(Evaluation, MatchesClassesByNameAndRefusesUnknownOnes) {
  reference::DataSet data = small_data();
  data.classes = {"b", "c"};
  data.labels = {1, 0, 1, 1};
  const Evaluation evaluation = run(small_model(), data);
  EXPECT_EQ(evaluation.confusion(2, 0), 2U);
  EXPECT_EQ(evaluation.correct, 2U);
  data.classes = {"b", "z"};
  EXPECT_THROW(static_cast<void>(run(small_model(), data)), Error);
}

TEST(Evaluation, PredictionsNeedNoClassesThatTheModelKnows) {
  reference::DataSet data = small_data();
  data.classes = {"a", "b", "z"};
  Listener listener;
  std::vector<std::int32_t> classes;
  predict(small_model(), *reference::open(data), {0, 4}, {2, 1 << 20}, *single_process(), listener,
          [&](const Predictions& predictions) {
            EXPECT_TRUE(predictions.labels.empty());
            classes.insert(classes.end(), predictions.classes.begin(), predictions.classes.end());
          });
  EXPECT_EQ(classes, (std::vector<std::int32_t>{0, 1, 2, 0}));
}

TEST(Evaluation, PredictsInBlocksThatTheMemoryHolds) {
  reference::DataSet data = small_data();
  Listener listener;
  PredictOptions options{2, 1 << 20};
  options.row_overhead = 1 << 18;
  for (const bool resident : {false, true}) {
    if (resident) options.row_overhead = 1 << 22;  // rows in memory have 8 MB at least
    std::size_t calls = 0;
    predict(small_model(), *reference::open(data, resident), {0, 4}, options, *single_process(),
            listener, [&](const Predictions& predictions) {
              EXPECT_LE(predictions.classes.size(), 2U);
              ++calls;
            });
    EXPECT_GE(calls, 2U);
  }
}

TEST(Evaluation, RefusesRowsThatTheModelCannotScore) {
  RidgeModel model = small_model();
  reference::DataSet data = small_data();
  data.features = 3;
  for (auto& row : data.rows) row.push_back(1);
  EXPECT_THROW(static_cast<void>(run(model, data)), Error);

  model.preprocessing.grayscale = true;
  EXPECT_THROW(static_cast<void>(run(model, small_data())), Error);

  reference::DataSet as_signed = small_data();
  as_signed.type = ElementType::int8;
  EXPECT_THROW(static_cast<void>(run(small_model(), as_signed)), Error);

  reference::DataSet unlabelled = small_data();
  unlabelled.labels.clear();
  unlabelled.classes.clear();
  EXPECT_THROW(static_cast<void>(run(small_model(), unlabelled)), Error);

  reference::DataSet not_finite = reference::as_type(small_data(), ElementType::float32);
  not_finite.rows[2][1] = std::numeric_limits<double>::quiet_NaN();
  EXPECT_THROW(static_cast<void>(run(small_model(), not_finite)), Error);
}

}  // namespace
}  // namespace arete
