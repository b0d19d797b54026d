#include "arete/train/fit.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "arete/core/error.hpp"
#include "arete/model/evaluation.hpp"
#include "arete/solve/cholesky.hpp"
#include "arete/train/gather_moments.hpp"
#include "core/expect_error.hpp"
#include "reference/compare.hpp"
#include "reference/data_set.hpp"
#include "reference/kernels.hpp"
#include "reference/reference.hpp"

namespace arete {
namespace {

using reference::DataSet;

FitResult train(const DataSet& data, const FitOptions& options) {
  Listener listener;
  return fit(*reference::open(data), {0, data.rows.size()}, options, *cpu_backend(),
             *single_process(), listener);
}

MomentsSet gather(const DataSet& data, const FitOptions& options) {
  Listener listener;
  return gather_moments(*reference::open(data), {0, data.rows.size()}, options, *cpu_backend(),
                        *single_process(), listener);
}

FitOptions options_of(PartRule rule, std::vector<double> lambdas = {}) {
  FitOptions options;
  options.rule = rule;
  options.lambdas = std::move(lambdas);
  options.threads = 2;
  return options;
}

void expect_same_model(const RidgeModel& a, const RidgeModel& b) {
  EXPECT_TRUE(std::ranges::equal(a.weights.span(), b.weights.span()));
  EXPECT_EQ(a.intercept, b.intercept);
  EXPECT_EQ(a.column_means, b.column_means);
  EXPECT_EQ(a.lambda, b.lambda);
}

/// The whole job by the reference: per lambda the hits on every held-out part, and their errors.
struct Expected {
  std::uint64_t correct = 0;
  long double squared_error = 0;
};

Expected expected_point(const DataSet& data, const PartRule& rule, double lambda,
                        Centring centring) {
  Expected result;
  for (const int part : held_out_parts(rule)) {
    const auto held_out = [&](std::size_t row) { return part_of(rule, row) == part; };
    const auto training = [&](std::size_t row) { return !held_out(row); };
    const auto solution = reference::solve(reference::centre(data, centring, training), lambda);
    for (std::size_t r = 0; r < data.rows.size(); ++r) {
      if (held_out(r) && reference::predict(*solution, data.rows[r]) == data.labels[r]) {
        ++result.correct;
      }
    }
    result.squared_error += reference::squared_error(data, *solution, held_out);
  }
  return result;
}

TEST(Fit, AgreesWithTheReferenceForEveryRule) {
  for (const ElementType type : {ElementType::uint8, ElementType::float32}) {
    const auto data = reference::random_data(type, 260, 21, 4, 77);
    const std::vector<double> lambdas{1, 1e2, 1e5};
    for (const PartRule& rule :
         {holdout_rule(0.3, 5), folds_rule(3, 1), holdout_last_rule(0.2, {0, 260})}) {
      for (const Centring centring : {Centring::standard, Centring::odyssey}) {
        FitOptions options = options_of(rule, lambdas);
        options.centring = centring;
        const FitResult result = train(data, options);
        ASSERT_EQ(result.path.size(), lambdas.size());
        for (std::size_t l = 0; l < lambdas.size(); ++l) {
          const auto expected = expected_point(data, rule, lambdas[l], centring);
          EXPECT_EQ(result.path[l].total.correct, expected.correct);
          EXPECT_NEAR(result.path[l].total.squared_error,
                      static_cast<double>(expected.squared_error),
                      1e-8 * static_cast<double>(expected.squared_error));
        }
        const auto everything = [](std::size_t) { return true; };
        const auto refit = reference::solve(reference::centre(data, Centring::standard, everything),
                                            result.model.lambda);
        EXPECT_LT(reference::weight_difference(result.model.weights, *refit), 1e-10);
      }
    }
  }
}

TEST(Fit, ThreadsKernelsAndMemoryDoNotChangeABit) {
  for (const ElementType type : {ElementType::uint8, ElementType::float64}) {
    const auto data = reference::random_data(type, 5000, 30, 3, 8);
    FitOptions options = options_of(holdout_rule(0.2, 0));
    const FitResult expected = train(data, options);
    for (const int threads : {1, 3}) {
      for (const std::size_t memory : {std::size_t{9'000'000}, std::size_t{1} << 30}) {
        for (const IntegerKernel kernel : reference::kernels()) {
          options.threads = threads;
          options.memory = memory;
          options.kernel = kernel;
          const FitResult result = train(data, options);
          expect_same_model(result.model, expected.model);
          for (std::size_t l = 0; l < expected.path.size(); ++l) {
            EXPECT_EQ(result.path[l].total.correct, expected.path[l].total.correct);
            EXPECT_EQ(result.path[l].total.squared_error, expected.path[l].total.squared_error);
          }
        }
      }
    }
  }
}

TEST(Fit, NeitherDoTheyWhereSomeShardsOfFloatsAreIntegers) {
  // Shards of pixels, one of fractions, shards of pixels again; and enough rows for several blocks.
  auto data = reference::as_type(reference::random_data(ElementType::uint8, 30'000, 6, 2, 14),
                                 ElementType::float32);
  for (std::size_t row = 9000; row < 9100; ++row) data.rows[row][3] += 0.37F;
  FitOptions options = options_of({});
  const MomentsSet expected = gather(data, options);
  EXPECT_FALSE(expected.parts[0].exact);
  for (const int threads : {1, 3}) {
    for (const std::size_t memory : {std::size_t{8'000'000}, std::size_t{1} << 30}) {
      for (const IntegerKernel kernel : reference::kernels()) {
        options.threads = threads;
        options.memory = memory;
        options.kernel = kernel;
        reference::expect_identical(gather(data, options).parts[0], expected.parts[0]);
      }
    }
  }
}

TEST(Fit, ManyLambdasAreSolvedInTurnWhereMemoryIsShort) {
  const auto data = reference::random_data(ElementType::uint8, 300, 40, 3, 8);
  FitOptions options = options_of(folds_rule(3, 0));
  for (int e = 0; e < 40; ++e) options.lambdas.push_back(std::pow(1.5, e));
  const FitResult expected = train(data, options);
  // What the sums need, and room for a few solutions.
  options.memory = cpu_backend()->host_memory({options.rule, 40, data.type, data.classes, 2}) +
                   std::size_t{60'000};
  const FitResult result = train(data, options);
  expect_same_model(result.model, expected.model);
  for (std::size_t l = 0; l < 40; ++l) {
    EXPECT_EQ(result.path[l].total.correct, expected.path[l].total.correct);
    EXPECT_EQ(result.path[l].folds.size(), 3U);
  }
}

TEST(Fit, PartsThatAreExactButTogetherAreNotAreRefused) {
  MomentsSet moments;
  moments.rule = folds_rule(2, 0);
  moments.type = ElementType::int16;
  moments.shape = {2};
  for (int part = 0; part < 2; ++part) {
    Moments sums = empty_moments(2, {"a", "b"});
    sums.rows = 2;
    sums.class_counts = {1, 1};
    sums.gram(0, 0) = sums.gram(1, 1) = exact_limit - 1;
    moments.parts.push_back(std::move(sums));
  }
  Listener listener;
  test::expect_error(
      ErrorKind::input, "with all 4 rows the sums of squares have outgrown 2^53", [&] {
        return fit(moments, options_of({}, {1}), *cpu_backend(), *single_process(), listener);
      });
}

TEST(Fit, ThreadsDoNotChangeABitOfTiledSolutions) {
  const auto data =
      reference::random_data(ElementType::uint8, 150, tiled_from_features + 52, 3, 15);
  FitOptions options = options_of(holdout_rule(0.2, 0), {1, 1e4});
  const FitResult expected = train(data, options);
  EXPECT_LE(expected.path[0].total.residual, std::numeric_limits<double>::epsilon());
  for (const int threads : {1, 3}) {
    options.threads = threads;
    expect_same_model(train(data, options).model, expected.model);
  }
}

TEST(Fit, PermutingTheRowsDoesNotChangeExactModels) {
  auto data = reference::random_data(ElementType::uint8, 300, 15, 3, 9);
  const FitResult expected = train(data, options_of({}, {10}));
  std::vector<std::size_t> order(300);
  std::iota(order.begin(), order.end(), 0);
  std::shuffle(order.begin(), order.end(), std::mt19937_64(1));
  DataSet permuted = data;
  for (std::size_t i = 0; i < 300; ++i) {
    permuted.rows[i] = data.rows[order[i]];
    permuted.labels[i] = data.labels[order[i]];
  }
  expect_same_model(train(permuted, options_of({}, {10})).model, expected.model);
}

TEST(Fit, DuplicatingEveryRowIsHalvingLambda) {
  const auto data = reference::random_data(ElementType::uint8, 200, 15, 3, 9);
  DataSet twice = data;
  twice.rows.insert(twice.rows.end(), data.rows.begin(), data.rows.end());
  twice.labels.insert(twice.labels.end(), data.labels.begin(), data.labels.end());
  const FitResult once = train(data, options_of({}, {50}));
  const FitResult doubled = train(twice, options_of({}, {100}));
  for (std::size_t i = 0; i < once.model.weights.size(); ++i) {
    EXPECT_NEAR(once.model.weights.data()[i], doubled.model.weights.data()[i], 1e-14);
  }
}

TEST(Fit, AConstantColumnGetsNoWeightAndChangesNothing) {
  const auto data = reference::random_data(ElementType::uint8, 200, 15, 3, 9);
  DataSet wider = data;
  wider.features = 16;
  for (auto& row : wider.rows) row.push_back(93);
  const RidgeModel model = train(data, options_of({}, {50})).model;
  const RidgeModel with_constant = train(wider, options_of({}, {50})).model;
  for (std::size_t k = 0; k < 3; ++k) {
    EXPECT_EQ(with_constant.weights(k, 15), 0);
    EXPECT_NEAR(with_constant.intercept[k], model.intercept[k], 1e-12);
    for (std::size_t j = 0; j < 15; ++j) {
      EXPECT_NEAR(with_constant.weights(k, j), model.weights(k, j), 1e-14);
    }
  }
}

TEST(Fit, SelectsBySquaredErrorWithoutReadingRowsAgain) {
  const auto data = reference::random_data(ElementType::uint8, 300, 15, 3, 10);
  FitOptions options = options_of(holdout_rule(0.2, 0), {1e-2, 1e3, 1e6, 1e9});
  options.selection = Selection::squared_error;
  const FitResult result = train(data, options);
  ASSERT_TRUE(result.best);
  for (const PathEntry& entry : result.path) {
    EXPECT_FALSE(entry.total.correct);
    EXPECT_GE(entry.total.squared_error, result.path[*result.best].total.squared_error);
  }
}

TEST(Fit, FromMomentsIsTheFitBySquaredError) {
  auto data = reference::random_data(ElementType::uint8, 300, 15, 3, 10);
  for (int j = 15; j > 0; --j) data.column_names.push_back(std::to_string(j));
  FitOptions options = options_of(folds_rule(4, 2), {1e-2, 1e3, 1e6, 1e9});
  options.selection = Selection::squared_error;
  const FitResult expected = train(data, options);
  Listener listener;
  const FitResult result =
      fit(gather(data, options), options, *cpu_backend(), *single_process(), listener);
  expect_same_model(result.model, expected.model);
  EXPECT_EQ(result.best, expected.best);
  EXPECT_EQ(result.model.column_names, data.column_names);
  EXPECT_EQ(expected.model.column_names, data.column_names);
}

TEST(Fit, ExtendsTheAutomaticGridAtItsEnd) {
  // Labels that have nothing to do with the rows: more shrinkage is always better.
  auto data = reference::random_data(ElementType::uint8, 400, 60, 2, 3);
  for (std::size_t i = 0; i < 400; ++i) data.labels[i] = static_cast<std::int32_t>(i * 7 % 5 < 2);
  FitOptions options = options_of(holdout_rule(0.3, 1));
  options.selection = Selection::squared_error;
  const FitResult result = train(data, options);
  EXPECT_GT(result.path.size(), 10U);
  EXPECT_TRUE(std::ranges::is_sorted(result.path, {}, [](auto& e) { return e.total.lambda; }));
}

TEST(Fit, WarnsWhenTheBestLambdaIsAnEndOfAGivenGrid) {
  const auto data = reference::random_data(ElementType::uint8, 400, 60, 2, 3);
  FitOptions options = options_of(holdout_rule(0.3, 1), {1e-9, 1e-8});
  options.selection = Selection::squared_error;
  const FitResult result = train(data, options);
  EXPECT_EQ(result.path.size(), 2U);
  ASSERT_EQ(result.warnings.size(), 1U);
  EXPECT_NE(result.warnings[0].find("end of the path"), std::string::npos);
}

TEST(Fit, WithoutRefitTheModelIsThatOfTheTrainingPart) {
  const auto data = reference::random_data(ElementType::uint8, 200, 10, 3, 3);
  FitOptions options = options_of(holdout_last_rule(0.25, {0, 200}), {100});
  options.refit = false;
  const FitResult result = train(data, options);
  EXPECT_EQ(result.model.training_rows, 150U);
  const FitResult expected = train(data.slice(0, 150), options_of({}, {100}));
  expect_same_model(result.model, expected.model);
}

ErrorKind kind_of_failure(const DataSet& data, const FitOptions& options) {
  try {
    static_cast<void>(train(data, options));
  } catch (const Error& error) {
    return error.kind();
  }
  ADD_FAILURE() << "was accepted";
  return ErrorKind::internal;
}

TEST(Fit, RefusesWhatCannotBeTrained) {
  const auto data = reference::random_data(ElementType::uint8, 40, 5, 2, 3);
  const FitOptions options = options_of(holdout_rule(0.2, 0), {1});

  DataSet one_class = data;
  std::ranges::fill(one_class.labels, 1);
  EXPECT_EQ(kind_of_failure(one_class, options), ErrorKind::input);

  DataSet unlabelled = data;
  unlabelled.labels.clear();
  unlabelled.classes.clear();
  EXPECT_EQ(kind_of_failure(unlabelled, options), ErrorKind::input);

  EXPECT_EQ(kind_of_failure(data.slice(0, 0), options), ErrorKind::input);
  EXPECT_EQ(kind_of_failure(data, options_of({}, {1, 2})), ErrorKind::usage);
  EXPECT_EQ(kind_of_failure(data.slice(0, 3), options_of(folds_rule(10, 0), {1})),
            ErrorKind::input);

  DataSet constant = data;
  for (auto& row : constant.rows) row[0] = 3;
  EXPECT_EQ(kind_of_failure(constant, options_of(holdout_rule(0.2, 0), {0})), ErrorKind::unsolved);

  FitOptions folds_without_refit = options_of(folds_rule(3, 0), {1});
  folds_without_refit.refit = false;
  EXPECT_EQ(kind_of_failure(data, folds_without_refit), ErrorKind::usage);

  EXPECT_EQ(kind_of_failure(data, options_of(holdout_rule(0.2, 0), {-1})), ErrorKind::usage);
  EXPECT_EQ(kind_of_failure(data, options_of(holdout_rule(0.2, 0), {NAN})), ErrorKind::usage);

  FitOptions starved = options;
  starved.memory = 100;
  EXPECT_EQ(kind_of_failure(data, starved), ErrorKind::resource);
}

TEST(GatherMoments, OfAnyCutMergedInAnyOrderAreTheSame) {
  const auto data = reference::random_data(ElementType::uint8, 500, 20, 4, 12);
  FitOptions options = options_of(folds_rule(3, 4));
  const MomentsSet whole = gather(data, options);
  const std::vector<std::pair<std::size_t, std::size_t>> cuts{
      {210, 500}, {0, 1}, {1, 130}, {131, 210}, {130, 131}};
  std::optional<MomentsSet> merged;
  for (const auto& [first, last] : cuts) {
    options.first_row = first;
    MomentsSet piece = gather(data.slice(first, last), options);
    if (merged) {
      merge(*merged, piece, "piece");
    } else {
      merged = std::move(piece);
    }
  }
  EXPECT_EQ(merged->rows, whole.rows);
  for (std::size_t p = 0; p < 3; ++p) reference::expect_identical(merged->parts[p], whole.parts[p]);
}

TEST(Fit, CanBeStoppedBetweenLambdas) {
  class StopsInTheThirdLambda : public Listener {
   public:
    void progress(std::string_view stage, std::uint64_t /*done*/,
                  std::uint64_t /*total*/) override {
      if (stage == "solve" && ++lambdas == 3) fail(ErrorKind::resource, "stopped by the test");
    }
    int lambdas = 0;
  };
  const auto data = reference::random_data(ElementType::uint8, 200, 12, 3, 40);
  for (const Solver solver : {Solver::cholesky, Solver::eigen}) {
    FitOptions options = options_of(holdout_rule(0.2, 0), {1, 2, 3, 4, 5});
    options.solver = solver;
    options.threads = 1;
    StopsInTheThirdLambda listener;
    EXPECT_THROW(static_cast<void>(fit(*reference::open(data), {0, 200}, options, *cpu_backend(),
                                       *single_process(), listener)),
                 Error);
    EXPECT_EQ(listener.lambdas, 3);
  }
}

}  // namespace
}  // namespace arete
