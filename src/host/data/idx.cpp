#include "arete/data/idx.hpp"

#include <array>
#include <string>

#include "arete/core/error.hpp"
#include "arete/data/byte_order.hpp"

namespace arete {

namespace {

struct IdxType {
  unsigned code;
  char kind;
  std::size_t size;
};

constexpr std::array<IdxType, 6> types{{{0x08, 'u', 1},
                                        {0x09, 'i', 1},
                                        {0x0B, 'i', 2},
                                        {0x0C, 'i', 4},
                                        {0x0D, 'f', 4},
                                        {0x0E, 'f', 8}}};

const IdxType* find_type(std::byte code) noexcept {
  for (const IdxType& type : types) {
    if (std::to_integer<unsigned>(code) == type.code) return &type;
  }
  return nullptr;
}

}  // namespace

bool is_idx(std::span<const std::byte> start) noexcept {
  return start.size() >= 4 && start[0] == std::byte{0} && start[1] == std::byte{0} &&
         find_type(start[2]) != nullptr && start[3] != std::byte{0};
}

StoredArray read_idx_header(const ContentFile& content) {
  const std::string name = content.path().string();
  std::array<std::byte, 4> magic{};
  content.read(0, magic);
  if (!is_idx(magic)) {
    fail(
        ErrorKind::input,
        "{}: begins with the bytes {:02x} {:02x} {:02x} {:02x}, but an IDX file begins with 00 00, "
        "a type (08, 09, 0b, 0c, 0d or 0e) and the number of dimensions",
        name, magic[0], magic[1], magic[2], magic[3]);
  }
  const IdxType& type = *find_type(magic[2]);
  StoredArray array{
      .kind = type.kind, .size = type.size, .order = std::endian::big, .shape = {}, .offset = 0};
  std::vector<std::byte> dimensions(4 * std::to_integer<std::size_t>(magic[3]));
  content.read(magic.size(), dimensions);
  for (std::size_t i = 0; i < dimensions.size(); i += 4) {
    array.shape.push_back(load_big<std::uint32_t>(dimensions.data() + i));
  }
  array.offset = magic.size() + dimensions.size();
  check_length(array, content);
  return array;
}

std::vector<std::filesystem::path> customary_idx_labels(const std::filesystem::path& images) {
  std::string name = images.filename().string();
  const bool zipped = name.ends_with(".gz");
  if (zipped) name.resize(name.size() - 3);
  for (const char* separator : {"-", "."}) {
    const std::string images_idx = std::string("images") + separator + "idx";
    const std::size_t at = name.find(images_idx);
    if (at == std::string::npos) continue;
    const auto labels =
        images.parent_path() / (name.substr(0, at) + "labels" + separator + "idx1-ubyte");
    const auto labels_gz = std::filesystem::path(labels) += ".gz";
    return zipped ? std::vector{labels_gz, labels} : std::vector{labels, labels_gz};
  }
  return {};
}

}  // namespace arete
