#include "arete/moments/moments_header.hpp"

#include <cstring>
#include <limits>
#include <string_view>
#include <utility>

#include "arete/core/error.hpp"
#include "arete/data/row_description.hpp"

namespace arete {

namespace {

class FieldWriter {
 public:
  template <typename T>
  void put(T value) {
    const auto bytes = std::as_bytes(std::span<const T>(&value, 1));
    bytes_.insert(bytes_.end(), bytes.begin(), bytes.end());
  }
  void put(std::string_view text) {
    put(static_cast<std::uint32_t>(text.size()));
    const auto bytes = std::as_bytes(std::span(text));
    bytes_.insert(bytes_.end(), bytes.begin(), bytes.end());
  }
  [[nodiscard]] std::vector<std::byte> take() { return std::move(bytes_); }

 private:
  std::vector<std::byte> bytes_;
};

/// Takes fields from a header whose length is known; nothing is read or allocated beyond it.
class FieldReader {
 public:
  FieldReader(std::span<const std::byte> bytes, std::uint64_t begin, const std::string& file)
      : bytes_(bytes), begin_(begin), file_(file) {}

  template <typename T>
  T get(std::string_view what) {
    T value{};
    std::memcpy(&value, take(sizeof(T), what).data(), sizeof(T));
    return value;
  }
  bool get_flag(std::string_view what) {
    const auto flag = get<std::uint8_t>(what);
    if (flag > 1) {
      fail(ErrorKind::input, "{}: byte {}: a flag of the {} is {}; it must be 0 or 1", file_,
           begin_ + position_ - 1, what, flag);
    }
    return flag == 1;
  }
  std::string get_text(std::string_view what) {
    const auto bytes = take(get<std::uint32_t>(what), what);
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
  }
  /// The number of entries of a list, each of which takes `least` bytes or more.
  std::uint32_t get_count(std::size_t least, std::string_view what) {
    const auto count = get<std::uint32_t>(what);
    if (count > (bytes_.size() - position_) / least) {
      fail(ErrorKind::input, "{}: byte {}: {} entries of {} do not fit into the header", file_,
           begin_ + position_ - sizeof(count), count, what);
    }
    return count;
  }
  [[nodiscard]] bool is_at_end() const noexcept { return position_ == bytes_.size(); }
  void end() const {
    if (!is_at_end()) {
      fail(ErrorKind::input, "{}: byte {}: the header has {} bytes more than its fields", file_,
           begin_ + position_, bytes_.size() - position_);
    }
  }

 private:
  std::span<const std::byte> take(std::size_t size, std::string_view what) {
    if (size > bytes_.size() - position_) {
      fail(ErrorKind::input, "{}: byte {}: the header ends within the {}", file_,
           begin_ + position_, what);
    }
    const auto taken = bytes_.subspan(position_, size);
    position_ += size;
    return taken;
  }

  std::span<const std::byte> bytes_;
  std::uint64_t begin_;
  const std::string& file_;
  std::size_t position_ = 0;
};

void put_preprocessing(FieldWriter& fields, const Preprocessing& preprocessing) {
  const auto size = preprocessing.image_size.value_or(Preprocessing::ImageSize{});
  fields.put<std::uint8_t>(preprocessing.image_size.has_value());
  fields.put(size.width);
  fields.put(size.height);
  fields.put<std::uint8_t>(preprocessing.grayscale);
  fields.put<std::uint8_t>(preprocessing.binarise.has_value());
  fields.put(preprocessing.binarise.value_or(0));
}

Preprocessing get_preprocessing(FieldReader& fields) {
  constexpr std::string_view what = "preprocessing";
  Preprocessing preprocessing;
  const bool sized = fields.get_flag(what);
  const auto width = fields.get<std::uint32_t>(what);
  const auto height = fields.get<std::uint32_t>(what);
  if (sized) preprocessing.image_size = {width, height};
  preprocessing.grayscale = fields.get_flag(what);
  const bool binarised = fields.get_flag(what);
  const auto threshold = fields.get<std::uint8_t>(what);
  if (binarised) preprocessing.binarise = threshold;
  return preprocessing;
}

PartRule get_rule(FieldReader& fields, const std::string& file) {
  const auto kind = fields.get<std::uint32_t>("part rule");
  PartRule rule;
  rule.seed = fields.get<std::uint64_t>("part rule");
  rule.fraction = fields.get<double>("part rule");
  rule.first_held_out = fields.get<std::uint64_t>("part rule");
  const auto folds = fields.get<std::uint32_t>("part rule");
  rule.kind = static_cast<PartRule::Kind>(kind);
  rule.folds = static_cast<int>(folds);
  constexpr auto last_kind = static_cast<std::uint32_t>(PartRule::Kind::folds);
  if (kind > last_kind || folds > std::numeric_limits<int>::max() || !is_valid(rule)) {
    fail(ErrorKind::input,
         "{}: its part rule (kind {}, seed {}, fraction {}, first held-out row {}, {} folds) is "
         "none that this version knows",
         file, kind, rule.seed, rule.fraction, rule.first_held_out, folds);
  }
  return rule;
}

ElementType get_type(FieldReader& fields, const std::string& file) {
  const std::string name = fields.get_text("element type");
  const auto type = element_type_named(name);
  if (!type) fail(ErrorKind::input, "{}: the element type \"{}\" is not known", file, name);
  return *type;
}

/// The last field, which only files of columns that have names have.
std::vector<std::string> get_column_names(FieldReader& fields, std::size_t features,
                                          const std::string& file) {
  constexpr std::string_view what = "names of columns";
  if (fields.is_at_end()) return {};
  const std::uint32_t count = fields.get_count(sizeof(std::uint32_t), what);
  if (count != features) {
    fail(ErrorKind::input, "{}: has {} {} for {} features", file, count, what, features);
  }
  std::vector<std::string> names(count);
  for (std::string& name : names) name = fields.get_text(what);
  check_column_names(names, features, file);
  return names;
}

void check_rows(const std::vector<RowRange>& rows, const std::string& file) {
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (rows[i].first >= rows[i].last || (i > 0 && rows[i].first <= rows[i - 1].last)) {
      fail(ErrorKind::input,
           "{}: row range {} is from {} up to {}; ranges must be sorted, not empty, and apart",
           file, i, rows[i].first, rows[i].last);
    }
  }
}

}  // namespace

std::vector<std::byte> header_fields(const MomentsSet& set) {
  const Moments& first = set.parts.front();
  FieldWriter fields;
  fields.put(static_cast<std::uint32_t>(set.rule.kind));
  fields.put(set.rule.seed);
  fields.put(set.rule.fraction);
  fields.put(set.rule.first_held_out);
  fields.put(static_cast<std::uint32_t>(set.rule.folds));
  fields.put(name_of(set.type));
  put_preprocessing(fields, set.preprocessing);
  fields.put<std::uint64_t>(first.features());
  fields.put(static_cast<std::uint32_t>(set.shape.size()));
  for (const std::uint64_t side : set.shape) fields.put(side);
  fields.put(static_cast<std::uint32_t>(first.classes.size()));
  for (const std::string& name : first.classes) fields.put(std::string_view(name));
  fields.put(static_cast<std::uint32_t>(set.rows.size()));
  for (const RowRange& range : set.rows) {
    fields.put(range.first);
    fields.put(range.last);
  }
  if (!set.column_names.empty()) {
    fields.put(static_cast<std::uint32_t>(set.column_names.size()));
    for (const std::string& name : set.column_names) fields.put(std::string_view(name));
  }
  return fields.take();
}

MomentsHeader parse_header(std::span<const std::byte> fields, std::uint64_t begin,
                           const std::string& file) {
  FieldReader reader(fields, begin, file);
  MomentsHeader header;
  MomentsSet& set = header.set;
  set.rule = get_rule(reader, file);
  set.type = get_type(reader, file);
  set.preprocessing = get_preprocessing(reader);
  header.features = reader.get<std::uint64_t>("number of features");
  set.shape.resize(reader.get_count(sizeof(std::uint64_t), "shape"));
  for (std::size_t& side : set.shape) side = reader.get<std::uint64_t>("shape");
  header.classes.resize(reader.get_count(sizeof(std::uint32_t), "classes"));
  for (std::string& name : header.classes) name = reader.get_text("classes");
  set.rows.resize(reader.get_count(2 * sizeof(std::uint64_t), "row ranges"));
  for (RowRange& range : set.rows) {
    range.first = reader.get<std::uint64_t>("row ranges");
    range.last = reader.get<std::uint64_t>("row ranges");
  }
  set.column_names = get_column_names(reader, header.features, file);
  reader.end();
  check_row_shape(set.shape, header.features, set.preprocessing, file);
  check_classes(header.classes, file);
  check_rows(set.rows, file);
  return header;
}

}  // namespace arete
