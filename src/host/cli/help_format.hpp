#pragma once

#include <CLI/CLI.hpp>
#include <string>

namespace arete::cli {

/// How --help is laid out: descriptions are wrapped, blank lines are single, and options that
/// exclude each other are left to the error that says so.
class HelpFormat : public CLI::Formatter {
 public:
  HelpFormat();
  std::string make_help(const CLI::App* parser, std::string name,
                        CLI::AppFormatMode mode) const override;
  std::string make_option_opts(const CLI::Option* option) const override;
  std::string make_option_desc(const CLI::Option* option) const override;
};

}  // namespace arete::cli
