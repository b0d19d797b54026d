#include "arete/data/npy.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <string>
#include <string_view>
#include <utility>

#include "arete/core/error.hpp"
#include "arete/data/byte_order.hpp"

namespace arete {

namespace {

constexpr std::string_view magic = "\x93NUMPY";
/// NumPy itself refuses headers beyond 10,000 bytes unless told otherwise.
constexpr std::size_t longest_header = 65536;

/// Reads the header's text: a Python dictionary with the keys descr, fortran_order and shape.
class HeaderParser {
 public:
  HeaderParser(std::string name, std::uint64_t first_byte, std::string_view text)
      : name_(std::move(name)), first_byte_(first_byte), text_(text) {}

  StoredArray parse();

 private:
  [[noreturn]] void fail_here(std::string_view expected) const;
  [[nodiscard]] char peek() const { return at_ < text_.size() ? text_[at_] : '\0'; }
  void skip_spaces();
  [[nodiscard]] bool accept(char c);
  void expect(char c, std::string_view what);
  [[nodiscard]] bool accept_word(std::string_view word);
  void parse_entry();
  std::string_view parse_string(std::string_view what);
  void parse_type();
  bool parse_truth();
  std::vector<std::size_t> parse_shape();
  std::size_t parse_number();

  std::string name_;
  std::uint64_t first_byte_;
  std::string_view text_;
  std::size_t at_ = 0;
  StoredArray array_;
  bool has_type_ = false;
  bool has_order_ = false;
  bool has_shape_ = false;
};

void HeaderParser::fail_here(std::string_view expected) const {
  const std::string found =
      at_ < text_.size() ? fmt::format("the byte {:#04x}", static_cast<unsigned char>(peek()))
                         : std::string("its end");
  fail(ErrorKind::input, "{}: the NPY header is damaged at byte {}: {} was expected, not {}", name_,
       first_byte_ + at_, expected, found);
}

void HeaderParser::skip_spaces() {
  while (peek() == ' ' || peek() == '\n' || peek() == '\t' || peek() == '\r') ++at_;
}

bool HeaderParser::accept(char c) {
  skip_spaces();
  if (at_ == text_.size() || text_[at_] != c) return false;
  ++at_;
  return true;
}

void HeaderParser::expect(char c, std::string_view what) {
  if (!accept(c)) fail_here(what);
}

bool HeaderParser::accept_word(std::string_view word) {
  skip_spaces();
  if (!text_.substr(at_).starts_with(word)) return false;
  at_ += word.size();
  return true;
}

StoredArray HeaderParser::parse() {
  expect('{', "{");
  while (!accept('}')) {
    parse_entry();
    if (accept('}')) break;
    expect(',', ", or }");
  }
  skip_spaces();
  if (at_ != text_.size()) fail_here("nothing more");
  if (!has_type_ || !has_order_ || !has_shape_) {
    fail(ErrorKind::input, "{}: the NPY header has no key '{}'", name_,
         !has_type_    ? "descr"
         : !has_order_ ? "fortran_order"
                       : "shape");
  }
  return array_;
}

void HeaderParser::parse_entry() {
  skip_spaces();
  const std::size_t key_at = at_;
  const std::string_view key = parse_string("a key in quotes");
  expect(':', ":");
  if (key == "descr" && !std::exchange(has_type_, true)) {
    parse_type();
  } else if (key == "fortran_order" && !std::exchange(has_order_, true)) {
    array_.fortran_order = parse_truth();
  } else if (key == "shape" && !std::exchange(has_shape_, true)) {
    array_.shape = parse_shape();
  } else {
    at_ = key_at;
    fail_here("one each of 'descr', 'fortran_order' and 'shape'");
  }
}

std::string_view HeaderParser::parse_string(std::string_view what) {
  skip_spaces();
  const char quote = peek();
  if (quote != '\'' && quote != '"') fail_here(what);
  const std::size_t first = at_ + 1;
  const std::size_t last = text_.find(quote, first);
  if (last == std::string_view::npos) fail_here("a text in quotes, on to the closing one,");
  at_ = last + 1;
  return text_.substr(first, last - first);
}

void HeaderParser::parse_type() {
  const std::string_view type = parse_string("a type in quotes, of a plain array,");
  std::string_view rest = type;
  if (rest.starts_with('>')) array_.order = std::endian::big;
  if (rest.starts_with('=') || rest.starts_with('|')) array_.order = std::endian::native;
  if (!rest.empty() && std::string_view("<>=|").find(rest[0]) != std::string_view::npos) {
    rest.remove_prefix(1);
  }
  static constexpr std::array<std::string_view, 12> known{"b1", "u1", "u2", "u4", "u8", "i1",
                                                          "i2", "i4", "i8", "f2", "f4", "f8"};
  if (std::find(known.begin(), known.end(), rest) == known.end()) {
    fail(ErrorKind::input,
         "{}: its elements are of NumPy's type '{}', but arrays of bool, integers and float16, "
         "float32 or float64 are read; names of classes go into a text file, one a line",
         name_, type);
  }
  array_.kind = rest[0];
  array_.size = static_cast<std::size_t>(rest[1] - '0');
}

bool HeaderParser::parse_truth() {
  if (accept_word("True")) return true;
  if (!accept_word("False")) fail_here("True or False");
  return false;
}

std::vector<std::size_t> HeaderParser::parse_shape() {
  std::vector<std::size_t> shape;
  expect('(', "a shape in parentheses");
  while (!accept(')')) {
    shape.push_back(parse_number());
    const bool comma = accept(',');
    if (!comma && (shape.size() == 1 || peek() != ')')) fail_here("a comma");
  }
  return shape;
}

std::size_t HeaderParser::parse_number() {
  skip_spaces();
  std::size_t value = 0;
  const auto [end, error] = std::from_chars(text_.data() + at_, text_.data() + text_.size(), value);
  if (error == std::errc::result_out_of_range) fail_here("a dimension below 2^64");
  if (error != std::errc()) fail_here("a dimension, zero or positive,");
  at_ = static_cast<std::size_t>(end - text_.data());
  return value;
}

/// Every `old` in `name` replaced, one at a time.
void append_replaced(const std::filesystem::path& path, std::string_view old,
                     std::string_view replacement, std::vector<std::filesystem::path>& into) {
  const std::string name = path.filename().string();
  const std::string stem = path.stem().string();
  for (std::size_t at = stem.find(old); at != std::string::npos; at = stem.find(old, at + 1)) {
    into.push_back(path.parent_path() / std::string(name).replace(at, old.size(), replacement));
  }
}

}  // namespace

bool is_npy(std::span<const std::byte> start) noexcept {
  return start.size() >= magic.size() &&
         std::equal(magic.begin(), magic.end(), start.begin(),
                    [](char c, std::byte b) { return static_cast<std::byte>(c) == b; });
}

StoredArray read_npy_header(const ContentFile& content) {
  const std::string name = content.path().string();
  std::array<std::byte, 12> start{};
  content.read(0, std::span(start).first(8));
  const auto version = std::to_integer<unsigned>(start[6]);
  const auto minor = std::to_integer<unsigned>(start[7]);
  if (!is_npy(start) || version < 1 || version > 3 || minor != 0) {
    fail(ErrorKind::input,
         "{}: is not a NumPy array file of version 1.0, 2.0 or 3.0; bytes 6 and 7 say {}.{}", name,
         version, minor);
  }
  const std::size_t text_at = version == 1 ? 10 : 12;
  content.read(8, std::span(start).subspan(8, text_at - 8));
  const std::size_t length = version == 1 ? load_little<std::uint16_t>(start.data() + 8)
                                          : load_little<std::uint32_t>(start.data() + 8);
  if (length > longest_header) {
    fail(ErrorKind::input, "{}: the NPY header is {} bytes long by byte 8, but {} are the most",
         name, length, longest_header);
  }
  std::string text(length, ' ');
  content.read(text_at, std::as_writable_bytes(std::span(text)));
  StoredArray array = HeaderParser(name, text_at, text).parse();
  array.offset = text_at + length;
  check_length(array, content);
  return array;
}

std::vector<std::filesystem::path> customary_npy_labels(const std::filesystem::path& rows) {
  std::vector<std::filesystem::path> candidates;
  append_replaced(rows, "images", "labels", candidates);
  append_replaced(rows, "features", "labels", candidates);
  append_replaced(rows, "data", "labels", candidates);
  append_replaced(rows, "X", "y", candidates);
  append_replaced(rows, "x", "y", candidates);
  return candidates;
}

}  // namespace arete
