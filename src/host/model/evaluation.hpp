#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "arete/core/matrix.hpp"
#include "arete/model/predict.hpp"

namespace arete {

/// How a model does on one class.
struct ClassFigures {
  std::string name;
  std::optional<double> precision;  ///< correct / predicted as this class; nothing when none was
  std::optional<double> recall;     ///< correct / rows of this class; nothing when there are none
  std::uint64_t rows = 0;           ///< of this class
};

/// A row that was taken for another class.
struct Mistake {
  std::uint64_t row = 0;       ///< its position in the source
  std::int32_t label = 0;      ///< its own class, as an index into the model's
  std::int32_t predicted = 0;  ///< the class it was taken for
  double margin = 0;           ///< the score of that class, less that of its own
};

/// How a model does on labelled rows.
struct Evaluation {
  std::uint64_t rows = 0;
  std::uint64_t correct = 0;
  std::vector<ClassFigures> classes;  ///< those of the model, in its order
  Matrix<std::uint64_t> confusion;    ///< classes x classes: true class, predicted class
  std::vector<Mistake> mistakes;      ///< the most confident: by falling margin, then by row

  /// The share of rows that are classified correctly: 0 to 1; 0 without rows.
  [[nodiscard]] double accuracy() const noexcept {
    return rows == 0 ? 0.0 : static_cast<double>(correct) / static_cast<double>(rows);
  }
};

/// Compares predictions for rows `rows` of `source` with their labels, each rank its share of them;
/// all get the same result, with `mistakes` mistakes at most. options.with_labels is taken as set.
/// Throws as predict does, and Error (input) without labels.
[[nodiscard]] Evaluation evaluate(const RidgeModel& model, const RowSource& source, RowRange rows,
                                  const PredictOptions& options, Communicator& communicator,
                                  Listener& listener, std::size_t mistakes = 0);

}  // namespace arete
