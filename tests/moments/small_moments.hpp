#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "arete/moments/moments.hpp"
#include "arete/moments/moments_file.hpp"

namespace arete::test {

struct LabelledRow {
  std::string label;
  std::vector<double> values;
};

/// The moments of a few rows, by their definition.
inline Moments moments_of(const std::vector<LabelledRow>& rows, std::size_t features,
                          const ClassList& classes) {
  Moments moments = empty_moments(features, classes);
  for (const LabelledRow& row : rows) {
    const auto k = static_cast<std::size_t>(index_into({row.label}, classes).front());
    ++moments.rows;
    ++moments.class_counts[k];
    for (std::size_t i = 0; i < features; ++i) {
      moments.column_sums[i] += row.values[i];
      moments.class_sums(k, i) += row.values[i];
      for (std::size_t j = i; j < features; ++j) {
        moments.gram(i, j) += row.values[i] * row.values[j];
      }
    }
  }
  return moments;
}

/// Row number `row` of an endless data set of bytes with three classes.
inline LabelledRow byte_row(std::uint64_t row, std::size_t features) {
  LabelledRow result;
  result.label = std::to_string(row_hash(11, row) % 3 * 5);
  for (std::size_t j = 0; j < features; ++j) {
    result.values.push_back(static_cast<double>(row_hash(row + 1, j) & 255U));
  }
  return result;
}

/// The moments of rows `range` of that data set, with only the classes that occur there.
inline MomentsSet byte_set(RowRange range, const PartRule& rule, std::size_t features) {
  MomentsSet set;
  set.rule = rule;
  set.shape = {features};
  if (range.size() > 0) set.rows = {range};
  std::vector<std::vector<LabelledRow>> parts(static_cast<std::size_t>(part_count(rule)));
  ClassList classes;
  for (std::uint64_t row = range.first; row < range.last; ++row) {
    parts[static_cast<std::size_t>(part_of(rule, row))].push_back(byte_row(row, features));
    classes = unite(classes, {byte_row(row, features).label});
  }
  for (const auto& rows : parts) set.parts.push_back(moments_of(rows, features, classes));
  return set;
}

/// All that is kept of moments, for comparing.
inline std::vector<double> values_of(const Moments& moments) {
  std::vector<double> values{static_cast<double>(moments.rows), moments.exact ? 1.0 : 0.0};
  values.insert(values.end(), moments.class_counts.begin(), moments.class_counts.end());
  values.insert(values.end(), moments.column_sums.begin(), moments.column_sums.end());
  const auto sums = moments.class_sums.span();
  values.insert(values.end(), sums.begin(), sums.end());
  for (std::size_t i = 0; i < moments.features(); ++i) {
    const auto row = moments.gram.row(i).subspan(i);
    values.insert(values.end(), row.begin(), row.end());
  }
  return values;
}

}  // namespace arete::test
