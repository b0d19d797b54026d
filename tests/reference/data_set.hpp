#pragma once

#include <cstdint>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "arete/data/row_source.hpp"

namespace arete::reference {

/// A small data set in memory, its values as float64 whatever the type they are delivered in.
struct DataSet {
  ElementType type = ElementType::uint8;
  std::size_t features = 0;
  ClassList classes;
  std::vector<std::vector<double>> rows;
  std::vector<std::int32_t> labels;
  std::vector<std::string> column_names = {};

  /// Rows first..last-1, with the same classes.
  [[nodiscard]] DataSet slice(std::size_t first, std::size_t last) const;
};

/// Rows of `type` around a centre per class, seeded: integers over the type's whole range (int16:
/// of magnitude 2^10), floats of about unit size.
[[nodiscard]] DataSet random_data(ElementType type, std::size_t rows, std::size_t features,
                                  std::size_t classes, std::uint64_t seed);

/// The same values delivered in another type, which must hold them.
[[nodiscard]] DataSet as_type(DataSet data, ElementType type);

/// A source that reads from memory. With `resident` it points into it, otherwise it copies.
[[nodiscard]] std::unique_ptr<RowSource> open(const DataSet& data, bool resident = false);

}  // namespace arete::reference
