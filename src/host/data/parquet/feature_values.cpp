#include "feature_values.hpp"

#include <arrow/array.h>

#include <cmath>
#include <cstring>
#include <span>
#include <type_traits>
#include <utility>

#include "arete/core/error.hpp"
#include "arete/core/parallel.hpp"
#include "arete/data/half.hpp"
#include "arete/data/image_decode.hpp"
#include "arete/data/image_preprocess.hpp"

namespace arete::parquet_module {

namespace {

using arrow::Type;

/// One column of a batch on its way into rows.
struct Column {
  const std::string& name;
  const BatchPlace& place;
  const FeatureLayout& layout;

  [[nodiscard]] std::string at(std::int64_t row) const {
    return place.of(static_cast<std::uint64_t>(row), name);
  }
};

void check_valid(const arrow::Array& array, const Column& column) {
  if (array.null_count() == 0) return;
  for (std::int64_t row = 0; row < array.length(); ++row) {
    if (array.IsNull(row)) {
      fail(ErrorKind::input, "{}: is null; leave such rows out of the export", column.at(row));
    }
  }
}

void check_length(std::int64_t found, std::int64_t row, const Column& column) {
  if (found == static_cast<std::int64_t>(column.layout.features)) return;
  fail(ErrorKind::input, "{}: has {} features, but the first row has {}", column.at(row), found,
       column.layout.features);
}

// ---- Numbers ----

/// `count` numbers to places `stride` bytes apart; `row_of` tells the row of one, for messages.
struct Target {
  std::byte* into;
  std::size_t stride;
  std::int64_t numbers_per_row;
};

/// Whether `stored` is a Value too: of 64-bit integers those up to 2^53 are float64.
template <typename Value, typename Stored>
bool is_exact(Stored stored) {
  if constexpr (std::is_same_v<Value, double> && sizeof(Stored) == 8 &&
                std::is_integral_v<Stored>) {
    constexpr double limit = 9007199254740992.0;
    return std::abs(static_cast<double>(stored)) <= limit &&
           static_cast<Stored>(static_cast<double>(stored)) == stored;
  } else {
    return true;
  }
}

template <typename Value, typename Stored>
void put(const Stored* stored, std::int64_t count, const Target& target, const Column& column) {
  for (std::int64_t i = 0; i < count; ++i) {
    if (!is_exact<Value>(stored[i])) {
      fail(ErrorKind::input, "{}: holds {}, which float64 cannot hold exactly",
           column.at(i / target.numbers_per_row), stored[i]);
    }
    const auto value = static_cast<Value>(stored[i]);
    std::memcpy(target.into + static_cast<std::size_t>(i) * target.stride, &value, sizeof(value));
  }
}

/// Numbers of type Stored as what the layout makes of them: their own type, or float64.
template <typename Stored, typename Own>
void put_as(const Stored* stored, std::int64_t count, const Target& target, const Column& column) {
  if (column.layout.type == ElementType::float64) {
    put<double>(stored, count, target, column);
  } else if (std::is_same_v<Stored, Own> && target.stride == sizeof(Stored)) {
    std::memcpy(target.into, stored, static_cast<std::size_t>(count) * sizeof(Stored));
  } else {
    put<Own>(stored, count, target, column);
  }
}

void put_booleans(const arrow::BooleanArray& values, const Target& target, const Column& column) {
  std::vector<std::uint8_t> bytes(static_cast<std::size_t>(values.length()));
  for (std::int64_t i = 0; i < values.length(); ++i) {
    bytes[static_cast<std::size_t>(i)] = values.Value(i) ? 1 : 0;
  }
  put_as<std::uint8_t, std::uint8_t>(bytes.data(), values.length(), target, column);
}

void put_halves(const arrow::HalfFloatArray& values, const Target& target, const Column& column) {
  std::vector<float> floats(static_cast<std::size_t>(values.length()));
  for (std::int64_t i = 0; i < values.length(); ++i) {
    floats[static_cast<std::size_t>(i)] = from_half(values.raw_values()[i]);
  }
  put_as<float, float>(floats.data(), values.length(), target, column);
}

template <typename ArrowType, typename Own>
void put_array(const arrow::Array& values, const Target& target, const Column& column) {
  const auto& typed = static_cast<const typename arrow::TypeTraits<ArrowType>::ArrayType&>(values);
  put_as<typename ArrowType::c_type, Own>(typed.raw_values(), typed.length(), target, column);
}

void check_all_valid(const arrow::Array& values, const Target& target, const Column& column) {
  if (values.null_count() == 0) return;
  for (std::int64_t i = 0; i < values.length(); ++i) {
    if (values.IsNull(i)) {
      fail(ErrorKind::input, "{}: feature {} is null; leave such rows out of the export",
           column.at(i / target.numbers_per_row), i % target.numbers_per_row);
    }
  }
}

void put_signed_bytes(const arrow::Int8Array& values, const Target& target, const Column& column) {
  const std::int8_t* const bytes = values.raw_values();
  if (column.layout.unsigned_bytes) {
    const auto* const same_bits = reinterpret_cast<const std::uint8_t*>(bytes);
    put_as<std::uint8_t, std::uint8_t>(same_bits, values.length(), target, column);
  } else {
    put_as<std::int8_t, std::int8_t>(bytes, values.length(), target, column);
  }
}

void put_numbers(const arrow::Array& values, const Target& target, const Column& column) {
  check_all_valid(values, target, column);
  switch (values.type_id()) {
    case Type::BOOL:
      return put_booleans(static_cast<const arrow::BooleanArray&>(values), target, column);
    case Type::UINT8:
      return put_array<arrow::UInt8Type, std::uint8_t>(values, target, column);
    case Type::INT8:
      return put_signed_bytes(static_cast<const arrow::Int8Array&>(values), target, column);
    case Type::UINT16:
      return put_array<arrow::UInt16Type, double>(values, target, column);
    case Type::INT16:
      return put_array<arrow::Int16Type, std::int16_t>(values, target, column);
    case Type::UINT32:
      return put_array<arrow::UInt32Type, double>(values, target, column);
    case Type::INT32:
      return put_array<arrow::Int32Type, double>(values, target, column);
    case Type::UINT64:
      return put_array<arrow::UInt64Type, double>(values, target, column);
    case Type::INT64:
      return put_array<arrow::Int64Type, double>(values, target, column);
    case Type::HALF_FLOAT:
      return put_halves(static_cast<const arrow::HalfFloatArray&>(values), target, column);
    case Type::FLOAT:
      return put_array<arrow::FloatType, float>(values, target, column);
    case Type::DOUBLE:
      return put_array<arrow::DoubleType, double>(values, target, column);
    default:
      fail(ErrorKind::input, "{}: is of type {}, other than in the first file", column.at(0),
           values.type()->ToString());
  }
}

// ---- The kinds of features ----

template <typename BinaryArray>
void put_bytes(const arrow::Array& array, const Column& column, std::byte* into) {
  const auto& rows = static_cast<const BinaryArray&>(array);
  const std::size_t width = column.layout.features;
  for (std::int64_t row = 0; row < rows.length(); ++row) {
    const std::string_view view = rows.GetView(row);
    check_length(static_cast<std::int64_t>(view.size()), row, column);
    std::memcpy(into + static_cast<std::size_t>(row) * width, view.data(), width);
  }
}

void put_binary(const arrow::Array& array, const Column& column, std::byte* into) {
  switch (array.type_id()) {
    case Type::BINARY:
      return put_bytes<arrow::BinaryArray>(array, column, into);
    case Type::LARGE_BINARY:
      return put_bytes<arrow::LargeBinaryArray>(array, column, into);
    default:
      return put_bytes<arrow::FixedSizeBinaryArray>(array, column, into);
  }
}

Image decode(const arrow::Array& bytes, std::int64_t row, const Column& column) {
  const std::string place = column.at(row);
  Image image = decode_image(std::as_bytes(std::span(bytes_at(bytes, row))), place);
  image = preprocess(std::move(image), column.layout.preprocessing);
  const std::vector<std::size_t>& shape = column.layout.shape;
  if (shape.size() == 3) image = to_rgb(std::move(image));
  const bool same_size = image.shape.height == shape[0] && image.shape.width == shape[1];
  if (same_size && image.pixels.size() == column.layout.features) return image;
  fail(ErrorKind::input,
       "{}: is an image of {}x{} pixels and {} channels, but the first one has {}x{} and {}; {}",
       place, image.shape.width, image.shape.height, image.shape.channels, shape[1], shape[0],
       shape.size() == 3 ? 3 : 1,
       same_size ? "pass --grayscale to make all of them grey"
                 : "pass --image-size WxH to resize all images");
}

void put_images(const arrow::Array& array, const Column& column, int threads, std::byte* into) {
  const auto bytes = image_bytes_of(array);
  check_valid(*bytes, column);
  parallel_for(static_cast<std::size_t>(bytes->length()), threads, [&](std::size_t row) {
    const Image image = decode(*bytes, static_cast<std::int64_t>(row), column);
    std::memcpy(into + row * column.layout.features, image.pixels.data(), image.pixels.size());
  });
}

Target row_major(const Column& column, std::byte* into) {
  return {into, element_size(column.layout.type),
          static_cast<std::int64_t>(column.layout.features)};
}

/// As all rows are equally long, their numbers lie one after another.
template <typename ListArray>
void put_list(const arrow::Array& array, const Column& column, std::byte* into) {
  const auto& rows = static_cast<const ListArray&>(array);
  for (std::int64_t row = 0; row < rows.length(); ++row) {
    check_length(rows.value_length(row), row, column);
  }
  if (rows.length() == 0) return;
  const auto numbers = rows.values()->Slice(
      rows.value_offset(0), rows.length() * static_cast<std::int64_t>(column.layout.features));
  put_numbers(*numbers, row_major(column, into), column);
}

class VectorWriter {
 public:
  VectorWriter(const arrow::Array& array, const Column& column)
      : column_(column), fields_(static_cast<const arrow::StructArray&>(array)) {}

  void write(std::byte* into) const {
    const std::size_t features = column_.layout.features;
    for (std::int64_t row = 0; row < fields_.length(); ++row) {
      std::byte* const target = into + static_cast<std::size_t>(row) * features * sizeof(double);
      if (kinds_->IsNull(row) || lists_->IsNull(row)) {
        fail(ErrorKind::input, "{}: is a vector without type or values", column_.at(row));
      }
      if (kinds_->Value(row) == 1) {
        write_dense(row, target);
      } else {
        write_sparse(row, target);
      }
    }
  }

 private:
  void write_dense(std::int64_t row, std::byte* into) const {
    check_length(lists_->value_length(row), row, column_);
    const auto values = lists_->value_slice(row);
    put_numbers(*values, {into, sizeof(double), values->length()},
                {column_.name, place(row), column_.layout});
  }

  void write_sparse(std::int64_t row, std::byte* into) const {
    check_length(sizes_->IsValid(row) ? sizes_->Value(row) : -1, row, column_);
    const auto values = std::static_pointer_cast<arrow::DoubleArray>(lists_->value_slice(row));
    const auto places = std::static_pointer_cast<arrow::Int32Array>(indices_->value_slice(row));
    const bool whole = indices_->IsValid(row) && places->null_count() == 0 &&
                       values->null_count() == 0 && places->length() == values->length();
    std::memset(into, 0, column_.layout.features * sizeof(double));
    std::int32_t before = -1;
    for (std::int64_t i = 0; whole && i < places->length(); ++i) {
      const std::int32_t index = places->Value(i);
      if (index <= before || static_cast<std::size_t>(index) >= column_.layout.features) {
        fail(ErrorKind::input, "{}: index {} of a sparse vector of {} follows {}", column_.at(row),
             index, column_.layout.features, before);
      }
      const double value = values->Value(i);
      std::memcpy(into + static_cast<std::size_t>(index) * sizeof(double), &value, sizeof(value));
      before = index;
    }
    if (!whole) {
      fail(ErrorKind::input, "{}: is a sparse vector whose indices and values do not match",
           column_.at(row));
    }
  }

  /// Of one row, whose numbers are then counted from 0.
  [[nodiscard]] BatchPlace place(std::int64_t row) const {
    return {column_.place.chunk, column_.place.first_row + static_cast<std::uint64_t>(row)};
  }

  const Column& column_;
  const arrow::StructArray& fields_;
  std::shared_ptr<arrow::Int8Array> kinds_ =
      std::static_pointer_cast<arrow::Int8Array>(fields_.field(0));
  std::shared_ptr<arrow::Int32Array> sizes_ =
      std::static_pointer_cast<arrow::Int32Array>(fields_.field(1));
  std::shared_ptr<arrow::ListArray> indices_ =
      std::static_pointer_cast<arrow::ListArray>(fields_.field(2));
  std::shared_ptr<arrow::ListArray> lists_ =
      std::static_pointer_cast<arrow::ListArray>(fields_.field(3));
};

void put_column(const arrow::Array& array, const Column& column, int threads, std::byte* into) {
  check_valid(array, column);
  switch (column.layout.kind) {
    case FeatureLayout::Kind::bytes:
      return put_binary(array, column, into);
    case FeatureLayout::Kind::images:
      return put_images(array, column, threads, into);
    case FeatureLayout::Kind::vector:
      return VectorWriter(array, column).write(into);
    default:
      break;
  }
  switch (array.type_id()) {
    case Type::LIST:
      return put_list<arrow::ListArray>(array, column, into);
    case Type::LARGE_LIST:
      return put_list<arrow::LargeListArray>(array, column, into);
    default:
      return put_list<arrow::FixedSizeListArray>(array, column, into);
  }
}

}  // namespace

std::string BatchPlace::of(std::uint64_t row, const std::string& column) const {
  return fmt::format("{}, row {}, column '{}'", chunk, first_row + row, column);
}

void write_features(const arrow::RecordBatch& batch, const TableColumns& columns,
                    const FeatureLayout& layout, const BatchPlace& place, int threads,
                    std::byte* into) {
  const std::size_t size = element_size(layout.type);
  for (std::size_t j = 0; j < columns.features.size(); ++j) {
    const Column column{columns.features[j], place, layout};
    const auto array = storage_of(batch.GetColumnByName(column.name));
    if (columns.are_numbers) {
      put_numbers(*array, {into + j * size, layout.features * size, 1}, column);
    } else {
      put_column(*array, column, threads, into);
    }
  }
}

}  // namespace arete::parquet_module
