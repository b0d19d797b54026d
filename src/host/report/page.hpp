#pragma once

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "arete/data/row_source.hpp"
#include "arete/model/evaluation.hpp"
#include "arete/model/ridge_model.hpp"

namespace arete::report {

/// How many mistakes a page shows: what to ask evaluate() for.
inline constexpr std::size_t mistakes_shown = 24;

/// What a page tells of a model. Pointers may be null: a model alone has a page too.
struct PageContent {
  std::string title;
  std::vector<std::pair<std::string, std::string>> facts;  ///< name and value
  std::vector<std::string> warnings;
  const RidgeModel* model = nullptr;     ///< is there always
  const Evaluation* test = nullptr;      ///< on labelled rows
  const RowSource* test_rows = nullptr;  ///< those rows, to show mistakes
};

/// A whole HTML document that needs nothing else: no file, no script, no network. Throws Error
/// (input) where test rows cannot be read again, (resource) where there is no memory.
[[nodiscard]] std::string report_page(const PageContent& content);

}  // namespace arete::report
