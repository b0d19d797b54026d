#include <algorithm>
#include <cmath>
#include <cstddef>
#include <filesystem>
#include <iterator>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "arete/cli/console.hpp"
#include "arete/cli/fit_arguments.hpp"
#include "arete/cli/options.hpp"
#include "arete/cli/outputs.hpp"
#include "arete/cli/results.hpp"
#include "arete/cli/training_data.hpp"
#include "arete/comm/agree.hpp"
#include "arete/comm/local_rank.hpp"
#include "arete/comm/same_input.hpp"
#include "arete/core/checked.hpp"
#include "arete/core/memory.hpp"
#include "arete/data/table_files.hpp"
#include "arete/model/evaluation.hpp"
#include "arete/report/page.hpp"
#include "arete/train/checkpoint.hpp"
#include "arete/train/fit.hpp"

namespace arete::cli {

namespace {

void check_usage(const CLI::App& parser, const FitArguments& arguments,
                 const Communicator& communicator) {
  if (arguments.preset) {
    refuse_options(parser,
                   {"--holdout", "--holdout-last", "--folds", "--seed", "--lambdas", "--select"},
                   "--preset odyssey sets it; leave one of the two out");
  }
  if (is_moments(arguments.data)) {
    refuse_options(parser, table_option_names(),
                   arguments.data.data + " is a moments file, which has no columns");
    refuse_options(parser, {"--kernel"},
                   arguments.data.data + " is a moments file, whose sums are made already");
    refuse_options(
        parser,
        {"--labels", "--rows", "--image-size", "--grayscale", "--binarise", "--holdout",
         "--holdout-last", "--folds", "--seed", "--preset", "--checkpoint", "--parallel"},
        arguments.data.data + " is a moments file, in which this is settled");
    if (arguments.selection == Selection::accuracy) {
      fail(ErrorKind::usage, "--select accuracy: needs rows, but {} is a moments file; use mse",
           arguments.data.data);
    }
  }
  if (arguments.rule.holdout == 0.0) {
    refuse_options(parser, {"--seed", "--select", "--no-refit"}, "--holdout 0 holds nothing out");
  }
  if (!arguments.out && !arguments.report) {
    refuse_options(parser, {"--force"}, "is for --out MODEL and --report FILE, which are missing");
  }
  if (communicator.rank() != 0) return;
  std::vector<Output> outputs;
  if (arguments.out) outputs.push_back({"--out", *arguments.out});
  if (arguments.report) outputs.push_back({"--report", *arguments.report});
  if (outputs.empty()) return;
  std::vector<std::filesystem::path> inputs = inputs_of(arguments.data);
  DataOptions test;
  test.data = arguments.test.value_or("").string();
  test.labels = arguments.test_labels;
  std::ranges::copy(inputs_of(test), std::back_inserter(inputs));
  check_outputs(outputs, arguments.force, inputs);
  check_checkpoint(arguments.checkpoint, outputs);
}

void check_shape(const std::vector<std::size_t>& shape, const SourceInfo& info) {
  const bool is_flat = info.shape.size() < 2;
  std::size_t size = 1;
  for (const std::size_t extent : shape) size = checked_multiply(size, extent, "--shape");
  if ((is_flat && size != info.features) || (!is_flat && shape != info.shape)) {
    fail(ErrorKind::usage, "--shape: found {}, but a row of {} has {} features{}",
         shape_text(shape), info.name, info.features,
         is_flat ? "" : ", shaped " + shape_text(info.shape));
  }
}

std::vector<double> odyssey_lambdas() {
  std::vector<double> lambdas;
  lambdas.reserve(10);
  for (int i = 0; i < 10; ++i) lambdas.push_back(std::pow(10.0, -5 + 10.0 * i / 9));
  return lambdas;
}

/// `numbers`: of the rows to train on.
FitOptions fit_options(const FitArguments& arguments, RowRange numbers) {
  FitOptions options;
  options.threads = threads_of(arguments.machine);
  options.memory = arguments.machine.memory.value_or(0);
  options.kernel = arguments.device.kernel.value_or(IntegerKernel::automatic);
  options.solver = arguments.solver.value_or(Solver::cholesky);
  options.refit = !arguments.no_refit;
  options.parallel = arguments.parallel.value_or(Parallel::automatic);
  options.checkpoint = checkpoint_of(arguments.checkpoint);
  if (arguments.preset) {
    options.rule = holdout_last_rule(0.2, numbers);
    options.lambdas = odyssey_lambdas();
    options.centring = Centring::odyssey;
    return options;
  }
  options.rule = part_rule(arguments.rule, numbers);
  options.selection = arguments.selection.value_or(Selection::accuracy);
  if (arguments.lambdas) options.lambdas = arguments.lambdas->values;
  return options;
}

/// `held`: bytes of memory beside those of the training rows.
FitResult train(const TrainingData& data, std::size_t held, const FitArguments& arguments,
                Backend& backend, Communicator& communicator, Listener& listener) {
  const RowRange rows = chosen_rows(arguments.data, data.info);
  const bool by_last = arguments.preset || arguments.rule.holdout_last;
  FitOptions options = fit_options(
      arguments, by_last && data.source ? consecutive_numbers(*data.source, rows) : rows);
  options.held = held;
  return data.moments ? fit(*data.moments, options, backend, communicator, listener)
                      : fit(*data.source, rows, options, backend, communicator, listener);
}

/// The test set that was asked for, or the one that lies beside the training rows. (The rows of a
/// moments file are elsewhere.)
std::unique_ptr<RowSource> find_test_data(const FitArguments& arguments,
                                          const TrainingData& training, Listener& listener) {
  if (arguments.no_test) return nullptr;
  std::optional<std::filesystem::path> path = arguments.test;
  if (!path && !training.moments) path = customary_test_set(arguments.data.data);
  if (!path) {
    if (!arguments.test_labels) return nullptr;
    fail(ErrorKind::usage, "--test-labels: there is no test set; give one by --test");
  }
  DataOptions options;
  options.data = path->string();
  options.labels = arguments.test_labels;
  if (is_table(*path)) options.table = arguments.data.table;
  MachineOptions machine = arguments.machine;  // it has what the training rows leave
  const std::size_t memory = memory_of(machine);
  machine.memory = std::max<std::size_t>(1, memory - std::min(memory, training.info.held_bytes));
  return open_test_data(options, machine, training.info, listener);
}

/// A test set that some ranks see and others do not would part their ways.
void check_same_test(const RowSource* test, Communicator& communicator) {
  SourceInfo info;
  info.name = "the test set";
  if (test != nullptr) info = test->info();
  check_same_data(info, {0, info.rows}, communicator);
}

/// A model that was trained and written stays, whatever the test set turns out to hold.
Evaluation test_model(const FitReport& report, const RowSource& test, const FitArguments& arguments,
                      Communicator& communicator, Listener& listener) {
  const MachineOptions& machine = arguments.machine;
  try {
    return evaluate(report.result.model, test, {0, test.info().rows},
                    {threads_of(machine), machine.memory.value_or(0)}, communicator, listener,
                    arguments.report ? report::mistakes_shown : 0);
  } catch (const Error& error) {
    if (!report.model) throw;
    throw Error(error.kind(), fmt::format("{}; the model is in {} all the same, untested",
                                          error.what(), report.model->string()));
  }
}

void run_fit(const CLI::App& parser, FitArguments arguments, Communicator& communicator) {
  const Stopwatch stopwatch;
  ConsoleListener listener;
  check_usage(parser, arguments, communicator);
  share_machine(arguments.machine, communicator, listener);
  const ChosenBackend chosen = choose_backend(arguments.device.device, local_rank(communicator));
  const double chosen_after = stopwatch.seconds();
  if (arguments.lambdas) {
    for (const double value : arguments.lambdas->repeated) {
      listener.warning(fmt::format("--lambdas: {} is given more than once; once is used", value));
    }
  }
  TrainingData data = open_training_data(arguments.data, arguments.machine, listener);
  const double opened_after = stopwatch.seconds();  // a gzipped file has been inflated
  if (arguments.shape) {
    check_shape(*arguments.shape, data.info);
    data.info.shape = *arguments.shape;
  }
  const auto test = find_test_data(arguments, data, listener);
  check_same_test(test.get(), communicator);

  FitReport report;
  report.data = data.info.name;
  const std::size_t held = test ? test->info().held_bytes : 0;
  report.result = train(data, held, arguments, *chosen.backend, communicator, listener);
  data.source.reset();  // its memory serves the test
  report.device = chosen.backend->name();
  report.device_reason = chosen.reason;
  report.ranks = communicator.size();
  report.threads = threads_of(arguments.machine);
  report.model = arguments.out;
  if (arguments.shape) report.result.model.shape = *arguments.shape;
  check_interrupted();
  if (arguments.out && communicator.rank() == 0) {
    write_model(report.result.model, *arguments.out, arguments.force);
  }
  if (test) report.test = test_model(report, *test, arguments, communicator, listener);
  check_interrupted();
  report.result.seconds.open += chosen_after;
  report.result.seconds.read += opened_after - chosen_after;
  report.seconds = stopwatch.seconds();
  report.peak_bytes = largest(peak_memory(), communicator);
  if (arguments.checkpoint.folder) report.resumed_rows = listener.resumed_rows();
  report.warnings = listener.warnings();
  if (communicator.rank() == 0 && arguments.report) {
    write_page(page_content(report, test.get()), *arguments.report, arguments.force);
    report.page = arguments.report;
  }
  listener.clear();
  if (communicator.rank() != 0) return;
  write_output(wants_json(arguments.json) ? to_line(fit_json(report)) : fit_text(report));
  // Last: only now is it certain that nothing more can be lost.
  if (arguments.checkpoint.folder) discard_checkpoint(*arguments.checkpoint.folder);
}

}  // namespace

Command fit_command(CLI::App& parser) {
  auto* const fit = parser.add_subcommand("fit", "choose lambda on held-out rows, and train");
  const auto arguments = std::make_shared<FitArguments>();
  add_fit_options(*fit, *arguments);
  fit->footer("Example:\n  arete fit mnist --lambdas 1e-2:1e6:9 --out mnist.safetensors");
  return {fit, [fit, arguments](Communicator& communicator) {
            run_fit(*fit, *arguments, communicator);
          }};
}

}  // namespace arete::cli
