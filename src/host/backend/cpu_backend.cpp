#include <algorithm>
#include <limits>

#include "arete/backend/backend.hpp"
#include "arete/backend/summary.hpp"
#include "arete/core/blas.hpp"
#include "arete/moments/accumulator.hpp"
#include "arete/score/counting.hpp"
#include "arete/score/squared_error.hpp"
#include "arete/solve/path_solvers.hpp"

namespace arete {

namespace {

/// The rows of one part that lie in `block`, cut where their positions are multiples of `shard`.
std::vector<RowGroup> groups_of_part(const RowBlock& block, const PartRule& rule, int part,
                                     std::uint64_t shard) {
  std::vector<RowGroup> groups;
  std::uint64_t current = 0;
  for (std::size_t i = 0; i < block.rows; ++i) {
    const std::uint64_t number = block.number(i);
    if (part_of(rule, number) != part) continue;
    const std::uint64_t position = block.first_row + i;
    if (groups.empty() || position / shard != current) {
      groups.push_back({block.type, block.features, {}, {}, {}});
      current = position / shard;
    }
    RowGroup& group = groups.back();
    group.rows.push_back(block.row(i));
    if (!block.labels.empty()) group.labels.push_back(block.labels[i]);
    group.numbers.push_back(number);
  }
  return groups;
}

/// How many teams sum int8 products: every thread is one where their sums are small and the memory
/// is there, else all threads are one.
std::size_t int8_teams(const SessionOptions& options) {
  constexpr std::size_t small_sums = std::size_t{64} << 20;
  const Int8Instructions* const int8 = int8_instructions(options.kernel);
  if (int8 == nullptr) return 1;
  const auto threads = static_cast<std::size_t>(options.threads);
  const auto parts = static_cast<std::size_t>(part_count(options.rule));
  const std::size_t sums = Int8Gram::size(*int8, options.features, options.classes.size());
  if (sums > small_sums) return 1;
  const std::size_t bytes = threads * (parts * sums + Int8Panels::size(*int8, options.features));
  return options.memory == 0 || bytes <= options.memory ? threads : 1;
}

class CpuScorer final : public Scorer {
 public:
  CpuScorer(const RidgePath& path, const SessionOptions& options)
      : options_(options), solutions_(path.solutions.size()), scorer_(make_path_scorer(path)) {}

  void score(const RowBlock& block, int part, ScoreCounts& counts) override {
    counts.correct.resize(solutions_, 0);
    constexpr auto uncut = std::numeric_limits<std::uint64_t>::max();
    for (const RowGroup& group : groups_of_part(block, options_.rule, part, uncut)) {
      count_correct(group.rows, group.labels, group.type, scorer_, counts.correct,
                    options_.threads);
      counts.rows += group.rows.size();
    }
  }

 private:
  const SessionOptions& options_;
  std::size_t solutions_;
  PathScorer scorer_;
};

class CpuSession final : public Session {
 public:
  explicit CpuSession(const SessionOptions& options)
      : options_(options),
        workspace_(options.features, options.classes.size(), int8_teams(options)) {
    for (int part = 0; part < part_count(options.rule); ++part) {
      parts_.emplace_back(options.features, options.classes, options.type, options.kernel);
    }
  }

  void add(const RowBlock& block, std::string_view source) override {
    for (int part = 0; part < part_count(options_.rule); ++part) {
      const std::vector<RowGroup> groups =
          groups_of_part(block, options_.rule, part, shard_rows(block.features));
      accumulator(part).add(groups, source, workspace_, options_.threads);
    }
  }

  void add(const std::vector<Moments>& parts) override {
    if (parts.size() != parts_.size()) {
      fail(ErrorKind::internal, "moments of {} parts for a session of {}", parts.size(),
           parts_.size());
    }
    for (std::size_t part = 0; part < parts.size(); ++part) {
      parts_[part].add(parts[part], options_.threads);
    }
  }

  void reduce(Communicator& communicator) override {
    if (communicator.size() == 1) return;
    for (Accumulator& part : parts_) part.reduce(communicator, options_.threads);
  }

  [[nodiscard]] DataSummary summary() override;
  [[nodiscard]] RidgePath solve(const SolveRequest& request) override;

  [[nodiscard]] std::unique_ptr<Scorer> scorer(const RidgePath& path) override {
    return std::make_unique<CpuScorer>(path, options_);
  }

  [[nodiscard]] std::vector<double> squared_errors(int part, const RidgePath& path) override {
    return arete::squared_errors(part_moments(part), path, options_.threads);
  }

  [[nodiscard]] std::vector<Moments> moments() override {
    std::vector<Moments> copies;
    for (auto& part : parts_) copies.push_back(clone(part.moments(options_.threads)));
    return copies;
  }

 private:
  Accumulator& accumulator(int part) { return parts_[static_cast<std::size_t>(part)]; }
  const Moments& part_moments(int part) { return accumulator(part).moments(options_.threads); }

  ColumnTotals totals() {
    ColumnTotals all;
    for (int part = 0; part < part_count(options_.rule); ++part) {
      arete::add(all, part_moments(part));
    }
    return all;
  }

  CentredSystem centred(const Moments& training, Centring centring) {
    return centring == Centring::odyssey ? centre_on(training, totals(), options_.threads)
                                         : centre(training, options_.threads);
  }

  /// The system of every row outside `held_out`.
  CentredSystem system_without(int held_out, Centring centring) {
    std::vector<int> training;
    for (int part = 0; part < part_count(options_.rule); ++part) {
      if (part != held_out) training.push_back(part);
    }
    if (training.size() == 1) return centred(part_moments(training.front()), centring);
    Moments sum = empty_moments(options_.features, options_.classes);
    for (const int part : training) arete::add(sum, part_moments(part));
    return centred(sum, centring);
  }

  SessionOptions options_;
  AccumulatorWorkspace workspace_;
  std::vector<Accumulator> parts_;
};

DataSummary CpuSession::summary() {
  std::vector<std::uint64_t> part_rows;
  part_rows.reserve(parts_.size());
  for (int part = 0; part < part_count(options_.rule); ++part) {
    part_rows.push_back(part_moments(part).rows);
  }
  return summarise(totals(), std::move(part_rows), is_integer(options_.type));
}

RidgePath CpuSession::solve(const SolveRequest& request) {
  const CentredSystem system = system_without(request.held_out, request.centring);
  RidgePath path;
  path.classes = options_.classes;
  path.solutions = request.solver == Solver::eigen
                       ? eigen_path(system, request.lambdas, options_.threads, request.between)
                       : cholesky_path(system, request.lambdas, options_.threads, options_.memory,
                                       request.between);
  path.column_means = system.column_means;
  return path;
}

class CpuBackend final : public Backend {
 public:
  [[nodiscard]] std::string name() const override { return "cpu"; }
  [[nodiscard]] std::string description() const override { return "OpenBLAS, " + blas_kernels(); }
  [[nodiscard]] std::size_t host_memory(const SessionOptions& options) const override {
    const std::size_t d = options.features;
    const std::size_t square = checked_multiply(checked_multiply(d, d, "G"), sizeof(double), "G");
    const auto parts = static_cast<std::size_t>(part_count(options.rule));
    // G and int32 sums of every part; C, its factor, and the sum of several parts.
    const std::size_t squares = checked_multiply(square, 2 * parts + 3, "the sums of all parts");
    const Int8Instructions* const int8 = int8_instructions(options.kernel);
    const std::size_t workspace =
        Float64Gram::workspace(d, options.classes.size(), options.threads) +
        (int8 == nullptr ? 0 : Int8Panels::size(*int8, d));
    return checked_add(squares, workspace, "the sums");
  }
  [[nodiscard]] std::unique_ptr<Session> open(const SessionOptions& options) override {
    return std::make_unique<CpuSession>(options);
  }
};

}  // namespace

std::size_t shard_rows(std::size_t features) noexcept {
  // Many rows, for every shard's sums are added to G; yet blocks of them must fit a memory budget.
  constexpr std::size_t shard_bytes = std::size_t{64} << 20;
  constexpr std::size_t most_rows = 8192;
  std::size_t rows = most_rows;
  while (rows > 1024 && rows * features * sizeof(double) > shard_bytes) rows /= 2;
  return rows;
}

std::unique_ptr<Backend> cpu_backend() { return std::make_unique<CpuBackend>(); }

}  // namespace arete
