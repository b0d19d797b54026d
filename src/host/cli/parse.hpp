#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "arete/core/error.hpp"
#include "arete/data/row_source.hpp"

// What users type, as values. Every function reads the whole text, and throws Error (usage) that
// states what was found and what was expected.
namespace arete::cli {

/// A finite number.
[[nodiscard]] double parse_number(std::string_view text);

/// An integer in least..most.
[[nodiscard]] std::uint64_t parse_integer(std::string_view text, std::uint64_t least,
                                          std::uint64_t most);

/// The share of rows that is held out: 0 (none) or more, below 1.
[[nodiscard]] double parse_fraction(std::string_view text);

/// Bytes: "800", "500M", "1.5GiB"; K, M, G and T are powers of 1024.
[[nodiscard]] std::size_t parse_size(std::string_view text);

/// Seconds: "90", "90s", "5m", "2h"; zero or more.
[[nodiscard]] double parse_duration(std::string_view text);

/// "60x40": width x height.
[[nodiscard]] Preprocessing::ImageSize parse_image_size(std::string_view text);

/// "28x28", "32x32x3": the shape of one row.
[[nodiscard]] std::vector<std::size_t> parse_shape(std::string_view text);

/// "A:B" for rows A..B-1, "N" for the first N. At least one row.
[[nodiscard]] RowRange parse_rows(std::string_view text);

struct LambdaGrid {
  std::vector<double> values;    ///< ascending, unique; empty: the automatic grid
  std::vector<double> repeated;  ///< those that stood there more than once; ascending, unique
};

/// "auto", "A:B:COUNT" (evenly spaced in the logarithm, exact at both ends), or "a,b,c".
[[nodiscard]] LambdaGrid parse_lambdas(std::string_view text);

/// The value whose name is `text`.
template <typename T>
[[nodiscard]] T parse_choice(std::string_view text,
                             std::initializer_list<std::pair<std::string_view, T>> choices) {
  std::string names;
  for (const auto& [name, value] : choices) {
    if (name == text) return value;
    names += names.empty() ? "" : ", ";
    names += name;
  }
  fail(ErrorKind::usage, "found '{}', expected one of {}", text, names);
}

}  // namespace arete::cli
