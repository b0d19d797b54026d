#include "arete/model/evaluation.hpp"

#include <algorithm>
#include <cstring>
#include <span>

#include "arete/comm/same_input.hpp"
#include "arete/comm/share.hpp"
#include "arete/core/error.hpp"

namespace arete {

namespace {

std::optional<double> ratio(std::uint64_t part, std::uint64_t whole) {
  if (whole == 0) return std::nullopt;
  return static_cast<double>(part) / static_cast<double>(whole);
}

ClassFigures figures(const Matrix<std::uint64_t>& confusion, std::size_t k,
                     const std::string& name) {
  std::uint64_t rows = 0;
  std::uint64_t predicted = 0;
  for (std::size_t other = 0; other < confusion.rows(); ++other) {
    rows += confusion(k, other);
    predicted += confusion(other, k);
  }
  return {name, ratio(confusion(k, k), predicted), ratio(confusion(k, k), rows), rows};
}

bool is_more_confident(const Mistake& a, const Mistake& b) {
  return a.margin > b.margin || (a.margin == b.margin && a.row < b.row);
}

void keep_most_confident(std::vector<Mistake>& mistakes, std::size_t count) {
  std::ranges::sort(mistakes, is_more_confident);
  if (mistakes.size() > count) mistakes.resize(count);
}

/// Those of a block, added to the most confident so far.
void add_mistakes(const Predictions& predictions, std::size_t count,
                  std::vector<Mistake>& mistakes) {
  for (std::size_t i = 0; i < predictions.classes.size(); ++i) {
    const std::int32_t label = predictions.labels[i];
    const std::int32_t predicted = predictions.classes[i];
    if (label == predicted) continue;
    const auto scores = predictions.scores.row(i);
    mistakes.push_back(
        {predictions.first_row + i, label, predicted,
         scores[static_cast<std::size_t>(predicted)] - scores[static_cast<std::size_t>(label)]});
  }
  keep_most_confident(mistakes, count);
}

/// The most confident of all ranks, on every rank.
void gather_mistakes(std::size_t count, Communicator& communicator,
                     std::vector<Mistake>& mistakes) {
  std::vector<Mistake> all;
  for (const auto& bytes : communicator.all_gather(std::as_bytes(std::span(mistakes)))) {
    if (bytes.size() % sizeof(Mistake) != 0) fail(ErrorKind::internal, "mistakes cut in two");
    const std::size_t before = all.size();
    all.resize(before + bytes.size() / sizeof(Mistake));
    if (!bytes.empty()) std::memcpy(all.data() + before, bytes.data(), bytes.size());
  }
  keep_most_confident(all, count);
  mistakes = std::move(all);
}

}  // namespace

Evaluation evaluate(const RidgeModel& model, const RowSource& source, RowRange rows,
                    const PredictOptions& options, Communicator& communicator, Listener& listener,
                    std::size_t mistakes) {
  if (source.info().classes.empty()) {
    fail(ErrorKind::input,
         "{}: the rows have no labels to compare with; give them with --labels FILE",
         source.info().name);
  }
  Evaluation result;
  result.confusion = Matrix<std::uint64_t>(model.classes.size(), model.classes.size(), 0);
  PredictOptions labelled = options;
  labelled.with_labels = true;
  check_same_model(model, communicator);
  check_same_data(source.info(), rows, communicator);
  check_same("the page", fmt::format("one of {} mistakes", mistakes), communicator);
  const RowRange own = share_of(rows, communicator.rank(), communicator.size());
  predict(model, source, own, labelled, *single_process(), listener,
          [&](const Predictions& predictions) {
            for (std::size_t i = 0; i < predictions.classes.size(); ++i) {
              ++result.confusion(static_cast<std::size_t>(predictions.labels[i]),
                                 static_cast<std::size_t>(predictions.classes[i]));
            }
            if (mistakes > 0) add_mistakes(predictions, mistakes, result.mistakes);
            communicator.check();
          });
  communicator.all_reduce_sum(result.confusion.span());
  if (mistakes > 0) gather_mistakes(mistakes, communicator, result.mistakes);
  result.rows = rows.size();
  for (std::size_t k = 0; k < model.classes.size(); ++k) {
    result.correct += result.confusion(k, k);
    result.classes.push_back(figures(result.confusion, k, model.classes[k]));
  }
  return result;
}

}  // namespace arete
