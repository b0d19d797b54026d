#include "arete/train/shared_path.hpp"

#include <algorithm>
#include <array>

#include "arete/comm/agree.hpp"

namespace arete {

namespace {

void pack_solution(const RidgeSolution& solution, double squared_error,
                   std::vector<std::byte>& message) {
  const bool solved = solution.status == SolveStatus::solved;
  const std::array<double, 5> figures{solution.lambda, solved ? 1.0 : 0.0, solution.rcond,
                                      solution.residual, squared_error};
  pack(std::span<const double>(figures), message);
  if (!solved) return;
  pack(solution.weights.span(), message);
  pack(std::span<const double>(solution.intercept), message);
}

/// Returns the squared error.
double unpack_solution(std::span<const std::byte>& message, std::size_t classes,
                       std::size_t features, RidgeSolution& solution) {
  std::array<double, 5> figures{};
  unpack(message, std::span<double>(figures));
  solution.lambda = figures[0];
  solution.rcond = figures[2];
  solution.residual = figures[3];
  if (figures[1] == 1.0) {
    solution.status = SolveStatus::solved;
    solution.weights = Matrix<double>(classes, features);
    solution.intercept.resize(classes);
    unpack(message, solution.weights.span());
    unpack(message, std::span(solution.intercept));
  }
  return figures[4];
}

/// message: the column means, then every solution with its squared error.
std::vector<std::byte> packed(const SolvedPath& solved) {
  std::vector<std::byte> message;
  pack(std::span<const double>(solved.path.column_means), message);
  for (std::size_t l = 0; l < solved.path.solutions.size(); ++l) {
    pack_solution(solved.path.solutions[l],
                  solved.squared_errors.empty() ? 0.0 : solved.squared_errors[l], message);
  }
  return message;
}

/// values = their means over all ranks.
void average(std::span<double> values, Communicator& communicator) {
  communicator.all_reduce_sum(values);
  for (double& value : values) value /= communicator.size();
}

void average(RidgeSolution& solution, Communicator& communicator) {
  const double solved = solution.status == SolveStatus::solved ? 1.0 : 0.0;
  solution.rcond = smallest(solution.rcond, communicator);
  solution.residual = -smallest(-solution.residual, communicator);
  if (smallest(solved, communicator) == 0.0) {
    solution.status = SolveStatus::not_positive_definite;
    solution.weights = {};
    solution.intercept.clear();
    return;
  }
  average(solution.weights.span(), communicator);
  average(solution.intercept, communicator);
}

}  // namespace

SolvedPath solve_alone(Session& session, const SolveRequest& request) {
  SolvedPath solved{session.solve(request), {}};
  if (request.held_out != SolveRequest::nothing) {
    solved.squared_errors = session.squared_errors(request.held_out, solved.path);
  }
  return solved;
}

SolvedPath solve_shared(Session& session, const SessionOptions& setup, const SolveRequest& request,
                        int first_rank, Communicator& communicator) {
  if (communicator.size() == 1) return solve_alone(session, request);
  const auto owner_of = [&](std::size_t l) {
    const auto first = static_cast<std::size_t>(first_rank);
    return (first + l) % static_cast<std::size_t>(communicator.size());
  };
  SolveRequest own = request;
  own.lambdas.clear();
  for (std::size_t l = 0; l < request.lambdas.size(); ++l) {
    if (owner_of(l) == static_cast<std::size_t>(communicator.rank())) {
      own.lambdas.push_back(request.lambdas[l]);
    }
  }
  std::vector<std::byte> message;
  if (!own.lambdas.empty()) message = packed(solve_alone(session, own));
  const std::vector<std::vector<std::byte>> messages = communicator.all_gather(message);
  std::vector<std::span<const std::byte>> rest(messages.begin(), messages.end());

  SolvedPath solved;
  solved.path.classes = setup.classes;
  solved.path.column_means.resize(setup.features);
  for (auto& of_rank : rest) {
    if (!of_rank.empty()) unpack(of_rank, std::span(solved.path.column_means));
  }
  for (std::size_t l = 0; l < request.lambdas.size(); ++l) {
    solved.squared_errors.push_back(unpack_solution(rest[owner_of(l)], setup.classes.size(),
                                                    setup.features,
                                                    solved.path.solutions.emplace_back()));
  }
  return solved;
}

SolvedPath solve_average(Session& session, const SolveRequest& request,
                         Communicator& communicator) {
  SolvedPath solved{session.solve(request), {}};
  for (RidgeSolution& solution : solved.path.solutions) average(solution, communicator);
  average(solved.path.column_means, communicator);
  return solved;
}

}  // namespace arete
