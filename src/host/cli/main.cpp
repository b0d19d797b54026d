#include <spdlog/spdlog.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <exception>
#include <memory>
#include <new>
#include <optional>
#include <string>
#include <system_error>
#include <vector>

#include "arete/cli/console.hpp"
#include "arete/cli/help_format.hpp"
#include "arete/cli/launch.hpp"
#include "arete/cli/options.hpp"
#include "arete/comm/communicator.hpp"
#include "arete/core/blas.hpp"
#include "arete/core/error.hpp"
#include "arete/core/text.hpp"
#include "arete/core/version.hpp"

namespace arete::cli {

namespace {

constexpr int exit_of_signals = 128;  ///< plus the number of the signal, as shells count
constexpr int exit_output_closed = exit_of_signals + 13;  ///< as if SIGPIPE had killed it

std::vector<Command> add_commands(CLI::App& parser) {
  return {fit_command(parser),     moments_command(parser), merge_command(parser),
          predict_command(parser), eval_command(parser),    report_command(parser),
          inspect_command(parser), info_command(parser)};
}

/// Parses; the text that answers a question for help or the version, or nothing. Throws Error
/// (usage) for what cannot be parsed.
std::optional<std::string> parse_or_answer(CLI::App& parser, int argc, const char* const* argv) {
  try {
    parser.parse(argc, argv);
  } catch (const CLI::CallForHelp&) {
    return parser.help();
  } catch (const CLI::CallForVersion&) {
    return std::string("arete ") + version() + "\n";
  } catch (const CLI::ParseError& error) {
    const auto chosen = parser.get_subcommands();
    if (!chosen.empty()) {
      fail(ErrorKind::usage, "{}; see 'arete {} --help'", error.what(), chosen.front()->get_name());
    }
    const auto unknown = parser.remaining();
    if (unknown.empty()) fail(ErrorKind::usage, "give a command; see 'arete --help'");
    fail(ErrorKind::usage, "there is no command '{}'; see 'arete --help'", unknown.front());
  }
  return std::nullopt;
}

void run_command(Communicator& communicator, int argc, const char* const* argv) {
  CLI::App parser("Exact ridge classification of images and embeddings.", "arete");
  parser.formatter(std::make_shared<HelpFormat>());
  parser.set_version_flag("--version", version(), "print the version");
  parser.require_subcommand(1);
  parser.footer("'arete COMMAND --help' shows the options of a command, and an example.");
  const std::vector<Command> commands = add_commands(parser);
  if (const auto answer = parse_or_answer(parser, argc, argv)) {
    if (communicator.rank() == 0) write_output(*answer);
    return;
  }
  for (const Command& command : commands) {
    if (!command.parser->parsed()) continue;
    if (command.on_all_ranks || communicator.rank() == 0) command.run(communicator);
  }
}

Failure failure(ErrorKind kind, const std::string& message) {
  return {0, "", static_cast<int>(kind), message};
}

/// What the exception in flight means for the user; nothing where it is that of another rank.
std::optional<Failure> failure_in_flight() {
  try {
    throw;
  } catch (const OtherRankFailed&) {
    return std::nullopt;
  } catch (const Interrupted& interrupted) {
    return Failure{0, "", exit_of_signals + interrupted.signal,
                   "interrupted; nothing was left half-written"};
  } catch (const OutputClosed&) {
    return Failure{0, "", exit_output_closed, ""};
  } catch (const Error& error) {
    return failure(error.kind(), error.what());
  } catch (const std::bad_alloc&) {
    return failure(ErrorKind::resource,
                   "out of memory; a smaller --memory or fewer --threads may help");
  } catch (const std::system_error& error) {  // above all, threads that cannot be started
    return failure(ErrorKind::resource,
                   fmt::format("the system refused: {}; fewer --threads may help", error.what()));
  } catch (const std::exception& error) {
    return failure(ErrorKind::internal, fmt::format("{}; this is a bug", error.what()));
  }
}

/// One message for the whole job, unless somebody is not there to be told.
void report(const Failure& failure, const Communicator& communicator) {
  if (communicator.rank() != 0 && failure.known_to_all) return;
  if (failure.exit_code == exit_output_closed) return;  // as quiet as a death by SIGPIPE
  const std::string message = printable(failure.message);
  if (communicator.size() == 1) {
    spdlog::error("{}", message);
  } else {
    spdlog::error("rank {} on {}: {}", failure.rank, failure.host, message);
  }
}

/// The exit code, the same on every rank. The communicator outlives what is thrown: its ranks agree
/// on how the job ends.
int run_rank(Communicator& communicator, int argc, const char* const* argv) {
  // Every rank would give the same warnings.
  if (communicator.rank() != 0) spdlog::set_level(spdlog::level::err);
  try {
    check_blas();
    run_command(communicator, argc, argv);
    communicator.broadcast({}, 0);  // nobody leaves before it is certain that all went well
    return 0;
  } catch (...) {
    const Failure failure = communicator.agree_on_failure(failure_in_flight());
    report(failure, communicator);
    return failure.exit_code;
  }
}

int run(int argc, const char* const* argv) {
  try {
    set_up_console();
    const auto communicator = open_communicator();
    return run_rank(*communicator, argc, argv);
  } catch (...) {  // before there was a communicator, and perhaps a log
    const Failure failure = failure_in_flight().value();
    static_cast<void>(
        std::fprintf(stderr, "arete: error: %s\n", printable(failure.message).c_str()));
    return failure.exit_code;
  }
}

}  // namespace

}  // namespace arete::cli

int main(int argc, char** argv) { return arete::cli::run(argc, argv); }
