#include "arete/train/job_identity.hpp"

#include <fmt/ranges.h>

#include <algorithm>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string_view>

#include "arete/core/checksum.hpp"
#include "arete/core/error.hpp"
#include "arete/core/file.hpp"

namespace arete {

namespace {

constexpr std::uint64_t sampled_rows = 64;

/// CRC-32 of rows at even distances, the first and the last among them, and of their labels.
std::uint32_t sample_checksum(const RowSource& source, RowRange rows) {
  std::uint32_t crc = 0;
  RowBlock block;
  const std::uint64_t count = std::min(sampled_rows, rows.size());
  for (std::uint64_t i = 0; i < count; ++i) {
    // Doubles are near enough: any rows will do, as long as they are the same ones each time.
    const double share = count == 1 ? 0.0 : static_cast<double>(i) / static_cast<double>(count - 1);
    const auto row =
        rows.first + static_cast<std::uint64_t>(share * static_cast<double>(rows.size() - 1));
    source.read({row, row + 1}, block);
    crc = checksum({block.row(0), block.features * element_size(block.type)}, crc);
    crc = checksum_of(std::span<const std::int32_t>(block.labels), crc);
  }
  return crc;
}

std::string describe(const Preprocessing& p) {
  return fmt::format(
      "size {}, {}, {}",
      p.image_size ? fmt::format("{}x{}", p.image_size->width, p.image_size->height) : "as it is",
      p.grayscale ? "grey" : "colours as they are",
      p.binarise ? fmt::format("binarised at {}", *p.binarise) : "not binarised");
}

/// Of a long list the one item in which it differs from another: `at` is in it.
std::string_view item_at(std::string_view list, std::size_t at) {
  constexpr std::string_view between = ", ";
  constexpr std::size_t most_shown = 200;
  if (list.size() <= most_shown) return list;
  const std::size_t before = at == 0 ? list.npos : list.rfind(between, at - 1);
  const std::size_t first = before == list.npos ? 0 : before + between.size();
  return list.substr(first, list.find(between, at) - first);
}

}  // namespace

JobIdentity job_identity(const RowSource& source, RowRange rows, const FitOptions& options) {
  const SourceInfo& info = source.info();
  return {{"rows", fmt::format("{}:{}", rows.first, rows.last)},
          {"number of the first row", fmt::format("{}", options.first_row)},
          {"shape of a row", fmt::format("{}", fmt::join(info.shape, "x"))},
          {"columns", fmt::format("{}", info.column_names)},
          {"element type", std::string(name_of(info.type))},
          {"classes", fmt::format("{}", fmt::join(info.classes, ", "))},
          {"held-out rows", describe(options.rule)},
          {"images", describe(info.preprocessing)},
          {"checksum of all labels", fmt::format("{:08x}", info.labels_checksum)},
          {"checksum of sampled rows", fmt::format("{:08x}", sample_checksum(source, rows))}};
}

void write_identity(const std::filesystem::path& file, const JobIdentity& identity) {
  // An object from the start: json of version 3.11 that turns a null into one without memory for it
  // ends by a null pointer in its destructor.
  auto json = nlohmann::ordered_json::object();
  for (const auto& [name, value] : identity) json[name] = value;
  OutputFile output(file, true);
  output.write(json.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n");
  output.commit();
}

void check_identity(const std::filesystem::path& file, const JobIdentity& identity) {
  std::ifstream stream(file);
  const auto json = nlohmann::json::parse(stream, nullptr, false);
  const std::string folder = file.parent_path().string();
  if (!json.is_object()) {
    fail(ErrorKind::input, "{}: is damaged; delete the folder {} to begin anew", file.string(),
         folder);
  }
  for (const auto& [name, value] : identity) {
    const auto entry = json.find(name);
    const bool is_text = entry != json.end() && entry->is_string();
    const std::string found = is_text ? entry->get<std::string>() : "missing";
    if (is_text && found == value) continue;
    const auto differ = std::ranges::mismatch(found, value);
    fail(ErrorKind::input,
         "{}: is the checkpoint of another job: its {}: {}; of this one: {}; give another folder, "
         "or delete that one",
         folder, name, item_at(found, static_cast<std::size_t>(differ.in1 - found.begin())),
         item_at(value, static_cast<std::size_t>(differ.in2 - value.begin())));
  }
}

}  // namespace arete
