#include <spdlog/spdlog.h>

#include <CLI/CLI.hpp>
#include <exception>
#include <memory>
#include <new>
#include <string>
#include <system_error>
#include <vector>

#include "arete/cli/console.hpp"
#include "arete/cli/help_format.hpp"
#include "arete/cli/launch.hpp"
#include "arete/cli/options.hpp"
#include "arete/core/blas.hpp"
#include "arete/core/error.hpp"
#include "arete/core/version.hpp"

namespace arete::cli {

namespace {

constexpr int exit_of_signals = 128;  ///< plus the number of the signal, as shells count
constexpr int exit_output_closed = exit_of_signals + 13;  ///< as if SIGPIPE had killed it

std::vector<Command> add_commands(CLI::App& parser) {
  return {fit_command(parser),     moments_command(parser), merge_command(parser),
          predict_command(parser), eval_command(parser),    inspect_command(parser),
          info_command(parser)};
}

/// Prints help or the version and returns true, or throws Error (usage) for what cannot be parsed.
bool answered_by_parser(CLI::App& parser, int argc, const char* const* argv) {
  try {
    parser.parse(argc, argv);
  } catch (const CLI::CallForHelp&) {
    write_output(parser.help());
    return true;
  } catch (const CLI::CallForVersion&) {
    write_output(std::string("arete ") + version() + "\n");
    return true;
  } catch (const CLI::ParseError& error) {
    const auto chosen = parser.get_subcommands();
    if (!chosen.empty()) {
      fail(ErrorKind::usage, "{}; see 'arete {} --help'", error.what(), chosen.front()->get_name());
    }
    const auto unknown = parser.remaining();
    if (unknown.empty()) fail(ErrorKind::usage, "give a command; see 'arete --help'");
    fail(ErrorKind::usage, "there is no command '{}'; see 'arete --help'", unknown.front());
  }
  return false;
}

int run(int argc, const char* const* argv) {
  check_blas();
  const auto communicator = open_communicator();
  CLI::App parser("Exact ridge classification of images and embeddings.", "arete");
  parser.formatter(std::make_shared<HelpFormat>());
  parser.set_version_flag("--version", version(), "print the version");
  parser.require_subcommand(1);
  parser.footer("'arete COMMAND --help' shows the options of a command, and an example.");
  const std::vector<Command> commands = add_commands(parser);
  if (answered_by_parser(parser, argc, argv)) return 0;
  for (const Command& command : commands) {
    if (command.parser->parsed()) command.run(*communicator);
  }
  return 0;
}

/// The exit code, and a line on standard error, for whatever `run` throws.
int guarded_run(int argc, const char* const* argv) {
  try {
    set_up_console();
    return run(argc, argv);
  } catch (const Interrupted& interrupted) {
    spdlog::error("interrupted; nothing was left half-written");
    return exit_of_signals + interrupted.signal;
  } catch (const OutputClosed&) {
    return exit_output_closed;
  } catch (const Error& error) {
    spdlog::error("{}", error.what());
    return static_cast<int>(error.kind());
  } catch (const std::bad_alloc&) {
    spdlog::error("out of memory; a smaller --memory or fewer --threads may help");
    return static_cast<int>(ErrorKind::resource);
  } catch (const std::system_error& error) {  // above all, threads that cannot be started
    spdlog::error("the system refused: {}; fewer --threads may help", error.what());
    return static_cast<int>(ErrorKind::resource);
  } catch (const std::exception& error) {
    spdlog::error("{}; this is a bug", error.what());
  }
  return static_cast<int>(ErrorKind::internal);
}

}  // namespace

}  // namespace arete::cli

int main(int argc, char** argv) { return arete::cli::guarded_run(argc, argv); }
