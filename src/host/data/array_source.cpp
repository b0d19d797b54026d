#include "arete/data/array_source.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <functional>
#include <span>
#include <utility>

#include "arete/core/checksum.hpp"
#include "arete/core/error.hpp"
#include "arete/data/byte_order.hpp"
#include "arete/data/gzip.hpp"
#include "arete/data/half.hpp"
#include "arete/data/idx.hpp"
#include "arete/data/labels.hpp"
#include "arete/data/npy.hpp"
#include "arete/data/stored_array.hpp"

namespace arete {

namespace {

/// Halves at the end of the memory that the floats will fill. A float is written only where halves
/// have been converted already.
void convert_halves(const std::byte* halves, std::size_t count, std::byte* floats) noexcept {
  constexpr std::size_t chunk = 1024;
  std::array<std::uint16_t, chunk> from{};
  std::array<float, chunk> into{};
  for (std::size_t done = 0; done < count; done += chunk) {
    const std::size_t n = std::min(chunk, count - done);
    std::memcpy(from.data(), halves + done * sizeof(std::uint16_t), n * sizeof(std::uint16_t));
    std::transform(from.begin(), from.begin() + n, into.begin(), from_half);
    std::memcpy(floats + done * sizeof(float), into.data(), n * sizeof(float));
  }
}

/// Where the feature whose indices run first-fastest has its place when they run last-fastest.
std::size_t c_order_index(std::size_t feature, std::span<const std::size_t> shape) noexcept {
  std::size_t stride = 1;
  for (const std::size_t dimension : shape) stride *= dimension;
  std::size_t index = 0;
  for (const std::size_t dimension : shape) {
    stride /= dimension;
    index += feature % dimension * stride;
    feature /= dimension;
  }
  return index;
}

/// Puts run j, one value for each of `rows` rows, into column columns[j] of `into`.
template <typename Stored, typename Convert>
void scatter(const std::byte* runs, std::size_t rows, std::span<const std::size_t> columns,
             std::size_t features, std::byte* into, Convert convert) {
  for (std::size_t row = 0; row < rows; ++row) {
    for (std::size_t j = 0; j < columns.size(); ++j) {
      Stored stored;
      std::memcpy(&stored, runs + (j * rows + row) * sizeof(Stored), sizeof(Stored));
      const auto value = convert(stored);
      std::memcpy(into + (row * features + columns[j]) * sizeof(value), &value, sizeof(value));
    }
  }
}

class ArraySource final : public RowSource {
 public:
  ArraySource(std::unique_ptr<ContentFile> content, StoredArray array, SourceInfo info,
              Labels labels);

  [[nodiscard]] const SourceInfo& info() const noexcept override { return info_; }
  void read(RowRange range, RowBlock& into) const override;

 private:
  void read_c_order(RowRange range, std::byte* into) const;
  void read_fortran_order(RowRange range, std::byte* into) const;
  void scatter_runs(const std::byte* runs, std::size_t rows, std::span<const std::size_t> columns,
                    std::byte* into) const;
  [[nodiscard]] bool is_half() const noexcept { return array_.kind == 'f' && array_.size == 2; }

  std::unique_ptr<ContentFile> content_;
  StoredArray array_;
  SourceInfo info_;
  Labels labels_;
  const std::byte* resident_ = nullptr;  ///< all rows as blocks want them, where they lie in memory
};

ArraySource::ArraySource(std::unique_ptr<ContentFile> content, StoredArray array, SourceInfo info,
                         Labels labels)
    : content_(std::move(content)),
      array_(std::move(array)),
      info_(std::move(info)),
      labels_(std::move(labels)) {
  info_.classes = labels_.classes;
  info_.labels_checksum = checksum_of(std::span<const std::int32_t>(labels_.indices));
  info_.held_bytes = content_->held_bytes() + labels_.indices.capacity() * sizeof(std::int32_t);
  std::byte* memory = content_->in_memory();
  if (memory == nullptr || array_.fortran_order || is_half()) return;
  info_.resident_bytes = content_->size();
  if (array_.size == 1) {
    resident_ = memory + array_.offset;
  } else {  // to the beginning, where the elements are aligned
    to_native(array_.order, array_.size, info_.rows * info_.features, memory + array_.offset,
              memory);
    resident_ = memory;
  }
}

void ArraySource::read(RowRange range, RowBlock& into) const {
  if (resident_ != nullptr) {
    into.point_into(resident_, info_, range);
  } else if (array_.fortran_order) {
    read_fortran_order(range, into.prepare(info_, range));
  } else {
    read_c_order(range, into.prepare(info_, range));
  }
  copy_labels(labels_, range, into);
}

void ArraySource::read_c_order(RowRange range, std::byte* into) const {
  const std::size_t count = range.size() * info_.features;
  const std::size_t bytes = count * array_.size;
  std::byte* stored = into + count * element_size(info_.type) - bytes;
  content_->read(array_.offset + range.first * info_.features * array_.size, {stored, bytes});
  to_native(array_.order, array_.size, count, stored, stored);
  if (is_half()) convert_halves(stored, count, into);
}

void ArraySource::read_fortran_order(RowRange range, std::byte* into) const {
  constexpr std::size_t group =
      16;  // features whose runs are held at once: a cache line of float32
  const std::size_t rows = range.size();
  const std::size_t run_bytes = rows * array_.size;
  Buffer<std::byte> runs(std::min(group, info_.features) * run_bytes);
  for (std::size_t first = 0; first < info_.features; first += group) {
    std::array<std::size_t, group> columns{};
    const std::size_t width = std::min(group, info_.features - first);
    for (std::size_t j = 0; j < width; ++j) {
      const std::uint64_t element = (first + j) * info_.rows + range.first;
      content_->read(array_.offset + element * array_.size,
                     {runs.data() + j * run_bytes, run_bytes});
      columns[j] = c_order_index(first + j, info_.shape);
    }
    to_native(array_.order, array_.size, width * rows, runs.data(), runs.data());
    scatter_runs(runs.data(), rows, std::span(columns).first(width), into);
  }
}

void ArraySource::scatter_runs(const std::byte* runs, std::size_t rows,
                               std::span<const std::size_t> columns, std::byte* into) const {
  const std::size_t features = info_.features;
  if (is_half()) return scatter<std::uint16_t>(runs, rows, columns, features, into, from_half);
  constexpr std::identity as_is;
  switch (array_.size) {
    case 1:
      return scatter<std::uint8_t>(runs, rows, columns, features, into, as_is);
    case 2:
      return scatter<std::uint16_t>(runs, rows, columns, features, into, as_is);
    case 4:
      return scatter<std::uint32_t>(runs, rows, columns, features, into, as_is);
    default:
      return scatter<std::uint64_t>(runs, rows, columns, features, into, as_is);
  }
}

}  // namespace

std::unique_ptr<RowSource> open_array(const std::filesystem::path& path,
                                      const OpenOptions& options) {
  auto content = std::make_unique<ContentFile>(path, options.memory);
  std::array<std::byte, 8> start{};
  content->read(0, std::span(start).first(std::min<std::uint64_t>(content->size(), 8)));
  const bool npy = is_npy(start);
  StoredArray array = npy ? read_npy_header(*content) : read_idx_header(*content);
  SourceInfo info = describe_rows(array, path.string());
  Labels labels =
      labels_for(path, info.rows, options.labels,
                 npy ? customary_npy_labels(path) : customary_idx_labels(path), options.memory);
  return std::make_unique<ArraySource>(std::move(content), std::move(array), std::move(info),
                                       std::move(labels));
}

}  // namespace arete
