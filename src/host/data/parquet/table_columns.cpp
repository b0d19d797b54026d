#include "table_columns.hpp"

#include <arrow/type_traits.h>
#include <fmt/ranges.h>
#include <fnmatch.h>

#include <algorithm>
#include <initializer_list>

#include "arete/core/error.hpp"
#include "arete/data/row_description.hpp"

namespace arete::parquet_module {

namespace {

using Keys = std::vector<std::pair<std::string, std::string>>;
using Names = std::vector<std::string>;

constexpr std::initializer_list<const char*> customary_features{"features", "pixels", "image"};

bool contains(const Names& names, const std::string& name) {
  return std::ranges::find(names, name) != names.end();
}

bool has_key(const Keys& keys, const std::string& key) {
  return std::ranges::any_of(keys, [&key](const auto& entry) { return entry.first == key; });
}

std::string columns_text(const arrow::Schema& schema) {
  constexpr int shown = 20;
  std::vector<std::string> columns;
  for (int i = 0; i < std::min(shown, schema.num_fields()); ++i) {
    columns.push_back(
        fmt::format("{} ({})", schema.field(i)->name(), schema.field(i)->type()->ToString()));
  }
  if (schema.num_fields() > shown) columns.emplace_back("...");
  return fmt::format("{}", fmt::join(columns, ", "));
}

/// Throws unless just one column is called so; `why` it must be there.
void require_column(const arrow::Schema& schema, const std::string& column, const std::string& why,
                    const std::string& name) {
  const auto count = schema.GetAllFieldIndices(column).size();
  if (count == 1) return;
  fail(ErrorKind::input, "{}: has {} '{}', {}; its columns are {}", name,
       count == 0 ? "no column" : "several columns", column, why, columns_text(schema));
}

/// The column `given`, which must be there, or the first that is of those customarily called so.
std::optional<std::string> find_column(const arrow::Schema& schema, const char* option,
                                       const std::optional<std::string>& given,
                                       std::initializer_list<const char*> customary,
                                       const std::string& name) {
  if (given) {
    require_column(schema, *given, fmt::format("which {} names", option), name);
    return given;
  }
  for (const char* candidate : customary) {
    if (schema.GetFieldIndex(candidate) >= 0) return candidate;
  }
  return std::nullopt;
}

bool is_number(const arrow::DataType& type) {
  return arrow::is_integer(type.id()) || arrow::is_floating(type.id()) ||
         type.id() == arrow::Type::BOOL;
}

Names matching_columns(const arrow::Schema& schema, const std::string& pattern,
                       const TableColumns& others) {
  Names columns;
  for (const auto& field : schema.fields()) {
    if (::fnmatch(pattern.c_str(), field->name().c_str(), 0) != 0) continue;
    if (field->name() == others.label || field->name() == others.row) continue;
    // Nor is one that is customarily the labels a feature, unless it is named in full.
    if (field->name() == "label" && pattern != "label") continue;
    columns.push_back(field->name());
  }
  return columns;
}

void require_numbers(const arrow::Schema& schema, const Names& columns, const std::string& name) {
  for (const std::string& column : columns) {
    const arrow::DataType& type = *schema.GetFieldByName(column)->type();
    if (is_number(type)) continue;
    fail(ErrorKind::input,
         "{}: column '{}' is taken for a feature, but is of type {}; numbers are "
         "read",
         name, column, type.ToString());
  }
}

/// The first of `some` that is not among `others`.
const std::string* first_beyond(const Names& some, Names others) {
  std::ranges::sort(others);
  const auto found = std::ranges::find_if(
      some, [&](const auto& column) { return !std::ranges::binary_search(others, column); });
  return found == some.end() ? nullptr : &*found;
}

/// What a user asks for beside what is known is done, or refused.
void require_match(const Names& known, const Names& matching, const std::string& pattern,
                   const std::string& name) {
  const std::string* const more = first_beyond(matching, known);
  const std::string* const less = first_beyond(known, matching);
  if (more == nullptr && less == nullptr) return;
  fail(ErrorKind::usage,
       "{}: --features-columns '{}' {} '{}', which the training rows {}; it must match just theirs "
       "({}), or be left out",
       name, pattern, more != nullptr ? "takes" : "leaves out", more != nullptr ? *more : *less,
       more != nullptr ? "lack" : "have", describe_columns(known));
}

/// Whether the features are the columns that are known by name. A table that has none of those may
/// have the features in one column.
bool takes_known_columns(const arrow::Schema& schema, const OpenOptions& options) {
  const auto has = [&](const auto& column) { return schema.GetFieldIndex(column) >= 0; };
  if (options.column_names.empty() || options.table.features) return false;
  return options.table.features_pattern || std::ranges::any_of(options.column_names, has) ||
         std::ranges::none_of(customary_features, has);
}

/// A known feature is no label and no row number, whatever it is called.
void keep_apart(const OpenOptions& options, const char* option,
                const std::optional<std::string>& given, const std::string& name,
                std::optional<std::string>& column) {
  if (!column || !contains(options.column_names, *column)) return;
  if (given) {
    fail(ErrorKind::usage, "{}: {} names '{}', which is a feature of the training rows", name,
         option, *column);
  }
  column.reset();
}

void take_known_columns(const arrow::Schema& schema, const OpenOptions& options,
                        const std::string& name, TableColumns& columns) {
  const Names& known = options.column_names;
  const std::string why =
      fmt::format("a feature of the training rows ({})", describe_columns(known));
  for (const std::string& column : known) require_column(schema, column, why, name);
  keep_apart(options, "--label-column", options.table.label, name, columns.label);
  keep_apart(options, "--row-column", options.table.row, name, columns.row);
  if (const auto& pattern = options.table.features_pattern) {
    require_match(known, matching_columns(schema, *pattern, columns), *pattern, name);
  }
  columns.features = known;
}

/// The columns that --features-columns takes.
void take_matching_columns(const arrow::Schema& schema, const std::string& pattern,
                           const std::string& name, TableColumns& columns) {
  columns.features = matching_columns(schema, pattern, columns);
  if (columns.features.empty()) {
    fail(ErrorKind::input, "{}: no column matches --features-columns '{}'; its columns are {}",
         name, pattern, columns_text(schema));
  }
  check_column_names(columns.features, columns.features.size(), name);
}

void choose_label(const arrow::Schema& schema, const Keys& keys, const OpenOptions& options,
                  const std::string& name, TableColumns& columns) {
  const std::optional<std::string>& given = options.table.label;
  if (options.labels) {
    if (!given) return;
    fail(ErrorKind::usage, "{}: --label-column {} and --labels {} both say where the labels are",
         name, *given, options.labels->string());
  }
  const std::string key = given.value_or("label");
  if (schema.GetFieldIndex(key) < 0 && has_key(keys, key)) {
    columns.label_key = key;
  } else {
    columns.label = find_column(schema, "--label-column", given, {"label"}, name);
  }
}

}  // namespace

std::vector<std::string> TableColumns::beside_features() const {
  std::vector<std::string> columns;
  if (label) columns.push_back(*label);
  if (row) columns.push_back(*row);
  return columns;
}

TableColumns choose_columns(const arrow::Schema& schema, const Keys& keys,
                            const OpenOptions& options, const std::string& name) {
  const TableOptions& table = options.table;
  if (table.features && table.features_pattern) {
    fail(ErrorKind::usage, "{}: --features-column and --features-columns exclude each other", name);
  }
  TableColumns columns;
  choose_label(schema, keys, options, name, columns);
  if (table.row != no_column) {
    columns.row = find_column(schema, "--row-column", table.row, {"row"}, name);
  }
  columns.are_numbers = takes_known_columns(schema, options);
  if (columns.are_numbers) {
    take_known_columns(schema, options, name, columns);
  } else if (table.features_pattern) {
    columns.are_numbers = true;
    take_matching_columns(schema, *table.features_pattern, name, columns);
  }
  if (columns.are_numbers) {
    require_numbers(schema, columns.features, name);
    return columns;
  }
  const auto features =
      find_column(schema, "--features-column", table.features, customary_features, name);
  if (!features) {
    fail(
        ErrorKind::input,
        "{}: no column is called features, pixels or image; name one by --features-column, or many "
        "of numbers by --features-columns 'p*'; its columns are {}",
        name, columns_text(schema));
  }
  columns.features = {*features};
  return columns;
}

}  // namespace arete::parquet_module
