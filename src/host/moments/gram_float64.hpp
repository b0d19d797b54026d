#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "arete/core/matrix.hpp"
#include "arete/moments/convert_rows.hpp"

namespace arete {

/// Sums of X'X and of rows by class in float64, for any element type. Integers of magnitude 2^16 at
/// most are summed exactly.
///
/// For floats the result depends on the groups and their order alone, never on the number of
/// threads: up to `most_shared_features` features every group is summed by one thread in memory of
/// its own, and the sums are added in the order of the groups; above, where such memory would be
/// large, all threads share each group by strips of the result.
class Float64Gram {
 public:
  static constexpr std::size_t most_shared_features = 2048;

  Float64Gram(std::size_t features, std::size_t classes) : features_(features), classes_(classes) {}

  /// gram (j >= i) += X'X and class_sums += class sums of every group, in their order. A group has
  /// shard_rows rows at most.
  void add(std::span<const RowGroup> groups, Matrix<double>& gram, Matrix<double>& class_sums,
           int threads);

  /// Bytes that add() takes on `threads` threads.
  [[nodiscard]] static std::size_t workspace(std::size_t features, std::size_t classes,
                                             int threads) noexcept;

 private:
  struct Scratch {
    Matrix<double> panel;  ///< rows converted to float64
    Matrix<double> gram;
    Matrix<double> class_sums;
  };

  void add_by_groups(std::span<const RowGroup> groups, Matrix<double>& gram,
                     Matrix<double>& class_sums, int threads);
  void add_by_strips(const RowGroup& group, Matrix<double>& gram, Matrix<double>& class_sums,
                     int threads);
  static void sum_group(const RowGroup& group, Scratch& scratch);

  std::size_t features_;
  std::size_t classes_;
  std::vector<Scratch> scratch_;
  Matrix<double> shared_panel_;
};

}  // namespace arete
