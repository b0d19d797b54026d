#include "arete/model/safetensors.hpp"

#include <algorithm>
#include <bit>
#include <cstring>
#include <nlohmann/json.hpp>
#include <set>
#include <string_view>
#include <utility>

#include "arete/core/checked.hpp"
#include "arete/core/file.hpp"

namespace arete {

namespace {

using nlohmann::json;

static_assert(std::endian::native == std::endian::little, "the file is little-endian");

constexpr std::uint64_t prefix_size = sizeof(std::uint64_t);
constexpr std::uint64_t header_limit = 100'000'000;  // that of the format's own library
constexpr std::string_view metadata_key = "__metadata__";

json header_of(std::span<const TensorView> tensors, const TensorMetadata& metadata) {
  json header = json::object();
  if (!metadata.empty()) header[std::string(metadata_key)] = metadata;
  std::uint64_t begin = 0;
  for (const TensorView& tensor : tensors) {
    const std::uint64_t end = begin + tensor.values.size_bytes();
    header[tensor.name] = {
        {"dtype", "F64"}, {"shape", tensor.shape}, {"data_offsets", {begin, end}}};
    begin = end;
  }
  return header;
}

/// The beginning of what a file says: it may be of any length.
std::string brief(std::string text) {
  constexpr std::size_t limit = 160;
  if (text.size() > limit) text.replace(limit, std::string::npos, "...");
  return text;
}

/// Refuses what parses but is no header. A later entry of the same name would silently replace the
/// earlier one; what is nested without end would exhaust the stack of whoever walks through it.
class HeaderCheck {
 public:
  explicit HeaderCheck(const std::string& file) : file_(file) {}

  bool operator()(int depth, json::parse_event_t event, const json& parsed) {
    if (depth > depth_limit) {
      fail(ErrorKind::input, "{}: its header is nested more than {} deep; that of a model is not",
           file_, depth_limit);
    }
    if (event == json::parse_event_t::object_start) keys_.emplace_back();
    if (event == json::parse_event_t::object_end) keys_.pop_back();
    if (event == json::parse_event_t::key &&
        !keys_.back().insert(parsed.get_ref<const std::string&>()).second) {
      fail(ErrorKind::input, "{}: its header has two entries {}", file_, brief(parsed.dump()));
    }
    return true;
  }

 private:
  static constexpr int depth_limit = 8;

  const std::string& file_;
  std::vector<std::set<std::string>> keys_;
};

json parse_header(std::string_view text, const std::string& file) {
  try {
    json header = json::parse(text, HeaderCheck(file));
    if (!header.is_object()) fail(ErrorKind::input, "{}: its header is no JSON object", file);
    return header;
  } catch (const json::parse_error& error) {
    fail(ErrorKind::input, "{}: byte {}: the header is no JSON: {}", file,
         prefix_size + std::max<std::size_t>(error.byte, 1) - 1, brief(error.what()));
  } catch (const json::exception& error) {
    fail(ErrorKind::input, "{}: its header cannot be read: {}", file, brief(error.what()));
  }
}

json read_header(const InputFile& file, std::uint64_t& data_begin) {
  const std::string name = file.path().string();
  std::uint64_t size = 0;
  file.read(0, std::as_writable_bytes(std::span(&size, 1)));
  if (size > header_limit || size > file.size() - prefix_size) {
    fail(ErrorKind::input,
         "{}: byte 0: states a header of {} bytes, but the file has {} and a header at most {}",
         name, size, file.size(), header_limit);
  }
  std::string text(size, '\0');
  file.read(prefix_size, std::as_writable_bytes(std::span(text)));
  data_begin = prefix_size + size;
  return parse_header(text, name);
}

TensorMetadata take_metadata(json& header, const std::string& file) {
  TensorMetadata metadata;
  const auto entry = header.find(metadata_key);
  if (entry == header.end()) return metadata;
  if (!entry->is_object()) {
    fail(ErrorKind::input, "{}: {} is no JSON object of strings", file, metadata_key);
  }
  for (const auto& [key, value] : entry->items()) {
    if (!value.is_string()) {
      fail(ErrorKind::input, "{}: {}: \"{}\" is no string", file, metadata_key, key);
    }
    metadata[key] = value.get<std::string>();
  }
  header.erase(entry);
  return metadata;
}

/// Where a tensor lies, counted from the first byte after the header.
struct Placement {
  std::uint64_t begin = 0;
  std::uint64_t end = 0;
  std::uint64_t elements = 1;
  std::string name;
  std::vector<std::uint64_t> shape;
};

std::vector<std::uint64_t> numbers(const json& entry, const char* key, const std::string& place) {
  const json& list = entry.at(key);
  const auto is_number = [](const json& value) { return value.is_number_unsigned(); };
  if (!list.is_array() || !std::all_of(list.begin(), list.end(), is_number)) {
    fail(ErrorKind::input, "{}: its {} is no list of numbers 0 or larger", place, key);
  }
  return list.get<std::vector<std::uint64_t>>();
}

Placement placement_of(const std::string& name, const json& entry, const std::string& file) {
  const std::string place = fmt::format("{}: tensor \"{}\"", file, name);
  if (!entry.is_object() || entry.size() != 3 || !entry.contains("dtype") ||
      !entry.contains("shape") || !entry.contains("data_offsets")) {
    fail(ErrorKind::input, "{}: must have a dtype, a shape, data_offsets and nothing else", place);
  }
  if (entry.at("dtype") != "F64") {
    fail(ErrorKind::input, "{}: its dtype is {}; only \"F64\" is read", place,
         brief(entry.at("dtype").dump()));
  }
  Placement result{.name = name, .shape = numbers(entry, "shape", place)};
  const std::vector<std::uint64_t> offsets = numbers(entry, "data_offsets", place);
  for (const std::uint64_t side : result.shape) {
    result.elements = checked_multiply(result.elements, side, place);
  }
  const std::uint64_t bytes = checked_multiply(result.elements, sizeof(double), place);
  if (offsets.size() != 2 || offsets[0] > offsets[1] || offsets[1] - offsets[0] != bytes) {
    fail(ErrorKind::input, "{}: its data_offsets are {}, but its shape makes {} bytes", place,
         brief(entry.at("data_offsets").dump()), bytes);
  }
  result.begin = offsets[0];
  result.end = offsets[1];
  return result;
}

void require_tiling(const std::vector<Placement>& sorted, std::uint64_t size,
                    const std::string& file) {
  std::uint64_t covered = 0;
  for (const Placement& placement : sorted) {
    if (placement.begin != covered) {
      fail(ErrorKind::input, "{}: tensor \"{}\" begins at byte {} of the data; {} was expected",
           file, placement.name, placement.begin, covered);
    }
    covered = placement.end;
  }
  if (covered != size) {
    fail(ErrorKind::input,
         "{}: has {} bytes of data, but its tensors take {}; it was cut or added to", file, size,
         covered);
  }
}

std::vector<Placement> placements_of(const json& header, std::uint64_t size,
                                     const std::string& file) {
  std::vector<Placement> placements;
  for (const auto& [name, entry] : header.items()) {
    placements.push_back(placement_of(name, entry, file));
  }
  std::ranges::sort(placements, {}, [](const Placement& p) { return std::pair(p.begin, p.end); });
  require_tiling(placements, size, file);
  return placements;
}

}  // namespace

void write_tensors(std::span<const TensorView> tensors, const TensorMetadata& metadata,
                   const std::filesystem::path& path, bool overwrite) {
  // Before there is a file: where memory runs out in a JSON value's destructor, nothing can remove
  // it.
  std::string header = header_of(tensors, metadata).dump();
  OutputFile file(path, overwrite);
  header.resize((header.size() + prefix_size - 1) / prefix_size * prefix_size, ' ');
  const std::uint64_t size = header.size();
  file.write(std::as_bytes(std::span(&size, 1)));
  file.write(header);
  for (const TensorView& tensor : tensors) file.write(std::as_bytes(tensor.values));
  file.commit();
}

TensorFile read_tensors(const std::filesystem::path& path) {
  const InputFile file(path);
  std::uint64_t data_begin = 0;
  json header = read_header(file, data_begin);
  TensorFile result;
  result.metadata = take_metadata(header, path.string());
  for (Placement& placement : placements_of(header, file.size() - data_begin, path.string())) {
    Tensor tensor{std::move(placement.name), std::move(placement.shape),
                  Buffer<double>(placement.elements)};
    file.read(data_begin + placement.begin, std::as_writable_bytes(tensor.values.span()));
    result.tensors.push_back(std::move(tensor));
  }
  return result;
}

bool is_tensor_file(const std::filesystem::path& path) {
  const std::string begin = first_bytes(path, prefix_size + 1);
  if (begin.size() != prefix_size + 1) return false;
  std::uint64_t size = 0;
  std::memcpy(&size, begin.data(), sizeof(size));
  return size <= header_limit && begin.back() == '{';
}

}  // namespace arete
