#include "arete/moments/gram_float64.hpp"

#include <cblas.h>

#include <algorithm>

#include "arete/core/blas.hpp"

namespace arete {

namespace {

constexpr std::size_t panel_rows = 512;    // converted at once by one thread: about the L2 cache
constexpr std::size_t shared_rows = 1024;  // converted at once by all threads
constexpr std::size_t strip_rows = 256;    // of the result, for one call of dgemm

int as_int(std::size_t n) { return static_cast<int>(n); }

void add_rows_to_classes(const Matrix<double>& panel, std::span<const std::int32_t> labels,
                         std::size_t first_column, std::size_t last_column,
                         Matrix<double>& class_sums) {
  for (std::size_t r = 0; r < labels.size(); ++r) {
    const double* row = panel.row(r).data();
    double* sums = class_sums.row(static_cast<std::size_t>(labels[r])).data();
    for (std::size_t j = first_column; j < last_column; ++j) sums[j] += row[j];
  }
}

void add_upper_row(const Matrix<double>& from, std::size_t i, Matrix<double>& into) {
  for (std::size_t j = i; j < from.columns(); ++j) into(i, j) += from(i, j);
}

}  // namespace

std::size_t Float64Gram::workspace(std::size_t features, std::size_t classes,
                                   int threads) noexcept {
  if (features > most_shared_features) return shared_rows * features * sizeof(double);
  return static_cast<std::size_t>(threads) * features * (panel_rows + features + classes) *
         sizeof(double);
}

void Float64Gram::add(std::span<const RowGroup> groups, Matrix<double>& gram,
                      Matrix<double>& class_sums, int threads) {
  const SingleThreadBlas guard;
  if (features_ <= most_shared_features) return add_by_groups(groups, gram, class_sums, threads);
  for (const RowGroup& group : groups) add_by_strips(group, gram, class_sums, threads);
}

void Float64Gram::sum_group(const RowGroup& group, Scratch& scratch) {
  const std::size_t features = group.features;
  std::ranges::fill(scratch.class_sums.span(), 0.0);
  for (std::size_t first = 0; first < group.rows.size(); first += panel_rows) {
    const std::size_t count = std::min(panel_rows, group.rows.size() - first);
    for (std::size_t r = 0; r < count; ++r) {
      to_float64(group.type, group.rows[first + r], features, scratch.panel.row(r).data());
    }
    add_rows_to_classes(scratch.panel, std::span(group.labels).subspan(first, count), 0, features,
                        scratch.class_sums);
    cblas_dsyrk(CblasRowMajor, CblasUpper, CblasTrans, as_int(features), as_int(count), 1.0,
                scratch.panel.data(), as_int(features), first == 0 ? 0.0 : 1.0, scratch.gram.data(),
                as_int(features));
  }
}

void Float64Gram::add_by_groups(std::span<const RowGroup> groups, Matrix<double>& gram,
                                Matrix<double>& class_sums, int threads) {
  const std::size_t wave = std::min(groups.size(), static_cast<std::size_t>(threads));
  while (scratch_.size() < wave) {
    scratch_.push_back({Matrix<double>(panel_rows, features_), Matrix<double>(features_, features_),
                        Matrix<double>(classes_, features_)});
  }
  for (std::size_t first = 0; first < groups.size(); first += wave) {
    const std::size_t count = std::min(wave, groups.size() - first);
#pragma omp parallel num_threads(threads)
    {
#pragma omp for schedule(dynamic)
      for (std::size_t g = 0; g < count; ++g) sum_group(groups[first + g], scratch_[g]);
#pragma omp for schedule(dynamic, 16)
      for (std::size_t i = 0; i < features_; ++i) {
        for (std::size_t g = 0; g < count; ++g) add_upper_row(scratch_[g].gram, i, gram);
      }
#pragma omp for
      for (std::size_t k = 0; k < classes_; ++k) {
        for (std::size_t g = 0; g < count; ++g) {
          for (std::size_t j = 0; j < features_; ++j) {
            class_sums(k, j) += scratch_[g].class_sums(k, j);
          }
        }
      }
    }
  }
}

void Float64Gram::add_by_strips(const RowGroup& group, Matrix<double>& gram,
                                Matrix<double>& class_sums, int threads) {
  if (shared_panel_.size() == 0) shared_panel_ = Matrix<double>(shared_rows, features_);
  const int d = as_int(features_);
  for (std::size_t first = 0; first < group.rows.size(); first += shared_rows) {
    const std::size_t count = std::min(shared_rows, group.rows.size() - first);
    const auto labels = std::span(group.labels).subspan(first, count);
    const double* panel = shared_panel_.data();
#pragma omp parallel num_threads(threads)
    {
#pragma omp for
      for (std::size_t r = 0; r < count; ++r) {
        to_float64(group.type, group.rows[first + r], features_, shared_panel_.row(r).data());
      }
#pragma omp for schedule(dynamic) nowait
      for (std::size_t i = 0; i < features_; i += strip_rows) {
        const std::size_t end = std::min(features_, i + strip_rows);
        cblas_dsyrk(CblasRowMajor, CblasUpper, CblasTrans, as_int(end - i), as_int(count), 1.0,
                    panel + i, d, 1.0, &gram(i, i), d);
        if (end < features_) {
          cblas_dgemm(CblasRowMajor, CblasTrans, CblasNoTrans, as_int(end - i),
                      as_int(features_ - end), as_int(count), 1.0, panel + i, d, panel + end, d,
                      1.0, &gram(i, end), d);
        }
      }
#pragma omp for schedule(dynamic)
      for (std::size_t j = 0; j < features_; j += strip_rows) {
        add_rows_to_classes(shared_panel_, labels, j, std::min(features_, j + strip_rows),
                            class_sums);
      }
    }
  }
}

}  // namespace arete
