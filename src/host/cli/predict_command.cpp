#include <algorithm>
#include <filesystem>
#include <functional>
#include <memory>
#include <numeric>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "arete/cli/console.hpp"
#include "arete/cli/options.hpp"
#include "arete/cli/outputs.hpp"
#include "arete/cli/predictions_file.hpp"
#include "arete/cli/results.hpp"
#include "arete/cli/table.hpp"
#include "arete/comm/agree.hpp"
#include "arete/core/file.hpp"
#include "arete/core/memory.hpp"
#include "arete/model/predict.hpp"

namespace arete::cli {

namespace {

constexpr std::size_t best_shown = 3;

struct PredictArguments {
  std::string model;
  DataOptions data;
  MachineOptions machine;
  std::optional<std::filesystem::path> out;
  bool scores = false;
  bool force = false;
  bool json = false;
};

/// The rows to predict, and by what.
struct Job {
  RidgeModel model;
  std::unique_ptr<RowSource> source;
  RowRange rows;
  PredictOptions options;
  bool scores = false;
  Communicator* communicator = nullptr;
};

using Write = std::function<void(std::string_view)>;

Job open_job(const PredictArguments& arguments, Communicator& communicator, Listener& listener) {
  Job job;
  job.communicator = &communicator;
  job.model = open_model(arguments.model, "predict");
  job.source = open_data_for(job.model, arguments.data, arguments.machine, listener);
  job.rows = chosen_rows(arguments.data, job.source->info());
  job.options = {threads_of(arguments.machine), arguments.machine.memory.value_or(0)};
  job.options.row_overhead = row_bytes(job.model.classes, arguments.scores);
  job.scores = arguments.scores;
  return job;
}

void predict_to_csv(const Job& job, Listener& listener, const Write& write) {
  check_compatible(job.model, job.source->info());
  write(csv_header(job.model.classes, job.scores));
  predict(job.model, *job.source, job.rows, job.options, *job.communicator, listener,
          [&](const Predictions& predictions) {
            write(csv_lines(predictions, *job.source, job.model.classes, job.scores));
          });
}

void predict_to_npy(const Job& job, Listener& listener, const Write& write) {
  if (job.source->info().is_numbered) {
    fail(
        ErrorKind::usage,
        "--out: the rows of {} have numbers of their own, which NPY cannot tell; write a .csv file",
        job.source->info().name);
  }
  write(npy_header(job.rows.size(), job.model.classes.size(), job.scores));
  predict(job.model, *job.source, job.rows, job.options, *job.communicator, listener,
          [&](const Predictions& predictions) { write(npy_elements(predictions, job.scores)); });
}

/// One image, for a person: its class, and what else it might be.
std::string one_row_text(const Job& job, const Predictions& predictions) {
  const ClassList& classes = job.model.classes;
  const auto scores = predictions.scores.row(0);
  std::vector<std::size_t> order(classes.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return scores[a] > scores[b]; });
  order.resize(std::min(order.size(), best_shown));
  Table table({"class", "score"});
  for (const std::size_t k : order) {
    table.add({printable(classes[k]), fmt::format("{:.4f}", scores[k])}, k == order.front());
  }
  return fmt::format("{}: {}\n\n{}", printable(job.source->info().name),
                     bold(printable(classes[order.front()])), table.text());
}

void predict_to_file(const Job& job, const PredictArguments& arguments, ConsoleListener& listener) {
  const Stopwatch stopwatch;
  OutputFile file(*arguments.out, arguments.force);
  const Write write = [&](std::string_view text) { file.write(text); };
  const bool is_npy = arguments.out->extension() == ".npy";
  (is_npy ? predict_to_npy : predict_to_csv)(job, listener, write);
  const std::size_t peak = largest(peak_memory(), *job.communicator);
  check_interrupted();
  file.commit();
  listener.clear();
  if (!wants_json(arguments.json)) {
    write_output(fmt::format("{}: {} rows\n", bold(printable(arguments.out->string())),
                             grouped(job.rows.size())));
    return;
  }
  Json json = result_of("predict");
  json["rows"] = job.rows.size();
  json["predictions"] = arguments.out->string();
  json["seconds"] = {{"total", stopwatch.seconds()}};
  json["peak_bytes"] = peak;
  json["warnings"] = listener.warnings();
  write_output(to_line(json));
}

void check_usage(const CLI::App& parser, const PredictArguments& arguments,
                 const Communicator& communicator) {
  if (!arguments.out) {
    refuse_options(parser, {"--json", "--force"},
                   "is for predictions that go to a file; name it with --out FILE");
    return;
  }
  const std::filesystem::path extension = arguments.out->extension();
  if (extension != ".csv" && extension != ".npy") {
    fail(ErrorKind::usage, "--out: found '{}', expected a name that ends in .csv or .npy",
         arguments.out->string());
  }
  if (communicator.rank() != 0) return;
  check_outputs({{"--out", *arguments.out}}, arguments.force,
                inputs_of(arguments.data, arguments.model));
}

void run_predict(const CLI::App& parser, PredictArguments arguments, Communicator& communicator) {
  ConsoleListener listener;
  check_usage(parser, arguments, communicator);
  share_machine(arguments.machine, communicator, listener);
  const Job job = open_job(arguments, communicator, listener);
  if (communicator.rank() != 0) {
    predict_to_csv(job, listener, [](std::string_view) {});  // rank 0 writes what all predict
    if (arguments.out) static_cast<void>(largest(peak_memory(), communicator));
  } else if (arguments.out) {
    predict_to_file(job, arguments, listener);
  } else if (job.rows.size() == 1 && !job.scores && output_is_terminal()) {
    predict(job.model, *job.source, job.rows, job.options, *job.communicator, listener,
            [&](const Predictions& predictions) {
              listener.clear();
              write_output(one_row_text(job, predictions));
            });
  } else {
    predict_to_csv(job, listener, [&](std::string_view text) {
      listener.clear();  // progress and output may share a terminal
      write_output(text);
    });
  }
}

}  // namespace

Command predict_command(CLI::App& parser) {
  auto* const predict = parser.add_subcommand("predict", "the class of every row or image");
  const auto arguments = std::make_shared<PredictArguments>();
  predict->add_option("MODEL", arguments->model, "a file written by 'arete fit --out'")
      ->required()
      ->type_name("");
  add_data_options(*predict, arguments->data);
  add_rows_option(*predict, arguments->data);
  predict->option_defaults()->group("Output");
  add_path(*predict, "-o,--out", arguments->out, "FILE",
           ".csv: row, class; .npy: indices of classes as int32 (default: CSV on standard output)");
  predict->add_flag("--scores", arguments->scores,
                    "also the scores of all classes; in .npy the scores alone, as float64");
  predict->add_flag("--force", arguments->force, "replace that file if it exists");
  add_machine_options(*predict, arguments->machine);
  add_json_flag(*predict, arguments->json);
  predict->footer("Example:\n  arete predict hands.safetensors photo.jpg");
  return {predict, [predict, arguments](Communicator& communicator) {
            run_predict(*predict, *arguments, communicator);
          }};
}

}  // namespace arete::cli
