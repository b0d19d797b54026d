#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>

#include "device/runtime/raw_rows.hpp"

/// Kernels of the sums. A kernel is a struct that holds its arguments; size() is how many elements
/// it works on, and operator()(i) does element i, in any order and at the same time as others.
namespace arete::device {

/// Appends rows to a panel of int8: one column of `stride` bytes for each feature, and one for each
/// class that is 1 in the rows of that class and 0 elsewhere. `shift` is subtracted from the
/// features, not from the classes.
struct GatherPanel {
  RawRows rows;
  const std::uint32_t* order = nullptr;  ///< which rows, and in which order
  const std::int32_t* labels = nullptr;  ///< of all rows
  std::size_t count = 0;                 ///< of `order`
  std::size_t classes = 0;
  int shift = 0;
  std::int8_t* panel = nullptr;
  std::size_t stride = 0;
  std::size_t first = 0;  ///< row of the panel that order[0] goes to

  [[nodiscard]] constexpr std::size_t size() const { return count * (rows.features + classes); }
  [[nodiscard]] constexpr std::int8_t element(std::size_t column, std::size_t r) const {
    const std::size_t row = order[r];
    if (column < rows.features) return static_cast<std::int8_t>(rows.byte(row, column) - shift);
    return labels[row] == static_cast<std::int32_t>(column - rows.features) ? 1 : 0;
  }
  constexpr void operator()(std::size_t i) const {
    const std::size_t column = i / count;
    const std::size_t r = i % count;
    panel[column * stride + first + r] = element(column, r);
  }
};

/// Zeros for rows first..last-1 of a panel.
struct ClearRows {
  std::int8_t* panel = nullptr;
  std::size_t stride = 0;
  std::size_t columns = 0;
  std::size_t first = 0;
  std::size_t last = 0;

  [[nodiscard]] constexpr std::size_t size() const { return columns * (last - first); }
  constexpr void operator()(std::size_t i) const {
    panel[i / (last - first) * stride + first + i % (last - first)] = 0;
  }
};

/// What a strip of int32 products is: columns begin..begin+width-1 of the panel (in its columns)
/// by columns begin.. (in its rows), `stride` of them.
struct Strip {
  const std::int32_t* products = nullptr;
  std::size_t begin = 0;
  std::size_t width = 0;
  std::size_t stride = 0;

  /// Of columns i (of the strip) and j >= begin of the panel.
  [[nodiscard]] constexpr std::int64_t at(std::size_t i, std::size_t j) const {
    return products[(i - begin) * stride + (j - begin)];
  }
};

/// Adds the class sums of a strip's features: S_k = S'_k + shift n_k, and notes their column sums.
struct AddClassStrip {
  Strip strip;
  std::size_t features = 0;
  std::size_t classes = 0;
  std::int64_t shift = 0;
  const std::int64_t* class_rows = nullptr;  ///< n_k of the panel
  double* class_sums = nullptr;              ///< classes x features
  std::int64_t* column_sums = nullptr;       ///< features; of the panel

  [[nodiscard]] constexpr std::size_t size() const { return strip.width; }
  constexpr void operator()(std::size_t index) const {
    const std::size_t i = strip.begin + index;
    std::int64_t sum = 0;
    for (std::size_t k = 0; k < classes; ++k) {
      const std::int64_t of_class = strip.at(i, features + k) + shift * class_rows[k];
      class_sums[k * features + i] += static_cast<double>(of_class);
      sum += of_class;
    }
    column_sums[i] = sum;
  }
};

/// Adds a strip to G (j >= i): with x' = x - shift, G = G' + shift (s_i + s_j) - shift^2 n, in
/// 64-bit integers. `column_sums` of the panel must be known from i on.
struct AddStrip {
  Strip strip;
  std::size_t features = 0;
  std::int64_t shift = 0;
  std::int64_t rows = 0;  ///< n of the panel
  const std::int64_t* column_sums = nullptr;
  double* gram = nullptr;  ///< features x features

  [[nodiscard]] constexpr std::size_t size() const {
    return strip.width * (features - strip.begin);
  }
  constexpr void operator()(std::size_t index) const {
    const std::size_t i = strip.begin + index / (features - strip.begin);
    const std::size_t j = strip.begin + index % (features - strip.begin);
    if (j < i) return;
    const std::int64_t product =
        strip.at(i, j) + shift * (column_sums[i] + column_sums[j]) - shift * shift * rows;
    gram[i * features + j] += static_cast<double>(product);
  }
};

/// Converts rows to float64, one after the other.
struct GatherFloat64 {
  RawRows rows;
  const std::uint32_t* order = nullptr;
  std::size_t count = 0;  ///< of `order`
  double* into = nullptr;

  [[nodiscard]] constexpr std::size_t size() const { return count * rows.features; }
  constexpr void operator()(std::size_t i) const {
    into[i] = rows.value(order[i / rows.features], i % rows.features);
  }
};

/// Copies rows as they are, one after the other.
struct CopyRows {
  const std::uint8_t* rows = nullptr;
  std::size_t row_bytes = 0;
  const std::uint32_t* order = nullptr;
  std::size_t count = 0;  ///< of `order`
  std::uint8_t* into = nullptr;

  [[nodiscard]] constexpr std::size_t size() const { return count * row_bytes; }
  constexpr void operator()(std::size_t i) const {
    into[i] = rows[order[i / row_bytes] * row_bytes + i % row_bytes];
  }
};

/// Adds to the class sums rows in float64 that are sorted by class: those of class k are rows
/// class_begin[k] - class_begin[0] and following.
struct AddClassSums {
  const double* rows = nullptr;
  std::size_t features = 0;
  std::size_t classes = 0;
  const std::uint32_t* class_begin = nullptr;  ///< classes + 1
  double* class_sums = nullptr;                ///< classes x features

  [[nodiscard]] constexpr std::size_t size() const { return classes * features; }
  constexpr void operator()(std::size_t i) const {
    const std::size_t k = i / features;
    const std::size_t j = i % features;
    double sum = 0;
    for (std::size_t r = class_begin[k]; r < class_begin[k + 1]; ++r) {
      sum += rows[(r - class_begin[0]) * features + j];
    }
    class_sums[i] += sum;
  }
};

/// into += from for j >= i of two square matrices.
struct AddUpper {
  double* into = nullptr;
  const double* from = nullptr;
  std::size_t features = 0;

  [[nodiscard]] constexpr std::size_t size() const { return features * features; }
  constexpr void operator()(std::size_t i) const {
    if (i % features >= i / features) into[i] += from[i];
  }
};

/// Copies a block of a matrix to another.
struct CopyBlock {
  const double* from = nullptr;
  std::size_t from_stride = 0;
  double* into = nullptr;
  std::size_t into_stride = 0;
  std::size_t rows = 0;
  std::size_t columns = 0;

  [[nodiscard]] constexpr std::size_t size() const { return rows * columns; }
  constexpr void operator()(std::size_t i) const {
    into[i / columns * into_stride + i % columns] = from[i / columns * from_stride + i % columns];
  }
};

/// s = sum over k of S_k, class by class.
struct SumClasses {
  const double* class_sums = nullptr;  ///< classes x features
  std::size_t features = 0;
  std::size_t classes = 0;
  double* column_sums = nullptr;

  [[nodiscard]] constexpr std::size_t size() const { return features; }
  constexpr void operator()(std::size_t j) const {
    double sum = 0;
    for (std::size_t k = 0; k < classes; ++k) sum += class_sums[k * features + j];
    column_sums[j] = sum;
  }
};

/// The diagonal of a square matrix.
struct CopyDiagonal {
  const double* matrix = nullptr;
  std::size_t features = 0;
  double* into = nullptr;

  [[nodiscard]] constexpr std::size_t size() const { return features; }
  constexpr void operator()(std::size_t j) const { into[j] = matrix[j * features + j]; }
};

/// What the values of floating-point rows turned out to be.
struct ValueSummary {
  static constexpr std::uint64_t none = std::numeric_limits<std::uint64_t>::max();
  bool integral = true;             ///< all integers of magnitude 2^16 at most
  double lowest = 0;                ///< of those integers, and 0
  double highest = 0;               ///< of those integers, and 0
  std::uint64_t not_finite = none;  ///< row times features plus column of the first NaN or infinity

  [[nodiscard]] constexpr ValueSummary operator+(const ValueSummary& other) const {
    return {integral && other.integral, std::min(lowest, other.lowest),
            std::max(highest, other.highest), std::min(not_finite, other.not_finite)};
  }
};

/// Rows whose values are to be looked at.
struct ExamineRows {
  RawRows rows;
  const std::uint32_t* order = nullptr;
  std::size_t count = 0;  ///< of `order`

  [[nodiscard]] constexpr std::size_t size() const { return count * rows.features; }
  [[nodiscard]] constexpr ValueSummary operator()(std::size_t i) const {
    constexpr double most_integral = 65536;
    const std::size_t row = order[i / rows.features];
    const std::size_t column = i % rows.features;
    const double x = rows.value(row, column);
    if (!(x - x == 0)) return {false, 0, 0, row * rows.features + column};
    const bool small = x >= -most_integral && x <= most_integral;
    if (!small || static_cast<double>(static_cast<std::int32_t>(x)) != x) return {false, 0, 0};
    return {true, std::min(x, 0.0), std::max(x, 0.0)};
  }
};

}  // namespace arete::device
