#pragma once

#include <memory>
#include <optional>

#include "arete/cli/options.hpp"
#include "arete/data/row_source.hpp"
#include "arete/moments/moments_file.hpp"

namespace arete::cli {

/// What `fit` learns from: rows, or the moments of rows.
struct TrainingData {
  std::unique_ptr<RowSource> source;  ///< or
  std::optional<MomentsSet> moments;
  SourceInfo info;  ///< of either
};

[[nodiscard]] bool is_moments(const DataOptions& options);

[[nodiscard]] TrainingData open_training_data(const DataOptions& options,
                                              const MachineOptions& machine, Listener& listener);

/// The test set of a fit, opened before the work starts: an unreadable one is found out then.
/// Throws Error (input) when it has no labels, rows of another kind than those of training, or
/// classes that training lacks.
[[nodiscard]] std::unique_ptr<RowSource> open_test_data(const DataOptions& options,
                                                        const MachineOptions& machine,
                                                        const SourceInfo& training,
                                                        Listener& listener);

}  // namespace arete::cli
