#include "arete/report/page.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <string>

#include "reference/data_set.hpp"

namespace arete::report {
namespace {

bool has(const std::string& page, const std::string& text) {
  return page.find(text) != std::string::npos;
}

std::size_t count_of(const std::string& page, const std::string& text) {
  std::size_t count = 0;
  for (std::size_t at = page.find(text); at != std::string::npos; at = page.find(text, at + 1))
    ++count;
  return count;
}

RidgeModel model_of(std::size_t classes, std::vector<std::size_t> shape) {
  std::size_t features = 1;
  for (const std::size_t extent : shape) features *= extent;
  RidgeModel model;
  for (std::size_t k = 0; k < classes; ++k) model.classes.push_back("class" + std::to_string(k));
  model.weights = Matrix<double>(classes, features);
  for (std::size_t i = 0; i < model.weights.size(); ++i) {
    model.weights.span()[i] = std::sin(static_cast<double>(i));
  }
  model.shape = std::move(shape);
  model.lambda = 10;
  model.path = {{1, "not positive definite", 8, {}, std::nan(""), 0, 0},
                {10, "solved", 8, 6, 1.5, 0.1, 1e-17},
                {100, "solved", 8, 4, 2.5, 0.2, 1e-17}};
  return model;
}

Evaluation evaluation_of(std::size_t classes) {
  Evaluation test;
  test.rows = 4 * classes;
  test.correct = 3 * classes;
  test.confusion = Matrix<std::uint64_t>(classes, classes, 0);
  for (std::size_t k = 0; k < classes; ++k) {
    test.confusion(k, k) = 3;
    test.confusion(k, (k + 1) % classes) = 1;
    test.classes.push_back({"class" + std::to_string(k), 0.75, 0.75, 4});
  }
  return test;
}

std::string page_of(const RidgeModel& model, const Evaluation* test = nullptr,
                    const RowSource* rows = nullptr) {
  return report_page({"title", {{"Name", "value"}}, {}, &model, test, rows});
}

TEST(Page, IsWholeAndNeedsNothingElse) {
  const RidgeModel model = model_of(3, {4, 5});
  const reference::DataSet data = reference::random_data(ElementType::uint8, 12, 20, 3, 1);
  Evaluation test = evaluation_of(3);
  test.mistakes = {{5, 0, 1, 0.75}, {7, 2, 0, 0.5}};
  const auto rows = reference::open(data);
  const std::string page = page_of(model, &test, rows.get());
  for (const char* id : {"path", "confusion", "classes", "weights", "mistakes"}) {
    EXPECT_TRUE(has(page, "<section id=\"" + std::string(id) + "\">")) << id;
  }
  EXPECT_TRUE(page.starts_with("<!DOCTYPE html>"));
  EXPECT_TRUE(page.ends_with("</html>\n"));
  for (const char* outside : {"http", "<script", "<link", "url(", "@import"}) {
    EXPECT_FALSE(has(page, outside)) << outside;
  }
  EXPECT_EQ(count_of(page, "<img src=\"data:image/png;base64,"), 3U + 2U);
  EXPECT_EQ(count_of(page, "<svg"), 2U);
  EXPECT_EQ(count_of(page, "<circle"), 4U);  // lambdas that were not solved are in the table alone
  EXPECT_TRUE(has(page, "not positive definite"));
  EXPECT_TRUE(has(page, "<b>class0</b>, taken for <b>class1</b><br>by 0.75<br>row 5"));
  EXPECT_TRUE(has(page, "75.00 %"));
  for (const char* element : {"section", "table", "figure", "svg", "div", "tr", "td", "dl"}) {
    EXPECT_EQ(count_of(page, "<" + std::string(element) + ">") +
                  count_of(page, "<" + std::string(element) + " "),
              count_of(page, "</" + std::string(element) + ">"))
        << element;
  }
}

TEST(Page, EscapesNamesOfOthers) {
  RidgeModel model = model_of(2, {2, 2});
  model.classes = {"<script>alert('a')</script>", "\"&\n"};
  Evaluation test = evaluation_of(2);
  for (std::size_t k = 0; k < 2; ++k) test.classes[k].name = model.classes[k];
  const std::string page = report_page(
      {"</title><script>", {{"<b>", "\" onload=\"x"}}, {"<warning>"}, &model, &test, nullptr});
  EXPECT_FALSE(has(page, "<script"));
  EXPECT_FALSE(has(page, "<warning>"));
  EXPECT_FALSE(has(page, "onload=\""));
  EXPECT_TRUE(has(page, "&lt;script&gt;alert(&#39;a&#39;)&lt;/script&gt;"));
  EXPECT_TRUE(has(page, "&quot;&amp;?"));
}

TEST(Page, SaysWhatItCannotShow) {
  RidgeModel flat = model_of(2, {6});
  flat.path.clear();
  const std::string page = page_of(flat);
  EXPECT_FALSE(has(page, "id=\"path\""));
  EXPECT_TRUE(has(page, "No labelled rows were tested on"));
  EXPECT_TRUE(has(page, "has no shape of an image"));
  EXPECT_EQ(count_of(page, "<img"), 0U);

  // Mistakes on rows without a shape are told in words.
  Evaluation test = evaluation_of(2);
  test.mistakes = {{3, 0, 1, 0.25}};
  const auto rows = reference::open(reference::random_data(ElementType::float32, 8, 6, 2, 1));
  EXPECT_TRUE(has(page_of(flat, &test, rows.get()), "<th scope=\"row\">3</th><td>class0</td>"));
}

TEST(Page, StaysReadableForVeryManyClasses) {
  const RidgeModel model = model_of(500, {2, 2});
  const Evaluation test = evaluation_of(500);
  const std::string page = page_of(model, &test);
  EXPECT_EQ(count_of(page, "<img"), 100U);
  EXPECT_TRUE(has(page, "The first 100 of 500 classes."));
  EXPECT_TRUE(has(page, "The most frequent confusions"));
  EXPECT_LT(page.size(), 500'000U);
}

TEST(Page, ShowsWeightsThatAreAllZeroOrMostly) {
  RidgeModel model = model_of(2, {10, 10});
  model.weights = Matrix<double>(2, 100, 0.0);
  EXPECT_EQ(count_of(page_of(model), "<img"), 2U);
  model.weights(0, 0) = 1e-300;  // fewer than a hundredth: the scale is then the largest
  EXPECT_TRUE(has(page_of(model), "±1e-300"));
}

}  // namespace
}  // namespace arete::report
