#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include "arete/cli/console.hpp"
#include "arete/cli/options.hpp"
#include "arete/cli/outputs.hpp"
#include "arete/cli/results.hpp"
#include "arete/cli/table.hpp"
#include "arete/comm/agree.hpp"
#include "arete/core/memory.hpp"
#include "arete/model/evaluation.hpp"
#include "arete/report/page.hpp"

namespace arete::cli {

namespace {

struct ReportArguments {
  std::string model;
  DataOptions data;
  MachineOptions machine;
  std::optional<std::filesystem::path> out;
  bool force = false;
  bool json = false;
};

void check_usage(const CLI::App& parser, const ReportArguments& arguments,
                 const Communicator& communicator) {
  if (arguments.data.data.empty()) {
    refuse_options(parser, {"--labels", "--rows", "--image-size", "--grayscale", "--binarise"},
                   "is for DATA, which is missing");
    refuse_options(parser, table_option_names(), "is for DATA, which is missing");
  }
  if (communicator.rank() != 0) return;
  check_outputs({{"--out", *arguments.out}}, arguments.force,
                inputs_of(arguments.data, arguments.model));
}

void run_report(const CLI::App& parser, ReportArguments arguments, Communicator& communicator) {
  const Stopwatch stopwatch;
  ConsoleListener listener;
  check_usage(parser, arguments, communicator);
  share_machine(arguments.machine, communicator, listener);
  const RidgeModel model = open_model(arguments.model, "report");
  report::PageContent content;
  content.title = arguments.model;
  content.facts = model_facts(model);
  content.model = &model;

  std::unique_ptr<RowSource> source;
  std::optional<Evaluation> test;
  if (!arguments.data.data.empty()) {
    source = open_data_for(model, arguments.data, arguments.machine, listener);
    test = evaluate(model, *source, chosen_rows(arguments.data, source->info()),
                    {threads_of(arguments.machine), arguments.machine.memory.value_or(0)},
                    communicator, listener, report::mistakes_shown);
    content.facts.emplace_back("Test rows", source->info().name);
    content.test = &*test;
    content.test_rows = source.get();
  }
  const std::size_t peak = largest(peak_memory(), communicator);
  if (communicator.rank() != 0) return;
  content.warnings = listener.warnings();
  write_page(content, *arguments.out, arguments.force);
  listener.clear();
  if (!wants_json(arguments.json)) {
    write_output(fmt::format("{}\n", bold(printable(arguments.out->string()))));
    return;
  }
  Json json = result_of("report");
  json["report"] = arguments.out->string();
  if (test) json["test"] = evaluation_json(*test);
  json["seconds"] = {{"total", stopwatch.seconds()}};
  json["peak_bytes"] = peak;
  json["warnings"] = listener.warnings();
  write_output(to_line(json));
}

}  // namespace

Command report_command(CLI::App& parser) {
  auto* const report = parser.add_subcommand(
      "report", "a page about a model: its path, weights, and mistakes on labelled rows");
  const auto arguments = std::make_shared<ReportArguments>();
  report->add_option("MODEL", arguments->model, "a file written by 'arete fit --out'")
      ->required()
      ->type_name("");
  add_data_options(*report, arguments->data);
  report->get_option("DATA")->required(false)->description(
      "labelled rows to test on (default: none; the page has the path and the weights then)");
  add_rows_option(*report, arguments->data);
  report->option_defaults()->group("Output");
  add_path(*report, "-o,--out", arguments->out, "FILE.html",
           "the page, which needs no other file and no network")
      ->required();
  report->add_flag("--force", arguments->force, "replace that file if it exists");
  add_json_flag(*report, arguments->json);
  add_machine_options(*report, arguments->machine);
  report->footer(
      "Example:\n  arete report mnist.safetensors mnist/t10k-images-idx3-ubyte.gz -o mnist.html");
  return {report, [report, arguments](Communicator& communicator) {
            run_report(*report, *arguments, communicator);
          }};
}

}  // namespace arete::cli
