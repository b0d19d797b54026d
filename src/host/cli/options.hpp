#pragma once

#include <CLI/CLI.hpp>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "arete/backend/backend.hpp"
#include "arete/cli/parse.hpp"
#include "arete/comm/communicator.hpp"
#include "arete/core/error.hpp"
#include "arete/core/listener.hpp"
#include "arete/data/open.hpp"
#include "arete/model/ridge_model.hpp"
#include "arete/moments/part_rule.hpp"
#include "arete/train/fit.hpp"

// The options that several subcommands share, a struct for each group; nothing where not given.
namespace arete::cli {

/// A subcommand: how it is parsed, and what it does then.
struct Command {
  CLI::App* parser;
  std::function<void(Communicator&)> run;
  bool on_all_ranks = true;  ///< of a job; otherwise rank 0 alone does it
};

/// An option NAME whose text `parse` turns into a value; its errors are prefixed by the name.
template <typename T, typename Parse>
CLI::Option* add_value(CLI::App& parser, const std::string& name, std::optional<T>& into,
                       Parse parse, const std::string& type, const std::string& description) {
  const auto store = [&into, parse, name](const std::string& text) {
    try {
      into = parse(text);
    } catch (const Error& error) {
      throw Error(error.kind(), name + ": " + error.what());
    }
  };
  return parser.add_option_function<std::string>(name, store, description)->type_name(type);
}

/// An option that names a file or folder.
CLI::Option* add_path(CLI::App& parser, const std::string& name,
                      std::optional<std::filesystem::path>& into, const std::string& type,
                      const std::string& description);

/// How DATA is read.
struct DataOptions {
  std::string data;
  std::optional<std::filesystem::path> labels;
  std::optional<Preprocessing::ImageSize> image_size;
  bool grayscale = false;
  std::optional<std::uint8_t> binarise;
  std::optional<RowRange> rows;
  TableOptions table;
};
/// DATA, --labels, what is done to images, and the columns of tables.
void add_data_options(CLI::App& parser, DataOptions& options);
void add_rows_option(CLI::App& parser, DataOptions& options);

/// What the command may use of this machine.
struct MachineOptions {
  std::optional<int> threads;
  std::optional<std::size_t> memory;
};
void add_machine_options(CLI::App& parser, MachineOptions& options);
/// This rank's part of a machine that it shares with other ranks, where nothing else was asked for.
/// Warns of threads that would wait for each other's processors.
void share_machine(MachineOptions& options, Communicator& communicator, Listener& listener);
[[nodiscard]] int threads_of(const MachineOptions& options);
[[nodiscard]] std::size_t memory_of(const MachineOptions& options);

/// Where sums and solutions are computed.
struct DeviceOptions {
  std::string device = "auto";
  std::optional<IntegerKernel> kernel;
};
void add_device_options(CLI::App& parser, DeviceOptions& options);

/// Where partial sums are kept.
struct CheckpointArguments {
  std::optional<std::filesystem::path> folder;
  std::optional<double> seconds;
};
void add_checkpoint_options(CLI::App& parser, CheckpointArguments& arguments);
[[nodiscard]] std::optional<CheckpointOptions> checkpoint_of(const CheckpointArguments& arguments);

/// Which rows are held out.
struct RuleOptions {
  std::optional<double> holdout;
  std::optional<double> holdout_last;
  std::optional<int> folds;
  std::optional<std::uint64_t> seed;
};
/// --holdout, --folds and --seed.
void add_rule_options(CLI::App& parser, RuleOptions& options);
/// The rule for the rows of these global numbers; a hold-out of 0.2 where nothing was asked for.
[[nodiscard]] PartRule part_rule(const RuleOptions& options, RowRange rows);

void add_json_flag(CLI::App& parser, bool& json);

/// Results are JSON when asked for, and when standard output is not a terminal.
[[nodiscard]] bool wants_json(bool json_flag);

[[nodiscard]] Preprocessing preprocessing_of(const DataOptions& options);

/// The preprocessing of `model`. Throws Error (usage) for options that contradict it.
[[nodiscard]] Preprocessing preprocessing_of(const RidgeModel& model, const DataOptions& options);

/// The model of `arete COMMAND MODEL DATA`. Throws Error (input) saying what the file is instead.
[[nodiscard]] RidgeModel open_model(const std::string& path, std::string_view command);

/// The options of TableOptions, for refuse_options.
[[nodiscard]] std::vector<std::string> table_option_names();

[[nodiscard]] OpenOptions open_options(const DataOptions& options, const MachineOptions& machine,
                                       const Preprocessing& preprocessing,
                                       std::optional<std::size_t> channels = {},
                                       const std::vector<std::string>& column_names = {});

/// Opens DATA, and tells the listener what there is to warn of.
[[nodiscard]] std::unique_ptr<RowSource> open_data(
    const DataOptions& options, const MachineOptions& machine, const Preprocessing& preprocessing,
    Listener& listener, std::optional<std::size_t> channels = {},
    const std::vector<std::string>& column_names = {});

/// Opens DATA as `model` wants its rows. Throws as preprocessing_of and open_source do.
[[nodiscard]] std::unique_ptr<RowSource> open_data_for(const RidgeModel& model,
                                                       const DataOptions& options,
                                                       const MachineOptions& machine,
                                                       Listener& listener);

/// The rows that were asked for: all, or --rows. Throws Error (usage) when there are not so many.
[[nodiscard]] RowRange chosen_rows(const DataOptions& options, const SourceInfo& info);

/// The numbers of these rows, of which the last are to be held out. Throws Error (usage) where they
/// leave others out, so that nobody knows which are the last.
[[nodiscard]] RowRange consecutive_numbers(const RowSource& source, RowRange rows);

/// Throws Error (usage) for the first of `options` that was given, with `why` it cannot be.
void refuse_options(const CLI::App& parser, const std::vector<std::string>& options,
                    const std::string& why);

// The subcommands, each in the file of its name. Their options live as long as `run`.
[[nodiscard]] Command fit_command(CLI::App& parser);
[[nodiscard]] Command moments_command(CLI::App& parser);
[[nodiscard]] Command merge_command(CLI::App& parser);
[[nodiscard]] Command predict_command(CLI::App& parser);
[[nodiscard]] Command eval_command(CLI::App& parser);
[[nodiscard]] Command report_command(CLI::App& parser);
[[nodiscard]] Command inspect_command(CLI::App& parser);
[[nodiscard]] Command info_command(CLI::App& parser);

}  // namespace arete::cli
