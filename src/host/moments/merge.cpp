#include <fmt/ranges.h>

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "arete/core/error.hpp"
#include "arete/data/row_description.hpp"
#include "arete/moments/moments_file.hpp"

namespace arete {

namespace {

template <typename Value>
void require_same(const Value& mine, const Value& theirs, std::string_view what,
                  const std::string& other_name) {
  if (mine == theirs) return;
  fail(ErrorKind::input, "{}: has {} {}, but what it is merged with has {}", other_name, what,
       theirs, mine);
}

std::string describe_preprocessing(const Preprocessing& preprocessing) {
  const auto& size = preprocessing.image_size;
  const auto& threshold = preprocessing.binarise;
  return fmt::format("(image size {}, {}, {})",
                     size ? fmt::format("{}x{}", size->width, size->height) : "as it is",
                     preprocessing.grayscale ? "grey" : "colours as they are",
                     threshold ? fmt::format("binarised at {}", *threshold) : "not binarised");
}

void require_compatible(const MomentsSet& into, const MomentsSet& other, const std::string& name) {
  require_same(fmt::format("{}", fmt::join(into.shape, "x")),
               fmt::format("{}", fmt::join(other.shape, "x")), "rows of shape", name);
  require_same(into.parts.front().features(), other.parts.front().features(), "features", name);
  require_same(name_of(into.type), name_of(other.type), "the element type", name);
  require_same(describe_preprocessing(into.preprocessing),
               describe_preprocessing(other.preprocessing), "the preprocessing", name);
  if (!(into.rule == other.rule)) {
    fail(ErrorKind::input,
         "{}: its rows were parted by another rule ({}) than those that it is merged with ({})",
         name, describe(other.rule), describe(into.rule));
  }
  check_same_columns(other.column_names, into.column_names, name, "what it is merged with");
}

/// The union of two sorted lists, in which no two ranges touch.
std::vector<RowRange> unite_rows(const std::vector<RowRange>& into,
                                 const std::vector<RowRange>& other, const std::string& name) {
  std::vector<RowRange> sorted;
  std::ranges::merge(into, other, std::back_inserter(sorted), {}, &RowRange::first,
                     &RowRange::first);
  std::vector<RowRange> united;
  for (const RowRange& range : sorted) {
    if (!united.empty() && range.first < united.back().last) {
      fail(ErrorKind::input, "{}: holds rows {} to {}, which are among those merged already", name,
           range.first, std::min(range.last, united.back().last) - 1);
    }
    if (!united.empty() && range.first == united.back().last) {
      united.back().last = range.last;
    } else {
      united.push_back(range);
    }
  }
  return united;
}

/// Judged before adding, and by rounded sums: rounding never takes a sum from 2^53 below it.
void require_exact_sums(const Moments& a, const Moments& b, const std::string& name) {
  for (std::size_t i = 0; i < a.features(); ++i) {
    if (a.gram(i, i) + b.gram(i, i) >= exact_limit) {
      fail_inexact(fmt::format("{}: with its rows, at feature {},", name, i));
    }
  }
}

}  // namespace

void merge(MomentsSet& into, const MomentsSet& other, const std::string& other_name) {
  require_compatible(into, other, other_name);
  std::vector<RowRange> rows = unite_rows(into.rows, other.rows, other_name);
  if (is_integer(into.type)) {
    for (std::size_t p = 0; p < into.parts.size(); ++p) {
      require_exact_sums(into.parts[p], other.parts[p], other_name);
    }
  }
  for (std::size_t p = 0; p < into.parts.size(); ++p) add(into.parts[p], other.parts[p]);
  into.rows = std::move(rows);
}

}  // namespace arete
