#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "arete/cli/console.hpp"
#include "arete/cli/exact_totals.hpp"
#include "arete/cli/options.hpp"
#include "arete/cli/results.hpp"
#include "arete/cli/table.hpp"
#include "arete/model/ridge_model.hpp"
#include "arete/moments/moments_file.hpp"

namespace arete::cli {

namespace {

struct InspectArguments {
  DataOptions data;
  MachineOptions machine;
  bool json = false;
};

Json inspection(const char* kind, const std::string& file) {
  Json json = result_of("inspect");
  json["kind"] = kind;
  json["file"] = file;
  return json;
}

/// What the rows are, or were.
void add_rows(Json& json, std::uint64_t rows, std::size_t features,
              std::pair<const char*, Json> type, const std::vector<std::size_t>& shape,
              const std::vector<std::string>& column_names) {
  json["rows"] = rows;
  json["features"] = features;
  json[type.first] = std::move(type.second);
  json["shape"] = shape;
  json["columns"] = column_names.empty() ? Json(nullptr) : Json(column_names);
}

Json model_json(const RidgeModel& model, const std::string& file) {
  Json json = inspection("model", file);
  add_rows(json, model.training_rows, model.features(), {"signed_bytes", model.signed_bytes},
           model.shape, model.column_names);
  json["classes"] = model.classes;
  json["preprocessing"] = preprocessing_json(model.preprocessing);
  json["lambda"] = model.lambda;
  json["path"] = Json::array();
  for (const PathPoint& point : model.path) json["path"].push_back(path_point_json(point));
  return json;
}

Json class_counts_json(const MomentsSet& set) {
  Json classes = Json::array();
  const ClassList& names = set.parts.front().classes;
  for (std::size_t k = 0; k < names.size(); ++k) {
    std::uint64_t rows = 0;
    for (const Moments& part : set.parts) rows += part.class_counts[k];
    classes.push_back({{"name", names[k]}, {"rows", rows}});
  }
  return classes;
}

Json moments_json(const MomentsSet& set, const std::string& file) {
  Json json = inspection("moments", file);
  Json parts = Json::array();
  Json ranges = Json::array();
  std::uint64_t rows = 0;
  bool exact = true;
  for (const Moments& part : set.parts) {
    parts.push_back({{"rows", part.rows}, {"exact", part.exact}});
    rows += part.rows;
    exact = exact && part.exact;
  }
  for (const RowRange& range : set.rows) ranges.push_back({range.first, range.last});
  add_rows(json, rows, set.parts.front().features(), {"type", name_of(set.type)}, set.shape,
           set.column_names);
  json["classes"] = class_counts_json(set);
  json["preprocessing"] = preprocessing_json(set.preprocessing);
  json["exact"] = exact;
  json["rule"] = describe(set.rule);
  json["parts"] = parts;
  json["ranges"] = ranges;
  const MomentTotals totals = totals_of(set);
  json["gram_trace"] = totals.gram_trace;
  json["gram_sum"] = totals.gram_sum;
  json["column_sum_total"] = totals.column_sum_total;
  json["class_sum_total"] = totals.class_sum_total;
  return json;
}

Json data_json(const SourceInfo& info, const std::string& file) {
  Json json = inspection("data", file);
  add_rows(json, info.rows, info.features, {"type", name_of(info.type)}, info.shape,
           info.column_names);
  json["classes"] = info.classes.empty() ? Json(nullptr) : Json(info.classes);
  json["preprocessing"] = preprocessing_json(info.preprocessing);
  return json;
}

Json inspect(const CLI::App& parser, const InspectArguments& arguments) {
  ConsoleListener listener;
  const std::string& file = arguments.data.data;
  const bool is_model = is_model_file(file);
  if (is_model || is_moments_file(file)) {
    const std::string why = file + " holds no rows that could be read so";
    refuse_options(parser, {"--labels", "--image-size", "--grayscale", "--binarise"}, why);
    refuse_options(parser, table_option_names(), why);
    return is_model ? model_json(read_model(file), file) : moments_json(read_moments(file), file);
  }
  const auto source =
      open_data(arguments.data, arguments.machine, preprocessing_of(arguments.data), listener);
  return data_json(source->info(), file);
}

void run_inspect(const CLI::App& parser, const InspectArguments& arguments) {
  const Json json = inspect(parser, arguments);
  write_output(wants_json(arguments.json) ? to_line(json) : result_text(json));
}

}  // namespace

Command inspect_command(CLI::App& parser) {
  auto* const inspect =
      parser.add_subcommand("inspect", "what a model, a moments file or data hold");
  const auto arguments = std::make_shared<InspectArguments>();
  add_data_options(*inspect, arguments->data);
  inspect->get_option("DATA")->description("a model, a moments file, or data as 'arete fit' takes");
  add_machine_options(*inspect, arguments->machine);
  add_json_flag(*inspect, arguments->json);
  inspect->footer("Example:\n  arete inspect mnist.safetensors");
  return {inspect, [inspect, arguments](Communicator&) { run_inspect(*inspect, *arguments); },
          false};
}

}  // namespace arete::cli
