#include "arete/train/fit.hpp"

#include <algorithm>
#include <cmath>

#include "arete/comm/agree.hpp"
#include "arete/comm/same_input.hpp"
#include "arete/core/checked.hpp"
#include "arete/core/checksum.hpp"
#include "arete/core/error.hpp"
#include "arete/core/stopwatch.hpp"
#include "arete/data/row_description.hpp"
#include "arete/moments/int8_instructions.hpp"
#include "arete/train/accumulate.hpp"
#include "arete/train/path_search.hpp"
#include "arete/train/shared_path.hpp"

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

std::unique_ptr<Session> open(Backend& backend, const SessionOptions& options,
                              StageSeconds& seconds) {
  const Stopwatch watch(seconds.open);
  return backend.open(options);
}

/// The final model: trained on everything at the chosen lambda, or as it was scored.
void train_final(const SearchSetup& setup, double lambda, FitResult& result) {
  const Stopwatch watch(result.seconds.refit);
  const FitOptions& options = setup.options;
  SolveRequest request{SolveRequest::nothing, {lambda}, options.solver, Centring::standard, {}};
  request.between = [&] {
    setup.listener.progress("refit", 0, 1);
    setup.communicator.check();
  };
  if (!options.refit && result.best) {
    request.held_out = held_out_parts(options.rule).front();
    request.centring = options.centring;
  }
  RidgePath path =
      result.parallel.mode == Parallel::average
          ? solve_average(setup.session, request, setup.communicator).path
          : solve_shared(setup.session, setup.opened_with, request, 0, setup.communicator).path;
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
  const bool divides_rows =
      options.parallel == Parallel::automatic || options.parallel == Parallel::data;
  if (options.checkpoint && !divides_rows) {
    fail(ErrorKind::usage, "--checkpoint: is for --parallel data, not {}",
         name_of(options.parallel));
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

JobSize job_size(const SessionOptions& session, RowRange rows) {
  const bool bytes = session.type == ElementType::uint8 || session.type == ElementType::int8;
  const Int8Instructions* const int8 = int8_instructions(session.kernel);
  const double rate = bytes && int8 != nullptr ? int8->rate : JobSize::float64_rate;
  return {rows.size(), session.features, part_count(session.rule), rate, session.threads};
}

/// The summary of all rows where every rank has summed its own, and keeps those sums.
DataSummary sum_of_ranks(DataSummary summary, const PartRule& rule, Communicator& communicator) {
  std::uint64_t most_held_out = 0;
  for (const int part : held_out_parts(rule)) {
    most_held_out = std::max(most_held_out, summary.part_rows[static_cast<std::size_t>(part)]);
  }
  if (summary.rows == most_held_out) {
    fail(ErrorKind::input,
         "all {} rows of this rank are held out, so it has none to train on; use fewer ranks, or "
         "hold out by a hash (--holdout)",
         summary.rows);
  }
  communicator.all_reduce_sum(std::span(&summary.rows, 1));
  communicator.all_reduce_sum(std::span(summary.part_rows));
  communicator.all_reduce_sum(std::span(summary.class_counts));
  communicator.all_reduce_sum(std::span(&summary.mean_eigenvalue, 1));
  summary.mean_eigenvalue /= communicator.size();
  return summary;
}

/// For comparing what ranks have read.
std::string describe(const MomentsSet& moments) {
  std::uint64_t rows = 0;
  std::uint32_t crc = checksum_of_names(moments.column_names);
  for (const Moments& part : moments.parts) {
    rows += part.rows;
    crc = checksum_of(std::span<const std::uint64_t>(part.class_counts), crc);
    crc = checksum_of(part.class_sums.span(), crc);
    for (std::size_t i = 0; i < part.features(); ++i) {
      crc = checksum_of(part.gram.row(i).subspan(i), crc);
    }
  }
  return fmt::format("sums of {} rows of {} features, {}, checksum {:08x}", rows,
                     moments.parts.front().features(), describe(moments.rule), crc);
}

/// Everything after the rows were summed: the path, the choice and the final model.
void finish(const SearchSetup& setup, const std::string& source, FitResult& result) {
  const FitOptions& options = setup.options;
  {
    const Stopwatch watch(result.seconds.reduce);
    if (result.parallel.mode == Parallel::data) setup.session.reduce(setup.communicator);
    result.summary = setup.session.summary();
    if (result.parallel.mode == Parallel::average) {
      result.summary = sum_of_ranks(std::move(result.summary), options.rule, setup.communicator);
    }
  }
  setup.listener.progress("moments", 1, 1);  // finishing large sums takes a while
  check_sums(result, setup.listener, source);
  if (!held_out_parts(options.rule).empty()) {
    check_parts(result, options, source);
    search_path(setup, result);
  }
  const double lambda =
      result.best ? result.path[*result.best].total.lambda : options.lambdas.front();
  train_final(setup, lambda, result);
  result.emulated = setup.session.emulates_float64() && !result.summary.exact;
  result.device_seconds = setup.session.device_seconds();
}

}  // namespace

FitResult fit(const RowSource& source, RowRange rows, const FitOptions& options, Backend& backend,
              Communicator& communicator, Listener& listener) {
  check_options(options);
  check_trainable(source.info(), rows);
  check_same_options(options, communicator);
  check_same_data(source.info(), rows, communicator);
  SessionOptions session_setup = session_options(source.info(), options);
  const std::size_t held = checked_add(source.info().held_bytes, options.held, "held bytes");
  const MemoryPlan plan = plan_memory(backend, session_setup, options.memory, held);
  session_setup.memory = plan.session;
  const std::size_t memory = smallest(plan.session, communicator);

  FitResult result;
  result.model.signed_bytes = source.info().type == ElementType::int8;
  result.model.shape = source.info().shape;
  result.model.column_names = source.info().column_names;
  result.model.preprocessing = source.info().preprocessing;
  // Pieces of a checkpoint are sums of rows that were divided.
  const Parallel asked = options.checkpoint ? Parallel::data : options.parallel;
  result.parallel = choose_parallel(asked, job_size(session_setup, rows), communicator);
  const std::string kernels = different_kernels(communicator);
  if (!kernels.empty()) warn(result, listener, kernels);

  const auto session = open(backend, session_setup, result.seconds);
  const RowRange own = result.parallel.mode == Parallel::model
                           ? rows
                           : own_rows(source.info(), rows, options, communicator);
  const bool scores =
      options.selection == Selection::accuracy && !held_out_parts(options.rule).empty();
  BlockReader blocks =
      block_reader(source, own, options, plan.blocks, scores ? Passes::two : Passes::one);
  accumulate({source, rows, options, plan.blocks, *session, communicator, listener}, blocks,
             result.seconds);
  BlockReader* second_pass = scores ? &blocks : nullptr;
  finish({*session, session_setup, second_pass, memory, options, communicator, listener},
         source.info().name, result);
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
  result.model.signed_bytes = moments.type == ElementType::int8;
  result.model.shape = moments.shape;
  result.model.column_names = moments.column_names;
  result.model.preprocessing = moments.preprocessing;
  // Every rank has read all sums: there are only lambdas to divide.
  if (communicator.size() > 1)
    result.parallel = {Parallel::model, "moments hold no rows to divide"};
  check_same_options(options, communicator);
  check_same("the moments", describe(moments), communicator);
  const std::size_t memory = smallest(session_setup.memory, communicator);
  const auto session = open(backend, session_setup, result.seconds);
  {
    const Stopwatch watch(result.seconds.moments);
    session->add(moments.parts);
  }
  finish({*session, session_setup, nullptr, memory, options, communicator, listener}, "the moments",
         result);
  return result;
}

}  // namespace arete
