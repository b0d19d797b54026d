#include "arete/train/fit.hpp"

#include <algorithm>
#include <cmath>

#include "arete/core/error.hpp"
#include "arete/core/stopwatch.hpp"
#include "arete/train/accumulate.hpp"
#include "arete/train/path_search.hpp"

namespace arete {

namespace {

void warn(FitResult& result, Listener& listener, std::string text) {
  listener.warning(text);
  result.warnings.push_back(std::move(text));
}

void check_sums(FitResult& result, Listener& listener, const std::string& source) {
  const DataSummary& summary = result.summary;
  const auto& counts = summary.class_counts;
  if (std::ranges::count_if(counts, [](auto n) { return n > 0; }) < 2) {
    fail(ErrorKind::input, "{}: all {} rows are of one class; a classifier needs two or more",
         source, summary.rows);
  }
  if (summary.nearly_constant > 0) {
    warn(result, listener,
         fmt::format("{} columns are nearly constant: their variance is less than 2^-26 of their "
                     "mean square, so that half of its digits are lost; subtract their means first",
                     summary.nearly_constant));
  }
}

void check_parts(const FitResult& result, const FitOptions& options, const std::string& source) {
  const auto& rows = result.summary.part_rows;
  const auto empty = std::ranges::find(rows, 0U);
  if (empty != rows.end()) {
    fail(ErrorKind::input,
         "{}: of {} rows none falls into part {} of the {}; give more rows or another rule", source,
         result.summary.rows, empty - rows.begin(), describe(options.rule));
  }
}

/// The final model: trained on everything at the chosen lambda, or as it was scored.
void train_final(Session& session, const FitOptions& options, double lambda, FitResult& result) {
  const Stopwatch watch(result.seconds.refit);
  SolveRequest request{SolveRequest::nothing, {lambda}, options.solver, Centring::standard};
  if (!options.refit && result.best) {
    request.held_out = held_out_parts(options.rule).front();
    request.centring = options.centring;
  }
  RidgePath path = session.solve(request);
  RidgeSolution& solution = path.solutions.front();
  if (solution.status != SolveStatus::solved) {
    fail(ErrorKind::unsolved,
         "lambda {} leaves the system of the final model not positive definite (rcond {:.1e}); "
         "give a larger one",
         lambda, solution.rcond);
  }
  RidgeModel& model = result.model;
  model.classes = std::move(path.classes);
  model.weights = std::move(solution.weights);
  model.intercept = std::move(solution.intercept);
  model.column_means = std::move(path.column_means);
  model.lambda = lambda;
  model.training_rows = result.summary.rows;
  if (request.held_out != SolveRequest::nothing) {
    model.training_rows -= result.summary.part_rows[static_cast<std::size_t>(request.held_out)];
  }
  for (const PathEntry& entry : result.path) model.path.push_back(entry.total);
}

void check_options(const FitOptions& options) {
  for (const double lambda : options.lambdas) {
    if (!(lambda >= 0) || !std::isfinite(lambda)) {
      fail(ErrorKind::usage, "lambda {}: must be zero or a positive, finite number", lambda);
    }
  }
  const std::size_t held_out = held_out_parts(options.rule).size();
  if (held_out == 0 && options.lambdas.size() != 1) {
    fail(ErrorKind::usage, "--lambdas: nothing is held out to choose by, so give exactly one");
  }
  if (!options.refit && held_out > 1) {
    fail(ErrorKind::usage,
         "with folds there is no single model but the refit; leave --no-refit out");
  }
}

/// Everything after the sums: the path, the choice and the final model.
void finish(Session& session, BlockReader* blocks, const FitOptions& options, std::size_t memory,
            const std::string& source, Communicator& communicator, Listener& listener,
            FitResult& result) {
  {
    const Stopwatch watch(result.seconds.reduce);
    session.reduce(communicator);
  }
  result.summary = session.summary();
  check_sums(result, listener, source);
  if (held_out_parts(options.rule).empty()) {
    train_final(session, options, options.lambdas.front(), result);
    return;
  }
  check_parts(result, options, source);
  search_path(session, blocks, options, memory, listener, result);
  train_final(session, options, result.path[*result.best].total.lambda, result);
}

}  // namespace

FitResult fit(const RowSource& source, RowRange rows, const FitOptions& options, Backend& backend,
              Communicator& communicator, Listener& listener) {
  check_options(options);
  check_trainable(source.info(), rows);
  SessionOptions session_setup = session_options(source.info(), options);
  const MemoryPlan plan =
      plan_memory(backend, session_setup, options.memory, source.info().held_bytes);
  session_setup.memory = plan.session;

  FitResult result;
  result.model.type = source.info().type;
  result.model.shape = source.info().shape;
  result.model.preprocessing = source.info().preprocessing;
  const auto session = backend.open(session_setup);
  BlockReader blocks = block_reader(source, rows, options, plan.blocks);
  accumulate(blocks, source, rows, *session, listener, result.seconds);
  BlockReader* second_pass = options.selection == Selection::accuracy ? &blocks : nullptr;
  finish(*session, second_pass, options, plan.session, source.info().name, communicator, listener,
         result);
  return result;
}

FitResult fit(const MomentsSet& moments, const FitOptions& given, Backend& backend,
              Communicator& communicator, Listener& listener) {
  FitOptions options = given;
  options.rule = moments.rule;
  options.selection = Selection::squared_error;
  check_options(options);
  SessionOptions session_setup;
  session_setup.rule = moments.rule;
  session_setup.features = moments.parts.front().features();
  session_setup.type = moments.type;
  session_setup.classes = moments.parts.front().classes;
  session_setup.threads = options.threads;
  session_setup.kernel = IntegerKernel::float64;
  session_setup.memory = plan_memory(backend, session_setup, options.memory, 0).session;

  FitResult result;
  result.model.type = moments.type;
  result.model.shape = moments.shape;
  result.model.preprocessing = moments.preprocessing;
  const auto session = backend.open(session_setup);
  session->add(moments.parts);
  finish(*session, nullptr, options, session_setup.memory, "the moments", communicator, listener,
         result);
  return result;
}

}  // namespace arete
