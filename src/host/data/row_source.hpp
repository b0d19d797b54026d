#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "arete/core/buffer.hpp"
#include "arete/data/class_list.hpp"

namespace arete {

/// The types in which rows reach the algorithm, in the byte order of this machine. Readers convert
/// float16 to float32, exactly.
enum class ElementType : std::uint8_t { uint8, int8, int16, float32, float64 };

/// Bytes.
[[nodiscard]] std::size_t element_size(ElementType type) noexcept;
/// "uint8", "float64": as NumPy calls it.
[[nodiscard]] std::string_view name_of(ElementType type) noexcept;
/// The inverse of name_of; nothing for an unknown name.
[[nodiscard]] std::optional<ElementType> element_type_named(std::string_view name) noexcept;
[[nodiscard]] constexpr bool is_integer(ElementType type) noexcept {
  return type == ElementType::uint8 || type == ElementType::int8 || type == ElementType::int16;
}

/// Rows first..last-1.
struct RowRange {
  std::uint64_t first = 0;
  std::uint64_t last = 0;
  [[nodiscard]] std::uint64_t size() const noexcept { return last - first; }
  bool operator==(const RowRange&) const = default;
};

/// What was done to an image before it became a row. Part of a model, so that `predict` does it
/// again.
struct Preprocessing {
  struct ImageSize {
    std::uint32_t width = 0;
    std::uint32_t height = 0;
    bool operator==(const ImageSize&) const = default;
  };
  std::optional<ImageSize> image_size = {};   ///< every image is resized to this
  bool grayscale = false;                     ///< colours become luma (ITU-R BT.601)
  std::optional<std::uint8_t> binarise = {};  ///< a value above it becomes 1, any other 0
  bool operator==(const Preprocessing&) const = default;
};

/// What a source of rows holds.
struct SourceInfo {
  std::string name;  ///< for messages: the path as the user gave it
  std::uint64_t rows = 0;
  std::size_t features = 0;  ///< elements of a row
  ElementType type = ElementType::uint8;
  /// Of one row: {28, 28}, {32, 32, 3} (height, width, channels), {features}.
  std::vector<std::size_t> shape;
  /// The names of the features, where each is a column of a table; else empty.
  std::vector<std::string> column_names;
  ClassList classes;                  ///< empty when the rows have no labels
  std::uint32_t labels_checksum = 0;  ///< CRC-32 of the classes of all rows, where the source knows
                                      ///< them without reading the rows
  /// Bytes of memory in which the rows lie, so that blocks point there; 0 where they are read.
  std::size_t resident_bytes = 0;
  std::size_t held_bytes = 0;   ///< of memory that the source holds: such rows, labels, names
  Preprocessing preprocessing;  ///< what the reader does to images
  /// Rows say their numbers themselves (a column of a table), and these are not their positions.
  bool is_numbered = false;
  std::vector<std::string> warnings;  ///< what the user should know of the data
};

/// Rows, row-major, and their labels; consecutive ones, unless they were picked out. The memory
/// belongs to whoever made the block (which may have pinned it), and is reused from one read to the
/// next.
struct RowBlock {
  std::uint64_t first_row = 0;  ///< position of the first row in its source
  /// Of rows that were picked out, or of a source that is numbered; else empty: first_row and on.
  std::vector<std::uint64_t> numbers;
  std::size_t rows = 0;
  std::size_t features = 0;
  ElementType type = ElementType::uint8;
  const std::byte* data = nullptr;   ///< rows x features elements: `storage`, or the source's own
  std::vector<std::int32_t> labels;  ///< indices into the source's classes; empty when unlabelled
  Buffer<std::byte> storage;

  /// Sets the shape, makes `storage` at least as large as the rows need, and points `data` to it.
  /// Leaves `labels` alone and `numbers` empty. Returns where the rows are to be written. Throws
  /// Error (internal) for a range that the source does not have, (resource) where there is no
  /// memory.
  std::byte* prepare(const SourceInfo& info, RowRange range);
  /// Sets the shape and points `data` at the rows, in `all_rows` of the source. Leaves `labels`
  /// alone. Throws Error (internal) for a range that the source does not have.
  void point_into(const std::byte* all_rows, const SourceInfo& info, RowRange range);
  [[nodiscard]] const std::byte* row(std::size_t i) const noexcept {
    return data + i * features * element_size(type);
  }
  [[nodiscard]] std::uint64_t number(std::size_t i) const noexcept {
    return numbers.empty() ? first_row + i : numbers[i];
  }
};

/// Copies of the rows of `block` whose numbers `is_wanted` accepts. Throws Error (resource) where
/// there is no memory.
[[nodiscard]] RowBlock pick_rows(const RowBlock& block,
                                 const std::function<bool(std::uint64_t)>& is_wanted);

/// Something that rows can be read from, in any order and again.
class RowSource {
 public:
  RowSource() = default;
  RowSource(const RowSource&) = delete;
  RowSource& operator=(const RowSource&) = delete;
  virtual ~RowSource() = default;

  [[nodiscard]] virtual const SourceInfo& info() const noexcept = 0;

  /// Reads rows range.first..range.last-1 and their labels into `into`. May be called from several
  /// threads at once, each with its own block. A source whose rows already lie in memory only
  /// points `into.data` at them; the pointer is valid as long as the source.
  /// Throws Error: (input) naming file and place of what cannot be read, (internal) for a range
  /// that goes beyond info().rows, (resource) where there is no memory.
  virtual void read(RowRange range, RowBlock& into) const = 0;

  /// The number of the row at this position: by which it is held out or not, and known to users.
  /// Positions are numbers, unless info().is_numbered.
  [[nodiscard]] virtual std::uint64_t number(std::uint64_t position) const { return position; }
};

/// Rows that come once and in their order, from a pipe. info().rows is 0: nobody knows.
class RowStream {
 public:
  RowStream() = default;
  RowStream(const RowStream&) = delete;
  RowStream& operator=(const RowStream&) = delete;
  virtual ~RowStream() = default;

  [[nodiscard]] virtual const SourceInfo& info() const noexcept = 0;

  /// Fills `into` with the next rows: `rows` of them but in the end. False when there are no more.
  /// Throws Error (input) for what cannot be read.
  virtual bool next(std::size_t rows, RowBlock& into) = 0;
};

}  // namespace arete
