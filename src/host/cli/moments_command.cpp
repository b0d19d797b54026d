#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "arete/cli/console.hpp"
#include "arete/cli/options.hpp"
#include "arete/cli/outputs.hpp"
#include "arete/cli/parse.hpp"
#include "arete/cli/results.hpp"
#include "arete/cli/table.hpp"
#include "arete/comm/agree.hpp"
#include "arete/comm/local_rank.hpp"
#include "arete/core/checked.hpp"
#include "arete/core/file.hpp"
#include "arete/core/memory.hpp"
#include "arete/moments/moments_file.hpp"
#include "arete/train/checkpoint.hpp"
#include "arete/train/gather_moments.hpp"

namespace arete::cli {

namespace {

/// Where the moments go, and how that is told; of both commands.
struct OutputOptions {
  std::string out;
  bool force = false;
  bool json = false;
};

struct MomentsArguments {
  DataOptions data;
  MachineOptions machine;
  DeviceOptions device;
  RuleOptions rule;
  std::optional<std::uint64_t> first_row;
  CheckpointArguments checkpoint;
  OutputOptions output;
};

struct MergeArguments {
  std::vector<std::string> files;
  OutputOptions output;
};

void add_output_options(CLI::App& parser, OutputOptions& options) {
  parser.option_defaults()->group("Output");
  parser.add_option("-o,--out", options.out, "the moments file to write; - is standard output")
      ->required()
      ->type_name("FILE");
  parser.add_flag("--force", options.force, "replace that file if it exists");
  add_json_flag(parser, options.json);
}

/// The name of standard input and output.
constexpr std::string_view standard_stream = "-";

/// `data`: what is read and must not be replaced.
void check_output(const OutputOptions& output, const DataOptions& data,
                  const Communicator& communicator) {
  if (communicator.rank() != 0) return;
  if (output.out != standard_stream) {
    check_outputs({{"--out", output.out}}, output.force, inputs_of(data));
    return;
  }
  if (output_is_terminal()) {
    fail(ErrorKind::usage, "--out -: a moments file is no text for a terminal; redirect it");
  }
}

std::string summary_text(const OutputOptions& output, const MomentsSet& set, std::uint64_t rows,
                         bool exact, double seconds) {
  return fmt::format("{}: {} rows, {} features, {} classes; {}; {} sums; {:.2f} s\n",
                     bold(printable(output.out)), grouped(rows),
                     grouped(set.parts.front().features()),
                     grouped(set.parts.front().classes.size()), describe(set.rule),
                     exact ? "exact" : "rounded", seconds);
}

/// `more`: fields that only this command has.
void write_and_report(const char* command, const MomentsSet& set, const OutputOptions& output,
                      const Json& more, const Stopwatch& stopwatch, std::size_t peak,
                      ConsoleListener& listener) {
  check_interrupted();
  if (output.out == standard_stream) {
    OutputFile file = OutputFile::standard_output();
    write_moments(set, file);
    file.commit();
    return;
  }
  write_moments(set, output.out, output.force);
  std::uint64_t rows = 0;
  bool exact = true;
  for (const Moments& part : set.parts) {
    rows += part.rows;
    exact = exact && part.exact;
  }
  listener.clear();
  if (!wants_json(output.json)) {
    write_output(summary_text(output, set, rows, exact, stopwatch.seconds()));
    return;
  }
  Json json = result_of(command);
  json["data"] = {{"rows", rows},
                  {"features", set.parts.front().features()},
                  {"classes", set.parts.front().classes.size()}};
  json["parts"] = set.parts.size();
  json["exact"] = exact;
  json.update(more);
  json["moments"] = output.out;
  json["seconds"] = {{"total", stopwatch.seconds()}};
  json["peak_bytes"] = peak;
  json["warnings"] = listener.warnings();
  write_output(to_line(json));
}

/// The options of both ways, by rows and by a stream.
FitOptions fit_options(const MomentsArguments& arguments, RowRange rows) {
  FitOptions options;
  options.first_row = arguments.first_row.value_or(0);
  options.checkpoint = checkpoint_of(arguments.checkpoint);
  options.rule = part_rule(arguments.rule, rows);
  options.threads = threads_of(arguments.machine);
  options.memory = arguments.machine.memory.value_or(0);
  options.kernel = arguments.device.kernel.value_or(IntegerKernel::automatic);
  return options;
}

/// Of the stream that comes on standard input.
MomentsSet stream_moments(const CLI::App& parser, const MomentsArguments& arguments,
                          Backend& backend, const Communicator& communicator, Listener& listener) {
  refuse_options(parser, {"--labels", "--rows", "--checkpoint"},
                 "does not apply to standard input, which comes once");
  if (communicator.size() > 1) {
    fail(ErrorKind::usage, "-: standard input is read by one process, but there are {} ranks",
         communicator.size());
  }
  const auto stream = open_standard_input(
      open_options(arguments.data, arguments.machine, preprocessing_of(arguments.data)));
  return gather_moments(*stream, fit_options(arguments, {}), backend, listener);
}

MomentsSet data_moments(const MomentsArguments& arguments, Backend& backend,
                        Communicator& communicator, Listener& listener) {
  const auto source =
      open_data(arguments.data, arguments.machine, preprocessing_of(arguments.data), listener);
  const RowRange rows = chosen_rows(arguments.data, source->info());
  const FitOptions options = fit_options(arguments, rows);
  static_cast<void>(checked_add(options.first_row, rows.last, "--first-row"));
  return gather_moments(*source, rows, options, backend, communicator, listener);
}

void run_moments(const CLI::App& parser, MomentsArguments arguments, Communicator& communicator) {
  const Stopwatch stopwatch;
  ConsoleListener listener;
  check_output(arguments.output, arguments.data, communicator);
  check_checkpoint(arguments.checkpoint, {{"--out", arguments.output.out}});
  if (arguments.rule.holdout == 0.0) {
    refuse_options(parser, {"--seed"}, "--holdout 0 holds nothing out");
  }
  share_machine(arguments.machine, communicator, listener);
  const auto backend = choose_backend(arguments.device.device, local_rank(communicator)).backend;
  const bool is_stream = arguments.data.data == standard_stream;
  const MomentsSet set = is_stream
                             ? stream_moments(parser, arguments, *backend, communicator, listener)
                             : data_moments(arguments, *backend, communicator, listener);
  const std::size_t peak = largest(peak_memory(), communicator);
  if (communicator.rank() != 0) return;
  Json about = Json::object();
  if (arguments.checkpoint.folder) about["resumed_rows"] = listener.resumed_rows();
  write_and_report("moments", set, arguments.output, about, stopwatch, peak, listener);
  if (arguments.checkpoint.folder) discard_checkpoint(*arguments.checkpoint.folder);
}

void run_merge(const MergeArguments& arguments, const Communicator& communicator) {
  const Stopwatch stopwatch;
  ConsoleListener listener;
  // The output may be one of the files: it is replaced when all of them have been read.
  check_output(arguments.output, {}, communicator);
  MomentsSet set = read_moments(arguments.files.front());
  for (std::size_t i = 1; i < arguments.files.size(); ++i) {
    listener.progress("merge", i, arguments.files.size());
    merge(set, read_moments(arguments.files[i]), arguments.files[i]);
  }
  write_and_report("merge", set, arguments.output, Json::object(), stopwatch, peak_memory(),
                   listener);
}

}  // namespace

Command moments_command(CLI::App& parser) {
  auto* const moments = parser.add_subcommand(
      "moments", "one pass over DATA: the sums that training needs, as a file");
  const auto arguments = std::make_shared<MomentsArguments>();
  add_data_options(*moments, arguments->data);
  add_rows_option(*moments, arguments->data);
  moments->get_option("DATA")->description(
      moments->get_option("DATA")->get_description() +
      "; or -, a stream of Arrow record batches on standard input, whose labels are "
      "dictionary-encoded, with a dictionary of all classes");
  add_output_options(*moments, arguments->output);
  add_rule_options(*moments, arguments->rule);
  moments->option_defaults()->group("Data");
  constexpr std::uint64_t most = std::numeric_limits<std::uint64_t>::max();
  add_value(
      *moments, "--first-row", arguments->first_row,
      [](std::string_view text) { return parse_integer(text, 0, most); }, "R",
      "global number of row 0 of DATA, where DATA is one shard of several (default: 0)");
  add_machine_options(*moments, arguments->machine);
  add_device_options(*moments, arguments->device);
  add_checkpoint_options(*moments, arguments->checkpoint);
  moments->footer("Example:\n  arete moments shard-1.npy --first-row 100000 -o shard-1.moments");
  return {moments, [moments, arguments](Communicator& communicator) {
            run_moments(*moments, *arguments, communicator);
          }};
}

Command merge_command(CLI::App& parser) {
  auto* const merge = parser.add_subcommand("merge", "add moments files of different rows");
  const auto arguments = std::make_shared<MergeArguments>();
  merge->add_option("FILE", arguments->files, "moments files")->required()->type_name("");
  add_output_options(*merge, arguments->output);
  merge->footer("Example:\n  arete merge shard-0.moments shard-1.moments -o all.moments");
  return {merge, [arguments](Communicator& communicator) { run_merge(*arguments, communicator); },
          false};
}

}  // namespace arete::cli
