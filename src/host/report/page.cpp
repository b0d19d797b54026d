#include "arete/report/page.hpp"

#include <fmt/format.h>

#include <string_view>

#include "arete/core/version.hpp"
#include "arete/report/html.hpp"
#include "arete/report/sections.hpp"

namespace arete::report {

namespace {

constexpr std::string_view style = R"(
:root { color-scheme: light; --ink: #1b1f24; --faint: #636c76; --line: #d8dee4; --mark: #b2182b; }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 68rem; padding: 1rem; color: var(--ink); background: #fff;
  font: 1rem/1.5 system-ui, sans-serif; }
h1 { font-size: 1.6rem; line-height: 1.2; overflow-wrap: anywhere; }
h2 { font-size: 1.2rem; margin: 2.5rem 0 .5rem; border-bottom: 1px solid var(--line); }
p, .facts { max-width: 46rem; }
.note { color: var(--faint); font-size: .9rem; }
.warning { border-left: 4px solid var(--mark); padding-left: .75rem; }
.facts { display: grid; grid-template-columns: max-content 1fr; gap: .1rem 1rem; margin: 0; }
.facts dt { color: var(--faint); }
.facts dd { margin: 0; overflow-wrap: anywhere; }
.charts { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 26rem), 1fr));
  gap: 1rem; }
.chart { width: 100%; height: auto; font-size: 13px; fill: var(--ink); }
.chart .title { font-weight: 600; font-size: 14px; }
.chart .grid { stroke: var(--line); }
.chart polyline { fill: none; stroke: #2166ac; stroke-width: 2; }
.chart circle { fill: #2166ac; }
.chart circle.chosen { fill: var(--mark); }
.wide { overflow-x: auto; }
table { border-collapse: collapse; font-size: .9rem; font-variant-numeric: tabular-nums; }
th, td { padding: .2rem .55rem; text-align: right; border-bottom: 1px solid var(--line);
  white-space: nowrap; }
thead th { color: var(--faint); font-weight: 600; }
tbody th { text-align: left; }
thead th:first-child { white-space: normal; min-width: 4rem; text-align: left; }
tr.chosen { font-weight: 600; color: var(--mark); }
.tiles { display: grid; grid-template-columns: repeat(auto-fill, minmax(6rem, 1fr)); gap: 1rem .75rem;
  margin: 1rem 0; }
.tiles figure { margin: 0; }
.tiles img { width: 100%; image-rendering: pixelated; border: 1px solid var(--line); display: block; }
.tiles figcaption { font-size: .85rem; line-height: 1.3; padding-top: .2rem; overflow-wrap: anywhere; }
)";

std::string facts_list(const PageContent& content) {
  std::string text = "<dl class=\"facts\">\n";
  for (const auto& [name, value] : content.facts) {
    text += fmt::format("<dt>{}</dt><dd>{}</dd>\n", escaped(name), escaped(value));
  }
  return text + "</dl>\n";
}

std::string warnings_list(const PageContent& content) {
  std::string text;
  for (const std::string& warning : content.warnings) {
    text += fmt::format("<p class=\"warning\">{}</p>\n", escaped(warning));
  }
  return text;
}

std::string without_test() {
  return "<section id=\"test\">\n<h2>Test</h2>\n<p class=\"note\">No labelled rows were tested on: "
         "there is no confusion matrix, and there are no mistakes to show.</p>\n</section>\n";
}

}  // namespace

std::string report_page(const PageContent& content) {
  const RidgeModel& model = *content.model;
  std::string page = fmt::format(
      "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
      "<title>{0}</title>\n<style>{1}</style>\n</head>\n<body>\n<h1>{0}</h1>\n",
      escaped(content.title), style);
  page += facts_list(content);
  page += warnings_list(content);
  page += path_section(model);
  page += content.test != nullptr ? test_sections(*content.test) : without_test();
  page += weights_section(model);
  if (content.test != nullptr && content.test_rows != nullptr) {
    page += mistakes_section(model, *content.test, *content.test_rows);
  }
  return page +
         fmt::format("<p class=\"note\">Written by arete {}.</p>\n</body>\n</html>\n", version());
}

}  // namespace arete::report
