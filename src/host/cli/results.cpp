#include "arete/cli/results.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <utility>

#include "arete/cli/table.hpp"
#include "arete/core/file.hpp"

namespace arete::cli {

namespace {

constexpr int schema = 1;
constexpr std::size_t widest_confusion = 20;  ///< classes; beyond, a matrix fits no terminal

template <typename T>
Json or_null(const std::optional<T>& value) {
  return value ? Json(*value) : Json(nullptr);
}

std::string or_dash(const std::optional<double>& value) {
  return value ? fmt::format("{:.4f}", *value) : "-";
}

Json seconds_json(const StageSeconds& seconds, double total) {
  return {{"open", seconds.open},     {"read", seconds.read},   {"moments", seconds.moments},
          {"reduce", seconds.reduce}, {"solve", seconds.solve}, {"score", seconds.score},
          {"refit", seconds.refit},   {"total", total}};
}

Json path_json(const std::vector<PathEntry>& path) {
  Json entries = Json::array();
  for (const PathEntry& entry : path) {
    Json json = path_point_json(entry.total);
    if (!entry.folds.empty()) {
      json["folds"] = Json::array();
      for (const PathPoint& fold : entry.folds) json["folds"].push_back(path_point_json(fold));
    }
    entries.push_back(std::move(json));
  }
  return entries;
}

std::optional<double> best_accuracy(const FitResult& result) {
  return result.best ? result.path[*result.best].total.accuracy() : std::nullopt;
}

std::string path_text(const FitResult& result) {
  Table table({"lambda", "accuracy", "correct", "squared error", "rcond", "residual"});
  for (std::size_t i = 0; i < result.path.size(); ++i) {
    const PathPoint& point = result.path[i].total;
    const std::string lambda = fmt::format("{:.4g}", point.lambda);
    if (!point.is_solved()) {
      table.add({lambda, "-", "-", "-", "-", "-", point.status});
      continue;
    }
    table.add({lambda, or_dash(point.accuracy()), point.correct ? grouped(*point.correct) : "-",
               fmt::format("{:#.6g}", point.squared_error), fmt::format("{:.1e}", point.rcond),
               fmt::format("{:.1e}", point.residual)},
              i == result.best);
  }
  return table.text();
}

std::string count_text(std::uint64_t correct, std::uint64_t rows) {
  return fmt::format("{} of {}", grouped(correct), grouped(rows));
}

std::string best_text(const FitResult& result) {
  const std::string lambda = bold(fmt::format("{:.6g}", result.model.lambda));
  if (!result.best) return fmt::format("lambda    {}\n", lambda);
  const PathPoint& point = result.path[*result.best].total;
  const std::optional<double> accuracy = point.accuracy();
  if (!accuracy) return fmt::format("best      lambda {}, by squared error\n", lambda);
  return fmt::format("best      lambda {}: {:.2f} % of held-out rows right ({})\n", lambda,
                     100 * *accuracy, count_text(*point.correct, point.rows));
}

std::string time_text(const StageSeconds& seconds, double total) {
  return fmt::format(
      "time      {:.2f} s: open {:.2f}, read {:.2f}, moments {:.2f}, reduce {:.2f}, solve {:.2f}, "
      "score {:.2f}, refit {:.2f}",
      total, seconds.open, seconds.read, seconds.moments, seconds.reduce, seconds.solve,
      seconds.score, seconds.refit);
}

std::string confusion_text(const Evaluation& evaluation) {
  std::vector<std::string> header = {"true \\ predicted"};
  for (const ClassFigures& figures : evaluation.classes) header.push_back(printable(figures.name));
  Table table(header);
  for (std::size_t i = 0; i < evaluation.classes.size(); ++i) {
    std::vector<std::string> cells = {header[i + 1]};
    for (const std::uint64_t count : evaluation.confusion.row(i)) cells.push_back(grouped(count));
    table.add(std::move(cells));
  }
  return table.text();
}

/// A value on one line: a list without its brackets, text without quotes.
std::string value_text(const Json& value) {
  if (value.is_null()) return "-";
  if (value.is_string()) return printable(value.get<std::string>());
  if (value.is_number_float()) return fmt::format("{:.6g}", value.get<double>());
  if (value.is_number_integer() && value >= 0) return grouped(value.get<std::uint64_t>());
  if (!value.is_structured()) return value.dump();
  std::vector<std::string> pieces;
  for (const auto& [name, item] : value.items()) {
    pieces.push_back(value.is_object() ? name + " " + value_text(item) : value_text(item));
  }
  return fmt::format("{}", fmt::join(pieces, ", "));
}

bool is_table(const Json& value) {
  return value.is_array() && !value.empty() && value.front().is_object();
}

std::string table_text(const std::string& name, const Json& lines) {
  std::vector<std::string> header;
  for (const auto& [field, value] : lines.front().items()) header.push_back(field);
  Table table(header);
  for (const Json& line : lines) {
    std::vector<std::string> cells;
    for (const Json& value : line) cells.push_back(value_text(value));
    table.add(std::move(cells));
  }
  return fmt::format("\n{}\n{}", bold(name), table.text());
}

}  // namespace

Json result_of(const char* command) { return {{"schema", schema}, {"command", command}}; }

Json path_point_json(const PathPoint& point) {
  const bool solved = point.is_solved();
  return {{"lambda", point.lambda},
          {"status", point.status},
          {"rows", point.rows},
          {"correct", solved ? or_null(point.correct) : Json()},
          {"accuracy", solved ? or_null(point.accuracy()) : Json()},
          {"squared_error", solved ? Json(point.squared_error) : Json()},
          {"rcond", point.rcond},
          {"residual", solved ? Json(point.residual) : Json()}};
}

Json preprocessing_json(const Preprocessing& preprocessing) {
  Json size = nullptr;
  if (preprocessing.image_size) {
    size = Json::array({preprocessing.image_size->width, preprocessing.image_size->height});
  }
  return {{"image_size", size},
          {"grayscale", preprocessing.grayscale},
          {"binarise", or_null(preprocessing.binarise)}};
}

Json fit_json(const FitReport& report) {
  const FitResult& result = report.result;
  Json json = result_of("fit");
  json["data"] = {{"rows", result.summary.rows},
                  {"features", result.model.features()},
                  {"classes", result.model.classes.size()}};
  json["device"] = report.device;
  if (!report.device_reason.empty()) json["device_reason"] = report.device_reason;
  json["sums"] = result.summary.exact ? "exact" : result.emulated ? "emulated float64" : "float64";
  json["ranks"] = report.ranks;
  json["threads"] = report.threads;
  if (report.ranks > 1) {
    json["parallel"] = {{"mode", name_of(result.parallel.mode)},
                        {"reason", result.parallel.reason}};
  }
  if (report.resumed_rows) json["resumed_rows"] = *report.resumed_rows;
  json["path"] = path_json(result.path);
  json["best"] = {{"lambda", result.model.lambda}, {"accuracy", or_null(best_accuracy(result))}};
  if (report.test) json["test"] = evaluation_json(*report.test);
  json["model"] = report.model ? Json(report.model->string()) : Json(nullptr);
  if (report.page) json["report"] = report.page->string();
  json["seconds"] = seconds_json(result.seconds, report.seconds);
  if (!result.device_seconds.empty()) {
    json["device_seconds"] = Json::object();
    for (const DeviceSeconds& stage : result.device_seconds) {
      json["device_seconds"][stage.stage] = stage.seconds;
    }
  }
  json["peak_bytes"] = report.peak_bytes;
  json["warnings"] = report.warnings;
  return json;
}

std::string fit_text(const FitReport& report) {
  const FitResult& result = report.result;
  std::string text = fmt::format(
      "{}: {} rows, {} features, {} classes; {}, {}{} threads\n\n", bold(printable(report.data)),
      grouped(result.summary.rows), grouped(result.model.features()),
      grouped(result.model.classes.size()), report.device,
      report.ranks > 1 ? fmt::format("{} ranks x ", report.ranks) : "", report.threads);
  if (!result.path.empty()) text += path_text(result) + "\n";
  text += best_text(result);
  if (report.test) {
    text += fmt::format("test      {} of test rows right ({})\n",
                        bold(fmt::format("{:.2f} %", 100 * report.test->accuracy())),
                        count_text(report.test->correct, report.test->rows));
  }
  if (report.ranks > 1) {
    text += fmt::format("parallel  {}: {}\n", bold(name_of(result.parallel.mode)),
                        result.parallel.reason);
  }
  if (report.model) text += fmt::format("model     {}\n", printable(report.model->string()));
  if (report.page) text += fmt::format("report    {}\n", printable(report.page->string()));
  text += time_text(result.seconds, report.seconds);
  return text + fmt::format("; {:.0f} MB at most\n", static_cast<double>(report.peak_bytes) / 1e6);
}

std::vector<std::pair<std::string, std::string>> model_facts(const RidgeModel& model) {
  return {
      {"Lambda", fmt::format("{:.6g}", model.lambda)},
      {"Trained on", fmt::format("{} rows", grouped(model.training_rows))},
      {"Features",
       fmt::format("{}{}", grouped(model.features()),
                   model.shape.size() > 1 ? fmt::format(" ({})", shape_text(model.shape)) : "")},
      {"Classes", grouped(model.classes.size())}};
}

report::PageContent page_content(const FitReport& report, const RowSource* test) {
  report::PageContent content;
  content.title = report.data;
  content.facts = model_facts(report.result.model);
  if (report.model) content.facts.emplace_back("Model", report.model->string());
  content.facts.emplace_back(
      "Machine", fmt::format("{}, {}{} threads", report.device,
                             report.ranks > 1 ? fmt::format("{} ranks x ", report.ranks) : "",
                             report.threads));
  content.facts.emplace_back("Time", fmt::format("{:.2f} s", report.seconds));
  if (test != nullptr) content.facts.emplace_back("Test rows", test->info().name);
  content.warnings = report.warnings;
  content.model = &report.result.model;
  content.test = report.test ? &*report.test : nullptr;
  content.test_rows = test;
  return content;
}

void write_page(const report::PageContent& content, const std::filesystem::path& path,
                bool overwrite) {
  const std::string page = report::report_page(content);
  OutputFile file(path, overwrite);
  file.write(page);
  file.commit();
}

Json evaluation_json(const Evaluation& evaluation) {
  return {{"rows", evaluation.rows},
          {"correct", evaluation.correct},
          {"accuracy", evaluation.accuracy()}};
}

Json eval_json(const Evaluation& evaluation) {
  Json json = result_of("eval");
  json.update(evaluation_json(evaluation));
  json["classes"] = Json::array();
  json["confusion"] = Json::array();
  for (std::size_t i = 0; i < evaluation.classes.size(); ++i) {
    const ClassFigures& figures = evaluation.classes[i];
    json["classes"].push_back({{"name", figures.name},
                               {"precision", or_null(figures.precision)},
                               {"recall", or_null(figures.recall)},
                               {"rows", figures.rows}});
    const auto counts = evaluation.confusion.row(i);
    json["confusion"].push_back(std::vector<std::uint64_t>(counts.begin(), counts.end()));
  }
  return json;
}

std::string eval_text(const Evaluation& evaluation, const std::string& data) {
  Table table({"class", "precision", "recall", "rows"});
  for (const ClassFigures& figures : evaluation.classes) {
    table.add({printable(figures.name), or_dash(figures.precision), or_dash(figures.recall),
               grouped(figures.rows)});
  }
  std::string text = fmt::format("{}: {} right ({})\n\n", bold(printable(data)),
                                 bold(fmt::format("{:.2f} %", 100 * evaluation.accuracy())),
                                 count_text(evaluation.correct, evaluation.rows));
  text += table.text();
  if (evaluation.classes.size() <= widest_confusion)
    text += fmt::format("\n{}", confusion_text(evaluation));
  return text;
}

std::string result_text(const Json& json) {
  std::size_t width = 0;
  for (const auto& [name, value] : json.items()) width = std::max(width, name.size());
  std::string fields;
  std::string tables;
  for (const auto& [name, value] : json.items()) {
    if (name == "schema" || name == "command") continue;
    if (is_table(value)) {
      tables += table_text(name, value);
    } else {
      fields += fmt::format("{:{}}  {}\n", name, width, value_text(value));
    }
  }
  return fields + tables;
}

std::string to_line(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
}

std::string shape_text(const std::vector<std::size_t>& shape) {
  return fmt::format("{}", fmt::join(shape, "x"));
}

}  // namespace arete::cli
