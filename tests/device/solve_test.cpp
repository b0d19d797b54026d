#include <gtest/gtest.h>
#include <lapack.h>

#include <cmath>
#include <limits>
#include <random>

#include "arete/core/blas.hpp"
#include "arete/core/error.hpp"
#include "arete/score/squared_error.hpp"
#include "arete/solve/condition.hpp"
#include "arete/solve/path_solvers.hpp"
#include "core/expect_error.hpp"
#include "device/small_session.hpp"
#include "device/solve/inverse_norm.hpp"
#include "device/solve/path.hpp"
#include "device/solve/system.hpp"
#include "reference/compare.hpp"
#include "reference/reference.hpp"

namespace arete {
namespace {

using reference::DataSet;
using test::add_rows;
using test::on_host_device;
using test::options_for;

constexpr double epsilon = std::numeric_limits<double>::epsilon();

TEST(ToDouble, RoundsInt128AsTheCpuDoes) {
  std::mt19937_64 random(1);
  for (int i = 0; i < 200'000; ++i) {
    device::Uint128 bits = (static_cast<device::Uint128>(random()) << 64) | random();
    if (i % 3 == 0) bits &= (static_cast<device::Uint128>(1) << (random() % 127 + 1)) - 1;
    if (i % 5 == 0) bits |= (static_cast<device::Uint128>(1) << (random() % 100));
    bits >>= random() % 127;
    for (const auto value :
         {static_cast<device::Int128>(bits), -static_cast<device::Int128>(bits)}) {
      ASSERT_EQ(device::to_double(value), static_cast<double>(value));
    }
  }
  // Ties, and what lies just beside them.
  for (int shift = 1; shift < 70; ++shift) {
    for (const std::uint64_t odd : {std::uint64_t{1} << 53, (std::uint64_t{1} << 53) + 1}) {
      for (const int beside : {-1, 0, 1}) {
        const device::Int128 half = static_cast<device::Int128>(1) << (shift - 1);
        const device::Int128 value = (static_cast<device::Int128>(odd) << shift) + half + beside;
        ASSERT_EQ(device::to_double(value), static_cast<double>(value));
      }
    }
  }
}

/// The sums of a data set on a host device, and its system there.
struct OnDevice {
  explicit OnDevice(const Moments& moments) : device(test::host_device()) {
    gram = device::Memory<double>(*device, moments.gram.size());
    class_sums = device::Memory<double>(*device, moments.class_sums.size());
    device::upload<double>(*device, 0, gram, moments.gram.span());
    device::upload<double>(*device, 0, class_sums, moments.class_sums.span());
    device->synchronise(0);
    add(totals, moments);
  }
  [[nodiscard]] device::TrainingSums sums() const {
    return {gram.data(), class_sums.data(), totals};
  }

  std::unique_ptr<device::Device> device;
  device::Memory<double> gram;
  device::Memory<double> class_sums;
  ColumnTotals totals;
};

void expect_same_system(device::Device& device, const device::DeviceSystem& found,
                        const CentredSystem& expected) {
  const std::size_t d = expected.gram.rows();
  Matrix<double> gram(d, d);
  Matrix<double> right_hand_side(expected.right_hand_side.rows(), d);
  device::fetch<double>(device, 0, gram.span(), found.gram.data());
  device::fetch<double>(device, 0, right_hand_side.span(), found.right_hand_side.data());
  for (std::size_t i = 0; i < d; ++i) {
    for (std::size_t j = i; j < d; ++j) {
      ASSERT_EQ(gram(i, j), expected.gram(i, j)) << i << ", " << j;
      ASSERT_EQ(gram(j, i), expected.gram(i, j)) << i << ", " << j;
    }
    EXPECT_EQ(found.diagonal[i], expected.gram(i, i));
  }
  EXPECT_TRUE(std::ranges::equal(right_hand_side.span(), expected.right_hand_side.span()));
  EXPECT_EQ(found.column_means, expected.column_means);
  EXPECT_EQ(found.target_means, expected.target_means);
  EXPECT_EQ(found.diagonal_noise, expected.diagonal_noise);
}

TEST(DeviceCentring, GivesTheBitsOfTheCpu) {
  for (const ElementType type : {ElementType::uint8, ElementType::int16, ElementType::float64}) {
    const DataSet data = reference::random_data(type, 200, 17, 3, 9);
    const Moments some = reference::moments(data, [](std::size_t r) { return r % 5 != 0; });
    const Moments all = reference::moments(data);
    ColumnTotals totals;
    add(totals, all);
    const OnDevice on_device(some);
    expect_same_system(*on_device.device, device::centre(*on_device.device, on_device.sums()),
                       centre(some, 1));
    expect_same_system(*on_device.device,
                       device::centre_on(*on_device.device, on_device.sums(), totals),
                       centre_on(some, totals, 1));
  }
}

TEST(DeviceCentring, GivesTheBitsOfTheCpuForSumsNearTheLimit) {
  DataSet data = reference::random_data(ElementType::int16, 60, 6, 2, 4);
  Moments moments = reference::moments(data);
  moments.rows = std::uint64_t{1} << 37;
  moments.class_counts = {moments.rows / 3, moments.rows - moments.rows / 3};
  std::mt19937_64 random(3);
  for (std::size_t i = 0; i < 6; ++i) {
    for (std::size_t j = i; j < 6; ++j) {
      moments.gram(i, j) = static_cast<double>(random() >> 11) - (i == j ? 0.0 : 0x1p52);
    }
    moments.column_sums[i] = static_cast<double>(random() >> 16);
    moments.class_sums(0, i) = static_cast<double>(random() >> 17);
    moments.class_sums(1, i) = moments.column_sums[i] - moments.class_sums(0, i);
  }
  ColumnTotals totals;
  add(totals, moments);
  const OnDevice on_device(moments);
  expect_same_system(*on_device.device, device::centre(*on_device.device, on_device.sums()),
                     centre(moments, 1));
}

TEST(InverseNorm, IsTheEstimateOfDpocon) {
  for (const std::size_t n : {1, 2, 5, 40}) {
    const DataSet data = reference::random_data(ElementType::uint8, 60, n, 2, n);
    const CentredSystem system = centre(reference::moments(data), 1);
    Matrix<double> factor = system.gram.clone();
    for (std::size_t i = 0; i < n; ++i) factor(i, i) += 3;
    const SingleThreadBlas guard;
    const auto size = static_cast<lapack_int>(n);
    lapack_int info = 0;
    LAPACK_dpotrf("L", &size, factor.data(), &size, &info);
    ASSERT_EQ(info, 0);
    const double norm = one_norm(system.gram, off_diagonal_sums(system.gram, 1), 3);
    device::InverseNorm inverse(n);
    int solves = 0;
    while (inverse.advance()) {
      ASSERT_LT(++solves, 20);
      const lapack_int one = 1;
      LAPACK_dpotrs("L", &size, &one, factor.data(), &size, inverse.vector().data(), &size, &info);
    }
    const double expected = reciprocal_condition(factor, norm);
    EXPECT_NEAR(device::reciprocal_condition(inverse, norm), expected, 1e-12 * expected);
  }
}

/// On lanes, or in batches.
class DevicePath : public ::testing::TestWithParam<std::tuple<bool, Solver>> {
 protected:
  [[nodiscard]] static device::Tuning tuning() {
    device::Tuning tuning = test::small_tuning();
    if (!std::get<0>(GetParam())) tuning.batched_below = 0;
    return tuning;
  }

  /// Both sessions' paths for the same rows.
  static std::pair<RidgePath, RidgePath> solve(
      const DataSet& data, SolveRequest request, const PartRule& rule = {},
      test::Schedule schedule = test::Schedule::main_lane_late) {
    request.solver = std::get<1>(GetParam());
    const auto cpu = cpu_backend()->open(options_for(data, rule));
    const auto device = on_host_device(options_for(data, rule), schedule, tuning());
    add_rows(*cpu, data, 8192);
    add_rows(*device, data, 8192);
    return {cpu->solve(request), device->solve(request)};
  }
};

void expect_equivalent(const RidgePath& expected, const RidgePath& found) {
  ASSERT_EQ(found.solutions.size(), expected.solutions.size());
  EXPECT_EQ(found.classes, expected.classes);
  for (std::size_t l = 0; l < found.solutions.size(); ++l) {
    const RidgeSolution& a = expected.solutions[l];
    const RidgeSolution& b = found.solutions[l];
    EXPECT_EQ(b.lambda, a.lambda);
    EXPECT_EQ(b.status, a.status) << b.lambda;
    EXPECT_NEAR(b.rcond, a.rcond, 1e-6 * a.rcond + epsilon);
    if (a.status != SolveStatus::solved) {
      EXPECT_EQ(b.weights.size(), 0U);
      continue;
    }
    // With OpenBLAS's SkylakeX kernels the CPU's own residual was seen to be 1.08 epsilon.
    EXPECT_LE(b.residual, std::max(epsilon, a.residual)) << b.lambda;
    ASSERT_EQ(b.weights.size(), a.weights.size());
    double largest = 0;
    for (const double w : a.weights.span()) largest = std::max(largest, std::abs(w));
    for (std::size_t i = 0; i < a.weights.size(); ++i) {
      ASSERT_NEAR(b.weights.data()[i], a.weights.data()[i], 1e-13 / a.rcond * largest);
    }
    for (std::size_t k = 0; k < a.intercept.size(); ++k) {
      EXPECT_NEAR(b.intercept[k], a.intercept[k], 1e-9 * (1 + std::abs(a.intercept[k])));
    }
  }
}

TEST_P(DevicePath, IsThatOfTheCpu) {
  for (const ElementType type : {ElementType::uint8, ElementType::float32}) {
    const DataSet data = reference::random_data(type, 300, 23, 4, 6);
    for (const PartRule& rule : {holdout_rule(0.3, 1), folds_rule(3, 2)}) {
      for (const Centring centring : {Centring::standard, Centring::odyssey}) {
        for (const int held_out : {SolveRequest::nothing, 1}) {
          SolveRequest request{held_out, {0.5, 10, 1e3, 1e6}, {}, centring, {}};
          for (const test::Schedule schedule :
               {test::Schedule::as_late_as_possible, test::Schedule::main_lane_late}) {
            const auto [expected, found] = solve(data, request, rule, schedule);
            expect_equivalent(expected, found);
            EXPECT_TRUE(!is_integer(type) || found.column_means == expected.column_means);
          }
        }
      }
    }
  }
}

TEST_P(DevicePath, HasTheStatusesOfTheCpu) {
  DataSet constant = reference::random_data(ElementType::uint8, 90, 9, 2, 1);
  for (auto& row : constant.rows) row[4] = 7;
  DataSet twice = reference::random_data(ElementType::uint8, 90, 9, 2, 2);
  for (auto& row : twice.rows) row[8] = row[2];
  DataSet scaled = reference::random_data(ElementType::float64, 90, 9, 2, 3);
  for (auto& row : scaled.rows) row[1] *= 1e-9;
  DataSet noise = reference::random_data(ElementType::float64, 90, 9, 2, 3);
  for (auto& row : noise.rows) row[3] = 0.1;
  const DataSet wide = reference::random_data(ElementType::float32, 6, 20, 2, 4);
  for (const DataSet* data :
       std::initializer_list<const DataSet*>{&constant, &twice, &scaled, &noise, &wide}) {
    const auto [expected, found] = solve(*data, {SolveRequest::nothing, {0, 1e-3, 1, 1e3}});
    for (std::size_t l = 0; l < found.solutions.size(); ++l) {
      EXPECT_EQ(found.solutions[l].status, expected.solutions[l].status) << l;
    }
  }
}

TEST_P(DevicePath, OfALambdaDoesNotDependOnItsCompany) {
  const DataSet data = reference::random_data(ElementType::uint8, 200, 19, 3, 6);
  std::vector<double> lambdas;
  for (int l = 0; l < 37; ++l) lambdas.push_back(std::pow(1.5, l));
  const RidgePath all = solve(data, {SolveRequest::nothing, lambdas}).second;
  for (const std::size_t l : {0, 15, 16, 36}) {
    const RidgePath alone = solve(data, {SolveRequest::nothing, {lambdas[l]}}).second;
    EXPECT_EQ(alone.solutions[0].rcond, all.solutions[l].rcond);
    EXPECT_TRUE(
        std::ranges::equal(alone.solutions[0].weights.span(), all.solutions[l].weights.span()));
  }
}

TEST_P(DevicePath, CallsBetween) {
  const DataSet data = reference::random_data(ElementType::uint8, 50, 5, 2, 6);
  int calls = 0;
  SolveRequest request{SolveRequest::nothing, {1, 2}, std::get<1>(GetParam())};
  request.between = [&] { ++calls; };
  const auto session =
      on_host_device(options_for(data), test::Schedule::as_late_as_possible, tuning());
  add_rows(*session, data, 50);
  static_cast<void>(session->solve(request));
  EXPECT_GE(calls, 1);
}

INSTANTIATE_TEST_SUITE_P(Solvers, DevicePath,
                         ::testing::Combine(::testing::Bool(),
                                            ::testing::Values(Solver::cholesky, Solver::eigen)));

TEST(LambdasAtOnce, AreWhatFitsTheMemory) {
  const auto device = test::host_device();
  device::Tuning lanes;
  lanes.batched_below = 0;
  const std::size_t one = device::lambda_bytes(100, 3);
  const std::size_t shared = 2 * 100 * 3 * 8 + 4 * device->factorise_workspace(100);
  const auto at_once = [&](std::size_t lambdas, const device::Tuning& tuning, std::size_t free) {
    return device::lambdas_at_once(*device, 100, 3, lambdas, tuning, free);
  };
  EXPECT_EQ(at_once(10, lanes, shared + 10 * one), 10U);
  EXPECT_EQ(at_once(10, lanes, shared + 10 * one - 1), 9U);
  EXPECT_EQ(at_once(10, lanes, shared + one), 1U);
  test::expect_error(ErrorKind::resource, fmt::format("needs {} bytes", shared + one),
                     [&] { return at_once(10, lanes, shared + one - 1); });
  // Batches are whole ones.
  const device::Tuning batches;
  EXPECT_EQ(at_once(10, batches, shared + 16 * one), 10U);
  EXPECT_EQ(at_once(40, batches, shared + 47 * one), 32U);
  EXPECT_EQ(at_once(40, batches, shared + 48 * one), 40U);
  EXPECT_THROW(at_once(1, batches, shared + 15 * one), Error);
}

TEST(DeviceSquaredErrors, AreThoseOfTheCpu) {
  for (const ElementType type : {ElementType::uint8, ElementType::float64}) {
    DataSet data = reference::random_data(type, 200, 14, 3, 30);
    const SessionOptions options = options_for(data, holdout_rule(0.3, 1));
    const auto cpu = cpu_backend()->open(options);
    const auto device = on_host_device(options);
    add_rows(*cpu, data, 8192);
    add_rows(*device, data, 8192);
    RidgePath path = cpu->solve({1, {0.1, 1e3, 1e7}});
    path.solutions.emplace_back();  // one that was not solved
    const auto expected = cpu->squared_errors(1, path);
    const auto found = device->squared_errors(1, path);
    ASSERT_EQ(found.size(), 4U);
    EXPECT_TRUE(std::isnan(found[3]));
    for (std::size_t l = 0; l < 3; ++l) EXPECT_NEAR(found[l], expected[l], 1e-11 * expected[l]);
  }
}

}  // namespace
}  // namespace arete
