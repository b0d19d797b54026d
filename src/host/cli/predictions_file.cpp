#include "arete/cli/predictions_file.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <string_view>

namespace arete::cli {

namespace {

/// A field of a CSV file: quoted where it must be.
std::string csv_field(std::string_view text) {
  if (text.find_first_of(",\"\r\n") == std::string_view::npos) return std::string(text);
  std::string quoted = "\"";
  for (const char c : text) quoted.append(c == '"' ? 2 : 1, c);
  return quoted + '"';
}

template <typename Range>
std::string bytes_of(const Range& elements) {
  return {reinterpret_cast<const char*>(elements.data()),
          elements.size() * sizeof(*elements.data())};
}

}  // namespace

std::string csv_header(const ClassList& classes, bool scores) {
  std::string line = "row,class";
  for (std::size_t k = 0; scores && k < classes.size(); ++k) {
    line += ',' + csv_field("score_" + classes[k]);
  }
  return line + '\n';
}

std::size_t row_bytes(const ClassList& classes, bool scores) {
  constexpr std::size_t number = 20 + 2;  // 64 bits, a comma, the end of the line
  constexpr std::size_t score = 24 + 1;   // "-2.2250738585072014e-308", a comma
  std::size_t name = 0;
  for (const std::string& label : classes) name = std::max(name, csv_field(label).size());
  return number + name + (scores ? score * classes.size() : 0);
}

std::string csv_lines(const Predictions& predictions, const RowSource& source,
                      const ClassList& classes, bool scores) {
  std::string lines;
  // At once: a string that grows holds its text twice.
  lines.reserve(predictions.classes.size() * row_bytes(classes, scores));
  for (std::size_t i = 0; i < predictions.classes.size(); ++i) {
    const auto predicted = static_cast<std::size_t>(predictions.classes[i]);
    fmt::format_to(std::back_inserter(lines), "{},{}", source.number(predictions.first_row + i),
                   csv_field(classes[predicted]));
    for (std::size_t k = 0; scores && k < classes.size(); ++k) {
      fmt::format_to(std::back_inserter(lines), ",{}", predictions.scores(i, k));
    }
    lines += '\n';
  }
  return lines;
}

std::string npy_header(std::uint64_t rows, std::size_t classes, bool scores) {
  constexpr std::size_t preamble = 10;  // magic, version, length of the rest
  constexpr std::size_t alignment = 64;
  std::string header =
      scores ? fmt::format("{{'descr': '<f8', 'fortran_order': False, 'shape': ({}, {}), }}", rows,
                           classes)
             : fmt::format("{{'descr': '<i4', 'fortran_order': False, 'shape': ({},), }}", rows);
  const std::size_t used = preamble + header.size() + 1;
  header.append((alignment - used % alignment) % alignment, ' ');
  header += '\n';
  std::string result = "\x93NUMPY";
  result += {'\x01', '\x00', static_cast<char>(header.size() & 0xFFU),
             static_cast<char>(header.size() >> 8U)};
  return result + header;
}

std::string npy_elements(const Predictions& predictions, bool scores) {
  return scores ? bytes_of(predictions.scores) : bytes_of(predictions.classes);
}

}  // namespace arete::cli
