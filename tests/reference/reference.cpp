#include "reference/reference.hpp"

#include <cmath>

namespace arete::reference {

namespace {

Real target(const DataSet& data, std::size_t row, std::size_t k) {
  return static_cast<std::size_t>(data.labels[row]) == k ? 1 : -1;
}

Real score(const Solution& solution, std::size_t k, const std::vector<double>& row) {
  Real sum = solution.intercept[k];
  for (std::size_t j = 0; j < row.size(); ++j) sum += solution.weights[k][j] * row[j];
  return sum;
}

}  // namespace

Moments moments(const DataSet& data, const std::function<bool(std::size_t)>& use) {
  const std::size_t d = data.features;
  Rows gram(d, std::vector<Real>(d));
  Rows class_sums(data.classes.size(), std::vector<Real>(d));
  Moments result = empty_moments(d, data.classes);
  result.exact = is_integer(data.type);
  for (std::size_t r = 0; r < data.rows.size(); ++r) {
    if (use && !use(r)) continue;
    ++result.rows;
    const auto k = static_cast<std::size_t>(data.labels[r]);
    ++result.class_counts[k];
    const auto& x = data.rows[r];
    for (std::size_t i = 0; i < d; ++i) {
      class_sums[k][i] += x[i];
      for (std::size_t j = i; j < d; ++j) gram[i][j] += static_cast<Real>(x[i]) * x[j];
    }
  }
  for (std::size_t i = 0; i < d; ++i) {
    for (std::size_t j = i; j < d; ++j) result.gram(i, j) = static_cast<double>(gram[i][j]);
    Real sum = 0;
    for (std::size_t k = 0; k < data.classes.size(); ++k) {
      result.class_sums(k, i) = static_cast<double>(class_sums[k][i]);
      sum += class_sums[k][i];
    }
    result.column_sums[i] = static_cast<double>(sum);
  }
  return result;
}

System centre(const DataSet& data, Centring centring, const std::function<bool(std::size_t)>& use) {
  const std::size_t d = data.features;
  const std::size_t classes = data.classes.size();
  System system{Rows(d, std::vector<Real>(d)), Rows(classes, std::vector<Real>(d)),
                std::vector<Real>(d), std::vector<Real>(classes)};
  Real count = 0;
  for (std::size_t r = 0; r < data.rows.size(); ++r) {
    if (centring == Centring::standard && !use(r)) continue;
    count += 1;
    for (std::size_t j = 0; j < d; ++j) system.column_means[j] += data.rows[r][j];
    for (std::size_t k = 0; k < classes; ++k) system.target_means[k] += target(data, r, k);
  }
  for (Real& mean : system.column_means) mean /= count;
  for (Real& mean : system.target_means) mean = centring == Centring::standard ? mean / count : 0;
  for (std::size_t r = 0; r < data.rows.size(); ++r) {
    if (!use(r)) continue;
    std::vector<Real> x(data.rows[r].begin(), data.rows[r].end());
    for (std::size_t j = 0; j < d; ++j) x[j] -= system.column_means[j];
    for (std::size_t i = 0; i < d; ++i) {
      for (std::size_t j = 0; j < d; ++j) system.gram[i][j] += x[i] * x[j];
      for (std::size_t k = 0; k < classes; ++k) {
        system.right_hand_side[k][i] += (target(data, r, k) - system.target_means[k]) * x[i];
      }
    }
  }
  return system;
}

std::optional<Solution> solve(const System& system, double lambda) {
  const std::size_t d = system.gram.size();
  Rows l(d, std::vector<Real>(d));
  for (std::size_t j = 0; j < d; ++j) {
    Real pivot = system.gram[j][j] + lambda;
    for (std::size_t m = 0; m < j; ++m) pivot -= l[j][m] * l[j][m];
    if (!(pivot > 0)) return std::nullopt;
    l[j][j] = std::sqrt(pivot);
    for (std::size_t i = j + 1; i < d; ++i) {
      Real sum = system.gram[i][j];
      for (std::size_t m = 0; m < j; ++m) sum -= l[i][m] * l[j][m];
      l[i][j] = sum / l[j][j];
    }
  }
  Solution solution{system.right_hand_side, system.target_means};
  for (std::size_t k = 0; k < solution.weights.size(); ++k) {
    auto& w = solution.weights[k];
    for (std::size_t i = 0; i < d; ++i) {
      for (std::size_t m = 0; m < i; ++m) w[i] -= l[i][m] * w[m];
      w[i] /= l[i][i];
    }
    for (std::size_t i = d; i-- > 0;) {
      for (std::size_t m = i + 1; m < d; ++m) w[i] -= l[m][i] * w[m];
      w[i] /= l[i][i];
    }
    for (std::size_t j = 0; j < d; ++j) solution.intercept[k] -= system.column_means[j] * w[j];
  }
  return solution;
}

std::int32_t predict(const Solution& solution, const std::vector<double>& row) {
  std::size_t best = 0;
  for (std::size_t k = 1; k < solution.weights.size(); ++k) {
    if (score(solution, k, row) > score(solution, best, row)) best = k;
  }
  return static_cast<std::int32_t>(best);
}

Real squared_error(const DataSet& data, const Solution& solution,
                   const std::function<bool(std::size_t)>& use) {
  Real sum = 0;
  for (std::size_t r = 0; r < data.rows.size(); ++r) {
    if (!use(r)) continue;
    for (std::size_t k = 0; k < data.classes.size(); ++k) {
      const Real difference = target(data, r, k) - score(solution, k, data.rows[r]);
      sum += difference * difference;
    }
  }
  return sum;
}

}  // namespace arete::reference
