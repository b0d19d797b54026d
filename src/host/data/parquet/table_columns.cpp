#include "table_columns.hpp"

#include <arrow/type_traits.h>
#include <fmt/ranges.h>
#include <fnmatch.h>

#include <algorithm>
#include <initializer_list>

#include "arete/core/error.hpp"

namespace arete::parquet_module {

namespace {

using Keys = std::vector<std::pair<std::string, std::string>>;

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

/// The column `given`, which must be there, or the first that is of those customarily called so.
std::optional<std::string> find_column(const arrow::Schema& schema, const char* option,
                                       const std::optional<std::string>& given,
                                       std::initializer_list<const char*> customary,
                                       const std::string& name) {
  if (given) {
    const auto count = schema.GetAllFieldIndices(*given).size();
    if (count == 1) return given;
    fail(ErrorKind::input, "{}: has {} '{}', which {} names; its columns are {}", name,
         count == 0 ? "no column" : "several columns", *given, option, columns_text(schema));
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

std::vector<std::string> matching_columns(const arrow::Schema& schema, const std::string& pattern,
                                          const TableColumns& others, const std::string& name) {
  std::vector<std::string> columns;
  for (const auto& field : schema.fields()) {
    if (::fnmatch(pattern.c_str(), field->name().c_str(), 0) != 0) continue;
    if (field->name() == others.label || field->name() == others.row) continue;
    // Nor is one that is customarily the labels a feature, unless it is named in full.
    if (field->name() == "label" && pattern != "label") continue;
    if (!is_number(*field->type())) {
      fail(ErrorKind::input,
           "{}: column '{}', which --features-columns '{}' takes, is of type {}; "
           "numbers are read",
           name, field->name(), pattern, field->type()->ToString());
    }
    columns.push_back(field->name());
  }
  if (columns.empty()) {
    fail(ErrorKind::input, "{}: no column matches --features-columns '{}'; its columns are {}",
         name, pattern, columns_text(schema));
  }
  return columns;
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
  if (table.features_pattern) {
    columns.are_numbers = true;
    columns.features = matching_columns(schema, *table.features_pattern, columns, name);
    return columns;
  }
  const auto features = find_column(schema, "--features-column", table.features,
                                    {"features", "pixels", "image"}, name);
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
