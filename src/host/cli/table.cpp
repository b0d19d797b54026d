#include "arete/cli/table.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <utility>

#include "arete/cli/console.hpp"

namespace arete::cli {

namespace {

/// Columns on the screen: bytes that begin a character of UTF-8.
std::size_t width_of(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U;
  }));
}

bool begins_a_word(std::string_view text) {
  return !text.empty() && std::isalpha(static_cast<unsigned char>(text.front())) != 0;
}

}  // namespace

std::string bold(std::string_view text) {
  return output_has_styles() ? fmt::format("\x1b[1m{}\x1b[0m", text) : std::string(text);
}

Table::Table(std::vector<std::string> header) { add(std::move(header)); }

void Table::add(std::vector<std::string> cells, bool emphasised) {
  lines_.push_back({std::move(cells), emphasised});
}

std::vector<Table::Column> Table::columns() const {
  std::vector<Column> columns;
  for (const Line& line : lines_) {
    columns.resize(std::max(columns.size(), line.cells.size()));
    for (std::size_t i = 0; i < line.cells.size(); ++i) {
      const std::string& cell = line.cells[i];
      const bool is_header = &line == &lines_.front();
      columns[i].width = std::max(columns[i].width, width_of(cell));
      columns[i].to_the_left |= i == 0 || (!is_header && begins_a_word(cell));
    }
  }
  return columns;
}

std::string Table::text() const {
  const std::vector<Column> columns = this->columns();
  std::string result;
  for (const Line& line : lines_) {
    std::string text;
    for (std::size_t i = 0; i < line.cells.size(); ++i) {
      const std::string padding(columns[i].width - width_of(line.cells[i]), ' ');
      text += "  ";
      text += columns[i].to_the_left ? line.cells[i] + padding : padding + line.cells[i];
    }
    text.erase(text.find_last_not_of(' ') + 1);
    result += (line.emphasised ? bold(text) : text) + "\n";
  }
  return result;
}

}  // namespace arete::cli
