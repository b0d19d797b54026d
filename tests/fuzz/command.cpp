#include <CLI/CLI.hpp>
#include <string>
#include <vector>

#include "arete/cli/options.hpp"
#include "fuzz/fuzz.hpp"

/// A command line, its words parted by newlines: parsed as the command does, and not run.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  namespace cli = arete::cli;
  std::vector<std::string> words = {"arete"};
  for (std::size_t i = 0; i < size; ++i) {
    if (i == 0 || data[i] == '\n') words.emplace_back();
    if (data[i] != '\n' && data[i] != '\0') words.back() += static_cast<char>(data[i]);
  }
  std::vector<const char*> arguments;
  arguments.reserve(words.size());
  for (const std::string& word : words) arguments.push_back(word.c_str());
  // Made once: that takes longer than parsing.
  static CLI::App parser("", "arete");
  static const std::vector<cli::Command> commands = {
      cli::fit_command(parser),     cli::moments_command(parser), cli::merge_command(parser),
      cli::predict_command(parser), cli::eval_command(parser),    cli::report_command(parser),
      cli::inspect_command(parser), cli::info_command(parser)};
  return arete::fuzz::attempt([&] {
    parser.require_subcommand(1);
    try {
      parser.parse(static_cast<int>(arguments.size()), arguments.data());
    } catch (const CLI::ParseError&) {  // what the command tells as wrong usage
    }
  });
}
