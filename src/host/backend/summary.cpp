#include "arete/backend/summary.hpp"

#include <fmt/format.h>

#include <utility>

namespace arete {

namespace {

constexpr double nearly_constant =
    1.0 / (1 << 26);  // of C_ii to G_ii: half of float64's digits lost

}  // namespace

DataSummary summarise(const ColumnTotals& all, std::vector<std::uint64_t> part_rows,
                      bool integers) {
  DataSummary summary;
  summary.part_rows = std::move(part_rows);
  summary.rows = all.rows;
  summary.features = all.sums.size();
  summary.exact = all.exact;
  if (integers && !all.exact) fail_inexact(fmt::format("with all {} rows", all.rows));
  summary.class_counts = all.class_counts;
  if (all.rows == 0) return summary;
  const std::vector<double> variances = centred_diagonal(all);
  for (std::size_t i = 0; i < variances.size(); ++i) {
    summary.mean_eigenvalue += variances[i] / static_cast<double>(variances.size());
    const bool constant = all.exact && variances[i] == 0;
    if (!constant && variances[i] < nearly_constant * all.square_sums[i]) ++summary.nearly_constant;
  }
  return summary;
}

}  // namespace arete
