#include "arete/train/packed_entry.hpp"

#include "arete/comm/packing.hpp"
#include "arete/select/selection.hpp"

namespace arete {

namespace {

struct PointFigures {
  double lambda = 0;
  std::uint64_t solved = 0;
  std::uint64_t rows = 0;
  std::uint64_t correct = 0;
  double squared_error = 0;
  double rcond = 0;
  double residual = 0;
};

PointFigures figures_of(const PathPoint& point) {
  return {point.lambda,        point.is_solved() ? 1U : 0U,
          point.rows,          point.correct.value_or(0),
          point.squared_error, point.rcond,
          point.residual};
}

PathPoint point_of(const PointFigures& figures, bool counted) {
  PathPoint point;
  point.lambda = figures.lambda;
  point.status =
      name_of(figures.solved == 1 ? SolveStatus::solved : SolveStatus::not_positive_definite);
  point.rows = figures.rows;
  if (counted) point.correct = figures.correct;
  point.squared_error = figures.squared_error;
  point.rcond = figures.rcond;
  point.residual = figures.residual;
  return point;
}

}  // namespace

void pack_entry(const PathEntry& entry, std::vector<std::byte>& message) {
  std::vector<PointFigures> points;
  if (entry.folds.empty()) points.push_back(figures_of(entry.total));
  for (const PathPoint& fold : entry.folds) points.push_back(figures_of(fold));
  pack(std::span<const PointFigures>(points), message);
}

PathEntry unpack_entry(std::span<const std::byte>& message, std::size_t folds, bool counted) {
  std::vector<PointFigures> figures(folds);
  unpack(message, std::span(figures));
  std::vector<PathPoint> points;
  points.reserve(folds);
  for (const PointFigures& of_fold : figures) points.push_back(point_of(of_fold, counted));
  PathEntry entry{combine(points), {}};
  if (folds > 1) entry.folds = std::move(points);
  return entry;
}

}  // namespace arete
