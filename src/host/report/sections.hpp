#pragma once

#include <string>

#include "arete/data/row_source.hpp"
#include "arete/model/evaluation.hpp"
#include "arete/model/ridge_model.hpp"

// The sections of a report, each an HTML element <section> with an id; empty where there is nothing
// to show.
namespace arete::report {

/// Accuracy and squared error of held-out rows against lambda; id "path".
[[nodiscard]] std::string path_section(const RidgeModel& model);

/// Accuracy, the confusion matrix and figures of each class; of very many classes, the most
/// frequent confusions. Ids "confusion" and "classes".
[[nodiscard]] std::string test_sections(const Evaluation& test);

/// The rows of `evaluation.mistakes`, read from `rows`, as images where they have a shape; id
/// "mistakes". Throws Error (input) as RowSource::read does.
[[nodiscard]] std::string mistakes_section(const RidgeModel& model, const Evaluation& test,
                                           const RowSource& rows);

/// The weights of each class as an image, where rows have a shape; id "weights".
[[nodiscard]] std::string weights_section(const RidgeModel& model);

}  // namespace arete::report
