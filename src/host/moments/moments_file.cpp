#include "arete/moments/moments_file.hpp"

#include <algorithm>
#include <cmath>
#include <string>
#include <string_view>
#include <utility>

#include "arete/core/checked.hpp"
#include "arete/core/file.hpp"
#include "arete/moments/moments_header.hpp"
#include "arete/moments/section.hpp"

namespace arete {

namespace {

__extension__ using Int128 = __int128;

constexpr std::string_view magic = "ARETEMOM";
constexpr std::uint32_t format_version = 1;

void write_header(const MomentsSet& set, OutputFile& file) {
  const std::vector<std::byte> fields = header_fields(set);
  SectionWriter section(file);
  section.put(std::span(magic));
  section.put(format_version);
  section.put(static_cast<std::uint32_t>(fields.size()));
  section.put(std::span(fields));
  section.end();
}

/// `position` becomes that of the first part.
MomentsHeader read_header(const InputFile& file, std::uint64_t& position) {
  const std::string name = file.path().string();
  SectionReader section(file, 0);
  std::string found(magic.size(), '\0');
  section.get(std::span(found));
  if (found != magic) {
    fail(ErrorKind::input, "{}: byte 0: is no moments file; those begin with {}", name, magic);
  }
  const auto version = section.get<std::uint32_t>();
  if (version != format_version) {
    fail(ErrorKind::input, "{}: byte 8: has format version {}; this version of Arete reads {}",
         name, version, format_version);
  }
  const auto size = section.get<std::uint32_t>();
  constexpr std::uint64_t begin = magic.size() + 2 * sizeof(std::uint32_t);
  if (begin + size + sizeof(std::uint32_t) > file.size()) {
    fail(ErrorKind::input, "{}: byte 12: states a header of {} bytes, but the file has {}", name,
         size, file.size());
  }
  std::vector<std::byte> fields(size);
  section.get(std::span(fields));
  position = section.end("the header");
  return parse_header(fields, begin, name);
}

void write_part(const Moments& part, OutputFile& file) {
  SectionWriter section(file);
  section.put(part.rows);
  section.put(static_cast<std::uint64_t>(part.exact));
  section.put(std::span(part.class_counts));
  section.put(std::span(part.column_sums));
  section.put(part.class_sums.span());
  for (std::size_t i = 0; i < part.features(); ++i) section.put(part.gram.row(i).subspan(i));
  section.end();
}

/// Bytes of one part with its CRC.
std::uint64_t part_size(std::uint64_t features, std::uint64_t classes, std::string_view file) {
  const auto product = [&](std::uint64_t a, std::uint64_t b) {
    return checked_multiply(a, b, file);
  };
  const auto sum = [&](std::uint64_t a, std::uint64_t b) { return checked_add(a, b, file); };
  const std::uint64_t gram = product(features, sum(features, 1)) / 2;
  const std::uint64_t class_sums = product(classes, features);
  const std::uint64_t words = sum(sum(gram, class_sums), sum(features, sum(classes, 2)));
  return sum(product(words, sizeof(double)), sizeof(std::uint32_t));
}

void check_file_size(const InputFile& file, const MomentsHeader& header, std::uint64_t begin) {
  const std::string name = file.path().string();
  const std::uint64_t part = part_size(header.features, header.classes.size(), name);
  const auto parts = static_cast<std::uint64_t>(part_count(header.set.rule));
  const std::uint64_t expected = checked_add(begin, checked_multiply(part, parts, name), name);
  if (file.size() != expected) {
    fail(ErrorKind::input,
         "{}: has {} bytes, but {} parts of {} features and {} classes make {}; it was cut or "
         "added to",
         name, file.size(), parts, header.features, header.classes.size(), expected);
  }
}

void check_values(std::span<const double> values, bool exact, std::string_view what,
                  const std::string& place) {
  for (const double value : values) {
    if (!std::isfinite(value)) {
      fail(ErrorKind::input, "{}: the {} hold {}, which is not a number to compute with", place,
           what, value);
    }
    if (exact && (std::trunc(value) != value || std::abs(value) >= exact_limit)) {
      fail(ErrorKind::input, "{}: the {} hold {}, but exact sums are integers below 2^53", place,
           what, value);
    }
  }
}

void check_counts(const Moments& part, const std::string& place) {
  std::uint64_t rows = 0;
  for (const std::uint64_t count : part.class_counts) rows = checked_add(rows, count, place);
  if (rows != part.rows) {
    fail(ErrorKind::input, "{}: has {} rows, but its classes have {} together", place, part.rows,
         rows);
  }
}

/// Of exact sums, whose values are checked already: what holds for every sum of integers. Centring
/// chooses its arithmetic by Cauchy-Schwarz, so sums that break it could overflow there.
void check_bounds(const Moments& part, const std::string& place) {
  const auto square = [](double value) {
    return Int128{static_cast<std::int64_t>(value)} * static_cast<std::int64_t>(value);
  };
  for (std::size_t j = 0; j < part.features(); ++j) {
    const double squares = part.gram(j, j);
    Int128 sum = 0;
    for (std::size_t k = 0; k < part.classes.size(); ++k) {
      const double class_sum = part.class_sums(k, j);
      sum += static_cast<std::int64_t>(class_sum);
      if (std::abs(class_sum) > squares) {
        fail(ErrorKind::input,
             "{}: the sum of feature {} in class {} is {}, more than its sum of squares {}; write "
             "the file anew",
             place, j, k, class_sum, squares);
      }
    }
    if (sum != static_cast<std::int64_t>(part.column_sums[j])) {
      fail(ErrorKind::input,
           "{}: the sum of feature {} is {}, which its sums by class do not add up to; write the "
           "file anew",
           place, j, part.column_sums[j]);
    }
    if (square(part.column_sums[j]) > Int128{part.rows} * static_cast<std::int64_t>(squares)) {
      fail(ErrorKind::input,
           "{}: the sum of feature {} is {}, too large for {} rows with a sum of squares of {}; "
           "write the file anew",
           place, j, part.column_sums[j], part.rows, squares);
    }
    for (std::size_t i = 0; i < j; ++i) {
      if (std::abs(part.gram(i, j)) > std::max(part.gram(i, i), squares)) {
        fail(ErrorKind::input,
             "{}: the sum of products of features {} and {} is {}, more than both their sums of "
             "squares {} and {}; write the file anew",
             place, i, j, part.gram(i, j), part.gram(i, i), squares);
      }
    }
  }
}

void check_part(const Moments& part, ElementType type, const std::string& place) {
  if (is_integer(type) && !part.exact) {
    fail(ErrorKind::input, "{}: sums of {} elements must be exact, but are said not to be", place,
         name_of(type));
  }
  check_counts(part, place);
  check_values(part.column_sums, part.exact, "column sums", place);
  check_values(part.class_sums.span(), part.exact, "class sums", place);
  for (std::size_t i = 0; i < part.features(); ++i) {
    check_values(part.gram.row(i).subspan(i), part.exact, "sums of products", place);
    if (part.gram(i, i) < 0) {
      fail(ErrorKind::input, "{}: the sum of squares of feature {} is {}, below zero", place, i,
           part.gram(i, i));
    }
  }
  if (part.exact) check_bounds(part, place);
}

/// `position` moves from the part's first byte to the next part's.
Moments read_part(const InputFile& file, const MomentsHeader& header, int number,
                  std::uint64_t& position) {
  const std::uint64_t begin = position;
  const std::size_t features = header.features;
  Moments part{.classes = header.classes,
               .class_counts = std::vector<std::uint64_t>(header.classes.size()),
               .column_sums = std::vector<double>(features),
               .class_sums = Matrix<double>(header.classes.size(), features),
               .gram = Matrix<double>(features, features)};
  SectionReader section(file, begin);
  part.rows = section.get<std::uint64_t>();
  const auto exact = section.get<std::uint64_t>();
  part.exact = exact == 1;
  section.get(std::span(part.class_counts));
  section.get(std::span(part.column_sums));
  section.get(part.class_sums.span());
  for (std::size_t i = 0; i < features; ++i) section.get(part.gram.row(i).subspan(i));
  position = section.end(fmt::format("part {}", number));
  const std::string place =
      fmt::format("{}: part {} (from byte {} on)", file.path().string(), number, begin);
  if (exact > 1) fail(ErrorKind::input, "{}: its exactness is {}; it must be 0 or 1", place, exact);
  check_part(part, header.set.type, place);
  return part;
}

void check_total(const MomentsSet& set, const std::string& file) {
  std::uint64_t covered = 0;
  for (const RowRange& range : set.rows) covered += range.size();
  std::uint64_t rows = 0;
  for (const Moments& part : set.parts) rows = checked_add(rows, part.rows, file);
  if (rows != covered) {
    fail(ErrorKind::input, "{}: its parts have {} rows, but its row ranges cover {}", file, rows,
         covered);
  }
}

void require_consistent(const MomentsSet& set) {
  if (set.parts.size() != static_cast<std::size_t>(part_count(set.rule))) {
    fail(ErrorKind::internal, "{} sums for {} parts", set.parts.size(), part_count(set.rule));
  }
  for (const Moments& part : set.parts) {
    if (part.features() != set.parts.front().features() ||
        part.classes != set.parts.front().classes) {
      fail(ErrorKind::internal, "parts of one set have different features or classes");
    }
  }
}

}  // namespace

void write_moments(const MomentsSet& set, OutputFile& file) {
  require_consistent(set);
  write_header(set, file);
  for (const Moments& part : set.parts) write_part(part, file);
}

void write_moments(const MomentsSet& set, const std::filesystem::path& path, bool overwrite) {
  OutputFile file(path, overwrite);
  write_moments(set, file);
  file.commit();
}

MomentsSet read_moments(const std::filesystem::path& path) {
  const InputFile file(path);
  std::uint64_t position = 0;
  MomentsHeader header = read_header(file, position);
  check_file_size(file, header, position);
  const int parts = part_count(header.set.rule);
  for (int number = 0; number < parts; ++number) {
    header.set.parts.push_back(read_part(file, header, number, position));
  }
  check_total(header.set, path.string());
  return std::move(header.set);
}

std::vector<RowRange> rows_of_moments(const std::filesystem::path& path) {
  const InputFile file(path);
  std::uint64_t position = 0;
  return read_header(file, position).set.rows;
}

bool is_moments_file(const std::filesystem::path& path) {
  return first_bytes(path, magic.size()) == magic;
}

}  // namespace arete
