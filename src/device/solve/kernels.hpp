#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>

/// Kernels of the solution; moments/kernels.hpp says what a kernel is. Compiled without contraction
/// of a*b+c into one rounding: the bits are those of the CPU.
namespace arete::device {

__extension__ using Int128 = __int128;
__extension__ using Uint128 = unsigned __int128;

/// To nearest, ties to even, as the CPU converts; the device has no such conversion of its own.
[[nodiscard]] constexpr double to_double(Int128 value) {
  const bool negative = value < 0;
  Uint128 magnitude = negative ? -static_cast<Uint128>(value) : static_cast<Uint128>(value);
  double scale = 1;
  const auto high = static_cast<std::uint64_t>(magnitude >> 64);
  if (high != 0) {
    // The lowest bit stands for all that are cut off: far below the one that is rounded to.
    const int shift = 64 - std::countl_zero(high);
    const bool rest = (magnitude & ((static_cast<Uint128>(1) << shift) - 1)) != 0;
    magnitude = (magnitude >> shift) | static_cast<Uint128>(rest ? 1 : 0);
    scale = static_cast<double>(static_cast<std::uint64_t>(1) << (shift / 2)) *
            static_cast<double>(static_cast<std::uint64_t>(1) << (shift - shift / 2));
  }
  const double result = static_cast<double>(static_cast<std::uint64_t>(magnitude)) * scale;
  return negative ? -result : result;
}

[[nodiscard]] constexpr Int128 integer(double exact) { return static_cast<std::int64_t>(exact); }

/// What the rows of a training set are centred on.
enum class CentringMode : std::uint8_t {
  own_exact,  ///< their own mean, in integers
  own_float,
  all_exact,  ///< the mean of all rows, in integers
  all_float,
};

/// What centring needs besides G and S; arrays in the memory of the device.
struct CentringTerms {
  CentringMode mode = CentringMode::own_exact;
  std::size_t features = 0;
  std::int64_t rows = 0;                  ///< n
  std::int64_t all_rows = 0;              ///< N
  const double* sums = nullptr;           ///< s
  const double* all_sums = nullptr;       ///< a
  const double* means = nullptr;          ///< what is subtracted
  const std::int64_t* targets = nullptr;  ///< 2 n_k - n

  [[nodiscard]] constexpr double gram(double g, std::size_t i, std::size_t j) const {
    const Int128 n = rows;
    switch (mode) {
      case CentringMode::own_exact:
        return to_double(n * integer(g) - integer(sums[i]) * integer(sums[j])) /
               static_cast<double>(rows);
      case CentringMode::own_float:
        return g - sums[i] * means[j];
      case CentringMode::all_exact: {
        const Int128 total = all_rows;
        const Int128 ai = integer(all_sums[i]);
        const Int128 aj = integer(all_sums[j]);
        const Int128 numerator =
            total * (total * integer(g) - integer(sums[i]) * aj - ai * integer(sums[j])) +
            n * ai * aj;
        return to_double(numerator) / to_double(total * total);
      }
      case CentringMode::all_float:
        return g - sums[i] * means[j] - means[i] * sums[j] +
               static_cast<double>(rows) * means[i] * means[j];
    }
    return 0;
  }

  [[nodiscard]] constexpr double target(double class_sum, std::size_t k, std::size_t j) const {
    const Int128 n = rows;
    switch (mode) {
      case CentringMode::own_exact: {
        const Int128 numerator = n * (2 * integer(class_sum) - integer(sums[j])) -
                                 integer(sums[j]) * static_cast<Int128>(targets[k]);
        return to_double(numerator) / static_cast<double>(rows);
      }
      case CentringMode::all_exact: {
        const Int128 total = all_rows;
        const Int128 numerator = total * (2 * integer(class_sum) - integer(sums[j])) -
                                 integer(all_sums[j]) * static_cast<Int128>(targets[k]);
        return to_double(numerator) / static_cast<double>(all_rows);
      }
      case CentringMode::own_float:
      case CentringMode::all_float:
        return 2.0 * class_sum - sums[j] - static_cast<double>(targets[k]) * means[j];
    }
    return 0;
  }
};

/// C, both triangles, from G (j >= i).
struct CentreGram {
  CentringTerms terms;
  const double* gram = nullptr;
  double* into = nullptr;

  [[nodiscard]] constexpr std::size_t size() const { return terms.features * terms.features; }
  constexpr void operator()(std::size_t index) const {
    const std::size_t d = terms.features;
    const std::size_t i = index / d;
    const std::size_t j = index % d;
    const double value =
        j >= i ? terms.gram(gram[i * d + j], i, j) : terms.gram(gram[j * d + i], j, i);
    into[index] = value;
  }
};

/// B from S; both classes x features.
struct CentreTargets {
  CentringTerms terms;
  std::size_t classes = 0;
  const double* class_sums = nullptr;
  double* into = nullptr;

  [[nodiscard]] constexpr std::size_t size() const { return classes * terms.features; }
  constexpr void operator()(std::size_t i) const {
    into[i] = terms.target(class_sums[i], i / terms.features, i % terms.features);
  }
};

/// Adds to the diagonal of a square matrix.
struct AddToDiagonal {
  double* matrix = nullptr;
  std::size_t features = 0;
  double value = 0;

  [[nodiscard]] constexpr std::size_t size() const { return features; }
  constexpr void operator()(std::size_t j) const { matrix[j * features + j] += value; }
};

/// matrix(k, m) /= values[m] + lambda.
struct DivideColumns {
  double* matrix = nullptr;  ///< rows x columns
  std::size_t rows = 0;
  std::size_t columns = 0;
  const double* values = nullptr;
  double lambda = 0;

  [[nodiscard]] constexpr std::size_t size() const { return rows * columns; }
  constexpr void operator()(std::size_t i) const { matrix[i] /= values[i % columns] + lambda; }
};

}  // namespace arete::device
