#include <algorithm>
#include <limits>
#include <memory>

#include "arete/core/error.hpp"
#include "arete/solve/condition.hpp"
#include "device/runtime/events.hpp"
#include "device/solve/inverse_norm.hpp"
#include "device/solve/path.hpp"
#include "device/solve/refinement.hpp"

namespace arete::device {

namespace {

constexpr int main_lane = Device::main_lane;

/// The factors of lambdas that are on the device together. Factors and right-hand sides lie one
/// after the other, those of slot s at s.
class Factors {
 public:
  Factors(Device& device, std::size_t features, std::size_t lambdas, const Tuning& tuning)
      : device_(device),
        d_(features),
        is_batched_(features < tuning.batched_below),
        slots_(slots_for(features, lambdas, tuning)),
        factors_(device, slots_ * features * features),
        infos_(device, slots_),
        diagonals_(device, slots_ * features) {
    if (is_batched_) factor_addresses_ = addresses(factors_.data(), d_ * d_);
  }

  [[nodiscard]] static std::size_t slots_for(std::size_t features, std::size_t lambdas,
                                             const Tuning& tuning) {
    if (features >= tuning.batched_below) return lambdas;
    return (lambdas + batch_size - 1) / batch_size * batch_size;
  }

  /// Factorises C + lambda I for one lambda in each slot; what is left repeats the last one.
  void factorise(const DeviceSystem& system, std::span<const double> lambdas) {
    fork_lanes(device_);
    for (std::size_t s = 0; s < slots_; ++s) {
      double* const a = factor(s);
      const int lane = lane_of(s);
      device_.copy(lane, a, system.gram.data(), system.gram.bytes());
      device_.run(lane, AddToDiagonal{a, d_, lambdas[std::min(s, lambdas.size() - 1)]});
      if (!is_batched_) device_.factorise(lane, d_, a, infos_.data() + s);
    }
    join_lanes(device_);
    for (std::size_t s = 0; s < slots_ && is_batched_; s += batch_size) {
      device_.factorise_batch(main_lane, d_, factor_addresses_.data() + s, infos_.data() + s,
                              batch_size);
    }
  }

  /// Replaces each of `count` right-hand sides in each of the slots in `which` by the solution;
  /// they lie at b + s stride. Small sizes are solved in whole batches, whichever are asked for.
  void solve(std::span<const std::size_t> which, std::size_t count, double* b, std::size_t stride) {
    if (is_batched_) {
      const Memory<double*> b_addresses = addresses(b, stride);
      for (std::size_t s = 0; s < slots_; s += batch_size) {
        device_.solve_batch(main_lane, d_, count, factor_addresses_.data() + s,
                            b_addresses.data() + s, batch_size);
      }
      return;
    }
    fork_lanes(device_);
    for (const std::size_t s : which) {
      device_.solve_factorised(lane_of(s), d_, count, factor(s), b + s * stride);
    }
    join_lanes(device_);
  }

  /// 0 in each slot whose matrix was positive definite, and the diagonals of the factors.
  void fetch_outcomes(std::vector<int>& infos, std::vector<double>& diagonals) {
    for (std::size_t s = 0; s < slots_; ++s) {
      device_.run(main_lane, CopyDiagonal{factor(s), d_, diagonals_.data() + s * d_});
    }
    infos.resize(slots_);
    diagonals.resize(slots_ * d_);
    device_.download(main_lane, infos.data(), infos_.data(), infos_.bytes());
    fetch<double>(device_, main_lane, diagonals, diagonals_.data());
  }

  [[nodiscard]] std::size_t slots() const noexcept { return slots_; }

 private:
  [[nodiscard]] double* factor(std::size_t s) { return factors_.data() + s * d_ * d_; }
  [[nodiscard]] int lane_of(std::size_t s) const {
    return is_batched_ ? main_lane : static_cast<int>(s % Device::lanes);
  }

  [[nodiscard]] Memory<double*> addresses(double* first, std::size_t stride) {
    std::vector<double*> on_host(slots_);
    for (std::size_t s = 0; s < slots_; ++s) on_host[s] = first + s * stride;
    Memory<double*> result(device_, slots_);
    upload<double*>(device_, main_lane, result, on_host);
    device_.synchronise(main_lane);
    return result;
  }

  Device& device_;
  std::size_t d_;
  bool is_batched_;
  std::size_t slots_;
  Memory<double> factors_;
  Memory<int> infos_;
  Memory<double> diagonals_;
  Memory<double*> factor_addresses_;
};

/// Lambdas that are on the device together, from the factorisation to the solutions.
class Group {
 public:
  Group(Device& device, const DeviceSystem& system, std::span<const double> lambdas,
        const Tuning& tuning)
      : device_(device),
        system_(system),
        lambdas_(lambdas),
        factors_(device, system.features, lambdas.size(), tuning),
        norms_(lambdas.size()),
        solutions_(lambdas.size()) {
    for (std::size_t l = 0; l < lambdas.size(); ++l) {
      solutions_[l].lambda = lambdas[l];
      norms_[l] = one_norm(system.diagonal, system.off_diagonal, lambdas[l]);
    }
  }

  void solve() {
    factors_.factorise(system_, lambdas_);
    find_factorised();
    estimate_conditions();
    std::erase_if(solved_, [&](std::size_t l) {
      return !(solutions_[l].rcond >= std::numeric_limits<double>::epsilon() / 4);
    });
    find_weights();
  }

  [[nodiscard]] std::vector<RidgeSolution>& solutions() { return solutions_; }

 private:
  void find_factorised() {
    std::vector<int> infos;
    std::vector<double> diagonals;
    factors_.fetch_outcomes(infos, diagonals);
    const std::size_t d = system_.features;
    for (std::size_t l = 0; l < lambdas_.size(); ++l) {
      const auto diagonal = std::span<const double>(diagonals).subspan(l * d, d);
      if (infos[l] == 0 &&
          pivots_hold(diagonal, system_.diagonal, system_.diagonal_noise, lambdas_[l])) {
        solved_.push_back(l);
      }
    }
  }

  /// All lambdas at once: each step of the estimators is one solve of a vector for each.
  void estimate_conditions() {
    const std::size_t d = system_.features;
    std::vector<std::unique_ptr<InverseNorm>> norms;
    for (const std::size_t l : solved_) {
      norms.resize(l + 1);
      norms[l] = std::make_unique<InverseNorm>(d);
    }
    Memory<double> vectors(device_, factors_.slots() * d);
    clear(device_, main_lane, vectors);
    for (;;) {
      std::vector<std::size_t> active;
      for (const std::size_t l : solved_) {
        if (norms[l] != nullptr && !norms[l]->advance()) {
          solutions_[l].rcond = reciprocal_condition(*norms[l], norms_[l]);
          norms[l].reset();
        }
        if (norms[l] != nullptr) active.push_back(l);
      }
      if (active.empty()) return;
      for (const std::size_t l : active) {
        device_.upload(main_lane, vectors.data() + l * d, norms[l]->vector().data(),
                       d * sizeof(double));
      }
      factors_.solve(active, 1, vectors.data(), d);
      for (const std::size_t l : active) {
        device_.download(main_lane, norms[l]->vector().data(), vectors.data() + l * d,
                         d * sizeof(double));
      }
      device_.synchronise(main_lane);
    }
  }

  void find_weights() {
    const std::size_t size = system_.right_hand_side.size();
    Memory<double> all(device_, factors_.slots() * size);
    for (std::size_t s = 0; s < factors_.slots(); ++s) {
      device_.copy(main_lane, all.data() + s * size, system_.right_hand_side.data(),
                   size * sizeof(double));
    }
    factors_.solve(solved_, system_.classes, all.data(), size);
    SolutionWorkspace workspace(device_, system_.features, system_.classes);
    for (const std::size_t l : solved_) {
      device_.copy(main_lane, workspace.weights.data(), all.data() + l * size,
                   size * sizeof(double));
      judge_solution(device_, main_lane, system_, lambdas_[l], workspace);
      finish_solution(device_, main_lane, system_, norms_[l], workspace, solutions_[l]);
    }
  }

  Device& device_;
  const DeviceSystem& system_;
  std::span<const double> lambdas_;
  Factors factors_;
  std::vector<double> norms_;        ///< |C + lambda I|_1
  std::vector<std::size_t> solved_;  ///< lambdas that nothing spoke against so far
  std::vector<RidgeSolution> solutions_;
};

}  // namespace

std::size_t lambda_bytes(std::size_t features, std::size_t classes) {
  // The factor, its diagonal, a vector, and W.
  const std::size_t rows = checked_add(features, classes + 2, "a factorisation");
  return checked_multiply(checked_multiply(rows, features, "a factorisation"), sizeof(double),
                          "a factorisation");
}

std::size_t lambdas_at_once(Device& device, std::size_t features, std::size_t classes,
                            std::size_t lambdas, const Tuning& tuning, std::size_t free) {
  const std::size_t one = lambda_bytes(features, classes);
  // Besides, W and its remainder once more, and what cuSOLVER works in on every lane.
  const std::size_t shared =
      2 * features * classes * sizeof(double) +
      static_cast<std::size_t>(Device::lanes) * device.factorise_workspace(features);
  const std::size_t least = Factors::slots_for(features, 1, tuning);
  const std::size_t needed =
      checked_add(checked_multiply(least, one, "solving"), shared, "solving");
  if (needed > free) {
    fail(ErrorKind::resource,
         "{}: solving {} features for {} classes needs {} bytes of the GPU's memory beside the "
         "sums, of which {} are free; use a GPU with more memory, or --device cpu",
         device.name(), features, classes, needed, free);
  }
  const std::size_t fitting = (free - shared) / one;
  if (fitting >= Factors::slots_for(features, lambdas, tuning)) return lambdas;
  return fitting / least * least;
}

std::vector<RidgeSolution> cholesky_path(Device& device, const DeviceSystem& system,
                                         std::span<const double> lambdas, const Tuning& tuning,
                                         const std::function<void()>& between) {
  std::vector<RidgeSolution> solutions;
  if (lambdas.empty()) return solutions;
  const std::size_t at_once = lambdas_at_once(device, system.features, system.classes,
                                              lambdas.size(), tuning, device.free_memory());
  for (std::size_t first = 0; first < lambdas.size(); first += at_once) {
    if (between) between();
    Group group(device, system, lambdas.subspan(first, std::min(at_once, lambdas.size() - first)),
                tuning);
    group.solve();
    std::ranges::move(group.solutions(), std::back_inserter(solutions));
  }
  return solutions;
}

}  // namespace arete::device
