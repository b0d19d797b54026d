#pragma once

#include <string>
#include <vector>

#include "arete/cli/results.hpp"
#include "arete/moments/moments_file.hpp"

namespace arete::cli {

/// Sums over the sums, by which moments of the same rows are known to be the same.
struct MomentTotals {
  Json gram_trace;
  Json gram_sum;  ///< over the full symmetric matrix
  Json column_sum_total;
  std::vector<Json> class_sum_total;  ///< by class
};

/// Over all parts of `set`. Exact moments are summed as integers of 128 bits; what does not fit a
/// 64-bit integer is given as a decimal string. Others are summed in float64.
[[nodiscard]] MomentTotals totals_of(const MomentsSet& set);

}  // namespace arete::cli
