#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>

#include "arete/data/open.hpp"
#include "arete/model/evaluation.hpp"
#include "arete/train/fit.hpp"
#include "arete/train/gather_moments.hpp"
#include "reference/compare.hpp"
#include "reference/kernels.hpp"
#include "reference/reference.hpp"

namespace arete {
namespace {

/// Where Debian's package dataset-fashion-mnist puts it; ARETE_FASHION_MNIST names another folder.
std::filesystem::path folder() {
  const char* given = std::getenv("ARETE_FASHION_MNIST");
  return given != nullptr ? given : "/usr/share/datasets/fashion-mnist";
}

class FashionMnist : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!std::filesystem::exists(folder())) {
      GTEST_SKIP() << folder() << " is not there: install the package dataset-fashion-mnist";
    }
    training_ = open_source(folder(), {});
  }

  [[nodiscard]] MomentsSet gather(RowRange rows, const FitOptions& options) {
    return gather_moments(*training_, rows, options, *cpu_backend(), *single_process(), listener_);
  }

  /// The first `count` images as the reference takes them.
  [[nodiscard]] reference::DataSet images(std::size_t count) const {
    RowBlock block;
    training_->read({0, count}, block);
    reference::DataSet data{
        block.type, block.features, training_->info().classes, {}, block.labels};
    for (std::size_t i = 0; i < count; ++i) {
      const auto* pixels = reinterpret_cast<const std::uint8_t*>(block.row(i));
      data.rows.emplace_back(pixels, pixels + block.features);
    }
    return data;
  }

  std::unique_ptr<RowSource> training_;
  Listener listener_;
};

TEST_F(FashionMnist, MomentsAreThoseOfTheReferenceForEveryKernelAndThreadCount) {
  constexpr std::size_t count = 1500;
  const Moments expected = reference::moments(images(count));
  FitOptions options;
  for (const IntegerKernel kernel : reference::kernels()) {
    for (const int threads : {1, 2, 3}) {
      options.kernel = kernel;
      options.threads = threads;
      reference::expect_identical(gather({0, count}, options).parts[0], expected);
    }
  }
}

TEST_F(FashionMnist, AllImagesCutIntoFilesAndMergedAreTheSameWithEitherKernel) {
  FitOptions options;
  options.threads = 2;
  options.rule = holdout_rule(0.2, 0);
  const MomentsSet whole = gather({0, 60'000}, options);
  EXPECT_EQ(whole.parts[1].rows, 12'069U);
  options.kernel = IntegerKernel::float64;
  MomentsSet merged = gather({41'234, 60'000}, options);
  merge(merged, gather({0, 17}, options), "a");
  merge(merged, gather({17, 41'234}, options), "b");
  for (std::size_t p = 0; p < 2; ++p) reference::expect_identical(merged.parts[p], whole.parts[p]);
}

TEST_F(FashionMnist, CountsAreThoseOfTheReference) {
  constexpr std::size_t count = 500;
  constexpr double lambda = 1e5;
  const reference::DataSet data = images(count);
  FitOptions options;
  options.threads = 2;
  options.lambdas = {lambda};
  options.rule = holdout_last_rule(0.2, {0, count});
  const auto training = [](std::size_t row) { return row < 400; };
  for (const Centring centring : {Centring::standard, Centring::odyssey}) {
    options.centring = centring;
    const FitResult result =
        fit(*training_, {0, count}, options, *cpu_backend(), *single_process(), listener_);
    const auto solution = reference::solve(reference::centre(data, centring, training), lambda);
    std::uint64_t expected = 0;
    for (std::size_t row = 400; row < count; ++row) {
      expected += reference::predict(*solution, data.rows[row]) == data.labels[row] ? 1 : 0;
    }
    EXPECT_EQ(result.path[0].total.correct, expected);
  }
}

TEST_F(FashionMnist, ModelsGetFourOfFiveTestImagesRight) {
  FitOptions options;
  options.threads = 2;
  options.rule = holdout_rule(0.2, 0);
  const FitResult result =
      fit(*training_, {0, 60'000}, options, *cpu_backend(), *single_process(), listener_);
  const auto test = open_source(customary_test_set(folder()).value(), {});
  const Evaluation evaluation =
      evaluate(result.model, *test, {0, test->info().rows}, {2, 0}, *single_process(), listener_);
  EXPECT_NEAR(evaluation.accuracy(), 0.81, 0.005);
}

}  // namespace
}  // namespace arete
