#include "arete/data/table_files.hpp"

#include <glob.h>

#include <algorithm>
#include <array>
#include <memory>
#include <string_view>

#include "arete/core/error.hpp"
#include "arete/core/file.hpp"

namespace arete {

namespace {

namespace fs = std::filesystem;

constexpr std::string_view parquet_magic = "PAR1";
constexpr std::string_view arrow_magic = "ARROW1";
/// What Hive and Spark call the folder of rows whose value is missing.
constexpr std::string_view null_value = "__HIVE_DEFAULT_PARTITION__";

bool is_digit(char c) { return c >= '0' && c <= '9'; }

std::string_view take_digits(std::string_view& text) {
  const auto end = std::find_if_not(text.begin(), text.end(), is_digit);
  const auto length = static_cast<std::size_t>(end - text.begin());
  const std::string_view digits = text.substr(0, length);
  text.remove_prefix(length);
  return digits.substr(std::min(digits.find_first_not_of('0'), digits.size()));
}

/// By bytes, but a run of digits counts as the number it is: part-2 comes before part-10.
bool natural_less(std::string_view a, std::string_view b) {
  const std::string_view whole_a = a;
  const std::string_view whole_b = b;
  while (!a.empty() && !b.empty()) {
    if (is_digit(a.front()) && is_digit(b.front())) {
      const std::string_view x = take_digits(a);
      const std::string_view y = take_digits(b);
      if (x != y) return x.size() != y.size() ? x.size() < y.size() : x < y;
    } else if (a.front() != b.front()) {
      return a.front() < b.front();
    } else {
      a.remove_prefix(1);
      b.remove_prefix(1);
    }
  }
  return a.empty() && b.empty() ? whole_a < whole_b : a.empty();
}

bool has_table_name(const fs::path& file) {
  constexpr std::array<std::string_view, 5> ends{".parquet", ".parq", ".arrow", ".feather", ".ipc"};
  return std::ranges::find(ends, file.extension().string()) != ends.end();
}

int hex_digit(char c) {
  if (is_digit(c)) return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/// %3D becomes =, as in the names that Hive and Spark give to folders.
std::string unescape(std::string_view text) {
  std::string result;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool whole = text[i] == '%' && i + 2 < text.size();
    const int high = whole ? hex_digit(text[i + 1]) : -1;
    const int low = whole ? hex_digit(text[i + 2]) : -1;
    if (high >= 0 && low >= 0) {
      result += static_cast<char>(high * 16 + low);
      i += 2;
    } else {
      result += text[i];
    }
  }
  return result;
}

struct Listing {
  std::vector<std::string> files;
  std::vector<std::string> folders;
  bool is_finished = false;  ///< Spark has left its mark
};

Listing list(const fs::path& folder) {
  Listing listing;
  for_each_entry(folder, [&listing](const fs::directory_entry& entry) {
    std::string name = entry.path().filename().string();
    listing.is_finished = listing.is_finished || name == "_SUCCESS";
    if (name.starts_with('_') || name.starts_with('.')) return;
    std::error_code broken_link;
    (entry.is_directory(broken_link) ? listing.folders : listing.files).push_back(std::move(name));
  });
  std::ranges::sort(listing.files, natural_less);
  std::ranges::sort(listing.folders, natural_less);
  return listing;
}

std::pair<std::string, std::string> key_of(const fs::path& folder) {
  const std::string name = folder.filename().string();
  const std::size_t equals = name.find('=');
  if (equals == std::string::npos || equals == 0) {
    fail(ErrorKind::input,
         "{}: a folder among the files of a table must be called key=value; give it alone, or move "
         "it away",
         folder.string());
  }
  if (std::string_view(name).substr(equals + 1) == null_value) {
    fail(ErrorKind::input,
         "{}: holds the rows whose '{}' is null; leave them out of the export or give them a value",
         folder.string(), name.substr(0, equals));
  }
  return {unescape(std::string_view(name).substr(0, equals)),
          unescape(std::string_view(name).substr(equals + 1))};
}

void add_file(const fs::path& path, std::vector<std::pair<std::string, std::string>> keys,
              TableFiles& table) {
  if (!is_table_file(path)) {
    fail(ErrorKind::input,
         "{}: is neither a Parquet nor an Arrow file{}; write it anew, or take it away",
         path.string(), first_bytes(path, 1).empty() ? ", but empty" : "");
  }
  table.files.push_back({path, std::move(keys)});
}

void add_folder(const fs::path& folder,
                const std::vector<std::pair<std::string, std::string>>& keys, TableFiles& table) {
  const Listing listing = list(folder);
  for (const std::string& name : listing.files) add_file(folder / name, keys, table);
  for (const std::string& name : listing.folders) {
    auto deeper = keys;
    deeper.push_back(key_of(folder / name));
    add_folder(folder / name, deeper, table);
  }
}

void add(const fs::path& path, TableFiles& table) {
  if (!is_folder(path)) return add_file(path, {}, table);
  add_folder(path, {}, table);
  const Listing listing = list(path);
  const bool by_spark =
      std::ranges::any_of(listing.files, [](const auto& n) { return n.starts_with("part-"); }) ||
      !listing.folders.empty();
  if (by_spark && !listing.is_finished) {
    table.warnings.push_back(fmt::format(
        "{}: has no _SUCCESS, with which Spark ends an export: is it complete?", path.string()));
  }
}

struct FreeGlob {
  void operator()(glob_t* found) const noexcept {
    ::globfree(found);
    delete found;
  }
};

std::vector<std::string> expand(const fs::path& pattern) {
  const std::unique_ptr<glob_t, FreeGlob> found(new glob_t{});
  const int status = ::glob(pattern.c_str(), GLOB_NOSORT, nullptr, found.get());
  if (status != 0 && status != GLOB_NOMATCH) {
    fail(ErrorKind::input, "{}: cannot be searched for", pattern.string());
  }
  std::vector<std::string> paths(found->gl_pathv, found->gl_pathv + found->gl_pathc);
  std::ranges::sort(paths, natural_less);
  return paths;
}

}  // namespace

bool is_table(const fs::path& path) {
  std::error_code ignored;
  if (!fs::exists(path, ignored)) {
    return path.native().find_first_of("*?[") != std::string::npos;
  }
  return is_folder(path) ? holds_table(path) : is_table_file(path);
}

bool is_table_file(const fs::path& file) {
  const std::string start = first_bytes(file, arrow_magic.size());
  return start.starts_with(parquet_magic) || start == arrow_magic;
}

bool holds_table(const fs::path& folder) {
  const Listing listing = list(folder);
  return std::ranges::any_of(listing.files, has_table_name) ||
         std::ranges::any_of(listing.folders, [&folder](const std::string& name) {
           return name.find('=') != std::string::npos && holds_table(folder / name);
         });
}

TableFiles find_table_files(const fs::path& path) {
  TableFiles table;
  std::error_code ignored;
  if (fs::exists(path, ignored)) {
    add(path, table);
  } else {
    for (const std::string& found : expand(path)) add(found, table);
  }
  if (table.files.empty()) {
    fail(ErrorKind::input, "{}: holds no Parquet or Arrow file", path.string());
  }
  return table;
}

}  // namespace arete
