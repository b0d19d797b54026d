#include "arete/cli/fit_arguments.hpp"

#include <string_view>

namespace arete::cli {

namespace {

void add_path_options(CLI::App& parser, FitArguments& arguments) {
  add_rule_options(parser, arguments.rule);
  add_value(parser, "--holdout-last", arguments.rule.holdout_last, parse_fraction, "SHARE",
            "hold out the last rows instead")
      ->excludes("--holdout", "--folds", "--seed");
  parser.option_defaults()->group("Lambda");
  add_value(parser, "--lambdas", arguments.lambdas, parse_lambdas, "GRID",
            "auto, A:B:COUNT (even in the logarithm) or a,b,c (default: auto, scaled by the data)");
  add_value(
      parser, "--select", arguments.selection,
      [](std::string_view text) {
        return parse_choice<Selection>(
            text, {{"accuracy", Selection::accuracy}, {"mse", Selection::squared_error}});
      },
      "BY",
      "choose lambda by accuracy or mse on held-out rows (default: accuracy; mse from moments)");
  add_value(
      parser, "--solver", arguments.solver,
      [](std::string_view text) {
        return parse_choice<Solver>(text,
                                    {{"cholesky", Solver::cholesky}, {"eigen", Solver::eigen}});
      },
      "NAME", "cholesky, or eigen: one decomposition for a very long path (default: cholesky)");
  parser.add_flag("--no-refit", arguments.no_refit,
                  "keep the model of the training part: do not refit on all rows");
  add_value(
      parser, "--preset", arguments.preset,
      [](std::string_view text) {
        return parse_choice<std::string>(text, {{"odyssey", "odyssey"}});
      },
      "NAME",
      "odyssey: the protocol of the published study (last 20% held out, ten lambdas from 1e-5 to "
      "1e5, its centring)");
}

void add_test_and_output_options(CLI::App& parser, FitArguments& arguments) {
  parser.option_defaults()->group("Test");
  auto* const test = add_path(parser, "--test", arguments.test, "DATA",
                              "test set (default: the one that customarily lies beside DATA)");
  auto* const labels =
      add_path(parser, "--test-labels", arguments.test_labels, "FILE", "labels of the test set");
  parser.add_flag("--no-test", arguments.no_test, "test on nothing")
      ->excludes(test)
      ->excludes(labels);
  parser.option_defaults()->group("Output");
  add_value(parser, "--shape", arguments.shape, parse_shape, "28x28",
            "the shape of one row, where DATA does not tell");
  add_path(parser, "--out", arguments.out, "MODEL", "write the model to this file (safetensors)");
  add_path(parser, "--report", arguments.report, "FILE.html",
           "write a page about the model: path, weights, confusion and mistakes on the test set");
  parser.add_flag("--force", arguments.force, "replace these files if they exist");
  parser.option_defaults()->group("Machine");
  add_value(
      parser, "--parallel", arguments.parallel,
      [](std::string_view text) {
        return parse_choice<Parallel>(text, {{"auto", Parallel::automatic},
                                             {"data", Parallel::data},
                                             {"model", Parallel::model},
                                             {"average", Parallel::average}});
      },
      "HOW", "what several processes divide: auto, data, model or average (default: auto)");
  add_json_flag(parser, arguments.json);
}

}  // namespace

void add_fit_options(CLI::App& parser, FitArguments& arguments) {
  add_data_options(parser, arguments.data);
  add_rows_option(parser, arguments.data);
  parser.get_option("DATA")->description(parser.get_option("DATA")->get_description() +
                                         "; or a moments file");
  add_path_options(parser, arguments);
  add_test_and_output_options(parser, arguments);
  add_machine_options(parser, arguments.machine);
  add_device_options(parser, arguments.device);
  add_checkpoint_options(parser, arguments.checkpoint);
}

}  // namespace arete::cli
