#include "arete/cli/parse.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>
#include <optional>

namespace arete::cli {

namespace {

constexpr std::uint64_t most_lambdas = 10000;

/// The number that is the whole of `text`; nothing for anything else.
template <typename T>
std::optional<T> number_in(std::string_view text) {
  T value{};
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  if (error != std::errc() || stop != end) return std::nullopt;
  return value;
}

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> pieces;
  for (std::size_t begin = 0;;) {
    const std::size_t end = text.find(separator, begin);
    pieces.push_back(text.substr(begin, end - begin));
    if (end == std::string_view::npos) return pieces;
    begin = end + 1;
  }
}

double parse_lambda(std::string_view text) {
  const std::optional<double> value = number_in<double>(text);
  if (!value || !std::isfinite(*value) || std::signbit(*value)) {
    fail(ErrorKind::usage, "found '{}', expected a lambda: a finite number, 0 or more", text);
  }
  return *value;
}

std::vector<double> logarithmic_grid(const std::vector<std::string_view>& pieces) {
  const double first = parse_lambda(pieces[0]);
  const double last = parse_lambda(pieces[1]);
  if (first == 0 || last == 0) {
    fail(ErrorKind::usage, "found '{}:{}', expected ends above 0: the spacing is logarithmic",
         pieces[0], pieces[1]);
  }
  const std::uint64_t count = parse_integer(pieces[2], 2, most_lambdas);
  std::vector<double> values;
  values.reserve(count);
  for (std::uint64_t i = 0; i < count; ++i) {
    const double share = static_cast<double>(i) / static_cast<double>(count - 1);
    values.push_back(
        std::pow(10.0, std::log10(first) + (std::log10(last) - std::log10(first)) * share));
  }
  values.front() = first;
  values.back() = last;
  return values;
}

std::vector<std::size_t> parse_extents(std::string_view text) {
  std::vector<std::size_t> extents;
  for (const std::string_view piece : split(text, 'x')) {
    extents.push_back(parse_integer(piece, 1, std::numeric_limits<std::uint32_t>::max()));
  }
  return extents;
}

}  // namespace

double parse_number(std::string_view text) {
  const std::optional<double> value = number_in<double>(text);
  if (!value || !std::isfinite(*value)) {
    fail(ErrorKind::usage, "found '{}', expected a number", text);
  }
  return *value;
}

std::uint64_t parse_integer(std::string_view text, std::uint64_t least, std::uint64_t most) {
  const std::optional<std::uint64_t> value = number_in<std::uint64_t>(text);
  if (value && *value >= least && *value <= most) return *value;
  if (most == std::numeric_limits<std::uint64_t>::max()) {
    fail(ErrorKind::usage, "found '{}', expected an integer, {} or more", text, least);
  }
  fail(ErrorKind::usage, "found '{}', expected an integer from {} to {}", text, least, most);
}

double parse_fraction(std::string_view text) {
  const std::optional<double> value = number_in<double>(text);
  if (!value || !(*value >= 0 && *value < 1)) {
    fail(ErrorKind::usage, "found '{}', expected a share of the rows: 0 or more, below 1", text);
  }
  return *value;
}

std::size_t parse_size(std::string_view text) {
  const std::size_t digits = std::min(text.find_first_not_of("0123456789."), text.size());
  const std::optional<double> value = number_in<double>(text.substr(0, digits));
  std::string_view unit = text.substr(digits);
  double factor = 1;
  if (!unit.empty() && unit != "B") {
    const std::size_t power = std::string_view("KMGT").find(unit.front());
    unit.remove_prefix(1);
    factor = power == std::string_view::npos || !(unit.empty() || unit == "B" || unit == "iB")
                 ? 0
                 : std::ldexp(1.0, 10 * (static_cast<int>(power) + 1));
  }
  const double bytes = std::floor(value.value_or(0) * factor);
  if (!(bytes >= 1 && bytes < 0x1p63)) {
    fail(ErrorKind::usage, "found '{}', expected a size such as 800M or 1.5G", text);
  }
  return static_cast<std::size_t>(bytes);
}

double parse_duration(std::string_view text) {
  const std::size_t digits = std::min(text.find_first_not_of("0123456789."), text.size());
  const std::optional<double> value = number_in<double>(text.substr(0, digits));
  const std::string_view unit = text.substr(digits);
  const double factor = unit.empty() || unit == "s" ? 1 : unit == "m" ? 60 : unit == "h" ? 3600 : 0;
  if (!value || factor == 0) {
    fail(ErrorKind::usage, "found '{}', expected a time such as 90s, 5m or 2h", text);
  }
  return *value * factor;
}

Preprocessing::ImageSize parse_image_size(std::string_view text) {
  const std::vector<std::size_t> extents = parse_extents(text);
  if (extents.size() != 2) {
    fail(ErrorKind::usage, "found '{}', expected WIDTHxHEIGHT, such as 60x40", text);
  }
  return {static_cast<std::uint32_t>(extents[0]), static_cast<std::uint32_t>(extents[1])};
}

std::vector<std::size_t> parse_shape(std::string_view text) { return parse_extents(text); }

RowRange parse_rows(std::string_view text) {
  constexpr std::uint64_t most = std::numeric_limits<std::uint64_t>::max();
  const std::vector<std::string_view> ends = split(text, ':');
  if (ends.size() > 2) {
    fail(ErrorKind::usage, "found '{}', expected N or A:B", text);
  }
  RowRange range;
  if (ends.size() == 2) range.first = parse_integer(ends[0], 0, most);
  range.last = parse_integer(ends.back(), 0, most);
  if (range.last <= range.first) {
    fail(ErrorKind::usage, "found '{}', which is no row at all", text);
  }
  return range;
}

LambdaGrid parse_lambdas(std::string_view text) {
  if (text == "auto") return {};
  std::vector<double> values;
  if (const auto ends = split(text, ':'); ends.size() == 3) {
    values = logarithmic_grid(ends);
  } else if (ends.size() == 1) {
    for (const std::string_view piece : split(text, ',')) values.push_back(parse_lambda(piece));
  } else {
    fail(ErrorKind::usage, "found '{}', expected auto, A:B:COUNT or a,b,c", text);
  }
  std::sort(values.begin(), values.end());
  LambdaGrid grid;
  for (const double value : values) {
    const bool known = !grid.values.empty() && grid.values.back() == value;
    std::vector<double>& list = known ? grid.repeated : grid.values;
    if (list.empty() || list.back() != value) list.push_back(value);
  }
  return grid;
}

}  // namespace arete::cli
