#include "arete/cli/help_format.hpp"

#include <cstddef>
#include <sstream>
#include <utility>

namespace arete::cli {

namespace {

constexpr std::size_t name_width = 26;
constexpr std::size_t description_width = 100 - name_width;

/// CLI11 indents what follows a line break.
std::string wrapped(const std::string& text, std::size_t width) {
  std::string result;
  std::size_t used = 0;
  std::istringstream words(text);
  for (std::string word; words >> word;) {
    const bool fits = used + 1 + word.size() <= width;
    if (used > 0) result += fits ? ' ' : '\n';
    used = used > 0 && fits ? used + 1 + word.size() : word.size();
    result += word;
  }
  return result;
}

}  // namespace

HelpFormat::HelpFormat() { column_width(name_width); }

std::string HelpFormat::make_help(const CLI::App* parser, std::string name,
                                  CLI::AppFormatMode mode) const {
  std::istringstream lines(CLI::Formatter::make_help(parser, std::move(name), mode));
  std::string help;
  bool after_blank = true;
  for (std::string line; std::getline(lines, line);) {
    if (!(line.empty() && after_blank)) help += line + '\n';
    after_blank = line.empty();
  }
  return help;
}

std::string HelpFormat::make_option_opts(const CLI::Option* option) const {
  const std::string type = option->get_type_name();
  return type.empty() ? type : " " + type;
}

std::string HelpFormat::make_option_desc(const CLI::Option* option) const {
  return wrapped(option->get_description(), description_width);
}

}  // namespace arete::cli
