#include "arete/train/path_search.hpp"

#include <algorithm>

#include "arete/core/error.hpp"
#include "arete/core/stopwatch.hpp"
#include "arete/select/lambda_grid.hpp"
#include "arete/select/selection.hpp"

namespace arete {

namespace {

/// A held-out part, the path trained without it, and how it does there.
struct HeldOutPath {
  int part = 0;
  RidgePath path;
  std::vector<double> squared_errors;
  ScoreCounts counts;
};

class PathSearch {
 public:
  PathSearch(Session& session, BlockReader* blocks, const FitOptions& options, std::size_t memory,
             Listener& listener, FitResult& result)
      : session_(session),
        blocks_(blocks),
        options_(options),
        memory_(memory),
        listener_(listener),
        result_(result) {}

  /// Adds entries for `lambdas` to the path: all at once where their solutions fit the memory, so
  /// that the rows are read once more and not once for each.
  void extend_by(const std::vector<double>& lambdas) {
    const std::size_t at_once = solutions_at_once();
    for (std::size_t first = 0; first < lambdas.size(); first += at_once) {
      const auto begin = lambdas.begin() + static_cast<std::ptrdiff_t>(first);
      const std::size_t count = std::min(at_once, lambdas.size() - first);
      add_entries({begin, begin + static_cast<std::ptrdiff_t>(count)},
                  std::max<std::size_t>(1, at_once / count));
    }
    std::ranges::sort(result_.path, {}, [](const PathEntry& e) { return e.total.lambda; });
  }

 private:
  /// A solution is held as it is, in the scorer of its path, and for a while as its remainder.
  [[nodiscard]] std::size_t solutions_at_once() const {
    const DataSummary& summary = result_.summary;
    const std::size_t weights = summary.class_counts.size() * summary.features;
    return std::max<std::size_t>(1, memory_ / (3 * weights * sizeof(double)));
  }

  void add_entries(const std::vector<double>& lambdas, std::size_t parts_at_once) {
    std::vector<std::vector<PathPoint>> points(lambdas.size());
    const std::vector<int> parts = held_out_parts(options_.rule);
    for (std::size_t first = 0; first < parts.size(); first += parts_at_once) {
      const std::size_t count = std::min(parts_at_once, parts.size() - first);
      for (const HeldOutPath& held_out :
           evaluate(std::span(parts).subspan(first, count), lambdas)) {
        for (std::size_t l = 0; l < lambdas.size(); ++l) points[l].push_back(point(held_out, l));
      }
    }
    for (auto& folds : points) {
      PathEntry entry{combine(folds), {}};
      if (folds.size() > 1) entry.folds = std::move(folds);
      result_.path.push_back(std::move(entry));
    }
  }

  std::vector<HeldOutPath> evaluate(std::span<const int> parts,
                                    const std::vector<double>& lambdas) {
    std::vector<HeldOutPath> paths;
    for (const int part : parts) {
      const Stopwatch watch(result_.seconds.solve);
      HeldOutPath held_out;
      held_out.part = part;
      held_out.path = session_.solve({part, lambdas, options_.solver, options_.centring});
      held_out.squared_errors = session_.squared_errors(part, held_out.path);
      paths.push_back(std::move(held_out));
      listener_.progress("solve", paths.size(), parts.size());
    }
    if (blocks_ != nullptr) count_correct(paths);
    return paths;
  }

  void count_correct(std::vector<HeldOutPath>& paths) {
    const double waited = blocks_->seconds_waited();
    double seconds = 0;
    {
      const Stopwatch watch(seconds);
      std::uint64_t done = 0;
      blocks_->for_each([&](const RowBlock& block) {
        for (HeldOutPath& held_out : paths) {
          session_.score(block, held_out.part, held_out.path, held_out.counts);
        }
        done += block.rows;
        listener_.progress("score", done, result_.summary.rows);
      });
    }
    const double reading = blocks_->seconds_waited() - waited;
    result_.seconds.read += reading;
    result_.seconds.score += seconds - reading;
  }

  [[nodiscard]] PathPoint point(const HeldOutPath& held_out, std::size_t l) const {
    const RidgeSolution& solution = held_out.path.solutions[l];
    PathPoint point;
    point.lambda = solution.lambda;
    point.status = name_of(solution.status);
    point.rows = result_.summary.part_rows[static_cast<std::size_t>(held_out.part)];
    if (blocks_ != nullptr) point.correct = held_out.counts.correct.at(l);
    point.squared_error = held_out.squared_errors[l];
    point.rcond = solution.rcond;
    point.residual = solution.residual;
    return point;
  }

  Session& session_;
  BlockReader* blocks_;
  const FitOptions& options_;
  std::size_t memory_;
  Listener& listener_;
  FitResult& result_;
};

std::size_t best_of(const FitResult& result, Selection selection) {
  const auto best = select(result.path, selection);
  if (!best) {
    fail(ErrorKind::unsolved,
         "no lambda of the path from {} to {} makes the system positive definite; give larger ones",
         result.path.front().total.lambda, result.path.back().total.lambda);
  }
  return *best;
}

std::vector<double> lambdas_of(const std::vector<PathEntry>& path) {
  std::vector<double> lambdas;
  lambdas.reserve(path.size());
  for (const PathEntry& entry : path) lambdas.push_back(entry.total.lambda);
  return lambdas;
}

/// An end that merely ties with its neighbour lies on a plateau: going on would not help.
bool end_is_strictly_better(const FitResult& result, std::size_t best, Selection selection) {
  if (result.path.size() < 2) return false;
  const std::size_t neighbour = best == 0 ? 1 : best - 1;
  const PathPoint& beside = result.path[neighbour].total;
  return beside.status == name_of(SolveStatus::solved) &&
         better(result.path[best], result.path[neighbour], selection);
}

}  // namespace

void search_path(Session& session, BlockReader* blocks, const FitOptions& options,
                 std::size_t memory, Listener& listener, FitResult& result) {
  PathSearch search(session, blocks, options, memory, listener, result);
  const Selection selection = blocks == nullptr ? Selection::squared_error : options.selection;
  const double scale = result.summary.mean_eigenvalue;
  const bool automatic = options.lambdas.empty();
  search.extend_by(automatic ? automatic_grid(scale) : options.lambdas);
  std::size_t best = best_of(result, selection);
  while (automatic && end_is_strictly_better(result, best, selection)) {
    const auto lambda = extension(lambdas_of(result.path), best, scale);
    if (!lambda) break;
    search.extend_by({*lambda});
    best = best_of(result, selection);
  }
  result.best = best;
  const bool at_an_end = best == 0 || best + 1 == result.path.size();
  if (!automatic && at_an_end && end_is_strictly_better(result, best, selection)) {
    result.warnings.push_back(
        fmt::format("the best lambda, {}, is an end of the path; a better one may lie beyond",
                    result.path[best].total.lambda));
    listener.warning(result.warnings.back());
  }
}

}  // namespace arete
