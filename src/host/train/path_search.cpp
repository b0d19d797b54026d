#include "arete/train/path_search.hpp"

#include <algorithm>
#include <iterator>
#include <memory>

#include "arete/core/error.hpp"
#include "arete/core/stopwatch.hpp"
#include "arete/select/lambda_grid.hpp"
#include "arete/select/selection.hpp"
#include "arete/train/packed_entry.hpp"
#include "arete/train/shared_path.hpp"

namespace arete {

namespace {

/// A held-out part, the path trained without it, and how it does there.
struct HeldOutPath {
  int part = 0;
  SolvedPath solved;
  ScoreCounts counts;
};

class PathSearch {
 public:
  PathSearch(const SearchSetup& setup, FitResult& result) : setup_(setup), result_(result) {}

  /// Adds entries for `lambdas` to the path.
  void extend_by(const std::vector<double>& lambdas) {
    std::vector<PathEntry> entries =
        mode() == Parallel::model ? gather(entries_for(own_share(lambdas))) : entries_for(lambdas);
    std::ranges::move(entries, std::back_inserter(result_.path));
    std::ranges::sort(result_.path, {}, [](const PathEntry& e) { return e.total.lambda; });
  }

 private:
  [[nodiscard]] Parallel mode() const { return result_.parallel.mode; }

  [[nodiscard]] std::vector<double> own_share(const std::vector<double>& lambdas) const {
    std::vector<double> own;
    const auto size = static_cast<std::size_t>(setup_.communicator.size());
    for (auto l = static_cast<std::size_t>(setup_.communicator.rank()); l < lambdas.size();
         l += size) {
      own.push_back(lambdas[l]);
    }
    return own;
  }

  /// A solution is held as it is, in the scorer of its path, and for a while as its remainder or in
  /// messages.
  [[nodiscard]] std::size_t solutions_at_once() const {
    const DataSummary& summary = result_.summary;
    const std::size_t weights = summary.class_counts.size() * summary.features;
    const std::size_t copies = setup_.communicator.size() == 1 ? 3 : 4;
    return std::max<std::size_t>(1, setup_.memory / (copies * weights * sizeof(double)));
  }

  /// All lambdas at once where their solutions fit the memory, so that the rows are read once more
  /// and not once for each.
  std::vector<PathEntry> entries_for(const std::vector<double>& lambdas) {
    std::vector<PathEntry> entries;
    const std::size_t at_once = solutions_at_once();
    for (std::size_t first = 0; first < lambdas.size(); first += at_once) {
      const auto begin = lambdas.begin() + static_cast<std::ptrdiff_t>(first);
      const std::size_t count = std::min(at_once, lambdas.size() - first);
      add_entries({begin, begin + static_cast<std::ptrdiff_t>(count)},
                  std::max<std::size_t>(1, at_once / count), entries);
    }
    return entries;
  }

  void add_entries(const std::vector<double>& lambdas, std::size_t parts_at_once,
                   std::vector<PathEntry>& entries) {
    std::vector<std::vector<PathPoint>> points(lambdas.size());
    const std::vector<int> parts = held_out_parts(setup_.options.rule);
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
      entries.push_back(std::move(entry));
    }
  }

  std::vector<HeldOutPath> evaluate(std::span<const int> parts,
                                    const std::vector<double>& lambdas) {
    std::vector<HeldOutPath> paths;
    for (const int part : parts) {
      const Stopwatch watch(result_.seconds.solve);
      SolveRequest request{part, lambdas, setup_.options.solver, setup_.options.centring, {}};
      request.between = [&] { pause("solve", paths.size(), parts.size()); };
      paths.push_back({part, solve(request), {}});
      pause("solve", paths.size(), parts.size());
    }
    if (setup_.blocks != nullptr) count_correct(paths);
    return paths;
  }

  SolvedPath solve(const SolveRequest& request) {
    switch (mode()) {
      case Parallel::model:
        return solve_alone(setup_.session, request);
      case Parallel::average: {
        SolvedPath solved = solve_average(setup_.session, request, setup_.communicator);
        const auto held_out = static_cast<std::size_t>(request.held_out);
        solved.squared_errors.assign(request.lambdas.size(), 0.0);
        if (setup_.session.summary().part_rows[held_out] > 0) {
          solved.squared_errors = setup_.session.squared_errors(request.held_out, solved.path);
        }
        setup_.communicator.all_reduce_sum(std::span(solved.squared_errors));
        return solved;
      }
      default: {
        // Folds begin with different ranks, so that few lambdas of many folds occupy all.
        const int first = request.held_out * static_cast<int>(request.lambdas.size());
        return solve_shared(setup_.session, setup_.opened_with, request, first,
                            setup_.communicator);
      }
    }
  }

  void count_correct(std::vector<HeldOutPath>& paths) {
    const double waited = setup_.blocks->seconds_waited();
    double seconds = 0;
    {
      const Stopwatch watch(seconds);
      std::vector<std::unique_ptr<Scorer>> scorers;
      scorers.reserve(paths.size());
      for (const HeldOutPath& held_out : paths) {
        scorers.push_back(setup_.session.scorer(held_out.solved.path));
      }
      std::uint64_t done = 0;
      const std::uint64_t total = setup_.blocks->next_rows();
      setup_.blocks->for_each([&](const RowBlock& block) {
        for (std::size_t p = 0; p < paths.size(); ++p) {
          scorers[p]->score(block, paths[p].part, paths[p].counts);
        }
        done += block.rows;
        pause("score", done, total);
      });
      for (HeldOutPath& held_out : paths) {
        // A rank that has no rows of its own has scored none.
        held_out.counts.correct.resize(held_out.solved.path.solutions.size(), 0);
        if (mode() == Parallel::model) continue;
        setup_.communicator.all_reduce_sum(std::span(held_out.counts.correct));
      }
    }
    const double reading = setup_.blocks->seconds_waited() - waited;
    result_.seconds.read += reading;
    result_.seconds.score += seconds - reading;
  }

  [[nodiscard]] PathPoint point(const HeldOutPath& held_out, std::size_t l) const {
    const RidgeSolution& solution = held_out.solved.path.solutions[l];
    PathPoint point;
    point.lambda = solution.lambda;
    point.status = name_of(solution.status);
    point.rows = result_.summary.part_rows[static_cast<std::size_t>(held_out.part)];
    if (setup_.blocks != nullptr) point.correct = held_out.counts.correct.at(l);
    point.squared_error = held_out.solved.squared_errors[l];
    point.rcond = solution.rcond;
    point.residual = solution.residual;
    return point;
  }

  /// The entries of all ranks, on every rank.
  std::vector<PathEntry> gather(const std::vector<PathEntry>& own) {
    std::vector<std::byte> message;
    for (const PathEntry& entry : own) pack_entry(entry, message);
    std::vector<PathEntry> all;
    const std::size_t folds = held_out_parts(setup_.options.rule).size();
    for (const auto& bytes : setup_.communicator.all_gather(message)) {
      std::span<const std::byte> rest(bytes);
      while (!rest.empty()) all.push_back(unpack_entry(rest, folds, setup_.blocks != nullptr));
    }
    return all;
  }

  void pause(std::string_view stage, std::uint64_t done, std::uint64_t total) {
    setup_.listener.progress(stage, done, total);
    setup_.communicator.check();
  }

  const SearchSetup& setup_;
  FitResult& result_;
};

std::size_t best_of(const FitResult& result, Selection selection) {
  const auto best = select(result.path, selection);
  if (!best) {
    fail(
        ErrorKind::unsolved,
        "no lambda of the path from {} to {} makes the system positive definite; {}",
        result.path.front().total.lambda, result.path.back().total.lambda,
        result.summary.nearly_constant > 0
            ? "subtract the means of columns that are nearly constant first, or give larger lambdas"
            : "give larger lambdas");
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
  return beside.is_solved() && better(result.path[best], result.path[neighbour], selection);
}

}  // namespace

void search_path(const SearchSetup& setup, FitResult& result) {
  PathSearch search(setup, result);
  const FitOptions& options = setup.options;
  const Selection selection =
      setup.blocks == nullptr ? Selection::squared_error : options.selection;
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
    setup.listener.warning(result.warnings.back());
  }
}

}  // namespace arete
