#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "arete/data/row_source.hpp"
#include "arete/moments/moments.hpp"
#include "arete/moments/part_rule.hpp"

namespace arete {

class OutputFile;

/// The moments of a data set cut into parts, with all that is needed to merge them with others and
/// to train from them. One such set is one moments file (docs/moments-file.md).
struct MomentsSet {
  PartRule rule;
  std::vector<Moments> parts;  ///< part_count(rule); all with the same features and classes
  std::vector<RowRange> rows;  ///< global rows covered, sorted, disjoint, coalesced
  ElementType type = ElementType::uint8;  ///< of the rows
  std::vector<std::size_t> shape;         ///< of one row, as in SourceInfo
  Preprocessing preprocessing;
  std::vector<std::string> column_names;  ///< as in SourceInfo
};

/// Writes `set` to `path`, through a temporary file that is renamed. The bytes depend on `set`
/// alone. Throws Error: (resource) when the file cannot be written, (usage) when it exists and
/// `overwrite` is false, (internal) for a set that contradicts itself.
void write_moments(const MomentsSet& set, const std::filesystem::path& path, bool overwrite);

/// The same into a file that is open; commit() is the caller's.
void write_moments(const MomentsSet& set, OutputFile& file);

/// Reads what write_moments wrote. Throws Error (input) naming the file, the byte, what was found
/// and what was expected, before anything is allocated that the file is too short for.
[[nodiscard]] MomentsSet read_moments(const std::filesystem::path& path);

/// The global rows that the file says it covers, from its header alone. Throws as read_moments
/// does.
[[nodiscard]] std::vector<RowRange> rows_of_moments(const std::filesystem::path& path);

/// Whether the file begins as a moments file does; not so where it cannot be read.
[[nodiscard]] bool is_moments_file(const std::filesystem::path& path);

/// into += other, classes aligned by name. Throws Error (input) naming `other_name`, and leaves
/// `into` as it was, when rule, features, shape, element type, preprocessing, or the names of
/// columns or their order differ, rows overlap, or exact integer sums would reach 2^53. Features
/// with names do not add to features without: nobody knows whether they are the same. Sums of
/// float-typed rows that reach 2^53 are no longer exact, and say so.
void merge(MomentsSet& into, const MomentsSet& other, const std::string& other_name);

}  // namespace arete
