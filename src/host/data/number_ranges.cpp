#include "arete/data/number_ranges.hpp"

#include <algorithm>
#include <utility>

#include "arete/core/error.hpp"

namespace arete {

void NumberRanges::add(RowRange range) {
  if (!ranges_.empty() && ranges_.back().last == range.first) {
    ranges_.back().last = range.last;
  } else {
    ranges_.push_back(range);
  }
}

std::vector<RowRange> NumberRanges::finish(std::string_view source) && {
  std::ranges::sort(ranges_, {}, &RowRange::first);
  std::vector<RowRange> united;
  for (const RowRange& range : ranges_) {
    if (!united.empty() && range.first < united.back().last) {
      fail(ErrorKind::input,
           "{}: two rows have the number {}; every row needs its own, as it decides which rows are "
           "held out; name another --row-column, or - for the order of the rows",
           source, range.first);
    }
    if (!united.empty() && range.first == united.back().last) {
      united.back().last = range.last;
    } else {
      united.push_back(range);
    }
  }
  return united;
}

std::vector<RowRange> numbers_of(const RowSource& source, RowRange positions) {
  if (!source.info().is_numbered) return {positions};
  NumberRanges numbers;
  for (std::uint64_t position = positions.first; position < positions.last; ++position) {
    const std::uint64_t number = source.number(position);
    numbers.add({number, number + 1});
  }
  return std::move(numbers).finish(source.info().name);
}

}  // namespace arete
