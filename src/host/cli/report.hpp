#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "arete/data/row_source.hpp"
#include "arete/model/evaluation.hpp"
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
  double seconds = 0;
  std::size_t peak_bytes = 0;
  std::optional<std::uint64_t> resumed_rows;  ///< with a checkpoint
  std::vector<std::string> warnings;
};

[[nodiscard]] Json fit_json(const FitReport& report);
[[nodiscard]] std::string fit_text(const FitReport& report);

[[nodiscard]] Json eval_json(const Evaluation& evaluation);
/// `data` names what was evaluated.
[[nodiscard]] std::string eval_text(const Evaluation& evaluation, const std::string& data);

[[nodiscard]] Json path_point_json(const PathPoint& point);
[[nodiscard]] Json preprocessing_json(const Preprocessing& preprocessing);

/// {"schema": 1, "command": command}: how every result begins.
[[nodiscard]] Json result_of(const char* command);

/// One line; text that is not UTF-8 (names of files) is repaired rather than refused.
[[nodiscard]] std::string to_line(const Json& json);

/// Any result for people: a line for each field, lists of objects as tables below.
[[nodiscard]] std::string result_text(const Json& json);

/// "28x28".
[[nodiscard]] std::string shape_text(const std::vector<std::size_t>& shape);

}  // namespace arete::cli
