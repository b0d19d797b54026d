#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "arete/cli/console.hpp"
#include "arete/cli/options.hpp"
#include "arete/cli/parse.hpp"
#include "arete/cli/report.hpp"
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
  parser.add_option("-o,--out", options.out, "the moments file to write")
      ->required()
      ->type_name("FILE");
  parser.add_flag("--force", options.force, "replace that file if it exists");
  add_json_flag(parser, options.json);
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

void run_moments(MomentsArguments arguments, Communicator& communicator) {
  const Stopwatch stopwatch;
  ConsoleListener listener;
  if (communicator.rank() == 0) check_writable(arguments.output.out, arguments.output.force);
  share_machine(arguments.machine, communicator, listener);
  const auto backend = choose_backend(arguments.device.device, local_rank(communicator)).backend;
  const auto source =
      open_data(arguments.data, arguments.machine, preprocessing_of(arguments.data));
  const RowRange rows = chosen_rows(arguments.data, source->info());
  FitOptions options;
  options.first_row = arguments.first_row.value_or(0);
  options.checkpoint = checkpoint_of(arguments.checkpoint);
  options.rule = part_rule(arguments.rule, rows);
  options.threads = threads_of(arguments.machine);
  options.memory = arguments.machine.memory.value_or(0);
  options.kernel = arguments.device.kernel.value_or(IntegerKernel::automatic);
  static_cast<void>(checked_add(options.first_row, rows.last, "--first-row"));
  const MomentsSet set = gather_moments(*source, rows, options, *backend, communicator, listener);
  const std::size_t peak = largest(peak_memory(), communicator);
  if (communicator.rank() != 0) return;
  Json about = Json::object();
  if (arguments.checkpoint.folder) about["resumed_rows"] = listener.resumed_rows();
  write_and_report("moments", set, arguments.output, about, stopwatch, peak, listener);
  if (arguments.checkpoint.folder) discard_checkpoint(*arguments.checkpoint.folder);
}

void run_merge(const MergeArguments& arguments) {
  const Stopwatch stopwatch;
  ConsoleListener listener;
  check_writable(arguments.output.out, arguments.output.force);
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
  return {moments,
          [arguments](Communicator& communicator) { run_moments(*arguments, communicator); }};
}

Command merge_command(CLI::App& parser) {
  auto* const merge = parser.add_subcommand("merge", "add moments files of different rows");
  const auto arguments = std::make_shared<MergeArguments>();
  merge->add_option("FILE", arguments->files, "moments files")->required()->type_name("");
  add_output_options(*merge, arguments->output);
  merge->footer("Example:\n  arete merge shard-0.moments shard-1.moments -o all.moments");
  return {merge, [arguments](Communicator&) { run_merge(*arguments); }, false};
}

}  // namespace arete::cli
