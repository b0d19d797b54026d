#pragma once

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

namespace arete {

/// One file of a table: Parquet, or Arrow's own file format (Feather).
struct TableFile {
  std::filesystem::path path;
  /// What the names of its folders say of all its rows: {"label", "3"} for label=3, as Hive and
  /// Spark write it; outermost first.
  std::vector<std::pair<std::string, std::string>> keys;
};

struct TableFiles {
  std::vector<TableFile> files;       ///< in the order of their rows
  std::vector<std::string> warnings;  ///< of what may be missing
};

/// Whether `path` is of a table: such a file, a folder of them, or a glob and nothing else's name.
[[nodiscard]] bool is_table(const std::filesystem::path& path);

/// Whether a file begins as a Parquet or Arrow file does.
[[nodiscard]] bool is_table_file(const std::filesystem::path& file);

/// Whether a folder holds a Parquet or Arrow file by its name's end, or folders key=value that do.
[[nodiscard]] bool holds_table(const std::filesystem::path& folder);

/// The files of a table that is one file, a folder as Spark writes it, or a glob of either. Files
/// come in the order of their names, in which digits count as numbers, those of a folder before
/// its folders; names that begin with '_' or '.' are no data. Throws Error (input) naming a folder
/// or glob without files, and a file among them that is of another kind.
[[nodiscard]] TableFiles find_table_files(const std::filesystem::path& path);

}  // namespace arete
