#include "feature_layout.hpp"

#include <arrow/array.h>
#include <arrow/extension_type.h>

#include <algorithm>
#include <optional>
#include <span>

#include "arete/core/error.hpp"
#include "arete/data/image_decode.hpp"
#include "arete/data/image_preprocess.hpp"

namespace arete::parquet_module {

namespace {

using arrow::Type;

/// What numbers of this type become; whole numbers of more than 16 bits, exactly, float64.
std::optional<ElementType> element_type(const arrow::DataType& stored, bool unsigned_bytes) {
  switch (stored.id()) {
    case Type::BOOL:
    case Type::UINT8:
      return ElementType::uint8;
    case Type::INT8:
      return unsigned_bytes ? ElementType::uint8 : ElementType::int8;
    case Type::INT16:
      return ElementType::int16;
    case Type::HALF_FLOAT:
    case Type::FLOAT:
      return ElementType::float32;
    case Type::UINT16:
    case Type::INT32:
    case Type::UINT32:
    case Type::INT64:
    case Type::UINT64:
    case Type::DOUBLE:
      return ElementType::float64;
    default:
      return std::nullopt;
  }
}

[[noreturn]] void fail_type(const std::string& column, const arrow::DataType& type,
                            const std::string& place) {
  fail(ErrorKind::input,
       "{}: column '{}' is of type {}; what is read as features: binary (a byte a feature, or a "
       "JPEG "
       "or PNG file), lists of numbers, and Spark ML's vectors",
       place, column, type.ToString());
}

bool is_vector(const arrow::DataType& type) {
  if (type.id() != Type::STRUCT || type.num_fields() != 4) return false;
  const auto& fields = type.fields();
  return fields[0]->name() == "type" && fields[0]->type()->id() == Type::INT8 &&
         fields[1]->name() == "size" && fields[1]->type()->id() == Type::INT32 &&
         fields[2]->name() == "indices" && fields[2]->type()->id() == Type::LIST &&
         fields[2]->type()->field(0)->type()->id() == Type::INT32 &&
         fields[3]->name() == "values" && fields[3]->type()->id() == Type::LIST &&
         fields[3]->type()->field(0)->type()->id() == Type::DOUBLE;
}

bool is_image_struct(const arrow::DataType& type) {
  if (type.id() != Type::STRUCT) return false;
  const auto index = static_cast<const arrow::StructType&>(type).GetFieldIndex("bytes");
  return index >= 0 && arrow::is_base_binary_like(type.field(index)->type()->id());
}

void require_first_row(const arrow::Array& array, const std::string& column,
                       const std::string& place) {
  if (array.length() > 0 && array.IsValid(0)) return;
  fail(ErrorKind::input, "{}, row 0, column '{}': is null; leave such rows out of the export",
       place, column);
}

std::span<const std::byte> first_bytes_of(const arrow::Array& array) {
  return std::as_bytes(std::span(bytes_at(array, 0)));
}

void set_flat(FeatureLayout& layout, std::size_t features, const std::string& column,
              const std::string& place) {
  if (features == 0) {
    fail(ErrorKind::input, "{}, row 0, column '{}': has no features", place, column);
  }
  layout.features = features;
  layout.shape = {features};
}

void set_images(FeatureLayout& layout, const arrow::Array& array, const std::string& column,
                const OpenOptions& options, const std::string& place) {
  const auto bytes = image_bytes_of(array);
  require_first_row(*bytes, column, place);
  layout.kind = FeatureLayout::Kind::images;
  layout.preprocessing = options.preprocessing;
  const std::string row = fmt::format("{}, row 0, column '{}'", place, column);
  const Image image = preprocess(decode_image(first_bytes_of(*bytes), row), options.preprocessing);
  const std::size_t channels =
      std::max<std::size_t>(image.shape.channels, options.channels.value_or(1));
  layout.shape = {image.shape.height, image.shape.width};
  if (channels == 3) layout.shape.push_back(channels);
  layout.features = std::size_t{image.shape.height} * image.shape.width * channels;
}

void set_list(FeatureLayout& layout, const arrow::Array& array, const std::string& column,
              const OpenOptions& options, const std::string& place) {
  const auto type = element_type(*array.type()->field(0)->type(), options.table.unsigned_bytes);
  if (!type) fail_type(column, *array.type(), place);
  layout.kind = FeatureLayout::Kind::list;
  layout.type = *type;
  const std::int64_t length =
      array.type_id() == Type::LIST ? static_cast<const arrow::ListArray&>(array).value_length(0)
      : array.type_id() == Type::LARGE_LIST
          ? static_cast<const arrow::LargeListArray&>(array).value_length(0)
          : static_cast<const arrow::FixedSizeListArray&>(array).value_length(0);
  set_flat(layout, static_cast<std::size_t>(length), column, place);
}

/// A dense vector has its values alone; a sparse one says its size.
void set_vector(FeatureLayout& layout, const arrow::Array& array, const std::string& column,
                const std::string& place) {
  const auto& fields = static_cast<const arrow::StructArray&>(array);
  const auto sizes = std::static_pointer_cast<arrow::Int32Array>(fields.field(1));
  const auto values = std::static_pointer_cast<arrow::ListArray>(fields.field(3));
  layout.kind = FeatureLayout::Kind::vector;
  layout.type = ElementType::float64;
  const std::int32_t size = sizes->IsValid(0) ? sizes->Value(0) : values->value_length(0);
  set_flat(layout, static_cast<std::size_t>(std::max(size, 0)), column, place);
}

/// The type that holds the numbers of all columns.
void set_columns(FeatureLayout& layout, const TableColumns& columns,
                 const arrow::RecordBatch& batch, const OpenOptions& options) {
  layout.kind = FeatureLayout::Kind::columns;
  std::optional<ElementType> common;
  for (const std::string& column : columns.features) {
    const auto type =
        element_type(*batch.GetColumnByName(column)->type(), options.table.unsigned_bytes);
    common = !common || common == type ? type : ElementType::float64;
  }
  layout.type = common.value_or(ElementType::float64);
  layout.features = columns.features.size();
  layout.shape = {layout.features};
}

void refuse_inapplicable(const FeatureLayout& layout, const arrow::DataType& type,
                         const OpenOptions& options, const std::string& place) {
  if (layout.kind != FeatureLayout::Kind::images) {
    refuse_preprocessing(place, options.preprocessing);
  }
  if (!options.table.unsigned_bytes || layout.kind == FeatureLayout::Kind::columns) return;
  const bool signed_bytes =
      layout.kind == FeatureLayout::Kind::list && type.field(0)->type()->id() == Type::INT8;
  if (!signed_bytes) {
    fail(ErrorKind::usage, "{}: --unsigned is for 8-bit integers, but the features are of type {}",
         place, type.ToString());
  }
}

}  // namespace

FeatureLayout layout_of(const TableColumns& columns, const arrow::RecordBatch& batch,
                        const OpenOptions& options, const std::string& place) {
  FeatureLayout layout;
  layout.unsigned_bytes = options.table.unsigned_bytes;
  if (columns.are_numbers) {
    set_columns(layout, columns, batch, options);
    refuse_inapplicable(layout, *arrow::null(), options, place);
    return layout;
  }
  const std::string& column = columns.features.front();
  const auto array = storage_of(batch.GetColumnByName(column));
  const arrow::DataType& type = *array->type();
  require_first_row(*array, column, place);
  switch (type.id()) {
    case Type::BINARY:
    case Type::LARGE_BINARY:
    case Type::FIXED_SIZE_BINARY:
      if (is_image(first_bytes_of(*array))) {
        set_images(layout, *array, column, options, place);
      } else {
        set_flat(layout, first_bytes_of(*array).size(), column, place);
      }
      break;
    case Type::LIST:
    case Type::LARGE_LIST:
    case Type::FIXED_SIZE_LIST:
      set_list(layout, *array, column, options, place);
      break;
    default:
      if (is_vector(type)) {
        set_vector(layout, *array, column, place);
      } else if (is_image_struct(type)) {
        set_images(layout, *array, column, options, place);
      } else {
        fail_type(column, type, place);
      }
  }
  refuse_inapplicable(layout, type, options, place);
  return layout;
}

std::shared_ptr<arrow::Array> storage_of(std::shared_ptr<arrow::Array> array) {
  if (array->type_id() != Type::EXTENSION) return array;
  return static_cast<const arrow::ExtensionArray&>(*array).storage();
}

std::string_view bytes_at(const arrow::Array& array, std::int64_t row) {
  if (array.type_id() == Type::FIXED_SIZE_BINARY) {
    return static_cast<const arrow::FixedSizeBinaryArray&>(array).GetView(row);
  }
  if (array.type_id() == Type::LARGE_BINARY) {
    return static_cast<const arrow::LargeBinaryArray&>(array).GetView(row);
  }
  return static_cast<const arrow::BinaryArray&>(array).GetView(row);
}

std::shared_ptr<arrow::Array> image_bytes_of(const arrow::Array& array) {
  if (array.type_id() != Type::STRUCT) return arrow::MakeArray(array.data());
  return static_cast<const arrow::StructArray&>(array).GetFieldByName("bytes");
}

}  // namespace arete::parquet_module
