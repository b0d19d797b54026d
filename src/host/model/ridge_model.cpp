#include "arete/model/ridge_model.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>
#include <string_view>
#include <utility>

#include "arete/core/error.hpp"
#include "arete/core/version.hpp"
#include "arete/data/row_description.hpp"
#include "arete/model/safetensors.hpp"
#include "arete/solve/ridge_path.hpp"

namespace arete {

namespace {

using nlohmann::json;

constexpr std::string_view format = "arete-ridge-classifier";
constexpr std::string_view format_version = "1";

// ---- Writing ----------------------------------------------------------------------------------

json to_json(const Preprocessing& preprocessing) {
  const auto& size = preprocessing.image_size;
  const auto& threshold = preprocessing.binarise;
  return {{"image_size", size ? json({size->width, size->height}) : json()},
          {"grayscale", preprocessing.grayscale},
          {"binarise", threshold ? json(*threshold) : json()}};
}

/// A figure that is not finite becomes null: JSON has no word for it.
json to_json(const PathPoint& point) {
  return {{"lambda", point.lambda},
          {"status", point.status},
          {"rows", point.rows},
          {"correct", point.correct ? json(*point.correct) : json()},
          {"squared_error", point.squared_error},
          {"rcond", point.rcond},
          {"residual", point.residual}};
}

TensorMetadata metadata_of(const RidgeModel& model) {
  json path = json::array();
  for (const PathPoint& point : model.path) path.push_back(to_json(point));
  TensorMetadata metadata{{"format", std::string(format)},
                          {"format_version", std::string(format_version)},
                          {"arete_version", version()},
                          {"classes", json(model.classes).dump()},
                          {"lambda", fmt::format("{}", model.lambda)},
                          {"training_rows", fmt::format("{}", model.training_rows)},
                          {"signed_bytes", model.signed_bytes ? "true" : "false"},
                          {"shape", json(model.shape).dump()},
                          {"preprocessing", to_json(model.preprocessing).dump()},
                          {"path", path.dump()}};
  if (!model.column_names.empty()) metadata["column_names"] = json(model.column_names).dump();
  return metadata;
}

// ---- Reading ----------------------------------------------------------------------------------

/// The values of a model file's metadata, each of which may be missing or wrong.
class Fields {
 public:
  Fields(const TensorMetadata& metadata, const std::string& file)
      : metadata_(metadata), file_(file) {}

  [[nodiscard]] bool has(const std::string& key) const { return metadata_.contains(key); }

  [[nodiscard]] const std::string& text(const std::string& key) const {
    const auto found = metadata_.find(key);
    if (found == metadata_.end()) {
      fail(ErrorKind::input, "{}: is no model of Arete: its metadata has no \"{}\"", file_, key);
    }
    return found->second;
  }

  [[nodiscard]] json parsed(const std::string& key) const {
    const std::string& value = text(key);
    json result = json::parse(value, nullptr, false);
    if (result.is_discarded()) wrong(key, "JSON");
    return result;
  }

  /// A number that takes the whole text.
  template <typename Number>
  [[nodiscard]] Number number(const std::string& key, const char* expected) const {
    const std::string& value = text(key);
    Number result{};
    const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), result);
    if (error != std::errc() || end != value.data() + value.size()) wrong(key, expected);
    return result;
  }

  [[noreturn]] void wrong(const std::string& key, std::string_view expected) const {
    constexpr std::size_t shown = 200;
    fail(ErrorKind::input, "{}: metadata \"{}\" is {}; expected was {}", file_, key,
         text(key).substr(0, shown), expected);
  }

 private:
  const TensorMetadata& metadata_;
  const std::string& file_;
};

bool is_natural(const json& value, std::uint64_t limit) {
  return value.is_number_unsigned() && value.get<std::uint64_t>() <= limit;
}

bool has_members(const json& value, std::initializer_list<const char*> names) {
  return value.is_object() &&
         std::ranges::all_of(names, [&](const char* name) { return value.contains(name); });
}

bool is_list_of_texts(const json& value) {
  return value.is_array() &&
         std::ranges::all_of(value, [](const json& name) { return name.is_string(); });
}

ClassList classes_of(const Fields& fields, const std::string& file) {
  const json value = fields.parsed("classes");
  if (!is_list_of_texts(value) || value.size() < 2) {
    fields.wrong("classes", "a list of two or more names");
  }
  auto classes = value.get<ClassList>();
  check_classes(classes, file);
  return classes;
}

std::vector<std::size_t> shape_of(const Fields& fields) {
  const json value = fields.parsed("shape");
  const auto is_side = [](const json& side) {
    return is_natural(side, std::numeric_limits<std::size_t>::max());
  };
  if (!value.is_array() || !std::ranges::all_of(value, is_side)) {
    fields.wrong("shape", "a list of whole numbers");
  }
  return value.get<std::vector<std::size_t>>();
}

/// Only models of columns that have names have this entry.
std::vector<std::string> column_names_of(const Fields& fields, std::size_t features,
                                         const std::string& file) {
  if (!fields.has("column_names")) return {};
  const json value = fields.parsed("column_names");
  if (!is_list_of_texts(value) || value.size() != features) {
    fields.wrong("column_names", fmt::format("a list of {} names", features));
  }
  auto names = value.get<std::vector<std::string>>();
  check_column_names(names, features, file);
  return names;
}

Preprocessing preprocessing_of(const Fields& fields) {
  constexpr std::uint64_t side_limit = std::numeric_limits<std::uint32_t>::max();
  const json value = fields.parsed("preprocessing");
  const auto require = [&](bool condition, std::string_view expected) {
    if (!condition) fields.wrong("preprocessing", expected);
  };
  require(has_members(value, {"image_size", "grayscale", "binarise"}),
          "an object with image_size, grayscale and binarise");
  Preprocessing result;
  if (const json& size = value["image_size"]; !size.is_null()) {
    require(size.is_array() && size.size() == 2 && is_natural(size[0], side_limit) &&
                is_natural(size[1], side_limit),
            "an image_size of null or [width, height]");
    result.image_size = {size[0].get<std::uint32_t>(), size[1].get<std::uint32_t>()};
  }
  require(value["grayscale"].is_boolean(), "a grayscale of true or false");
  result.grayscale = value["grayscale"].get<bool>();
  if (const json& threshold = value["binarise"]; !threshold.is_null()) {
    require(is_natural(threshold, 255), "a binarise of null or 0 to 255");
    result.binarise = threshold.get<std::uint8_t>();
  }
  return result;
}

bool is_figure(const json& value) { return value.is_number() || value.is_null(); }

std::optional<std::uint64_t> optional_count(const json& value) {
  if (value.is_null()) return std::nullopt;
  return value.get<std::uint64_t>();
}

double figure(const json& value) {
  return value.is_null() ? std::numeric_limits<double>::quiet_NaN() : value.get<double>();
}

bool is_path_point(const json& point) {
  constexpr auto limit = std::numeric_limits<std::uint64_t>::max();
  return has_members(point, {"lambda", "status", "rows", "correct", "squared_error", "rcond",
                             "residual"}) &&
         point["lambda"].is_number() && point["status"].is_string() &&
         is_natural(point["rows"], limit) &&
         (point["correct"].is_null() || is_natural(point["correct"], limit)) &&
         is_figure(point["squared_error"]) && is_figure(point["rcond"]) &&
         is_figure(point["residual"]);
}

std::vector<PathPoint> path_of(const Fields& fields) {
  const json value = fields.parsed("path");
  if (!value.is_array() || !std::ranges::all_of(value, is_path_point)) {
    fields.wrong("path",
                 "a list of objects with lambda, status, rows, correct, squared_error, rcond and "
                 "residual");
  }
  std::vector<PathPoint> path;
  for (const json& point : value) {
    path.push_back({.lambda = point["lambda"].get<double>(),
                    .status = point["status"].get<std::string>(),
                    .rows = point["rows"].get<std::uint64_t>(),
                    .correct = optional_count(point["correct"]),
                    .squared_error = figure(point["squared_error"]),
                    .rcond = figure(point["rcond"]),
                    .residual = figure(point["residual"])});
  }
  return path;
}

void read_metadata(const Fields& fields, const std::string& file, RidgeModel& model) {
  if (fields.text("format") != format) fields.wrong("format", format);
  if (fields.text("format_version") != format_version) {
    fields.wrong("format_version", format_version);
  }
  model.classes = classes_of(fields, file);
  model.lambda = fields.number<double>("lambda", "a number");
  if (!std::isfinite(model.lambda) || model.lambda < 0) {
    fields.wrong("lambda", "a finite number, 0 or larger");
  }
  model.training_rows = fields.number<std::uint64_t>("training_rows", "a whole number");
  const json signed_bytes = fields.parsed("signed_bytes");
  if (!signed_bytes.is_boolean()) fields.wrong("signed_bytes", "true or false");
  model.signed_bytes = signed_bytes.get<bool>();
  model.shape = shape_of(fields);
  model.preprocessing = preprocessing_of(fields);
  model.path = path_of(fields);
}

/// The tensor `name`, which has `dimensions` dimensions and finite values.
const Tensor& find_tensor(const TensorFile& tensors, std::string_view name, std::size_t dimensions,
                          const std::string& file) {
  const auto found = std::ranges::find(tensors.tensors, name, &Tensor::name);
  if (found == tensors.tensors.end()) {
    fail(ErrorKind::input, "{}: is no model of Arete: it has no tensor \"{}\"", file, name);
  }
  if (found->shape.size() != dimensions) {
    fail(ErrorKind::input, "{}: tensor \"{}\" has {} dimensions; expected were {}", file, name,
         found->shape.size(), dimensions);
  }
  for (std::size_t i = 0; i < found->values.size(); ++i) {
    if (!std::isfinite(found->values[i])) {
      fail(ErrorKind::input, "{}: tensor \"{}\", element {}: is {}; expected was a finite number",
           file, name, i, found->values[i]);
    }
  }
  return *found;
}

void require_size(const Tensor& tensor, std::size_t dimension, std::uint64_t expected,
                  const std::string& file) {
  if (tensor.shape[dimension] != expected) {
    fail(ErrorKind::input, "{}: tensor \"{}\" has {} entries in dimension {}; expected were {}",
         file, tensor.name, tensor.shape[dimension], dimension, expected);
  }
}

void take_tensors(const TensorFile& tensors, const std::string& file, RidgeModel& model) {
  const Tensor& weights = find_tensor(tensors, "weights", 2, file);
  const Tensor& intercept = find_tensor(tensors, "intercept", 1, file);
  const Tensor& means = find_tensor(tensors, "column_means", 1, file);
  const std::size_t classes = model.classes.size();
  const std::size_t features = weights.shape[1];
  require_size(weights, 0, classes, file);
  require_size(intercept, 0, classes, file);
  require_size(means, 0, features, file);
  check_row_shape(model.shape, features, model.preprocessing, file);
  model.weights = Matrix<double>(classes, features);
  std::ranges::copy(weights.values, model.weights.data());
  model.intercept.assign(intercept.values.begin(), intercept.values.end());
  model.column_means.assign(means.values.begin(), means.values.end());
}

}  // namespace

bool PathPoint::is_solved() const { return status == name_of(SolveStatus::solved); }

std::optional<double> PathPoint::accuracy() const {
  if (!correct || rows == 0) return std::nullopt;
  return static_cast<double>(*correct) / static_cast<double>(rows);
}

void write_model(const RidgeModel& model, const std::filesystem::path& path, bool overwrite) {
  check_classes(model.classes, path.string());
  check_column_names(model.column_names, model.features(), path.string());
  const std::uint64_t classes = model.classes.size();
  const std::uint64_t features = model.features();
  const std::array<TensorView, 3> tensors{{{"weights", {classes, features}, model.weights.span()},
                                           {"intercept", {classes}, model.intercept},
                                           {"column_means", {features}, model.column_means}}};
  write_tensors(tensors, metadata_of(model), path, overwrite);
}

RidgeModel read_model(const std::filesystem::path& path) {
  const std::string file = path.string();
  const TensorFile tensors = read_tensors(path);
  RidgeModel model;
  const Fields fields(tensors.metadata, file);
  read_metadata(fields, file, model);
  take_tensors(tensors, file, model);
  model.column_names = column_names_of(fields, model.features(), file);
  return model;
}

bool is_model_file(const std::filesystem::path& path) { return is_tensor_file(path); }

}  // namespace arete
