#include "arete/report/sections.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <optional>
#include <string_view>
#include <vector>

#include "arete/core/text.hpp"
#include "arete/moments/convert_rows.hpp"
#include "arete/report/chart.hpp"
#include "arete/report/html.hpp"
#include "arete/report/image.hpp"

namespace arete::report {

namespace {

constexpr std::size_t widest_confusion = 40;    ///< classes; beyond, pairs are listed
constexpr std::size_t pairs_shown = 30;         ///< then
constexpr std::size_t most_classes = 100;       ///< whose weights are shown
constexpr std::size_t most_pixels = 4'000'000;  ///< of all images of weights together
constexpr double cut_quantile = 0.99;           ///< of the weights; larger ones share its colour

std::string section(std::string_view id, std::string_view title, const std::string& content) {
  return fmt::format("<section id=\"{}\">\n<h2>{}</h2>\n{}</section>\n", id, title, content);
}

std::string note(const std::string& text) {
  return fmt::format("<p class=\"note\">{}</p>\n", text);
}

/// `rows` are lines of cells <th> and <td>.
std::string table(const std::vector<std::string>& header, const std::string& rows) {
  std::string head;
  for (const std::string& cell : header) head += fmt::format("<th scope=\"col\">{}</th>", cell);
  return fmt::format(
      "<div "
      "class=\"wide\"><table>\n<thead><tr>{}</tr></thead>\n<tbody>\n{}</tbody></table></div>\n",
      head, rows);
}

std::string percent(std::optional<double> share) {
  return share ? fmt::format("{:.2f} %", 100 * *share) : "–";
}

std::string path_rows(const RidgeModel& model) {
  std::string rows;
  for (const PathPoint& point : model.path) {
    const std::string begin =
        fmt::format("<tr{}><th scope=\"row\">{:.4g}</th>",
                    point.lambda == model.lambda ? " class=\"chosen\"" : "", point.lambda);
    if (!point.is_solved()) {
      rows += fmt::format("{}<td colspan=\"5\">{}</td></tr>\n", begin, escaped(point.status));
      continue;
    }
    rows +=
        fmt::format("{}<td>{}</td><td>{}</td><td>{:.6g}</td><td>{:.1e}</td><td>{:.1e}</td></tr>\n",
                    begin, percent(point.accuracy()), point.correct ? grouped(*point.correct) : "–",
                    point.squared_error, point.rcond, point.residual);
  }
  return rows;
}

/// A cell whose colour says how large a share of its row it is: red off the diagonal.
std::string confusion_cell(std::uint64_t count, std::uint64_t of_row, bool is_right) {
  if (count == 0) return "<td>·</td>";
  const double share = static_cast<double>(count) / static_cast<double>(of_row);
  // Mistakes are few where they matter: their root keeps them visible.
  const double opacity = is_right ? 0.45 * share : 0.85 * std::sqrt(share);
  return fmt::format("<td style=\"background:rgba({},{:.3f})\">{}</td>",
                     is_right ? "33,102,172" : "178,24,43", opacity, grouped(count));
}

std::string confusion_table(const Evaluation& test) {
  std::vector<std::string> header = {"true \\ predicted"};
  std::string rows;
  for (const ClassFigures& figures : test.classes) header.push_back(escaped(figures.name));
  for (std::size_t i = 0; i < test.classes.size(); ++i) {
    rows += fmt::format("<tr><th scope=\"row\">{}</th>", header[i + 1]);
    for (std::size_t j = 0; j < test.classes.size(); ++j) {
      rows += confusion_cell(test.confusion(i, j), test.classes[i].rows, i == j);
    }
    rows += "</tr>\n";
  }
  return table(header, rows);
}

struct Confusion {
  std::size_t label;
  std::size_t predicted;
  std::uint64_t count;
};

std::string frequent_confusions(const Evaluation& test) {
  std::vector<Confusion> pairs;
  for (std::size_t i = 0; i < test.classes.size(); ++i) {
    for (std::size_t j = 0; j < test.classes.size(); ++j) {
      if (i != j && test.confusion(i, j) > 0) pairs.push_back({i, j, test.confusion(i, j)});
    }
  }
  std::ranges::stable_sort(pairs, std::greater<>(), &Confusion::count);
  if (pairs.size() > pairs_shown) pairs.resize(pairs_shown);
  std::string rows;
  for (const Confusion& pair : pairs) {
    rows += fmt::format("<tr><th scope=\"row\">{}</th><td>{}</td><td>{}</td></tr>\n",
                        escaped(test.classes[pair.label].name),
                        escaped(test.classes[pair.predicted].name), grouped(pair.count));
  }
  return table({"true", "predicted", "rows"}, rows);
}

std::string class_rows(const Evaluation& test) {
  std::string rows;
  for (const ClassFigures& figures : test.classes) {
    rows += fmt::format("<tr><th scope=\"row\">{}</th><td>{}</td><td>{}</td><td>{}</td></tr>\n",
                        escaped(figures.name), percent(figures.precision), percent(figures.recall),
                        grouped(figures.rows));
  }
  return rows;
}

std::string tile(const Image& image, const std::string& alternative, const std::string& caption) {
  return fmt::format("<figure><img src=\"{}\" alt=\"{}\"><figcaption>{}</figcaption></figure>\n",
                     png_uri(image), alternative, caption);
}

std::vector<double> values_of(const RowSource& rows, std::uint64_t position) {
  RowBlock block;
  rows.read({position, position + 1}, block);
  std::vector<double> values(block.features);
  to_float64(block.type, block.row(0), block.features, values.data());
  return values;
}

/// Bytes are shown as they are; other values from the least to the largest of the row.
Image picture(const ImageLayout& layout, std::span<const double> row, const SourceInfo& info) {
  const auto [least, most] = std::ranges::minmax_element(row);
  const bool as_bytes = info.type == ElementType::uint8 && *most > 1;
  return as_bytes ? row_image(layout, row, 0, 255) : row_image(layout, row, *least, *most);
}

std::string mistake_tiles(const RidgeModel& model, const Evaluation& test, const RowSource& rows,
                          const ImageLayout& layout) {
  std::string tiles;
  for (const Mistake& mistake : test.mistakes) {
    const std::string label = escaped(model.classes[static_cast<std::size_t>(mistake.label)]);
    const std::string other = escaped(model.classes[static_cast<std::size_t>(mistake.predicted)]);
    const std::uint64_t number = rows.number(mistake.row);
    tiles += tile(picture(layout, values_of(rows, mistake.row), rows.info()),
                  fmt::format("row {}, of class {}", number, label),
                  fmt::format("<b>{}</b>, taken for <b>{}</b><br>by {:.2f}<br>row {}", label, other,
                              mistake.margin, grouped(number)));
  }
  return fmt::format("<div class=\"tiles\">\n{}</div>\n", tiles);
}

std::string mistake_table(const RidgeModel& model, const Evaluation& test, const RowSource& rows) {
  std::string lines;
  for (const Mistake& mistake : test.mistakes) {
    lines += fmt::format(
        "<tr><th scope=\"row\">{}</th><td>{}</td><td>{}</td><td>{:.2f}</td></tr>\n",
        grouped(rows.number(mistake.row)),
        escaped(model.classes[static_cast<std::size_t>(mistake.label)]),
        escaped(model.classes[static_cast<std::size_t>(mistake.predicted)]), mistake.margin);
  }
  return table({"row", "true", "predicted", "by"}, lines);
}

/// The magnitude that all but the largest of these weights stay below.
double colour_scale(const RidgeModel& model, std::size_t classes) {
  std::vector<double> sizes;
  sizes.reserve(classes * model.features());
  for (std::size_t k = 0; k < classes; ++k) {
    for (const double weight : model.weights.row(k)) sizes.push_back(std::abs(weight));
  }
  const auto at = static_cast<std::size_t>(cut_quantile * static_cast<double>(sizes.size() - 1));
  std::ranges::nth_element(sizes, sizes.begin() + static_cast<std::ptrdiff_t>(at));
  return sizes[at] > 0 ? sizes[at] : std::ranges::max(sizes);
}

}  // namespace

std::string path_section(const RidgeModel& model) {
  if (model.path.empty()) return "";
  std::vector<ChartPoint> accuracies;
  std::vector<ChartPoint> errors;
  for (const PathPoint& point : model.path) {
    if (!point.is_solved() || point.lambda <= 0) continue;  // zero has no logarithm
    const bool chosen = point.lambda == model.lambda;
    errors.push_back({point.lambda, point.squared_error, chosen});
    if (const auto accuracy = point.accuracy()) {
      accuracies.push_back({point.lambda, *accuracy, chosen});
    }
  }
  return section("path", "The path of lambdas",
                 note("On held-out rows, before the refit on all rows. The chosen lambda is red.") +
                     "<div class=\"charts\">\n" +
                     lambda_chart("Accuracy", ValueFormat::percent, accuracies) +
                     lambda_chart("Squared error", ValueFormat::number, errors) + "</div>\n" +
                     table({"lambda", "accuracy", "correct", "squared error", "rcond", "residual"},
                           path_rows(model)));
}

std::string test_sections(const Evaluation& test) {
  const std::string accuracy = fmt::format(
      "<p><strong>{}</strong> of the test rows are classified correctly: {} of {}.</p>\n",
      percent(test.accuracy()), grouped(test.correct), grouped(test.rows));
  const bool fits = test.classes.size() <= widest_confusion;
  return section("confusion", "The confusion matrix",
                 accuracy +
                     (fits ? confusion_table(test)
                           : note("The most frequent confusions:") + frequent_confusions(test))) +
         section("classes", "Each class",
                 table({"class", "precision", "recall", "rows"}, class_rows(test)));
}

std::string mistakes_section(const RidgeModel& model, const Evaluation& test,
                             const RowSource& rows) {
  if (test.mistakes.empty()) return "";
  const auto layout = image_layout(model.shape);
  return section(
      "mistakes", "The most confident mistakes",
      note("Test rows by how far the score of the class they were taken for exceeds that "
           "of their own.") +
          (layout ? mistake_tiles(model, test, rows, *layout) : mistake_table(model, test, rows)));
}

std::string weights_section(const RidgeModel& model) {
  const auto layout = image_layout(model.shape);
  if (!layout) {
    return section(
        "weights", "The weights",
        note("A row has no shape of an image (fit's --shape 28x28 gives it one), so that "
             "weights are not shown."));
  }
  const std::size_t count =
      std::min({model.classes.size(), most_classes, most_pixels / layout->pixels()});
  if (count == 0) return section("weights", "The weights", note("Too large to be shown."));
  const double scale = colour_scale(model, count);
  std::string tiles;
  for (std::size_t k = 0; k < count; ++k) {
    const std::string name = escaped(model.classes[k]);
    tiles += tile(weight_image(*layout, model.weights.row(k), scale), "weights of class " + name,
                  fmt::format("<b>{}</b>", name));
  }
  const std::string colours = layout->channels == 1
                                  ? "Red pixels speak for a class, blue ones against "
                                    "it"
                                  : "Grey is zero, in each channel";
  const std::string others =
      count < model.classes.size()
          ? fmt::format(" The first {} of {} classes.", count, grouped(model.classes.size()))
          : "";
  return section("weights", "The weights of each class",
                 note(fmt::format("{}. One scale for all: weights beyond ±{:.3g}, the largest "
                                  "hundredth, have the colour of that.{}",
                                  colours, scale, others)) +
                     fmt::format("<div class=\"tiles\">\n{}</div>\n", tiles));
}

}  // namespace arete::report
