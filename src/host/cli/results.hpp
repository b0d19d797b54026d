#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "arete/data/row_source.hpp"
#include "arete/model/evaluation.hpp"
#include "arete/report/page.hpp"
#include "arete/train/fit.hpp"

// Results as JSON (docs/json.md) and as text for people.
namespace arete::cli {

using Json = nlohmann::ordered_json;

/// Everything that `fit` tells.
struct FitReport {
  std::string data;  ///< its name
  FitResult result;
  std::string device;
  std::string device_reason;  ///< what --device auto found
  int ranks = 1;
  int threads = 1;
  std::optional<Evaluation> test;
  std::optional<std::filesystem::path> model;
  std::optional<std::filesystem::path> page;  ///< --report
  double seconds = 0;
  std::size_t peak_bytes = 0;
  std::optional<std::uint64_t> resumed_rows;  ///< with a checkpoint
  std::vector<std::string> warnings;
};

[[nodiscard]] Json fit_json(const FitReport& report);
[[nodiscard]] std::string fit_text(const FitReport& report);

/// How many rows are right; of `arete eval` also by class, and the confusion matrix.
[[nodiscard]] Json evaluation_json(const Evaluation& evaluation);
[[nodiscard]] Json eval_json(const Evaluation& evaluation);
/// `data` names what was evaluated.
[[nodiscard]] std::string eval_text(const Evaluation& evaluation, const std::string& data);

[[nodiscard]] Json path_point_json(const PathPoint& point);
[[nodiscard]] Json preprocessing_json(const Preprocessing& preprocessing);

/// What a page tells first of a model.
[[nodiscard]] std::vector<std::pair<std::string, std::string>> model_facts(const RidgeModel& model);

/// The page of a fit, which points into `report` and to `test`, the test rows: null without any.
[[nodiscard]] report::PageContent page_content(const FitReport& report, const RowSource* test);

/// Throws Error as OutputFile and report_page do.
void write_page(const report::PageContent& content, const std::filesystem::path& path,
                bool overwrite);

/// {"schema": 1, "command": command}: how every result begins.
[[nodiscard]] Json result_of(const char* command);

/// One line; text that is not UTF-8 (names of files) is repaired rather than refused.
[[nodiscard]] std::string to_line(const Json& json);

/// Any result for people: a line for each field, lists of objects as tables below.
[[nodiscard]] std::string result_text(const Json& json);

/// "28x28".
[[nodiscard]] std::string shape_text(const std::vector<std::size_t>& shape);

}  // namespace arete::cli
