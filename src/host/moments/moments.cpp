#include "arete/moments/moments.hpp"

#include <algorithm>
#include <functional>
#include <span>
#include <utility>

#include "arete/core/checked.hpp"
#include "arete/core/error.hpp"

namespace arete {

namespace {

std::span<double> upper_row(Matrix<double>& gram, std::size_t i) { return gram.row(i).subspan(i); }

std::span<const double> upper_row(const Matrix<double>& gram, std::size_t i) {
  return gram.row(i).subspan(i);
}

void add_to(std::span<double> into, std::span<const double> other) {
  std::ranges::transform(into, other, into.begin(), std::plus<>());
}

/// The sums over rows and columns; those over classes when `other` has the classes `position`.
void add_sums(Moments& into, const Moments& other, std::span<const std::int32_t> position) {
  add_to(into.column_sums, other.column_sums);
  for (std::size_t k = 0; k < position.size(); ++k) {
    add_to(into.class_sums.row(static_cast<std::size_t>(position[k])), other.class_sums.row(k));
  }
  for (std::size_t i = 0; i < into.features(); ++i) {
    add_to(upper_row(into.gram, i), upper_row(other.gram, i));
  }
}

/// Gives `moments` the classes `classes`, which include its own; the new ones have no rows.
void widen_classes(Moments& moments, ClassList classes) {
  const std::vector<std::int32_t> position = index_into(moments.classes, classes);
  std::vector<std::uint64_t> counts(classes.size(), 0);
  Matrix<double> sums(classes.size(), moments.features(), 0.0);
  for (std::size_t k = 0; k < position.size(); ++k) {
    const auto to = static_cast<std::size_t>(position[k]);
    counts[to] = moments.class_counts[k];
    std::ranges::copy(std::as_const(moments.class_sums).row(k), sums.row(to).begin());
  }
  moments.classes = std::move(classes);
  moments.class_counts = std::move(counts);
  moments.class_sums = std::move(sums);
}

}  // namespace

Moments empty_moments(std::size_t features, const ClassList& classes) {
  Moments moments{.classes = classes,
                  .class_counts = std::vector<std::uint64_t>(classes.size(), 0),
                  .column_sums = std::vector<double>(features, 0.0),
                  .class_sums = Matrix<double>(classes.size(), features, 0.0),
                  .gram = Matrix<double>(features, features)};
  for (std::size_t i = 0; i < features; ++i) std::ranges::fill(upper_row(moments.gram, i), 0.0);
  return moments;
}

Moments clone(const Moments& moments) {
  Moments copy{.rows = moments.rows,
               .exact = moments.exact,
               .classes = moments.classes,
               .class_counts = moments.class_counts,
               .column_sums = moments.column_sums,
               .class_sums = moments.class_sums.clone(),
               .gram = Matrix<double>(moments.features(), moments.features())};
  for (std::size_t i = 0; i < moments.features(); ++i) {
    std::ranges::copy(upper_row(moments.gram, i), upper_row(copy.gram, i).begin());
  }
  return copy;
}

void add(Moments& into, const Moments& other) {
  if (into.features() != other.features()) {
    fail(ErrorKind::input, "moments of {} features cannot be added to moments of {}",
         other.features(), into.features());
  }
  into.rows = checked_add(into.rows, other.rows, "rows of moments");
  if (into.classes != other.classes) widen_classes(into, unite(into.classes, other.classes));
  const std::vector<std::int32_t> position = index_into(other.classes, into.classes);
  for (std::size_t k = 0; k < position.size(); ++k) {
    into.class_counts[static_cast<std::size_t>(position[k])] += other.class_counts[k];
  }
  add_sums(into, other, position);
  into.exact = into.exact && other.exact && within_exact_limit(into);
}

bool within_exact_limit(const Moments& moments) noexcept {
  for (std::size_t i = 0; i < moments.features(); ++i) {
    if (!(moments.gram(i, i) < exact_limit)) return false;
  }
  return true;
}

void fail_inexact(std::string_view when) {
  fail(ErrorKind::input,
       "{} the sums of squares have outgrown 2^53, below which sums of integers are exact; use "
       "fewer rows, or store the features as float32, whose sums may be rounded",
       when);
}

}  // namespace arete
