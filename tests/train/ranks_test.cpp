// What fit, moments, predict and eval give on several ranks, which are threads here.
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <limits>
#include <vector>

#include "arete/comm/share.hpp"
#include "arete/comm/threads.hpp"
#include "arete/core/error.hpp"
#include "arete/model/evaluation.hpp"
#include "arete/train/fit.hpp"
#include "arete/train/gather_moments.hpp"
#include "core/expect_error.hpp"
#include "reference/compare.hpp"
#include "reference/data_set.hpp"

namespace arete {
namespace {

using reference::DataSet;

FitOptions options_of(PartRule rule, Parallel parallel = Parallel::data) {
  FitOptions options;
  options.rule = rule;
  options.memory = std::size_t{1} << 28;
  options.parallel = parallel;
  return options;
}

FitResult train(const DataSet& data, const FitOptions& options, Communicator& communicator) {
  Listener listener;
  return fit(*reference::open(data), {0, data.rows.size()}, options, *cpu_backend(), communicator,
             listener);
}

FitResult train_alone(const DataSet& data, const FitOptions& options) {
  return train(data, options, *single_process());
}

/// What every rank got.
std::vector<FitResult> train_on(int ranks, const DataSet& data, const FitOptions& options) {
  std::vector<FitResult> results(static_cast<std::size_t>(ranks));
  run_as_threads(ranks, [&](Communicator& communicator) {
    results[static_cast<std::size_t>(communicator.rank())] = train(data, options, communicator);
  });
  return results;
}

void expect_same_point(const PathPoint& a, const PathPoint& b) {
  EXPECT_EQ(a.lambda, b.lambda);
  EXPECT_EQ(a.status, b.status);
  EXPECT_EQ(a.rows, b.rows);
  EXPECT_EQ(a.correct, b.correct);
  EXPECT_EQ(a.squared_error, b.squared_error);
  EXPECT_EQ(a.rcond, b.rcond);
  EXPECT_EQ(a.residual, b.residual);
}

void expect_same_result(const FitResult& a, const FitResult& b) {
  EXPECT_TRUE(std::ranges::equal(a.model.weights.span(), b.model.weights.span()));
  EXPECT_EQ(a.model.intercept, b.model.intercept);
  EXPECT_EQ(a.model.column_means, b.model.column_means);
  EXPECT_EQ(a.model.lambda, b.model.lambda);
  EXPECT_EQ(a.model.training_rows, b.model.training_rows);
  ASSERT_EQ(a.path.size(), b.path.size());
  for (std::size_t l = 0; l < a.path.size(); ++l) {
    expect_same_point(a.path[l].total, b.path[l].total);
    ASSERT_EQ(a.path[l].folds.size(), b.path[l].folds.size());
    for (std::size_t f = 0; f < a.path[l].folds.size(); ++f) {
      expect_same_point(a.path[l].folds[f], b.path[l].folds[f]);
    }
  }
}

TEST(Ranks, AnyNumberOfThemGivesTheBitsOfOne) {
  const auto data = reference::random_data(ElementType::uint8, 900, 37, 4, 3);
  for (const PartRule& rule :
       {holdout_rule(0.2, 0), folds_rule(3, 1), holdout_last_rule(0.2, {0, 900})}) {
    for (const Selection selection : {Selection::accuracy, Selection::squared_error}) {
      FitOptions options = options_of(rule);
      options.selection = selection;
      const FitResult expected = train_alone(data, options);
      for (const Parallel mode : {Parallel::data, Parallel::model, Parallel::automatic}) {
        options.parallel = mode;
        for (const int ranks : {2, 3, 7}) {
          options.threads = ranks == 3 ? 2 : 1;
          for (const FitResult& result : train_on(ranks, data, options)) {
            expect_same_result(result, expected);
          }
        }
      }
    }
  }
}

TEST(Ranks, MayHaveNoRowsOfTheirOwn) {
  const auto data = reference::random_data(ElementType::uint8, 12, 3, 2, 4);
  FitOptions options = options_of(holdout_last_rule(0.25, {0, 12}));
  options.lambdas = {1, 10};
  const FitResult expected = train_alone(data, options);
  for (const FitResult& result : train_on(14, data, options)) expect_same_result(result, expected);
}

TEST(Ranks, SumFloatsInTheOrderOfTheirRowsUpToRounding) {
  const auto data = reference::random_data(ElementType::float32, 30'000, 5, 3, 5);
  const FitOptions options = options_of(holdout_rule(0.2, 0));
  const FitResult expected = train_alone(data, options);
  for (const FitResult& result : train_on(3, data, options)) {
    EXPECT_EQ(result.model.lambda, expected.model.lambda);
    for (std::size_t i = 0; i < expected.model.weights.size(); ++i) {
      EXPECT_NEAR(result.model.weights.data()[i], expected.model.weights.data()[i], 1e-12);
    }
  }
}

TEST(Ranks, AverageIsTheMeanOfWhatEachRankFindsInItsRows) {
  const auto data = reference::random_data(ElementType::uint8, 600, 8, 3, 6);
  FitOptions options = options_of(holdout_rule(0.2, 0), Parallel::average);
  options.lambdas = {100};
  constexpr int ranks = 3;
  Matrix<double> expected(3, 8, 0.0);
  for (int r = 0; r < ranks; ++r) {
    const RowRange own = share_of({0, 600}, r, ranks);
    FitOptions alone = options_of({});
    alone.lambdas = {100};
    const FitResult part = train_alone(data.slice(own.first, own.last), alone);
    for (std::size_t i = 0; i < expected.size(); ++i) {
      expected.data()[i] += part.model.weights.data()[i] / ranks;
    }
  }
  const FitResult exact = train_alone(data, options);
  for (const FitResult& result : train_on(ranks, data, options)) {
    EXPECT_EQ(result.summary.rows, 600U);
    EXPECT_EQ(result.path[0].total.rows, exact.path[0].total.rows);
    bool differs = false;
    for (std::size_t i = 0; i < expected.size(); ++i) {
      EXPECT_NEAR(result.model.weights.data()[i], expected.data()[i], 1e-12);
      differs |= result.model.weights.data()[i] != exact.model.weights.data()[i];
    }
    EXPECT_TRUE(differs) << "the average is not the solution of all rows";
  }
}

TEST(Ranks, AverageWhereOnlyTheLastHasHeldOutRows) {
  const auto data = reference::random_data(ElementType::uint8, 600, 8, 3, 6);
  FitOptions options = options_of(holdout_last_rule(0.2, {0, 600}), Parallel::average);
  for (const FitResult& result : train_on(3, data, options)) {
    EXPECT_EQ(result.path[0].total.rows, 120U);
    EXPECT_GT(*result.path[0].total.correct, 40U);  // what guessing would get
    EXPECT_GT(result.path[0].total.squared_error, 0);
  }
  test::expect_error(ErrorKind::input, "use fewer ranks",
                     [&] { static_cast<void>(train_on(10, data, options)); });
}

TEST(Ranks, GatherTheMomentsOfOne) {
  const auto data = reference::random_data(ElementType::int16, 500, 11, 3, 7);
  const auto gather_on = [&](Communicator& communicator) {
    Listener listener;
    return gather_moments(*reference::open(data), {10, 490}, options_of(folds_rule(4, 2)),
                          *cpu_backend(), communicator, listener);
  };
  const MomentsSet expected = gather_on(*single_process());
  run_as_threads(4, [&](Communicator& communicator) {
    const MomentsSet set = gather_on(communicator);
    EXPECT_EQ(set.rows, expected.rows);
    for (std::size_t p = 0; p < expected.parts.size(); ++p) {
      reference::expect_identical(set.parts[p], expected.parts[p]);
    }
  });
}

TEST(Ranks, TrainFromMomentsAsOneDoes) {
  const auto data = reference::random_data(ElementType::uint8, 500, 11, 3, 8);
  Listener listener;
  const MomentsSet set =
      gather_moments(*reference::open(data), {0, 500}, options_of(folds_rule(4, 2)), *cpu_backend(),
                     *single_process(), listener);
  const auto train_from = [&](Communicator& communicator) {
    Listener quiet;
    return fit(set, options_of({}), *cpu_backend(), communicator, quiet);
  };
  const FitResult expected = train_from(*single_process());
  run_as_threads(3, [&](Communicator& communicator) {
    expect_same_result(train_from(communicator), expected);
  });
}

TEST(Ranks, PredictAndEvaluateAsOneDoes) {
  const auto data = reference::random_data(ElementType::uint8, 700, 6, 3, 9);
  FitOptions options = options_of({});
  options.lambdas = {1};
  const RidgeModel model = train_alone(data, options).model;
  const auto source = reference::open(data);
  // So little memory that the ranks take several turns.
  const PredictOptions predicting{1, 40'000, 0, true};
  Listener listener;
  std::vector<std::int32_t> expected;
  predict(model, *source, {5, 700}, predicting, *single_process(), listener,
          [&](const Predictions& p) {
            expected.insert(expected.end(), p.classes.begin(), p.classes.end());
          });
  const Evaluation evaluation =
      evaluate(model, *source, {5, 700}, predicting, *single_process(), listener);
  run_as_threads(3, [&](Communicator& communicator) {
    Listener quiet;
    std::vector<std::int32_t> classes;
    std::uint64_t next = 5;
    predict(model, *source, {5, 700}, predicting, communicator, quiet, [&](const Predictions& p) {
      EXPECT_EQ(communicator.rank(), 0);
      EXPECT_EQ(p.first_row, next);
      EXPECT_EQ(p.labels.size(), p.classes.size());
      next += p.classes.size();
      classes.insert(classes.end(), p.classes.begin(), p.classes.end());
    });
    EXPECT_EQ(classes, communicator.rank() == 0 ? expected : std::vector<std::int32_t>());
    const Evaluation shared = evaluate(model, *source, {5, 700}, predicting, communicator, quiet);
    EXPECT_EQ(shared.correct, evaluation.correct);
    EXPECT_TRUE(std::ranges::equal(shared.confusion.span(), evaluation.confusion.span()));
  });
}

TEST(Ranks, StopWhereOneMeetsABadRow) {
  auto data = reference::random_data(ElementType::float64, 20'000, 4, 2, 10);
  data.rows[15'000][2] = std::numeric_limits<double>::quiet_NaN();
  // Shards of 8,192 rows: row 15,000 is the second rank's of three.
  test::expect_error(ErrorKind::input, "rank 1", [&] {
    static_cast<void>(train_on(3, data, options_of(holdout_rule(0.2, 0))));
  });
}

TEST(Ranks, MustSeeTheSameData) {
  const auto data = reference::random_data(ElementType::uint8, 50, 4, 2, 11);
  const auto other = reference::random_data(ElementType::uint8, 50, 5, 2, 11);
  test::expect_error(ErrorKind::input, "but on rank 0", [&] {
    run_as_threads(3, [&](Communicator& communicator) {
      static_cast<void>(train(communicator.rank() == 2 ? other : data,
                              options_of(holdout_rule(0.2, 0)), communicator));
    });
  });
}

TEST(Ranks, MustBeAskedForTheSame) {
  const auto data = reference::random_data(ElementType::uint8, 50, 4, 2, 11);
  const auto refused = [&](const std::function<void(FitOptions&)>& change) {
    test::expect_error(ErrorKind::input, "the job: is", [&] {
      run_as_threads(2, [&](Communicator& communicator) {
        FitOptions options = options_of(holdout_rule(0.2, 0));
        if (communicator.rank() == 1) change(options);
        static_cast<void>(train(data, options, communicator));
      });
    });
  };
  refused([](FitOptions& options) { options.rule = holdout_rule(0.2, 1); });
  refused([](FitOptions& options) { options.lambdas = {3}; });
  refused([](FitOptions& options) { options.solver = Solver::eigen; });
  refused([](FitOptions& options) { options.selection = Selection::squared_error; });
  refused([](FitOptions& options) { options.refit = false; });
  refused([](FitOptions& options) { options.parallel = Parallel::model; });
}

TEST(Ranks, MustSeeTheSameColumns) {
  auto data = reference::random_data(ElementType::uint8, 50, 4, 2, 11);
  data.column_names = {"a", "b", "c", "d"};
  auto other = data;
  other.column_names = {"a", "c", "b", "d"};
  test::expect_error(ErrorKind::input, "but on rank 0", [&] {
    run_as_threads(2, [&](Communicator& communicator) {
      static_cast<void>(train(communicator.rank() == 1 ? other : data,
                              options_of(holdout_rule(0.2, 0)), communicator));
    });
  });
}

TEST(Ranks, MustPredictTheSameRowsByTheSameModel) {
  const auto data = reference::random_data(ElementType::uint8, 60, 4, 2, 12);
  const auto fewer = data.slice(0, 50);
  FitOptions options = options_of({});
  options.lambdas = {1};
  const RidgeModel model = train_alone(data, options).model;
  options.lambdas = {2};
  const RidgeModel other = train_alone(data, options).model;
  const auto refused = [](const auto& body) {
    test::expect_error(ErrorKind::input, "but on rank 0", [&] { run_as_threads(2, body); });
  };
  refused([&](Communicator& communicator) {
    Listener listener;
    const auto source = reference::open(communicator.rank() == 0 ? data : fewer);
    static_cast<void>(
        evaluate(model, *source, {0, source->info().rows}, {}, communicator, listener));
  });
  refused([&](Communicator& communicator) {
    Listener listener;
    predict(communicator.rank() == 0 ? model : other, *reference::open(data), {0, 60}, {},
            communicator, listener, [](const Predictions&) {});
  });
}

TEST(Ranks, MustTrainFromTheSameMoments) {
  std::vector<MomentsSet> sets;
  for (const std::uint64_t seed : {13U, 14U}) {
    const auto data = reference::random_data(ElementType::uint8, 80, 4, 2, seed);
    Listener listener;
    sets.push_back(gather_moments(*reference::open(data), {0, 80}, options_of(folds_rule(2, 0)),
                                  *cpu_backend(), *single_process(), listener));
  }
  const auto expect_refused = [&] {
    test::expect_error(ErrorKind::input, "but on rank 0", [&] {
      run_as_threads(2, [&](Communicator& communicator) {
        Listener listener;
        const auto rank = static_cast<std::size_t>(communicator.rank());
        static_cast<void>(fit(sets[rank], options_of({}), *cpu_backend(), communicator, listener));
      });
    });
  };
  expect_refused();
  sets[1].parts.clear();
  for (const Moments& part : sets[0].parts) sets[1].parts.push_back(clone(part));
  sets[1].column_names = {"a", "b", "c", "d"};
  expect_refused();
}

TEST(ParallelMode, IsTheSameOnHostsThatDiffer) {
  std::vector<Parallel> modes(2);
  run_as_threads(2, [&](Communicator& communicator) {
    const bool small = communicator.rank() == 1;
    const JobSize job{1'000'000, 100, 2, small ? 20e9 : 200e9, small ? 1 : 1000};
    modes[small ? 1 : 0] = choose_parallel(Parallel::automatic, job, communicator).mode;
  });
  EXPECT_EQ(modes[0], modes[1]);
}

TEST(Share, CoversAllRowsOnceAndCutsOnlyWhereAllowed) {
  for (const RowRange rows : {RowRange{0, 0}, RowRange{0, 5}, RowRange{3, 1000}}) {
    for (const std::uint64_t align : {1U, 64U}) {
      for (const int size : {1, 2, 7, 40}) {
        std::uint64_t next = rows.first;
        for (int r = 0; r < size; ++r) {
          const RowRange own = share_of(rows, r, size, 10, align);
          EXPECT_EQ(own.first, next);
          EXPECT_TRUE(own.last == rows.first || own.last == rows.last ||
                      (own.last + 10) % align == 0);
          next = own.last;
        }
        EXPECT_EQ(next, rows.last);
      }
    }
  }
}

TEST(ParallelMode, DividesRowsUnlessAddingTheSumsTakesLonger) {
  const JobSize large{10'000'000, 784, 2, 200e9, 8};
  const JobSize small{500, 4000, 2, 200e9, 8};
  constexpr double ten_gigabit = 1.25e9;
  EXPECT_LT(seconds_by_data(large, 8, ten_gigabit), seconds_by_model(large));
  EXPECT_GT(seconds_by_data(small, 8, ten_gigabit), seconds_by_model(small));
}

}  // namespace
}  // namespace arete
