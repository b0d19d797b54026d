#include "arete/cli/exact_totals.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>

namespace arete::cli {

namespace {

__extension__ using Int128 = __int128;

Json json_of(double value) { return value; }

Json json_of(Int128 value) {
  if (value >= std::numeric_limits<std::int64_t>::min() &&
      value <= std::numeric_limits<std::int64_t>::max()) {
    return static_cast<std::int64_t>(value);
  }
  std::string digits;
  for (Int128 rest = value; rest != 0; rest /= 10) {
    const int digit = static_cast<int>(rest % 10);
    digits += static_cast<char>('0' + (digit < 0 ? -digit : digit));
  }
  if (value < 0) digits += '-';
  std::reverse(digits.begin(), digits.end());
  return digits;
}

template <typename Number>
Number sum_of(std::span<const double> values) {
  Number sum = 0;
  for (const double value : values) sum += static_cast<Number>(value);
  return sum;
}

template <typename Number>
MomentTotals sum_totals(const MomentsSet& set) {
  Number trace = 0;
  Number above = 0;  // the diagonal
  Number columns = 0;
  std::vector<Number> classes(set.parts.front().classes.size());
  for (const Moments& part : set.parts) {
    for (std::size_t i = 0; i < part.features(); ++i) {
      trace += static_cast<Number>(part.gram(i, i));
      above += sum_of<Number>(part.gram.row(i).subspan(i + 1));
    }
    columns += sum_of<Number>(part.column_sums);
    for (std::size_t k = 0; k < classes.size(); ++k) {
      classes[k] += sum_of<Number>(part.class_sums.row(k));
    }
  }
  MomentTotals totals{json_of(trace), json_of(trace + 2 * above), json_of(columns), {}};
  for (const Number sum : classes) totals.class_sum_total.push_back(json_of(sum));
  return totals;
}

}  // namespace

MomentTotals totals_of(const MomentsSet& set) {
  const bool exact = std::all_of(set.parts.begin(), set.parts.end(),
                                 [](const Moments& part) { return part.exact; });
  return exact ? sum_totals<Int128>(set) : sum_totals<double>(set);
}

}  // namespace arete::cli
