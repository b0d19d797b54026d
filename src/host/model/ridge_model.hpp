#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "arete/core/matrix.hpp"
#include "arete/data/row_source.hpp"

namespace arete {

/// What the choice of lambda rested on: one point of the path.
struct PathPoint {
  double lambda = 0;
  std::string status;                    ///< "solved" or "not positive definite"
  std::uint64_t rows = 0;                ///< held-out rows scored
  std::optional<std::uint64_t> correct;  ///< of those; nothing when rows could not be read again
  /// Sum over held-out rows and classes of (target - score)^2; NaN unless solved.
  double squared_error = 0;
  double rcond = 0;  ///< of RidgeSolution, as is the next
  double residual = 0;

  [[nodiscard]] bool is_solved() const;
  /// 0 to 1; nothing where no rows were counted.
  [[nodiscard]] std::optional<double> accuracy() const;
};

/// A trained classifier: a row x belongs to the class with the largest weights x + intercept.
struct RidgeModel {
  ClassList classes;                 ///< 2 or more
  Matrix<double> weights;            ///< classes x features
  std::vector<double> intercept;     ///< classes
  std::vector<double> column_means;  ///< features; what was subtracted from the training rows
  double lambda = 0;
  std::uint64_t training_rows = 0;
  bool signed_bytes = false;       ///< the training rows were int8; no other type tells on a model
  std::vector<std::size_t> shape;  ///< of one row, as in SourceInfo
  std::vector<std::string> column_names;  ///< as in SourceInfo
  Preprocessing preprocessing;            ///< of the training rows
  std::vector<PathPoint> path;            ///< empty for a single lambda

  [[nodiscard]] std::size_t features() const noexcept { return weights.columns(); }
};

/// Writes a safetensors file: tensors `weights`, `intercept`, `column_means` (float64), the rest as
/// metadata. The bytes depend on the model alone: no times, paths or host names. Throws Error
/// (resource) when it cannot be written, (usage) when it exists and `overwrite` is false.
void write_model(const RidgeModel& model, const std::filesystem::path& path, bool overwrite);

/// Reads what write_model wrote. Throws Error (input) naming the file, the place (byte, tensor or
/// entry of the metadata), what was found and what was expected.
[[nodiscard]] RidgeModel read_model(const std::filesystem::path& path);

/// Whether the file begins as a safetensors file does; not so where it cannot be read.
[[nodiscard]] bool is_model_file(const std::filesystem::path& path);

}  // namespace arete
