// What a path of lambdas costs: the whole path, its parts, tiled against plain factorisation (which
// justifies tiled_from_features), and where one eigendecomposition overtakes many factorisations.
#include <cblas.h>
#include <fmt/format.h>

#include <cmath>
#include <vector>

#include "arete/core/blas.hpp"
#include "arete/core/parallel.hpp"
#include "arete/solve/cholesky.hpp"
#include "arete/solve/condition.hpp"
#include "arete/solve/path_solvers.hpp"
#include "harness.hpp"

namespace arete::bench {

namespace {

constexpr std::size_t classes = 10;
constexpr std::size_t tile_size = 256;
constexpr double middle_lambda = 1e3;

/// Exact moments of 2 d random rows of bytes.
Moments random_moments(std::size_t features) {
  const std::size_t rows = 2 * features;
  const int d = static_cast<int>(features);
  const auto x = random_matrix<double>(rows, features, 0, 255);
  Moments moments = empty_moments(features, ClassList(classes, "class"));
  moments.rows = rows;
  moments.class_counts.assign(classes, 0);
  for (std::size_t r = 0; r < rows; ++r) {
    ++moments.class_counts[r % classes];
    for (std::size_t j = 0; j < features; ++j) {
      moments.column_sums[j] += x(r, j);
      moments.class_sums(r % classes, j) += x(r, j);
    }
  }
  cblas_dsyrk(CblasRowMajor, CblasUpper, CblasTrans, d, static_cast<int>(rows), 1.0, x.data(), d,
              0.0, moments.gram.data(), d);
  return moments;
}

CentredSystem random_system(std::size_t features, int threads) {
  return centre(random_moments(features), threads);
}

std::vector<double> lambda_grid(std::size_t count) {
  std::vector<double> lambdas(count, middle_lambda);
  for (std::size_t i = 0; count > 1 && i < count; ++i) {
    lambdas[i] = std::pow(10.0, 10.0 * static_cast<double>(i) / static_cast<double>(count - 1) - 5);
  }
  return lambdas;
}

double factorisation(std::size_t features) {
  return std::pow(static_cast<double>(features), 3) / 3;
}

/// Operations that a path cannot do without: factorisations and substitutions.
double path_operations(std::size_t features, std::size_t lambdas) {
  const auto d = static_cast<double>(features);
  return static_cast<double>(lambdas) * (factorisation(features) + 2 * d * d * classes);
}

std::string with_size(const char* what, std::size_t features) {
  return fmt::format("{}/{}", what, features);
}

void add_path(const Machine& machine, std::size_t features, std::size_t lambdas) {
  add(fmt::format("cholesky_path/{}/{}", features, lambdas), [=](auto& state) {
    const CentredSystem system = random_system(features, machine.threads);
    const auto grid = lambda_grid(lambdas);
    measure(state, {path_operations(features, lambdas), machine.float64.all},
            [&] { benchmark::DoNotOptimize(cholesky_path(system, grid, machine.threads, 0)); });
  });
}

/// Its floor is that of the Cholesky path: where both take the same time is the crossover.
void add_eigen_path(const Machine& machine, std::size_t features, std::size_t lambdas) {
  add(fmt::format("eigen_path/{}/{}", features, lambdas), [=](auto& state) {
    const CentredSystem system = random_system(features, machine.threads);
    const auto grid = lambda_grid(lambdas);
    measure(state, {path_operations(features, lambdas), machine.float64.all},
            [&] { benchmark::DoNotOptimize(eigen_path(system, grid, machine.threads)); });
  });
}

/// One factorisation after the other, each by all threads: what every lambda of a tiled path takes.
void add_tiled(const Machine& machine, std::size_t features) {
  add(with_size("factorise_tiled", features), [=](auto& state) {
    const CentredSystem system = random_system(features, machine.threads);
    const SingleThreadBlas guard;
    measure(state, {factorisation(features), machine.float64.all}, [&] {
      Matrix<double> a = system.gram.clone();
      benchmark::DoNotOptimize(factorise_tiled(a, tile_size, machine.threads));
    });
  });
}

/// A tile as large as the matrix makes it one call of LAPACK. As many at once as there are threads:
/// the floor, and `of_floor`, are for all of them.
void add_plain(const Machine& machine, std::size_t features, int at_once) {
  const char* what = at_once == 1 ? "factorise_plain_one" : "factorise_plain_on_each_thread";
  add(with_size(what, features), [=](auto& state) {
    const CentredSystem system = random_system(features, machine.threads);
    const SingleThreadBlas guard;
    const auto count = static_cast<std::size_t>(at_once);
    measure(state, {at_once * factorisation(features), machine.float64.all}, [&] {
      parallel_for(count, at_once, [&](std::size_t) {
        Matrix<double> a = system.gram.clone();
        benchmark::DoNotOptimize(factorise_tiled(a, features, 1));
      });
    });
  });
}

/// The parts of one lambda that are not its factorisation, on one thread.
void add_parts(const Machine& machine, std::size_t features) {
  const auto d = static_cast<double>(features);
  const Floor substitutions{2 * d * d * classes, machine.float64.one};
  add(with_size("substitute_one_thread", features), [=](auto& state) {
    CentredSystem system = random_system(features, machine.threads);
    const SingleThreadBlas guard;
    if (!factorise(system.gram, machine.threads)) state.SkipWithError("not positive definite");
    measure(state, substitutions, [&] {
      Matrix<double> weights = system.right_hand_side.clone();
      solve_factorised(system.gram, weights, 1);
      benchmark::DoNotOptimize(weights);
    });
  });
  add(with_size("reciprocal_condition_one_thread", features), [=](auto& state) {
    CentredSystem system = random_system(features, machine.threads);
    const SingleThreadBlas guard;
    const double norm = one_norm(system.gram, off_diagonal_sums(system.gram, 1), 0);
    if (!factorise(system.gram, machine.threads)) state.SkipWithError("not positive definite");
    measure(state, substitutions,
            [&] { benchmark::DoNotOptimize(reciprocal_condition(system.gram, norm)); });
  });
  add(with_size("remainder_one_thread", features), [=](auto& state) {
    const CentredSystem system = random_system(features, machine.threads);
    const SingleThreadBlas guard;
    measure(state, substitutions, [&] {
      benchmark::DoNotOptimize(
          remainder(system.gram, 1, system.right_hand_side, system.right_hand_side, 1));
    });
  });
}

void add_centring(const Machine& machine, std::size_t features) {
  // The triangle is read and written once.
  const auto d = static_cast<double>(features);
  const Floor one_pass{d * (d + 1) * sizeof(double), machine.read_all};
  add(with_size("centre", features), [=](auto& state) {
    const Moments moments = random_moments(features);
    measure(state, one_pass, [&] { benchmark::DoNotOptimize(centre(moments, machine.threads)); });
  });
  add(with_size("centre_on", features), [=](auto& state) {
    const Moments moments = random_moments(features);
    ColumnTotals totals;
    add(totals, moments);
    measure(state, one_pass,
            [&] { benchmark::DoNotOptimize(centre_on(moments, totals, machine.threads)); });
  });
}

void add_benchmarks(const Machine& machine) {
  add_centring(machine, 784);
  for (const std::size_t features : {784U, 1024U}) {
    add_path(machine, features, 1);
    add_path(machine, features, 10);
  }
  for (const std::size_t features : {2048U, 3072U}) {
    add_path(machine, features, 1);
    add_path(machine, features, 10);
  }
  add_parts(machine, 784);
  for (const std::size_t features : {1000U, 1250U, 1500U, 1750U, 2000U, 2500U, 3000U}) {
    add_tiled(machine, features);
    add_plain(machine, features, 1);
    if (machine.threads > 1) add_plain(machine, features, machine.threads);
  }
  for (const std::size_t lambdas : {10U, 20U, 30U, 40U}) {
    if (lambdas > 10) add_path(machine, 784, lambdas);
    add_eigen_path(machine, 784, lambdas);
  }
}

}  // namespace

}  // namespace arete::bench

int main(int argc, char** argv) {
  return arete::bench::run_program(argc, argv, arete::bench::add_benchmarks);
}
