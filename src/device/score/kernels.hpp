#pragma once

#include <cstddef>
#include <cstdint>

#include "device/runtime/raw_rows.hpp"

/// Kernels of the scores; moments/kernels.hpp says what a kernel is.
namespace arete::device {

/// How a row came out under one lambda.
enum class Verdict : std::uint8_t { wrong = 0, right = 1, undecided = 2 };

/// The largest of the scores of each row; ties go to the first class.
struct ChooseClass {
  const double* scores = nullptr;  ///< rows x classes, without intercepts
  const double* intercept = nullptr;
  std::size_t classes = 0;
  std::size_t rows = 0;
  const std::uint32_t* order = nullptr;  ///< which rows these are
  const std::int32_t* labels = nullptr;  ///< of all rows
  std::uint8_t* verdicts = nullptr;      ///< rows

  [[nodiscard]] constexpr std::size_t size() const { return rows; }
  constexpr void operator()(std::size_t r) const {
    const double* mine = scores + r * classes;
    std::size_t best = 0;
    for (std::size_t k = 1; k < classes; ++k) {
      if (mine[k] + intercept[k] > mine[best] + intercept[best]) best = k;
    }
    const bool right = static_cast<std::int32_t>(best) == labels[order[r]];
    verdicts[r] = static_cast<std::uint8_t>(right ? Verdict::right : Verdict::wrong);
  }
};

/// Splits weights into signed digits to the base 256: w = scale (sum of 256^(digits-1-t) digit_t)
/// to within scale / 2. |w / scale| is at most 126 256^(digits-1).
struct SplitDigits {
  const double* weights = nullptr;  ///< outputs x features
  const double* scales = nullptr;   ///< powers of two, one for each output
  std::size_t outputs = 0;
  std::size_t features = 0;
  int digits = 0;
  std::int8_t* into = nullptr;  ///< digits x outputs rows of `stride` bytes
  std::size_t stride = 0;

  [[nodiscard]] constexpr std::size_t size() const { return outputs * features; }
  constexpr void operator()(std::size_t i) const {
    const std::size_t output = i / features;
    std::int64_t rest = nearest(weights[i] / scales[output]);
    for (int t = digits - 1; t >= 0; --t) {
      std::int64_t digit = rest & 255;
      if (digit >= 128) digit -= 256;
      rest = (rest - digit) / 256;
      const std::size_t row = static_cast<std::size_t>(t) * outputs + output;
      into[row * stride + i % features] = static_cast<std::int8_t>(digit);
    }
  }
  [[nodiscard]] static constexpr std::int64_t nearest(double x) {
    return static_cast<std::int64_t>(x < 0 ? x - 0.5 : x + 0.5);
  }
};

/// Rows of bytes less `shift`, each filled up with zeros to `stride` bytes.
struct GatherBytes {
  RawRows rows;
  const std::uint32_t* order = nullptr;
  std::size_t count = 0;  ///< of `order`
  int shift = 0;
  std::int8_t* into = nullptr;
  std::size_t stride = 0;

  [[nodiscard]] constexpr std::size_t size() const { return count * stride; }
  constexpr void operator()(std::size_t i) const {
    const std::size_t column = i % stride;
    into[i] = column < rows.features
                  ? static_cast<std::int8_t>(rows.byte(order[i / stride], column) - shift)
                  : static_cast<std::int8_t>(0);
  }
};

/// How far the score of one class may be off: fixed + factor |x'|_1.
struct ErrorBound {
  double fixed = 0;
  double factor = 0;
};

/// Chooses by the digits' products where the margin exceeds what both scores may be off.
struct DecideByDigits {
  const std::int32_t* products = nullptr;  ///< rows of `stride` values: [digit][lambda][class]
  std::size_t stride = 0;
  int digits = 0;
  std::size_t lambdas = 0;
  std::size_t classes = 0;
  std::size_t rows = 0;
  const double* scales = nullptr;       ///< lambdas x classes
  const double* offsets = nullptr;      ///< lambdas x classes; intercept + shift times sum of w
  const ErrorBound* bounds = nullptr;   ///< lambdas x classes
  const std::int32_t* norms = nullptr;  ///< |x'|_1 of each row
  const std::uint32_t* order = nullptr;
  const std::int32_t* labels = nullptr;
  std::uint8_t* verdicts = nullptr;  ///< lambdas x rows

  [[nodiscard]] constexpr std::size_t size() const { return lambdas * rows; }
  [[nodiscard]] constexpr double score(std::size_t r, std::size_t output) const {
    std::int64_t sum = 0;
    for (int t = 0; t < digits; ++t) {
      const std::size_t row = static_cast<std::size_t>(t) * lambdas * classes + output;
      sum = sum * 256 + products[r * stride + row];
    }
    return static_cast<double>(sum) * scales[output] + offsets[output];
  }
  [[nodiscard]] constexpr double bound(std::size_t r, std::size_t output) const {
    return bounds[output].fixed + bounds[output].factor * static_cast<double>(norms[r]);
  }
  constexpr void operator()(std::size_t i) const {
    const std::size_t r = i % rows;
    const std::size_t first = i / rows * classes;
    std::size_t best = first;
    double highest = score(r, first);
    for (std::size_t k = first + 1; k < first + classes; ++k) {
      const double mine = score(r, k);
      if (mine > highest) {
        highest = mine;
        best = k;
      }
    }
    const double surely = highest - bound(r, best);
    bool decided = true;
    for (std::size_t k = first; k < first + classes && decided; ++k) {
      // Written so that a NaN decides nothing.
      decided = k == best || score(r, k) + bound(r, k) < surely;
    }
    const bool right = static_cast<std::int32_t>(best - first) == labels[order[r]];
    const Verdict verdict = !decided ? Verdict::undecided : right ? Verdict::right : Verdict::wrong;
    verdicts[i] = static_cast<std::uint8_t>(verdict);
  }
};

/// Marks rows that some lambda left undecided: they count nowhere, and are scored again.
struct MarkUndecided {
  std::uint8_t* verdicts = nullptr;  ///< lambdas x rows
  std::size_t lambdas = 0;
  std::size_t rows = 0;
  std::uint8_t* marks = nullptr;  ///< rows

  [[nodiscard]] constexpr std::size_t size() const { return rows; }
  constexpr void operator()(std::size_t r) const {
    bool undecided = false;
    for (std::size_t l = 0; l < lambdas; ++l) {
      undecided |= verdicts[l * rows + r] == static_cast<std::uint8_t>(Verdict::undecided);
    }
    for (std::size_t l = 0; l < lambdas && undecided; ++l) {
      verdicts[l * rows + r] = static_cast<std::uint8_t>(Verdict::wrong);
    }
    marks[r] = undecided ? 1 : 0;
  }
};

}  // namespace arete::device
