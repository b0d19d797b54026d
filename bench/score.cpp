// How near scoring held-out rows for a whole path comes to the machine's dgemm.
#include <fmt/format.h>

#include <vector>

#include "arete/score/counting.hpp"
#include "harness.hpp"

namespace arete::bench {

namespace {

constexpr std::size_t features = 784;
constexpr std::size_t classes = 10;
constexpr std::size_t lambdas = 10;

RidgePath random_path() {
  RidgePath path;
  path.classes = ClassList(classes, "class");
  path.column_means.assign(features, 0.0);
  for (std::size_t l = 0; l < lambdas; ++l) {
    RidgeSolution solution;
    solution.lambda = static_cast<double>(l);
    solution.status = SolveStatus::solved;
    solution.weights = random_matrix<double>(classes, features, -1000, 1000);
    solution.intercept.assign(classes, 0.0);
    path.solutions.push_back(std::move(solution));
  }
  return path;
}

void time_counting(benchmark::State& state, std::size_t rows, int threads, double rate) {
  const auto pixels = random_matrix<std::uint8_t>(rows, features, 0, 255);
  const PathScorer scorer = make_path_scorer(random_path());
  std::vector<const std::byte*> pointers;
  std::vector<std::int32_t> labels;
  for (std::size_t r = 0; r < rows; ++r) {
    pointers.push_back(std::as_bytes(pixels.row(r)).data());
    labels.push_back(static_cast<std::int32_t>(r % classes));
  }
  const double operations = 2.0 * static_cast<double>(rows * features * classes * lambdas);
  std::vector<std::uint64_t> correct(lambdas, 0);
  measure(state, {operations, rate},
          [&] { count_correct(pointers, labels, ElementType::uint8, scorer, correct, threads); });
}

void add_benchmarks(const Machine& machine) {
  // All held-out rows of MNIST in one call, and as a session does: those of one shard.
  for (const std::size_t rows : {12000U, 2048U}) {
    const std::string size = fmt::format("/{}x{}/{}x{}", rows, features, lambdas, classes);
    add("count_correct" + size,
        [=](auto& state) { time_counting(state, rows, machine.threads, machine.float64.all); });
    add("count_correct_one_thread" + size,
        [=](auto& state) { time_counting(state, rows, 1, machine.float64.one); });
  }
}

}  // namespace

}  // namespace arete::bench

int main(int argc, char** argv) {
  return arete::bench::run_program(argc, argv, arete::bench::add_benchmarks);
}
