#include "arete/model/evaluation.hpp"

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

}  // namespace

Evaluation evaluate(const RidgeModel& model, const RowSource& source, RowRange rows,
                    const PredictOptions& options, Communicator& communicator, Listener& listener) {
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
  const RowRange own = share_of(rows, communicator.rank(), communicator.size());
  predict(model, source, own, labelled, *single_process(), listener,
          [&](const Predictions& predictions) {
            for (std::size_t i = 0; i < predictions.classes.size(); ++i) {
              ++result.confusion(static_cast<std::size_t>(predictions.labels[i]),
                                 static_cast<std::size_t>(predictions.classes[i]));
            }
            communicator.check();
          });
  communicator.all_reduce_sum(result.confusion.span());
  result.rows = rows.size();
  for (std::size_t k = 0; k < model.classes.size(); ++k) {
    result.correct += result.confusion(k, k);
    result.classes.push_back(figures(result.confusion, k, model.classes[k]));
  }
  return result;
}

}  // namespace arete
