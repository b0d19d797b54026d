#pragma once

#include <arrow/type.h>

#include <optional>
#include <string>
#include <vector>

#include "arete/data/open.hpp"
#include "arete/data/table_files.hpp"

namespace arete::parquet_module {

/// Which columns of a table are what.
struct TableColumns {
  std::vector<std::string> features;  ///< one column, or `are_numbers`: one number from each
  bool are_numbers = false;
  std::optional<std::string> label;      ///< a column; or
  std::optional<std::string> label_key;  ///< a key of the folders
  std::optional<std::string> row;

  /// All that are read beside the features.
  [[nodiscard]] std::vector<std::string> beside_features() const;
};

/// The columns that the options name, and where they do not, those that are customarily called so.
/// `keys` are those of the folders. Throws Error (input) that begins with `name` and lists what
/// there is where nothing fits; (usage) for options that contradict each other, or
/// options.column_names.
[[nodiscard]] TableColumns choose_columns(
    const arrow::Schema& schema, const std::vector<std::pair<std::string, std::string>>& keys,
    const OpenOptions& options, const std::string& name);

}  // namespace arete::parquet_module
