#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "arete/core/text.hpp"

// Text for people, on a terminal.
namespace arete::cli {

/// Bold, where the terminal shows it.
[[nodiscard]] std::string bold(std::string_view text);

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
