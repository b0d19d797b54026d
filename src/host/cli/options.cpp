#include "arete/cli/options.hpp"

#include <limits>
#include <string_view>

#include "arete/cli/console.hpp"
#include "arete/comm/processors.hpp"
#include "arete/core/file.hpp"
#include "arete/core/memory.hpp"
#include "arete/core/threads.hpp"
#include "arete/data/number_ranges.hpp"
#include "arete/moments/moments_file.hpp"

namespace arete::cli {

namespace {

constexpr double default_holdout = 0.2;
constexpr int most_folds = 1000;
constexpr int most_threads = 4096;

/// For options whose values are small integers.
template <typename T>
auto integer(std::uint64_t least, std::uint64_t most) {
  return [=](std::string_view text) { return static_cast<T>(parse_integer(text, least, most)); };
}

/// What was given in place of a model.
std::string_view kind_of(const std::filesystem::path& path) {
  if (is_folder(path)) return "a folder";
  std::error_code ignored;
  if (std::filesystem::file_size(path, ignored) == 0) return "an empty file";
  return is_moments_file(path) ? "a moments file ('arete fit' makes a model of it)" : "other data";
}

void add_name(CLI::App& parser, const std::string& name, std::optional<std::string>& into,
              const std::string& description) {
  add_value(
      parser, name, into, [](std::string_view text) { return std::string(text); }, "NAME",
      description);
}

void add_table_options(CLI::App& parser, TableOptions& options) {
  parser.option_defaults()->group("Columns (of Parquet and Arrow files)");
  add_name(parser, "--features-column", options.features,
           "binary, a list, or a vector of Spark ML (default: features, pixels or image)");
  add_name(parser, "--features-columns", options.features_pattern,
           "many columns of one number each: those that match, such as 'p*' (never label; a model "
           "knows its own)");
  add_name(parser, "--label-column", options.label,
           "a column, or the key of folders key=value (default: label)");
  add_name(parser, "--row-column", options.row,
           "global row numbers, which decide what is held out (default: row, or the order of the "
           "rows, which - asks for)");
  parser.add_flag("--unsigned", options.unsigned_bytes,
                  "8-bit integers that are stored as signed are pixels of 0 to 255");
}

template <typename T>
bool contradicts(const std::optional<T>& given, const std::optional<T>& known) {
  return given && given != known;
}

}  // namespace

CLI::Option* add_path(CLI::App& parser, const std::string& name,
                      std::optional<std::filesystem::path>& into, const std::string& type,
                      const std::string& description) {
  const auto store = [&into](const std::string& text) { into = text; };
  return parser.add_option_function<std::string>(name, store, description)->type_name(type);
}

void add_data_options(CLI::App& parser, DataOptions& options) {
  parser.option_defaults()->group("Data");
  parser
      .add_option(
          "DATA", options.data,
          "an IDX file (gzipped or not), a .npy file, CIFAR-10 binary batches, a folder of "
          "class folders of JPEG or PNG images, a folder with MNIST's or CIFAR-10's files, or "
          "Parquet or Arrow files: one, a folder of them as Spark writes it, or a glob")
      ->required()
      ->type_name("");
  add_path(parser, "--labels", options.labels, "FILE",
           "labels of DATA: NPY, IDX or text (default: found by their customary name)");
  add_value(parser, "--image-size", options.image_size, parse_image_size, "WxH",
            "resize every image to this (default: images must be of one size)");
  parser.add_flag("--grayscale", options.grayscale, "turn colours into luma");
  add_value(parser, "--binarise", options.binarise, integer<std::uint8_t>(0, 254), "T",
            "values above T become 1, others 0");
  add_table_options(parser, options.table);
}

void add_rows_option(CLI::App& parser, DataOptions& options) {
  parser.option_defaults()->group("Data");
  add_value(parser, "--rows", options.rows, parse_rows, "A:B",
            "use rows A to B-1 only; N is 0:N (default: all rows)");
}

void add_machine_options(CLI::App& parser, MachineOptions& options) {
  parser.option_defaults()->group("Machine");
  add_value(parser, "--threads", options.threads, integer<int>(1, most_threads), "N",
            "threads (default: the processors this process may use)");
  add_value(parser, "--memory", options.memory, parse_size, "SIZE",
            "memory budget, such as 800M or 1.5G; powers of 1024; of each process (default: half "
            "of what is free, shared out)");
}

void share_machine(MachineOptions& options, Communicator& communicator, Listener& listener) {
  if (communicator.size() == 1) return;
  const HostProcessors processors = host_processors(communicator);
  if (!options.threads) options.threads = processors.fair_threads();
  if (!options.memory) {
    options.memory = memory_of(options) / static_cast<std::size_t>(processors.ranks);
  }
  if (*options.threads > processors.own ||
      *options.threads * processors.ranks > processors.shared) {
    listener.warning(fmt::format(
        "{} ranks of {} threads share {} processors of {}, of which this rank may use {}: they "
        "wait for each other; start fewer (a launcher's binding, such as mpirun's --bind-to, also "
        "limits the processors of a rank)",
        processors.ranks, *options.threads, processors.shared, communicator.host(),
        processors.own));
  }
}

int threads_of(const MachineOptions& options) {
  return options.threads ? *options.threads : available_threads();
}

std::size_t memory_of(const MachineOptions& options) {
  return memory_budget(options.memory.value_or(0));
}

void add_device_options(CLI::App& parser, DeviceOptions& options) {
  parser.option_defaults()->group("Machine");
  parser.add_option("--device", options.device, "auto, cpu or cuda[:i] (default: auto)")
      ->type_name("DEVICE");
  add_value(
      parser, "--kernel", options.kernel,
      [](std::string_view text) {
        return parse_choice<IntegerKernel>(text, {{"auto", IntegerKernel::automatic},
                                                  {"amx", IntegerKernel::amx},
                                                  {"vnni", IntegerKernel::vnni},
                                                  {"avx2", IntegerKernel::avx2},
                                                  {"float64", IntegerKernel::float64},
                                                  {"emulated", IntegerKernel::emulated}});
      },
      "NAME",
      "how 8-bit integers are multiplied: auto, amx, vnni or avx2 (of the CPU) or float64, with "
      "the same bits; or emulated: floats too, by a GPU's emulation of float64 (default: auto)");
}

void add_checkpoint_options(CLI::App& parser, CheckpointArguments& arguments) {
  parser.option_defaults()->group("Machine");
  auto* const folder =
      add_path(parser, "--checkpoint", arguments.folder, "FOLDER",
               "keep partial sums there, and go on from what is there; removed when all is done");
  add_value(parser, "--checkpoint-every", arguments.seconds, parse_duration, "TIME",
            "between two times of writing (default: 60s)")
      ->needs(folder);
}

std::optional<CheckpointOptions> checkpoint_of(const CheckpointArguments& arguments) {
  if (!arguments.folder) return std::nullopt;
  CheckpointOptions options{*arguments.folder};
  options.seconds = arguments.seconds.value_or(options.seconds);
  return options;
}

void add_rule_options(CLI::App& parser, RuleOptions& options) {
  parser.option_defaults()->group("Held-out rows");
  auto* const holdout =
      add_value(parser, "--holdout", options.holdout, parse_fraction, "SHARE",
                "hold out this share of rows, by a hash; 0 for none (default: 0.2)");
  auto* const folds = add_value(parser, "--folds", options.folds, integer<int>(2, most_folds), "K",
                                "hold out each of K parts in turn");
  holdout->excludes(folds);
  constexpr std::uint64_t most = std::numeric_limits<std::uint64_t>::max();
  add_value(parser, "--seed", options.seed, integer<std::uint64_t>(0, most), "S",
            "seed of that hash (default: 0)");
}

PartRule part_rule(const RuleOptions& options, RowRange rows) {
  const std::uint64_t seed = options.seed.value_or(0);
  if (options.folds) return folds_rule(*options.folds, seed);
  const double share = options.holdout_last.value_or(options.holdout.value_or(default_holdout));
  if (share == 0) return {};
  return options.holdout_last ? holdout_last_rule(share, rows) : holdout_rule(share, seed);
}

void add_json_flag(CLI::App& parser, bool& json) {
  parser.add_flag("--json", json, "print JSON on a terminal too")->group("Output");
}

bool wants_json(bool json_flag) { return json_flag || !output_is_terminal(); }

Preprocessing preprocessing_of(const DataOptions& options) {
  return {options.image_size, options.grayscale, options.binarise};
}

Preprocessing preprocessing_of(const RidgeModel& model, const DataOptions& options) {
  const Preprocessing& own = model.preprocessing;
  const auto refuse = [](std::string_view option) {
    fail(ErrorKind::usage,
         "{}: the model was trained otherwise; leave it out: what was done to the "
         "training images is done again by itself",
         option);
  };
  if (contradicts(options.image_size, own.image_size)) refuse("--image-size");
  if (contradicts(options.binarise, own.binarise)) refuse("--binarise");
  if (options.grayscale && !own.grayscale) refuse("--grayscale");
  return own;
}

RidgeModel open_model(const std::string& path, std::string_view command) {
  std::error_code ignored;
  if (std::filesystem::exists(path, ignored) && !is_model_file(path)) {
    fail(ErrorKind::input,
         "{}: is no model but {}; the command is 'arete {} MODEL DATA', with a MODEL written by "
         "'arete fit --out'",
         path, kind_of(path), command);
  }
  return read_model(path);
}

std::vector<std::string> table_option_names() {
  return {"--features-column", "--features-columns", "--label-column", "--row-column",
          "--unsigned"};
}

OpenOptions open_options(const DataOptions& options, const MachineOptions& machine,
                         const Preprocessing& preprocessing, std::optional<std::size_t> channels,
                         const std::vector<std::string>& column_names) {
  return {options.labels, preprocessing, memory_of(machine), threads_of(machine),
          channels,       options.table, column_names};
}

std::unique_ptr<RowSource> open_data(const DataOptions& options, const MachineOptions& machine,
                                     const Preprocessing& preprocessing, Listener& listener,
                                     std::optional<std::size_t> channels,
                                     const std::vector<std::string>& column_names) {
  auto source = open_source(options.data,
                            open_options(options, machine, preprocessing, channels, column_names));
  for (const std::string& warning : source->info().warnings) listener.warning(warning);
  return source;
}

std::unique_ptr<RowSource> open_data_for(const RidgeModel& model, const DataOptions& options,
                                         const MachineOptions& machine, Listener& listener) {
  if (const auto test = customary_test_set(options.data); test && is_folder(options.data)) {
    listener.warning(fmt::format("{}: these are its training rows; its test set is {}",
                                 options.data, test->string()));
  }
  return open_data(options, machine, preprocessing_of(model, options), listener,
                   channels_of(model.shape), model.column_names);
}

RowRange chosen_rows(const DataOptions& options, const SourceInfo& info) {
  if (!options.rows) return {0, info.rows};
  if (options.rows->last > info.rows) {
    fail(ErrorKind::usage, "--rows: found {}:{}, but {} has {} rows", options.rows->first,
         options.rows->last, info.name, info.rows);
  }
  return *options.rows;
}

RowRange consecutive_numbers(const RowSource& source, RowRange rows) {
  const std::vector<RowRange> numbers = numbers_of(source, rows);
  if (numbers.size() == 1) return numbers.front();
  fail(ErrorKind::usage,
       "--holdout-last: the rows of {} have numbers of their own, with gaps after {} others; use "
       "--holdout",
       source.info().name, numbers.front().size());
}

void refuse_options(const CLI::App& parser, const std::vector<std::string>& options,
                    const std::string& why) {
  for (const std::string& option : options) {
    if (parser.count(option) > 0) fail(ErrorKind::usage, "{}: {}", option, why);
  }
}

}  // namespace arete::cli
