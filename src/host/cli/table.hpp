#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

// Text for people, on a terminal.
namespace arete::cli {

/// Bold, where the terminal shows it.
[[nodiscard]] std::string bold(std::string_view text);

/// The text without what a terminal would obey: names come from files that others wrote.
[[nodiscard]] std::string printable(std::string_view text);

/// 1234567 as "1,234,567".
[[nodiscard]] std::string grouped(std::uint64_t value);

/// Lines of cells in aligned columns: numbers to the right; the first column, and others with words
/// below their header, to the left.
class Table {
 public:
  explicit Table(std::vector<std::string> header);

  void add(std::vector<std::string> cells, bool emphasised = false);
  [[nodiscard]] std::string text() const;

 private:
  struct Line {
    std::vector<std::string> cells;
    bool emphasised;
  };
  struct Column {
    std::size_t width = 0;
    bool to_the_left = false;
  };

  [[nodiscard]] std::vector<Column> columns() const;

  std::vector<Line> lines_;
};

}  // namespace arete::cli
