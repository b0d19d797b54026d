#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <vector>

#include "arete/comm/communicator.hpp"
#include "arete/core/listener.hpp"
#include "arete/core/matrix.hpp"
#include "arete/data/row_source.hpp"
#include "arete/model/ridge_model.hpp"

namespace arete {

struct PredictOptions {
  int threads = 1;
  /// Bytes for rows, those included that the source holds already; 0: half of what is free.
  std::size_t memory = 0;
  std::size_t row_overhead = 0;  ///< bytes that `receive` takes for each row it is given
  bool with_labels = false;      ///< deliver the rows' own labels too, where the source has them
};

/// The predictions for consecutive rows.
struct Predictions {
  std::uint64_t first_row = 0;        ///< number of the first in the source
  std::vector<std::int32_t> classes;  ///< indices into the model's classes; ties go to the first
  Matrix<double> scores;              ///< rows x classes: weights x + intercept
  std::vector<std::int32_t> labels;  ///< the rows' own labels, as indices into the model's classes;
                                     ///< empty when not asked for, or the source has none
};

/// Throws Error (input) when `source` does not deliver what the model was trained on: number of
/// features, shape of a row, names of columns and their order where both have some, preprocessing,
/// signedness.
void check_compatible(const RidgeModel& model, const SourceInfo& source);

/// The same before there is a model: `source` against the rows it is trained on.
void check_compatible(const SourceInfo& training, const SourceInfo& source);

/// Throws Error (input) on a rank whose model is not that of rank 0. Called by all ranks.
void check_same_model(const RidgeModel& model, Communicator& communicator);

/// Predicts rows `rows` of `source`, block by block in their order, each given to `receive` on the
/// thread of the caller; on rank 0 alone where several ranks share the work. The listener's stage
/// is "predict". Throws Error: (input) as check_compatible does, for rows beyond the end of the
/// source, for NaN and infinity (naming row and column), or when labels are asked for and the
/// source has a class that the model lacks; (resource) when the memory does not suffice for two
/// rows; and OtherRankFailed.
void predict(const RidgeModel& model, const RowSource& source, RowRange rows,
             const PredictOptions& options, Communicator& communicator, Listener& listener,
             const std::function<void(const Predictions&)>& receive);

}  // namespace arete
