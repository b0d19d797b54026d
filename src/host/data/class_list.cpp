#include "arete/data/class_list.hpp"

#include <algorithm>
#include <iterator>

#include "arete/core/error.hpp"

namespace arete {

namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

bool is_canonical_integer(std::string_view name) {
  const bool negative = name.starts_with('-');
  const std::string_view digits = name.substr(negative ? 1 : 0);
  if (digits.empty() || !std::all_of(digits.begin(), digits.end(), is_digit)) return false;
  return digits[0] != '0' || (digits.size() == 1 && !negative);
}

/// Of two integers in canonical form, of any length.
bool integer_less(std::string_view a, std::string_view b) {
  const bool a_negative = a.starts_with('-');
  const bool b_negative = b.starts_with('-');
  if (a_negative != b_negative) return a_negative;
  if (a_negative) std::swap(a, b);
  return a.size() != b.size() ? a.size() < b.size() : a < b;
}

bool is_continuation(char byte) { return (static_cast<unsigned char>(byte) & 0xC0U) == 0x80U; }

/// Length of the UTF-8 sequence at the start of `text` (Unicode 15, table 3-7); 0 if there is none.
std::size_t utf8_length(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned first = byte(0);
  if (first < 0x80) return 1;
  const std::size_t length = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
  if (first < 0xC2 || first > 0xF4 || text.size() < length) return 0;
  if (!std::all_of(text.begin() + 1, text.begin() + static_cast<std::ptrdiff_t>(length),
                   is_continuation)) {
    return 0;
  }
  const unsigned second = byte(1);
  const bool overlong = (first == 0xE0 && second < 0xA0) || (first == 0xF0 && second < 0x90);
  const bool surrogate = first == 0xED && second > 0x9F;
  const bool beyond = first == 0xF4 && second > 0x8F;
  return overlong || surrogate || beyond ? 0 : length;
}

}  // namespace

bool class_less(std::string_view a, std::string_view b) {
  const bool a_integer = is_canonical_integer(a);
  const bool b_integer = is_canonical_integer(b);
  if (a_integer != b_integer) return a_integer;
  return a_integer ? integer_less(a, b) : a < b;
}

bool is_class_name(std::string_view name) noexcept {
  if (name.empty()) return false;
  while (!name.empty()) {
    const auto first = static_cast<unsigned char>(name[0]);
    const std::size_t length = utf8_length(name);
    if (length == 0 || first < 0x20 || first == 0x7F) return false;
    name.remove_prefix(length);
  }
  return true;
}

ClassList unite(const ClassList& a, const ClassList& b) {
  ClassList both;
  both.reserve(std::max(a.size(), b.size()));
  std::set_union(a.begin(), a.end(), b.begin(), b.end(), std::back_inserter(both), class_less);
  return both;
}

std::vector<std::int32_t> index_into(const ClassList& from, const ClassList& to,
                                     std::string_view source) {
  std::vector<std::int32_t> indices;
  indices.reserve(from.size());
  for (const std::string& name : from) {
    const auto found = std::lower_bound(to.begin(), to.end(), name, class_less);
    if (found == to.end() || *found != name) {
      fail(ErrorKind::input,
           "{}{}class \"{}\" is not among the {} classes expected (\"{}\" to \"{}\"); leave its "
           "rows out, or train on rows of that class too",
           source, source.empty() ? "" : ": ", name, to.size(), to.empty() ? "" : to.front(),
           to.empty() ? "" : to.back());
    }
    indices.push_back(static_cast<std::int32_t>(found - to.begin()));
  }
  return indices;
}

}  // namespace arete
