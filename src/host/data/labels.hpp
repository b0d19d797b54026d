#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <vector>

#include "arete/data/class_list.hpp"
#include "arete/data/row_source.hpp"

namespace arete {

/// The labels of a data set; both empty when it has none.
struct Labels {
  ClassList classes;                  ///< the names that occur
  std::vector<std::int32_t> indices;  ///< for each row, into `classes`
};

/// The integer that this is, if every integer up to its size is a float64 too.
[[nodiscard]] std::optional<std::int64_t> whole_number(double value) noexcept;

/// Reads a file of labels: a one-dimensional IDX or NPY array of whole numbers, which become
/// decimal names, or text with one name a line, in UTF-8. Any of them may be gzipped; `memory`
/// limits the bytes of an inflated file, 0 is no limit. Throws Error (input) naming the file and
/// the row or line, what was found and what was expected.
[[nodiscard]] Labels read_labels(const std::filesystem::path& path, std::size_t memory = 0);

/// The labels of the `rows` rows of the file `data`: read from `given` or else from the first of
/// `customary` that exists. Throws Error (input) naming both files when there are not as many.
[[nodiscard]] Labels labels_for(const std::filesystem::path& data, std::uint64_t rows,
                                const std::optional<std::filesystem::path>& given,
                                std::span<const std::filesystem::path> customary,
                                std::size_t memory);

/// Sets the labels of a block that holds the rows of `range`.
void copy_labels(const Labels& labels, RowRange range, RowBlock& into);

}  // namespace arete
