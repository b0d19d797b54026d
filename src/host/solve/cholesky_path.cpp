#include <omp.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <exception>
#include <limits>
#include <mutex>
#include <thread>

#include "arete/core/blas.hpp"
#include "arete/core/parallel.hpp"
#include "arete/solve/cholesky.hpp"
#include "arete/solve/condition.hpp"
#include "arete/solve/path_solvers.hpp"

namespace arete {

namespace {

/// Sets the upper triangle of A to that of C + λI.
void add_to_diagonal(const Matrix<double>& c, double lambda, Matrix<double>& a) {
  for (std::size_t i = 0; i < c.rows(); ++i) {
    std::copy(&c(i, i), c.row(i).data() + c.columns(), &a(i, i));
    a(i, i) += lambda;
  }
}

/// Asks the caller's `between`, on its thread, whether to go on, and tells all threads.
class Pause {
 public:
  Pause(const std::function<void()>& between, std::size_t lambdas)
      : between_(between), unfinished_(lambdas) {}

  /// Throws nothing: what `between` throws may leave no task of OpenMP.
  [[nodiscard]] bool goes_on() noexcept {
    if (between_ && !stopped_ && std::this_thread::get_id() == caller_) {
      try {
        between_();
      } catch (...) {
        reason_ = std::current_exception();
        stopped_ = true;
      }
    }
    return !stopped_;
  }

  /// Called at the end of each lambda, whatever came of it.
  void finished() {
    const std::lock_guard lock(mutex_);
    --unfinished_;
    changed_.notify_all();
  }

  /// The caller goes on to ask while other threads have work and it has none.
  void wait_for_others() {
    if (std::this_thread::get_id() != caller_) return;
    std::unique_lock lock(mutex_);
    while (unfinished_ > 0 && goes_on()) changed_.wait_for(lock, std::chrono::milliseconds(10));
  }

  /// Called by the caller, when all threads have ended their work.
  void rethrow() const {
    if (reason_) std::rethrow_exception(reason_);
  }

 private:
  const std::function<void()>& between_;
  std::thread::id caller_ = std::this_thread::get_id();
  std::atomic<bool> stopped_ = false;
  std::exception_ptr reason_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::size_t unfinished_;  ///< lambdas
};

/// Tells of the end of a lambda when it goes.
class LambdaEnd {
 public:
  explicit LambdaEnd(Pause& pause) : pause_(pause) {}
  ~LambdaEnd() { pause_.finished(); }
  LambdaEnd(const LambdaEnd&) = delete;
  LambdaEnd& operator=(const LambdaEnd&) = delete;

 private:
  Pause& pause_;
};

/// `a` is room for the factor; what it holds before does not matter.
RidgeSolution solve_one(const CentredSystem& system, std::span<const double> off_diagonal,
                        double lambda, Matrix<double>& a, int threads,
                        const std::function<bool()>& goes_on) {
  RidgeSolution solution;
  solution.lambda = lambda;
  add_to_diagonal(system.gram, lambda, a);
  if (!factorise(a, threads, goes_on) ||
      !pivots_hold(a, system.gram, system.diagonal_noise, lambda))
    return solution;
  const double norm = one_norm(system.gram, off_diagonal, lambda);
  solution.rcond = reciprocal_condition(a, norm);
  if (!(solution.rcond >= std::numeric_limits<double>::epsilon() / 4)) return solution;
  Matrix<double> weights = system.right_hand_side.clone();
  solve_factorised(a, weights, threads);
  solution.status = SolveStatus::solved;
  solution.residual = residual(
      remainder(system.gram, lambda, system.right_hand_side, weights, threads), weights, norm);
  solution.intercept = intercepts(system, weights);
  solution.weights = std::move(weights);
  return solution;
}

/// Lets teams of threads start teams of their own while it lives.
class NestedTeams {
 public:
  NestedTeams() { omp_set_max_active_levels(std::max(before_, omp_get_level() + 2)); }
  ~NestedTeams() { omp_set_max_active_levels(before_); }
  NestedTeams(const NestedTeams&) = delete;
  NestedTeams& operator=(const NestedTeams&) = delete;

 private:
  int before_ = omp_get_max_active_levels();
};

int lambdas_at_once(std::size_t features, std::size_t lambdas, int threads, std::size_t memory) {
  std::size_t most = std::min(lambdas, static_cast<std::size_t>(threads));
  if (memory > 0) most = std::min(most, memory / (features * features * sizeof(double)));
  return static_cast<int>(std::max<std::size_t>(1, most));
}

}  // namespace

std::vector<double> intercepts(const CentredSystem& system, const Matrix<double>& weights) {
  std::vector<double> result(system.target_means);
  for (std::size_t k = 0; k < weights.rows(); ++k) {
    double projected_mean = 0;
    for (std::size_t j = 0; j < weights.columns(); ++j) {
      projected_mean += system.column_means[j] * weights(k, j);
    }
    result[k] -= projected_mean;
  }
  return result;
}

std::vector<RidgeSolution> cholesky_path(const CentredSystem& system,
                                         std::span<const double> lambdas, int threads,
                                         std::size_t memory, const std::function<void()>& between) {
  const SingleThreadBlas guard;
  const std::vector<double> off_diagonal = off_diagonal_sums(system.gram, threads);
  std::vector<RidgeSolution> solutions(lambdas.size());
  // Lambdas side by side before threads within one: rcond, above all, is the work of one thread.
  const int at_once = lambdas_at_once(system.gram.rows(), lambdas.size(), threads, memory);
  const NestedTeams nested;
  Pause pause(between, lambdas.size());
  const auto goes_on = [&] { return pause.goes_on(); };
  std::atomic<std::size_t> next = 0;
  parallel_for(static_cast<std::size_t>(at_once), at_once, [&](std::size_t) {
    // Kept from lambda to lambda: the system clears what is allocated anew, 75 MB for 3,072
    // features.
    Matrix<double> a(system.gram.rows(), system.gram.columns());
    for (std::size_t l = next++; l < lambdas.size() && goes_on(); l = next++) {
      const LambdaEnd end(pause);
      solutions[l] =
          solve_one(system, off_diagonal, lambdas[l], a, std::max(1, threads / at_once), goes_on);
    }
    pause.wait_for_others();
  });
  pause.rethrow();
  return solutions;
}

}  // namespace arete
