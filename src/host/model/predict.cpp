#include "arete/model/predict.hpp"

#include <fmt/ranges.h>

#include <algorithm>
#include <array>

#include "arete/comm/agree.hpp"
#include "arete/comm/same_input.hpp"
#include "arete/comm/share.hpp"
#include "arete/core/blas.hpp"
#include "arete/core/checksum.hpp"
#include "arete/core/error.hpp"
#include "arete/core/memory.hpp"
#include "arete/core/parallel.hpp"
#include "arete/data/block_reader.hpp"
#include "arete/data/row_description.hpp"
#include "arete/moments/convert_rows.hpp"
#include "arete/score/scores.hpp"

namespace arete {

namespace {

RowGroup all_rows(const RowBlock& block) {
  RowGroup group{block.type, block.features, {}, {}, {}};
  for (std::size_t i = 0; i < block.rows; ++i) {
    group.rows.push_back(block.row(i));
    group.numbers.push_back(block.number(i));
  }
  return group;
}

Predictions score_block(const RowBlock& block, const LinearScorer& scorer, std::string_view source,
                        int threads) {
  const RowGroup group = all_rows(block);
  if (!is_integer(block.type)) static_cast<void>(examine(group, source));
  Predictions result;
  result.first_row = block.first_row;
  result.classes.resize(block.rows);
  result.scores = Matrix<double>(block.rows, scorer.weights.rows());
  const std::size_t tiles = (block.rows + score_tile_rows - 1) / score_tile_rows;
  ScoreTiles memory(scorer, tiles, threads);
  parallel_for(tiles, static_cast<int>(memory.size()), [&](std::size_t t) {
    const std::size_t first = t * score_tile_rows;
    const std::size_t last = std::min(block.rows, first + score_tile_rows);
    ScoreTile& tile = memory.mine();
    score_tile(std::span(group.rows).subspan(first, last - first), block.type, scorer, tile);
    for (std::size_t r = first; r < last; ++r) {
      std::ranges::copy(tile.scores.row(r - first), result.scores.row(r).begin());
      result.classes[r] = static_cast<std::int32_t>(best_class(result.scores.row(r)));
    }
  });
  return result;
}

std::string text_of(const std::vector<std::size_t>& shape) {
  return fmt::format("{}", fmt::join(shape, "x"));
}

std::string text_of(const Preprocessing& p) {
  std::vector<std::string> steps;
  if (p.image_size) {
    steps.push_back(fmt::format("image size {}x{}", p.image_size->width, p.image_size->height));
  }
  if (p.grayscale) steps.emplace_back("grayscale");
  if (p.binarise) steps.push_back(fmt::format("binarised at {}", *p.binarise));
  return steps.empty() ? "none" : fmt::format("{}", fmt::join(steps, ", "));
}

/// Flat rows say nothing of their shape, so they fit any.
bool shapes_differ(const SourceInfo& training, const SourceInfo& source) {
  return training.shape.size() > 1 && source.shape.size() > 1 && training.shape != source.shape;
}

/// Bytes can be taken for signed or not: those of pixels must be read as they were for training.
void check_signs(const SourceInfo& training, const SourceInfo& source) {
  const bool signed_bytes = training.type == ElementType::int8;
  if (signed_bytes ? source.type != ElementType::uint8 : source.type != ElementType::int8) return;
  fail(ErrorKind::input, "{}: holds {} values; the training rows did not{}", source.name,
       name_of(source.type),
       signed_bytes ? " but int8" : "; if these are bytes of a table, --unsigned reads them so");
}

SourceInfo training_rows_of(const RidgeModel& model) {
  SourceInfo info;
  info.rows = model.training_rows;
  info.features = model.features();
  info.type = model.signed_bytes ? ElementType::int8 : ElementType::uint8;
  info.shape = model.shape;
  info.column_names = model.column_names;
  info.classes = model.classes;
  info.preprocessing = model.preprocessing;
  return info;
}

void pack_predictions(const Predictions& predictions, std::vector<std::byte>& message) {
  const std::array<std::uint64_t, 3> sizes{predictions.first_row, predictions.classes.size(),
                                           predictions.labels.size()};
  pack(std::span<const std::uint64_t>(sizes), message);
  pack(std::span<const std::int32_t>(predictions.classes), message);
  pack(std::span<const std::int32_t>(predictions.labels), message);
  pack(predictions.scores.span(), message);
}

Predictions unpack_predictions(std::span<const std::byte>& message, std::size_t classes) {
  std::array<std::uint64_t, 3> sizes{};
  unpack(message, std::span<std::uint64_t>(sizes));
  Predictions predictions;
  predictions.first_row = sizes[0];
  predictions.classes.resize(sizes[1]);
  predictions.labels.resize(sizes[2]);
  predictions.scores = Matrix<double>(sizes[1], classes);
  unpack(message, std::span(predictions.classes));
  unpack(message, std::span(predictions.labels));
  unpack(message, predictions.scores.span());
  return predictions;
}

/// A model at work on one source.
class Predictor {
 public:
  Predictor(const RidgeModel& model, const RowSource& source, const PredictOptions& options)
      : source_(source), options_(options), scorer_{model.weights.clone(), model.intercept} {
    if (options.with_labels) {
      class_of_ = index_into(source.info().classes, model.classes, source.info().name);
    }
    options_.memory = memory_budget(options.memory, source.info().held_bytes);
  }

  /// Rows whose predictions take an eighth of the memory.
  [[nodiscard]] std::size_t rows_at_once() const {
    return std::max<std::size_t>(1, options_.memory / 8 / (result_bytes() + options_.row_overhead));
  }

  void predict(RowRange rows, const std::function<void(const Predictions&)>& receive) const {
    const SingleThreadBlas guard;
    BlockReader blocks(source_, rows, reader_options());
    blocks.for_each([&](const RowBlock& block) {
      Predictions predictions = score_block(block, scorer_, source_.info().name, options_.threads);
      for (std::size_t i = 0; options_.with_labels && i < block.labels.size(); ++i) {
        const std::int32_t label = block.labels[i];
        predictions.labels.push_back(class_of_[static_cast<std::size_t>(label)]);
      }
      receive(predictions);
    });
  }

 private:
  [[nodiscard]] std::size_t result_bytes() const { return scorer_.weights.rows() * sizeof(double); }

  [[nodiscard]] BlockReader::Options reader_options() const {
    BlockReader::Options reader;
    reader.memory = options_.memory - std::min(options_.memory, source_.info().held_bytes);
    reader.row_overhead = result_bytes() + options_.row_overhead;
    return reader;
  }

  const RowSource& source_;
  PredictOptions options_;
  LinearScorer scorer_;
  std::vector<std::int32_t> class_of_;
};

}  // namespace

void check_compatible(const SourceInfo& training, const SourceInfo& source) {
  if (source.features != training.features) {
    fail(ErrorKind::input, "{}: has rows of {} features ({}); the training rows have {} ({})",
         source.name, source.features, text_of(source.shape), training.features,
         text_of(training.shape));
  }
  if (shapes_differ(training, source)) {
    fail(ErrorKind::input, "{}: has rows of shape {}; the training rows have shape {}", source.name,
         text_of(source.shape), text_of(training.shape));
  }
  if (source.preprocessing != training.preprocessing) {
    fail(ErrorKind::input,
         "{}: is preprocessed in another way ({}) than the training rows were ({})", source.name,
         text_of(source.preprocessing), text_of(training.preprocessing));
  }
  // Rows whose features have no names are taken by their number, as a model without names does.
  if (!training.column_names.empty() && !source.column_names.empty()) {
    check_same_columns(source.column_names, training.column_names, source.name,
                       "the training rows");
  }
  check_signs(training, source);
}

void check_same_model(const RidgeModel& model, Communicator& communicator) {
  std::uint32_t crc = checksum_of(model.weights.span());
  crc = checksum_of(std::span<const double>(model.intercept), crc);
  check_same("the model",
             fmt::format("one of {} features and the classes {}, checksum {:08x}", model.features(),
                         fmt::join(model.classes, ", "), crc),
             communicator);
}

void check_compatible(const RidgeModel& model, const SourceInfo& source) {
  check_compatible(training_rows_of(model), source);
}

void predict(const RidgeModel& model, const RowSource& source, RowRange rows,
             const PredictOptions& options, Communicator& communicator, Listener& listener,
             const std::function<void(const Predictions&)>& receive) {
  check_compatible(model, source.info());
  if (rows.last > source.info().rows || rows.first > rows.last) {
    fail(ErrorKind::input, "{}: has {} rows; rows {} to {} were asked for", source.info().name,
         source.info().rows, rows.first, rows.last);
  }
  check_same_model(model, communicator);
  check_same_data(source.info(), rows, communicator);
  const Predictor predictor(model, source, options);
  if (communicator.size() == 1) {
    std::uint64_t done = 0;
    predictor.predict(rows, [&](const Predictions& predictions) {
      receive(predictions);
      done += predictions.classes.size();
      listener.progress("predict", done, rows.size());
    });
    return;
  }
  // The same on every rank, and small: each holds the predictions of all for a moment.
  const std::uint64_t at_once = smallest(predictor.rows_at_once(), communicator);
  for (RowRange wave{rows.first, rows.first}; wave.last < rows.last; wave.first = wave.last) {
    wave.last = wave.first + std::min(at_once, rows.last - wave.first);
    std::vector<std::byte> message;
    predictor.predict(share_of(wave, communicator.rank(), communicator.size()),
                      [&](const Predictions& predictions) {
                        pack_predictions(predictions, message);
                        listener.progress("predict", wave.first - rows.first, rows.size());
                        communicator.check();
                      });
    for (const auto& bytes : communicator.all_gather(message)) {
      std::span<const std::byte> rest(bytes);
      while (communicator.rank() == 0 && !rest.empty()) {
        receive(unpack_predictions(rest, model.classes.size()));
      }
    }
    listener.progress("predict", wave.last - rows.first, rows.size());
  }
}

}  // namespace arete
