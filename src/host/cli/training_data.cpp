#include "arete/cli/training_data.hpp"

#include <utility>

#include "arete/core/error.hpp"
#include "arete/model/predict.hpp"

namespace arete::cli {

namespace {

SourceInfo info_of(const MomentsSet& set, const std::string& name) {
  SourceInfo info;
  info.name = name;
  for (const Moments& part : set.parts) info.rows += part.rows;
  info.features = set.parts.front().features();
  info.type = set.type;
  info.shape = set.shape;
  info.column_names = set.column_names;
  info.classes = set.parts.front().classes;
  info.preprocessing = set.preprocessing;
  return info;
}

}  // namespace

bool is_moments(const DataOptions& options) { return is_moments_file(options.data); }

TrainingData open_training_data(const DataOptions& options, const MachineOptions& machine,
                                Listener& listener) {
  TrainingData data;
  if (is_moments(options)) {
    data.moments = read_moments(options.data);
    data.info = info_of(*data.moments, options.data);
  } else {
    data.source = open_data(options, machine, preprocessing_of(options), listener);
    data.info = data.source->info();
  }
  return data;
}

std::unique_ptr<RowSource> open_test_data(const DataOptions& options, const MachineOptions& machine,
                                          const SourceInfo& training, Listener& listener) {
  auto source = open_data(options, machine, training.preprocessing, listener,
                          channels_of(training.shape), training.column_names);
  const SourceInfo& info = source->info();
  if (info.classes.empty()) {
    fail(ErrorKind::input, "{}: has no labels, so it cannot test; give --test-labels or --no-test",
         info.name);
  }
  check_compatible(training, info);
  static_cast<void>(index_into(info.classes, training.classes, info.name));
  return source;
}

}  // namespace arete::cli
