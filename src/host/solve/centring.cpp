#include "arete/solve/centring.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>

#include "arete/core/error.hpp"

namespace arete {

namespace {

__extension__ using Int128 = __int128;

Int128 integer(double exact) { return static_cast<std::int64_t>(exact); }
Int128 integer(std::uint64_t count) { return static_cast<Int128>(count); }

CentredSystem empty_system(const Moments& moments) {
  check_training_rows(moments.rows);
  const std::size_t d = moments.features();
  std::vector<double> square_sums(d);
  for (std::size_t i = 0; i < d; ++i) square_sums[i] = moments.gram(i, i);
  return {Matrix<double>(d, d), Matrix<double>(moments.classes.size(), d), std::vector<double>(d),
          std::vector<double>(moments.classes.size()), diagonal_noise(square_sums, moments.exact)};
}

template <typename Element>
void fill_upper(Matrix<double>& matrix, int threads, const Element& element) {
#pragma omp parallel for schedule(dynamic, 8) num_threads(threads)
  for (std::size_t i = 0; i < matrix.rows(); ++i) {
    for (std::size_t j = i; j < matrix.columns(); ++j) matrix(i, j) = element(i, j);
  }
}

template <typename Element>
void fill_all(Matrix<double>& matrix, const Element& element) {
  for (std::size_t i = 0; i < matrix.rows(); ++i) {
    for (std::size_t j = 0; j < matrix.columns(); ++j) matrix(i, j) = element(i, j);
  }
}

double largest_square_sum(const Moments& moments) {
  double largest = 0;
  for (std::size_t i = 0; i < moments.features(); ++i) {
    largest = std::max(largest, moments.gram(i, i));
  }
  return largest;
}

/// n C and n B in integers of type T, then divided by n. No |n G_ij|, |s_i s_j| exceeds
/// n max G_ii (Cauchy-Schwarz), so T = int64 serves where that is below 2^62.
template <typename T>
void centre_exactly(const Moments& m, CentredSystem& system, int threads) {
  const T rows = static_cast<T>(m.rows);
  const auto divisor = static_cast<double>(m.rows);
  const auto& s = m.column_sums;
  fill_upper(system.gram, threads, [&](std::size_t i, std::size_t j) {
    const T numerator = rows * static_cast<T>(static_cast<std::int64_t>(m.gram(i, j))) -
                        static_cast<T>(static_cast<std::int64_t>(s[i])) *
                            static_cast<T>(static_cast<std::int64_t>(s[j]));
    return static_cast<double>(numerator) / divisor;
  });
  fill_all(system.right_hand_side, [&](std::size_t k, std::size_t j) {
    const Int128 targets = 2 * integer(m.class_counts[k]) - integer(m.rows);
    const Int128 numerator = integer(m.rows) * (2 * integer(m.class_sums(k, j)) - integer(s[j])) -
                             integer(s[j]) * targets;
    return static_cast<double>(numerator) / divisor;
  });
}

void centre_in_floats(const Moments& m, CentredSystem& system, int threads) {
  const auto& s = m.column_sums;
  const auto& mean = system.column_means;
  const std::vector<double> targets = target_sums(m.class_counts, m.rows);
  fill_upper(system.gram, threads,
             [&](std::size_t i, std::size_t j) { return m.gram(i, j) - s[i] * mean[j]; });
  fill_all(system.right_hand_side, [&](std::size_t k, std::size_t j) {
    return 2.0 * m.class_sums(k, j) - s[j] - targets[k] * mean[j];
  });
}

void centre_on_exactly(const Moments& m, const ColumnTotals& all, CentredSystem& system,
                       int threads) {
  const auto count = static_cast<double>(all.rows);
  check_exact_centring(all);
  const Int128 n = integer(m.rows);
  const Int128 total = integer(all.rows);
  const auto total_squared = static_cast<double>(total * total);
  const auto& s = m.column_sums;
  const auto& a = all.sums;
  fill_upper(system.gram, threads, [&](std::size_t i, std::size_t j) {
    const Int128 ai = integer(a[i]);
    const Int128 aj = integer(a[j]);
    const Int128 numerator =
        total * (total * integer(m.gram(i, j)) - integer(s[i]) * aj - ai * integer(s[j])) +
        n * ai * aj;
    return static_cast<double>(numerator) / total_squared;
  });
  fill_all(system.right_hand_side, [&](std::size_t k, std::size_t j) {
    const Int128 targets = 2 * integer(m.class_counts[k]) - n;
    const Int128 numerator =
        total * (2 * integer(m.class_sums(k, j)) - integer(s[j])) - integer(a[j]) * targets;
    return static_cast<double>(numerator) / count;
  });
}

void centre_on_in_floats(const Moments& m, CentredSystem& system, int threads) {
  const auto n = static_cast<double>(m.rows);
  const auto& s = m.column_sums;
  const auto& mean = system.column_means;
  const std::vector<double> targets = target_sums(m.class_counts, m.rows);
  fill_upper(system.gram, threads, [&](std::size_t i, std::size_t j) {
    return m.gram(i, j) - s[i] * mean[j] - mean[i] * s[j] + n * mean[i] * mean[j];
  });
  fill_all(system.right_hand_side, [&](std::size_t k, std::size_t j) {
    return 2.0 * m.class_sums(k, j) - s[j] - targets[k] * mean[j];
  });
}

}  // namespace

std::vector<double> means(const std::vector<double>& sums, std::uint64_t rows) {
  std::vector<double> result(sums);
  for (double& value : result) value /= static_cast<double>(rows);
  return result;
}

std::vector<double> target_sums(std::span<const std::uint64_t> class_counts, std::uint64_t rows) {
  std::vector<double> sums;
  sums.reserve(class_counts.size());
  for (const std::uint64_t count : class_counts) {
    sums.push_back(2.0 * static_cast<double>(count) - static_cast<double>(rows));
  }
  return sums;
}

std::vector<double> diagonal_noise(std::span<const double> square_sums, bool exact) {
  std::vector<double> noise(square_sums.size(), 0.0);
  for (std::size_t i = 0; i < noise.size() && !exact; ++i) {
    noise[i] = 100 * std::numeric_limits<double>::epsilon() * square_sums[i];
  }
  return noise;
}

void check_training_rows(std::uint64_t rows) {
  if (rows == 0) fail(ErrorKind::input, "there are no rows to train on");
}

void check_exact_centring(const ColumnTotals& all) {
  const auto count = static_cast<double>(all.rows);
  const double bound = 4.0 * count * count * *std::ranges::max_element(all.square_sums);
  if (bound > std::ldexp(1.0, 126)) {
    fail(
        ErrorKind::input,
        "{} rows are too many to centre exactly on the mean of all rows; use the standard centring",
        all.rows);
  }
}

CentredSystem centre(const Moments& moments, int threads) {
  CentredSystem system = empty_system(moments);
  system.column_means = means(moments.column_sums, moments.rows);
  system.target_means = means(target_sums(moments.class_counts, moments.rows), moments.rows);
  if (!moments.exact) {
    centre_in_floats(moments, system, threads);
  } else if (static_cast<double>(moments.rows) * largest_square_sum(moments) <
             std::ldexp(1.0, 62)) {
    centre_exactly<std::int64_t>(moments, system, threads);
  } else {
    centre_exactly<Int128>(moments, system, threads);
  }
  return system;
}

CentredSystem centre_on(const Moments& moments, const ColumnTotals& all, int threads) {
  CentredSystem system = empty_system(moments);
  system.column_means = means(all.sums, all.rows);
  if (moments.exact && all.exact) {
    centre_on_exactly(moments, all, system, threads);
  } else {
    centre_on_in_floats(moments, system, threads);
  }
  return system;
}

void add(ColumnTotals& into, const Moments& moments) {
  ColumnTotals totals{moments.rows, moments.exact, moments.column_sums,
                      std::vector<double>(moments.features()), moments.class_counts};
  for (std::size_t j = 0; j < moments.features(); ++j) totals.square_sums[j] = moments.gram(j, j);
  add(into, totals);
}

void add(ColumnTotals& into, const ColumnTotals& totals) {
  into.rows += totals.rows;
  into.exact &= totals.exact;
  into.sums.resize(totals.sums.size(), 0.0);
  into.square_sums.resize(totals.sums.size(), 0.0);
  into.class_counts.resize(totals.class_counts.size(), 0);
  for (std::size_t j = 0; j < totals.sums.size(); ++j) {
    into.sums[j] += totals.sums[j];
    into.square_sums[j] += totals.square_sums[j];
  }
  for (std::size_t k = 0; k < totals.class_counts.size(); ++k) {
    into.class_counts[k] += totals.class_counts[k];
  }
  into.exact &= std::ranges::all_of(into.square_sums, [](double g) { return g < exact_limit; });
}

std::vector<double> centred_diagonal(const ColumnTotals& totals) {
  std::vector<double> diagonal(totals.sums.size());
  const auto n = static_cast<double>(totals.rows);
  for (std::size_t i = 0; i < diagonal.size(); ++i) {
    const double s = totals.sums[i];
    const double g = totals.square_sums[i];
    diagonal[i] =
        totals.exact
            ? static_cast<double>(integer(totals.rows) * integer(g) - integer(s) * integer(s)) / n
            : g - s * (s / n);
  }
  return diagonal;
}

}  // namespace arete
